// SPDX-License-Identifier: MIT
//
// Every bad value of every parameter, every bad logit, every wrong size: what is refused, by which message, and that
// the other rows of a batch are unaffected. Built from bit patterns and compared as integers throughout, since this
// file must also pass under -ffast-math, with asserts off, and with subnormals flushed.
#include "support/catch.hpp"
#include "unit/bad_values.hpp"
#include "unit/helpers.hpp"
#include <pluck/sample.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

using namespace pluck_test;
using pluck::combined;
using pluck::key;
using pluck::pick;
using pluck::sample;
using pluck::sample_rows;
using pluck::status;

namespace {

constexpr pick bad(status why) { return {-1, why}; }

// "pluck::top_p: p must be in [0, 1], got 1.5", the value compared only where its text is the same in all libraries.
template <class F>
void expect_refused(const std::string& begin, const bad_value& value, const F& make) {
    const std::string text = message_of(make);
    INFO("bits " << value.bits << ": " << text);
    CHECK(text.substr(0, begin.size()) == begin);
    const std::string got = text.size() > begin.size() ? text.substr(begin.size()) : std::string();
    if (std::string(value.text).find("nan") != std::string::npos) {
        CHECK((got == "nan" || got == "-nan"));
    } else if (std::string(value.text).find('e') == std::string::npos) {
        CHECK(got == value.text);
    } else {
        CHECK_FALSE(got.empty());
    }
}

// A row on which keeping more or fewer tokens shows.
const std::vector<float> row = {0.5f, 2.0f, 1.0f, -1.0f, 1.5f};
const std::vector<std::vector<float>> three_rows(3, row);
const std::vector<key> three_keys = {{.seed = 1}, {.seed = 2}, {.seed = 3}};

// The three rows under per-row parameters of which the second is `value`, the others `fine`.
template <class Stage, class T>
void expect_bad_second_row(T value, T fine) {
    const std::vector<T> values = {fine, value, fine};
    std::vector<pick> picks(3, pick{77, status::ok});
    sample_rows(three_rows, Stage(pluck::per_row<T>{values}), three_keys, picks);
    CHECK(picks[1] == bad(status::bad_parameter));
    for (const std::size_t i : {0u, 2u}) {
        CHECK(picks[i] == sample(row, Stage(fine), three_keys[i]));
        CHECK(picks[i].status == status::ok);
    }
    // And a single row, which is row 0.
    CHECK(sample(row, Stage(pluck::per_row<T>{&value}), {}) == bad(status::bad_parameter));
}

template <class Stage, class T>
void expect_no_bad_row(T value, T fine) {
    const std::vector<T> values = {fine, value, fine};
    std::vector<pick> picks(3);
    sample_rows(three_rows, Stage(pluck::per_row<T>{values}), three_keys, picks);
    CHECK(picks[0] == sample(row, Stage(fine), three_keys[0]));
    CHECK(picks[1] == sample(row, Stage(value), three_keys[1]));
    CHECK(picks[1].status == status::ok);
}

// The places of a row that are worth a try: around every edge of its blocks.
std::vector<std::size_t> places_of(std::size_t size) {
    std::vector<std::size_t> places;
    for (const std::size_t at : {0u, 1u, 31u, 62u, 63u, 64u, 65u, 100u, 126u, 127u, 128u, 129u, 191u}) {
        if (at + 1 < size) places.push_back(at);
    }
    places.push_back(size - 1);
    return places;
}
constexpr std::size_t sizes[] = {1, 2, 63, 64, 65, 127, 128, 129, 200};

const std::array<pluck::chain<pluck::temperature, pluck::top_k, pluck::top_p, pluck::min_p>, 4> chains = {
    combined{}.stages(), combined{.temperature = 0}.stages(), combined{.temperature = 0.7, .top_k = 5}.stages(),
    combined{.temperature = 2, .top_p = 0.9, .min_p = 0.01}.stages()};

template <class As>
void expect_statuses_of_bad_logits() {
    tally seen;
    std::vector<std::uint32_t> everything(std::begin(bits::nans), std::end(bits::nans));
    everything.push_back(bits::plus_infinity);
    for (const std::size_t size : sizes) {
        for (const std::size_t at : places_of(size)) {
            for (const std::uint32_t value : everything) {
                std::vector<typename As::type> logits(size, As::of(0));
                logits[at] = As::of(value);
                const status expected = value == bits::plus_infinity ? status::pos_inf_logit : status::nan_logit;
                for (const auto& chain : chains) {
                    const pick got = sample(logits, chain, {.seed = 1});
                    seen.expect(got == bad(expected), "size ", size, ", place ", at, ", bits ", value, ": status ",
                                to_string(got.status));
                }
                if (size < 2) continue;
                // A NaN anywhere outranks an infinity anywhere.
                logits[(at + 1) % size] = As::of(bits::plus_infinity);
                seen.expect(sample(logits, chains[0], {}) == bad(expected), "size ", size, ", place ", at);
                logits[(at + 1) % size] = As::of(bits::nans[5]);
                seen.expect(sample(logits, chains[0], {}) == bad(status::nan_logit), "size ", size, ", place ", at);
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

}  // namespace

// ---- parameters, when they are made ----

TEST_CASE("bad input: temperature is 0 or 2^-64 to 2^64") {
    const std::string begin = "pluck::temperature: t must be 0 or in [2^-64, 2^64], got ";
    for (const bad_value& value : never_real) {
        expect_refused(begin, value, [&] { (void)pluck::temperature(float_at_run_time(value.bits)); });
    }
    for (const bad_value& value : never_a_temperature) {
        expect_refused(begin, value, [&] { (void)pluck::temperature(float_at_run_time(value.bits)); });
    }
    for (const std::uint32_t fine : fine_temperatures) {
        CHECK(message_of([&] { (void)pluck::temperature(float_at_run_time(fine)); }) == "(no exception)");
        CHECK(sample(row, pluck::temperature(float_at_run_time(fine)), {}).status == status::ok);
    }
    CHECK(message_of([] { (void)pluck::temperature(-1); }) == begin + "-1");
    CHECK(message_of([] { (void)pluck::temperature(std::numeric_limits<std::uint64_t>::max()); }) == "(no exception)");
    CHECK(message_of([] { (void)pluck::temperature(std::numeric_limits<std::int64_t>::min()); }) ==
          begin + "-9223372036854775808");
}

TEST_CASE("bad input: top_p is 0 to 1") {
    const std::string begin = "pluck::top_p: p must be in [0, 1], got ";
    for (const bad_value& value : never_real) {
        expect_refused(begin, value, [&] { (void)pluck::top_p(float_at_run_time(value.bits)); });
        expect_refused(begin, value, [&] { (void)pluck::top_p(float_at_run_time(value.bits), 3); });
    }
    for (const bad_value& value : never_a_share) {
        expect_refused(begin, value, [&] { (void)pluck::top_p(float_at_run_time(value.bits)); });
    }
    for (const std::uint32_t fine : fine_shares) {
        CHECK(message_of([&] { (void)pluck::top_p(float_at_run_time(fine)); }) == "(no exception)");
        CHECK(sample(row, pluck::top_p(float_at_run_time(fine)), {}).status == status::ok);
    }
    CHECK(message_of([] { (void)pluck::top_p(2); }) == begin + "2");
    CHECK(message_of([] { (void)pluck::top_p(-1); }) == begin + "-1");
}

TEST_CASE("bad input: min_p is 0 to 1") {
    const std::string begin = "pluck::min_p: m must be in [0, 1], got ";
    for (const bad_value& value : never_real) {
        expect_refused(begin, value, [&] { (void)pluck::min_p(float_at_run_time(value.bits)); });
    }
    for (const bad_value& value : never_a_share) {
        expect_refused(begin, value, [&] { (void)pluck::min_p(float_at_run_time(value.bits)); });
    }
    for (const std::uint32_t fine : fine_shares) {
        CHECK(message_of([&] { (void)pluck::min_p(float_at_run_time(fine)); }) == "(no exception)");
        CHECK(sample(row, pluck::min_p(float_at_run_time(fine)), {}).status == status::ok);
    }
}

TEST_CASE("bad input: doubles are checked as doubles, not as the floats that they round to") {
    CHECK(message_of([] { (void)pluck::top_p(double_at_run_time(0x3ff0000000000001u)); }) ==
          "pluck::top_p: p must be in [0, 1], got 1.0000000000000002");
    CHECK(message_of([] { (void)pluck::min_p(double_at_run_time(0x3ff0000000000001u)); }) ==
          "pluck::min_p: m must be in [0, 1], got 1.0000000000000002");
    // Where the program flushes subnormals, so does std::to_chars, and there only.
    const double flushed = double_at_run_time(0x8000000000000001u) * double_at_run_time(0x3ff0000000000000u);
    const bool flushes = std::bit_cast<std::uint64_t>(flushed) == 0x8000000000000000u;
    CHECK(message_of([] { (void)pluck::top_p(double_at_run_time(0x8000000000000001u)); }) ==
          std::string("pluck::top_p: p must be in [0, 1], got ") + (flushes ? "-0" : "-5e-324"));
    CHECK(message_of([] { (void)pluck::temperature(double_at_run_time(0x43f0000000000001u)); }) != "(no exception)");
    CHECK(message_of([] { (void)pluck::temperature(double_at_run_time(0x3befffffffffffffu)); }) != "(no exception)");
    CHECK(message_of([] { (void)pluck::temperature(double_at_run_time(0x0000000000000001u)); }) != "(no exception)");
    for (const std::uint64_t nan :
         {0x7ff8000000000000u, 0xfff8000000000000u, 0x7ff0000000000001u, 0xffffffffffffffffu}) {
        CHECK(message_of([&] { (void)pluck::temperature(double_at_run_time(nan)); }) != "(no exception)");
        CHECK(message_of([&] { (void)pluck::top_p(double_at_run_time(nan)); }) != "(no exception)");
        CHECK(message_of([&] { (void)pluck::min_p(double_at_run_time(nan)); }) != "(no exception)");
    }
    CHECK(message_of([] { (void)pluck::top_p(double_at_run_time(0x3fefffffffffffffu)); }) == "(no exception)");
    CHECK(message_of([] { (void)pluck::top_p(double_at_run_time(0x0000000000000001u)); }) == "(no exception)");
}

TEST_CASE("bad input: top_k is at least 0, whatever its type") {
    const std::string begin = "pluck::top_k: k must be >= 0, got ";
    CHECK(message_of([] { (void)pluck::top_k(-1); }) == begin + "-1");
    CHECK(message_of([] { (void)pluck::top_k(short{-3}); }) == begin + "-3");
    CHECK(message_of([] { (void)pluck::top_k(std::int8_t{-128}); }) == begin + "-128");
    CHECK(message_of([] { (void)pluck::top_k(std::numeric_limits<std::int64_t>::min()); }) ==
          begin + "-9223372036854775808");
    CHECK(message_of([] { (void)pluck::top_k(std::numeric_limits<std::int64_t>::max()); }) == "(no exception)");
    CHECK(message_of([] { (void)pluck::top_k(std::numeric_limits<std::uint64_t>::max()); }) == "(no exception)");
    CHECK(message_of([] { (void)pluck::top_k(0); }) == "(no exception)");
}

TEST_CASE("bad input: min_keep is at least 0, and is checked after the share") {
    CHECK(message_of([] { (void)pluck::top_p(0.5f, -1); }) == "pluck::top_p: min_keep must be >= 0, got -1");
    CHECK(message_of([] { (void)pluck::min_p(0.5f, std::int64_t{-7}); }) ==
          "pluck::min_p: min_keep must be >= 0, got -7");
    CHECK(message_of([] { (void)pluck::top_p(1.5f, -1); }) == "pluck::top_p: p must be in [0, 1], got 1.5");
    CHECK(message_of([] { (void)pluck::min_p(-2.0f, -1); }) == "pluck::min_p: m must be in [0, 1], got -2");
    const float values[] = {0.5f};
    CHECK(message_of([&] { (void)pluck::top_p(pluck::per_row<float>{&values[0]}, -1); }) ==
          "pluck::top_p: min_keep must be >= 0, got -1");
    CHECK(message_of([] { (void)pluck::top_p(0.5f, std::numeric_limits<std::uint64_t>::max()); }) == "(no exception)");
}

TEST_CASE("bad input: combined refuses each field when it is made, in the words of its stage") {
    CHECK(message_of([] { (void)combined{.temperature = -1}; }) ==
          "pluck::temperature: t must be 0 or in [2^-64, 2^64], got -1");
    CHECK(message_of([] { (void)combined{.top_k = -2}; }) == "pluck::top_k: k must be >= 0, got -2");
    CHECK(message_of([] { (void)combined{.top_p = 1.5}; }) == "pluck::top_p: p must be in [0, 1], got 1.5");
    CHECK(message_of([] { (void)combined{.min_p = -0.5}; }) == "pluck::min_p: m must be in [0, 1], got -0.5");
    CHECK(message_of([] { (void)combined{.temperature = 2, .top_k = 1, .top_p = 0.5, .min_p = 3}; }) ==
          "pluck::min_p: m must be in [0, 1], got 3");
    CHECK(message_of([] { (void)combined{.temperature = -1, .top_k = -1}; }) ==
          "pluck::temperature: t must be 0 or in [2^-64, 2^64], got -1");
    CHECK(message_of([] { (void)sample(row, {.top_p = 2}, {.seed = 1}); }) ==
          "pluck::top_p: p must be in [0, 1], got 2");
}

TEST_CASE("bad input: combined refuses each field when it is assigned, and keeps what it had") {
    combined settings{.temperature = 0.5, .top_k = 3, .top_p = 0.8, .min_p = 0.1};
    const combined before = settings;
    CHECK(message_of([&] { settings.temperature = float_at_run_time(0x7fc00000u); }) != "(no exception)");
    CHECK(message_of([&] { settings.top_k = -1; }) == "pluck::top_k: k must be >= 0, got -1");
    CHECK(message_of([&] { settings.top_p = 1.25; }) == "pluck::top_p: p must be in [0, 1], got 1.25");
    CHECK(message_of([&] { settings.min_p = float_at_run_time(bits::plus_infinity); }) ==
          "pluck::min_p: m must be in [0, 1], got inf");
    CHECK(message_of([&] { settings.min_p = {0.5, -1}; }) == "pluck::min_p: min_keep must be >= 0, got -1");
    for (int seed = 0; seed < 20; ++seed)
        CHECK(sample(row, settings, {.seed = seed}) == sample(row, before, {.seed = seed}));
}

// ---- parameters per row ----

TEST_CASE("bad input: a per-row value out of range is that row's problem alone") {
    for (const bad_value& value : never_real) {
        expect_bad_second_row<pluck::temperature>(float_at_run_time(value.bits), 0.5f);
        expect_bad_second_row<pluck::top_p>(float_at_run_time(value.bits), 0.5f);
        expect_bad_second_row<pluck::min_p>(float_at_run_time(value.bits), 0.5f);
    }
    for (const bad_value& value : never_a_share) {
        expect_bad_second_row<pluck::top_p>(float_at_run_time(value.bits), 0.5f);
        expect_bad_second_row<pluck::min_p>(float_at_run_time(value.bits), 0.5f);
    }
    for (const bad_value& value : never_a_temperature) {
        expect_bad_second_row<pluck::temperature>(float_at_run_time(value.bits), 0.5f);
    }
    for (const std::int32_t k : {-1, -7, std::numeric_limits<std::int32_t>::min()}) {
        expect_bad_second_row<pluck::top_k>(k, 2);
    }
}

TEST_CASE("bad input: a per-row value at the end of its range is fine") {
    for (const std::uint32_t fine : fine_shares) {
        expect_no_bad_row<pluck::top_p>(float_at_run_time(fine), 0.5f);
        expect_no_bad_row<pluck::min_p>(float_at_run_time(fine), 0.5f);
    }
    for (const std::uint32_t fine : fine_temperatures) {
        expect_no_bad_row<pluck::temperature>(float_at_run_time(fine), 0.5f);
    }
    for (const std::int32_t k : {0, 1, std::numeric_limits<std::int32_t>::max()}) expect_no_bad_row<pluck::top_k>(k, 2);
}

TEST_CASE("bad input: a row past the end of a per-row array has a bad parameter") {
    const std::vector<float> none;
    const std::vector<std::int32_t> no_counts;
    CHECK(sample(row, pluck::top_p(pluck::per_row<float>{none}), {}) == bad(status::bad_parameter));
    CHECK(sample(row, pluck::min_p(pluck::per_row<float>{none}), {}) == bad(status::bad_parameter));
    CHECK(sample(row, pluck::temperature(pluck::per_row<float>{none}), {}) == bad(status::bad_parameter));
    CHECK(sample(row, pluck::top_k(pluck::per_row<std::int32_t>{no_counts}), {}) == bad(status::bad_parameter));
    const float* null = nullptr;
    CHECK(sample(row, pluck::top_p(pluck::per_row<float>{null}), {}) == bad(status::bad_parameter));
}

TEST_CASE("bad input: the stages after a bad parameter do not run, those before it have") {
    const std::vector<float> values = {2.0f};
    const auto chain = pluck::top_k(3) | pluck::top_p(pluck::per_row<float>{values}) | pluck::greedy{};
    CHECK(sample(row, chain, {}) == bad(status::bad_parameter));
    // A bad row is reported before a bad parameter: parameters are read when their stage runs.
    const std::vector<float> nan = {float_of(bits::nans[0])};
    CHECK(sample(nan, chain, {}) == bad(status::nan_logit));
}

// ---- sizes of a batch ----

TEST_CASE("bad input: sizes that disagree throw before anything is written") {
    const std::vector<pick> untouched(5, pick{1234, status::out_of_memory});
    const std::vector<key> keys(5);
    const std::span<const key> all_keys(keys);
    const auto refused = [&](std::size_t key_count, std::size_t pick_count) {
        std::vector<pick> picks = untouched;
        const std::string text = message_of([&] {
            sample_rows(three_rows, pluck::top_k(2), all_keys.first(key_count), std::span(picks).first(pick_count));
        });
        CHECK(picks == untouched);
        return text;
    };
    CHECK(refused(2, 3) == "pluck::sample_rows: keys.size() must be the batch's 3 rows, got 2");
    CHECK(refused(4, 3) == "pluck::sample_rows: keys.size() must be the batch's 3 rows, got 4");
    CHECK(refused(0, 3) == "pluck::sample_rows: keys.size() must be the batch's 3 rows, got 0");
    CHECK(refused(3, 2) == "pluck::sample_rows: picks.size() must be the batch's 3 rows, got 2");
    CHECK(refused(3, 4) == "pluck::sample_rows: picks.size() must be the batch's 3 rows, got 4");
    CHECK(refused(2, 2) == "pluck::sample_rows: keys.size() must be the batch's 3 rows, got 2");
}

TEST_CASE("bad input: as many chains as rows, or an exception before anything is written") {
    for (const std::size_t count : {0u, 1u, 2u, 4u}) {
        const std::vector<combined> settings(count);
        const std::vector<pick> untouched(3, pick{1234, status::out_of_memory});
        std::vector<pick> picks = untouched;
        CHECK(message_of([&] { sample_rows(three_rows, settings, three_keys, picks); }) ==
              "pluck::sample_rows: chains.size() must be the batch's 3 rows, got " + std::to_string(count));
        CHECK(picks == untouched);
    }
}

TEST_CASE("bad input: a per-row array shorter than the batch throws before anything is written") {
    const std::vector<float> two = {0.5f, 0.5f}, three = {0.5f, 0.5f, 0.5f}, four(4, 0.5f);
    const std::vector<pick> untouched(3, pick{1234, status::out_of_memory});
    std::vector<pick> picks = untouched;
    const auto text = [](const std::string& stage) {
        return "pluck::sample_rows: the per_row size of " + stage + " must be >= the batch's 3 rows, got 2";
    };
    CHECK(message_of([&] { sample_rows(three_rows, pluck::top_p(pluck::per_row<float>{two}), three_keys, picks); }) ==
          text("top_p"));
    CHECK(message_of([&] {
              sample_rows(three_rows,
                          pluck::temperature(pluck::per_row<float>{three}) | pluck::min_p(pluck::per_row<float>{two}),
                          three_keys, picks);
          }) == text("min_p"));
    const std::vector<pluck::top_p> stages = {0.5f, 0.5f, pluck::top_p(pluck::per_row<float>{two})};
    CHECK(message_of([&] { sample_rows(three_rows, stages, three_keys, picks); }) == text("top_p"));
    CHECK(message_of([&] {
              sample_rows(three_rows, combined{.top_p = pluck::per_row<float>{two}}, three_keys, picks);
          }) == text("top_p"));
    CHECK(picks == untouched);
    sample_rows(three_rows, pluck::top_p(pluck::per_row<float>{four}), three_keys, picks);  // longer is fine
    CHECK(picks[2].status == status::ok);
}

// ---- logits ----

TEST_CASE("bad input: a NaN or +infinity at any place of a float row is its status") {
    expect_statuses_of_bad_logits<as_float>();
}
TEST_CASE("bad input: a NaN or +infinity at any place of a double row is its status") {
    expect_statuses_of_bad_logits<as_double>();
}
TEST_CASE("bad input: a NaN or +infinity at any place of a bfloat16 row is its status") {
    expect_statuses_of_bad_logits<as_bfloat16>();
}
TEST_CASE("bad input: a NaN or +infinity at any place of a half row is its status") {
    expect_statuses_of_bad_logits<as_half>();
}

TEST_CASE("bad input: every float that is a NaN is one, by every 4093rd of them") {
    tally seen;
    for (std::uint64_t magnitude = 0x7f800001u; magnitude <= 0x7fffffffu; magnitude += 4093) {
        for (const std::uint32_t sign : {0u, bits::sign}) {
            std::vector<float> logits(66, float_of(0));
            logits[65] = float_of(static_cast<std::uint32_t>(magnitude) | sign);
            seen.expect(sample(logits, chains[0], {}) == bad(status::nan_logit), "bits ", magnitude | sign);
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("bad input: forbidden tokens are never drawn, and a row of them has no candidate") {
    tally seen;
    for (const std::size_t size : sizes) {
        std::vector<float> logits(size, float_of(bits::minus_infinity));
        for (const auto& chain : chains) {
            seen.expect(sample(logits, chain, {}) == bad(status::no_candidate), "size ", size);
        }
        for (const std::size_t at : places_of(size)) {
            for (const std::uint32_t value :
                 {0u, bits::sign, 0xff7fffffu, bits::largest, 1u, bits::sign | 1u, 0xc2c80000u}) {
                logits[at] = float_of(value);
                for (const auto& chain : chains) {
                    for (int seed = 0; seed < 3; ++seed) {
                        const pick got = sample(logits, chain, {.seed = seed});
                        seen.expect(got == pick{static_cast<int>(at), status::ok}, "size ", size, ", place ", at,
                                    ", bits ", value, ": token ", got.token);
                    }
                }
                logits[at] = float_of(bits::minus_infinity);
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("bad input: the largest and the least finite floats are logits like any other") {
    tally seen;
    for (const std::size_t size : sizes) {
        if (size < 2) continue;
        for (const std::size_t at : places_of(size)) {
            const int token = static_cast<int>(at);
            std::vector<float> logits(size, float_of(bits::sign | bits::largest));  // -FLT_MAX: M - score overflows
            logits[at] = float_of(bits::largest);
            for (const auto& chain : chains) {
                seen.expect(sample(logits, chain, {.seed = 1}) == pick{token, status::ok}, "size ", size, ", place ",
                            at);
            }
            std::vector<float> low(size, float_of(0));
            low[at] = float_of(bits::sign | bits::largest);
            for (int seed = 0; seed < 20; ++seed) {
                const pick got = sample(low, chains[0], {.seed = seed});
                seen.expect(got.status == status::ok && got.token != token, "size ", size, ", place ", at);
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("bad input: subnormals are not flushed where order matters, and weigh like zero") {
    tally seen;
    for (const std::size_t size : sizes) {
        if (size < 2) continue;
        for (const std::size_t at : places_of(size)) {
            const int token = static_cast<int>(at);
            std::vector<float> logits(size, float_of(0));
            logits[at] = float_of(1);
            seen.expect(pluck::argmax(logits) == pick{token, status::ok}, "size ", size, ", place ", at);
            seen.expect(sample(logits, pluck::min_p(1), {}) == pick{token, status::ok}, "size ", size, ", place ", at);
            std::vector<float> below(size, float_of(0));
            below[at] = float_of(bits::sign | 1);
            const pick got =
                sample(below, pluck::top_k(static_cast<int>(size) - 1) | pluck::temperature(0x1p-64), {.seed = 5});
            seen.expect(got.status == status::ok && got.token != token, "size ", size, ", place ", at);
            std::vector<double> wide(size, 0.0);
            wide[at] = double_of(0x36a0000000000000u);  // 2^-149
            seen.expect(pluck::argmax(wide) == pick{token, status::ok}, "size ", size, ", place ", at);
        }
    }
    PLUCK_CHECK_TALLY(seen);
    const std::vector<float> tiny(1000, float_of(1)), zeros(1000, float_of(0));
    for (int seed = 0; seed < 50; ++seed) {
        for (const auto& chain : chains)
            CHECK(sample(tiny, chain, {.seed = seed}) == sample(zeros, chain, {.seed = seed}));
    }
}

TEST_CASE("bad input: a bad row changes nothing for the rows beside it, in any order") {
    const std::vector<std::uint32_t> poison = {bits::nans[0], bits::nans[5], bits::plus_infinity, bits::minus_infinity};
    std::vector<std::vector<float>> batch;
    std::vector<key> keys;
    for (std::size_t i = 0; i < 16; ++i) {
        batch.push_back(i % 2 == 0 ? row : std::vector<float>(5, float_of(poison[i / 2 % 4])));
        keys.push_back({.seed = i});
    }
    std::vector<pick> picks(16);
    sample_rows(batch, chains[3], keys, picks);
    for (std::size_t i = 0; i < 16; i += 2) CHECK(picks[i] == sample(row, chains[3], keys[i]));
    for (std::size_t i = 1; i < 16; i += 2) {
        CHECK(picks[i].token == -1);
        CHECK(picks[i].status == (i / 2 % 4 < 2    ? status::nan_logit
                                  : i / 2 % 4 == 2 ? status::pos_inf_logit
                                                   : status::no_candidate));
    }
}

TEST_CASE("bad input: failing changes nothing for the next draw of the same thread") {
    const pick expected = sample(row, chains[3], {.seed = 9});
    for (const std::uint32_t poison : bits::nans) {
        (void)sample(std::vector<float>(500, float_of(poison)), chains[3], {.seed = 9});
        CHECK(sample(row, chains[3], {.seed = 9}) == expected);
    }
}

// ---- keys ----

TEST_CASE("bad input: there is no bad key") {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    for (const std::uint64_t a : {std::uint64_t{0}, std::uint64_t{1}, most, most - 1, most >> 1, std::uint64_t{1} << 63,
                                  std::uint64_t{1} << 32, (std::uint64_t{1} << 32) - 1}) {
        for (const std::uint64_t b : {std::uint64_t{0}, most, std::uint64_t{1} << 32}) {
            CHECK(sample(row, chains[0], {.seed = a, .sequence = b, .position = 0}).status == status::ok);
            CHECK(sample(row, chains[0], {.seed = b, .sequence = a, .position = b}).status == status::ok);
            CHECK(sample(row, chains[0], {.seed = 0, .sequence = b, .position = a}).status == status::ok);
        }
    }
    CHECK(sample(row, chains[0], {.seed = -1}) == sample(row, chains[0], {.seed = most}));
    CHECK(sample(row, chains[0], {.seed = std::numeric_limits<std::int64_t>::min()}).status == status::ok);
    CHECK(sample(row, chains[0], {.seed = short{-1}, .sequence = 'a', .position = true}).status == status::ok);
}

// ---- subnormals flushed ----

#if defined(__SSE2__)
TEST_CASE("bad input: parameters are refused alike where subnormals are flushed") {
    for (const std::uint32_t bits : {1u, 0x007fffffu, 0x80000001u, 0x807fffffu}) {
        const auto temperature = [&] { return message_of([&] { (void)pluck::temperature(float_at_run_time(bits)); }); };
        const auto share = [&] { return message_of([&] { (void)pluck::top_p(float_at_run_time(bits)); }); };
        const auto relative = [&] { return message_of([&] { (void)pluck::min_p(float_at_run_time(bits)); }); };
        const bool negative = (bits & bits::sign) != 0;
        CHECK(flushed(temperature).substr(0, 18) == "pluck::temperature");
        CHECK(not_flushed(temperature).substr(0, 18) == "pluck::temperature");
        CHECK((flushed(share) == "(no exception)") == !negative);
        CHECK((not_flushed(share) == "(no exception)") == !negative);
        CHECK((flushed(relative) == "(no exception)") == !negative);
        CHECK((not_flushed(relative) == "(no exception)") == !negative);
    }
    const auto tiny_double = [] {
        return message_of([] { (void)pluck::top_p(double_at_run_time(0x8000000000000001u)); });
    };
    CHECK(flushed(tiny_double) != "(no exception)");
    CHECK(not_flushed(tiny_double) != "(no exception)");
}

TEST_CASE("bad input: a subnormal min_p cuts alike where subnormals are flushed") {
    // log(1e-40) is about -92.1: the last token is cut by it, and heated enough to be drawn where it is not.
    const std::vector<float> logits = {0.0f, -50.0f, -95.0f};
    const auto draw = [&](const auto& m, int seed) {
        return sample(logits, pluck::min_p(m) | pluck::temperature(1e6), {.seed = seed});
    };
    for (int seed = 0; seed < 40; ++seed) {
        const auto with_float = [&] { return draw(float_at_run_time(71362), seed); };                  // 1e-40
        const auto with_double = [&] { return draw(double_at_run_time(0x37a16c262777579cu), seed); };  // 1e-40
        CHECK(flushed(with_float) == not_flushed(with_float));
        CHECK(flushed(with_double) == not_flushed(with_double));
        CHECK(not_flushed(with_float) == not_flushed(with_double));
        CHECK(not_flushed(with_float).token != 2);
    }
}

TEST_CASE("bad input: rows of any bits draw alike where subnormals are flushed") {
    tally seen;
    for (std::uint32_t number = 0; number < 400; ++number) {
        std::vector<float> logits;
        for (std::uint32_t i = 0; i < 1 + number % 150; ++i) {
            const pluck::bits128 random = pluck::philox4x32({{number, i, 0, 0}}, {{9, 9}});
            std::uint32_t bits = random.word[0];
            if (number % 3 == 0) bits &= 0x80ffffffu;  // subnormals and their neighbours
            if (number % 3 == 1) bits = 0x3f000000u + (bits & 0x80ffffffu) % 0x1000000u;  // around 1
            if ((bits & 0x7fffffffu) > bits::plus_infinity) bits &= 0x80ffffffu;
            if ((bits & 0x7fffffffu) == bits::plus_infinity) bits |= bits::sign;
            logits.push_back(float_of(bits));
        }
        for (const auto& chain : chains) {
            const auto draw = [&] { return sample(logits, chain, {.seed = number}); };
            seen.expect(flushed(draw) == not_flushed(draw), "row ", number);
        }
        const std::vector<double> wide = [&] {
            std::vector<double> values;
            for (const float logit : logits) values.push_back(as_double::of(bits_of(logit)));
            return values;
        }();
        const auto of_doubles = [&] { return sample(wide, chains[2], {.seed = number}); };
        const auto of_floats = [&] { return sample(logits, chains[2], {.seed = number}); };
        seen.expect(flushed(of_doubles) == not_flushed(of_floats), "row ", number, " of doubles");
    }
    PLUCK_CHECK_TALLY(seen);
}
#endif
