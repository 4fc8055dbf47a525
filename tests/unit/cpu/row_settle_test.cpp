// SPDX-License-Identifier: MIT
//
// What happens to a row before any cut: its adjusters, and its classification.
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include "unit/library_row.hpp"
#include <pluck/cpu/row.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

using namespace pluck_test;
using pluck::ranking_key;
using pluck::status;

namespace {

constexpr pluck::bits128 no_bits{};
constexpr pluck::bits128 all_bits{{0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu}};

}  // namespace

// ---- classification ----

TEST_CASE("a NaN outranks +infinity, and +infinity outranks having no candidate") {
    const float nan = float_of(bits::nans[0]), infinity = float_of(bits::plus_infinity);
    const auto state_of = [](std::vector<float> scores) {
        library_row of(std::move(scores));
        const bool settled = of.row.settle();
        CHECK(settled == (of.row.state() == status::ok));
        return of.row.state();
    };
    CHECK(state_of({1, nan, infinity, forbidden}) == status::nan_logit);
    CHECK(state_of({infinity, forbidden}) == status::pos_inf_logit);
    CHECK(state_of({forbidden, forbidden}) == status::no_candidate);
    CHECK(state_of({forbidden, -float_of(bits::largest)}) == status::ok);
    CHECK(state_of({}) == status::no_candidate);
    CHECK(state_of({nan}) == status::nan_logit);
}

TEST_CASE("the longest row there may be has 2^23 tokens, and a longer one is not even looked at") {
    const float one = 1;
    pluck::workspace scratch;
    const pluck::logits_view<float> longest{&one, pluck::max_vocab, 0};  // stride 0: one float in memory
    pluck::cpu::row row(longest, scratch, {}, 0);
    REQUIRE(row.settle());
    CHECK(row.count() == pluck::max_vocab);
    CHECK(row.total() == std::uint64_t{1} << 63);
    CHECK(row.draw(no_bits) == 0);
    CHECK(row.draw(all_bits) == (1 << 23) - 1);
    row.keep_mass(0.5f, 1);
    CHECK(row.count() == pluck::max_vocab / 2);

    pluck::workspace untouched;
    const pluck::logits_view<float> longer{nullptr, pluck::max_vocab + 1, 0};
    pluck::cpu::row bad(longer, untouched, {}, 0);
    CHECK_FALSE(bad.settle());
    CHECK(bad.state() == status::row_too_long);
    CHECK(untouched.scores() == nullptr);  // and no memory was taken for it
    const pluck::logits_view<float> absurd{nullptr, std::numeric_limits<std::size_t>::max(), 1};
    CHECK(pluck::cpu::row(absurd, untouched, {}, 0).state() == status::row_too_long);
}

// ---- adjusters ----

TEST_CASE("edit gives each listed token its new score, and leaves the caller's logits alone") {
    library_row of({1, 2, 3, 4});
    const std::vector<int> ids = {3, 0};
    const std::vector<float> bias = {-10, 5};
    of.row.edit(ids, [&](float score, std::size_t i) { return score + bias[i]; });
    REQUIRE(of.row.settle());
    CHECK(of.logits == std::vector<float>{1, 2, 3, 4});
    CHECK(of.row.best() == ranking_key{6.0f, 0});
    of.row.keep_at_least(-100, 1);
    std::vector<float> scores;
    of.row.for_each([&](std::int32_t, float score, std::uint64_t) { scores.push_back(score); });
    CHECK(scores == std::vector<float>{6, 2, 3, -6});
}

TEST_CASE("what moves scores need not be copyable") {
    const std::vector<float> logits = {1, 2, 3};
    const std::vector<std::int32_t> ids = {0, 2};
    pluck::workspace scratch;
    pluck::cpu::row row(pluck::logits_view<float>{logits.data(), logits.size()}, scratch, {}, 0);
    row.edit(ids, [by = std::make_unique<float>(5.0f)](float score, std::size_t) { return score + *by; });
    REQUIRE(row.settle());
    CHECK(row.at(0) == pluck::ranking_key{8.0f, 2});
    CHECK(row.at(1) == pluck::ranking_key{6.0f, 0});
}

TEST_CASE("edit passes the place in the list, also after a forbidden token") {
    library_row of({1, forbidden, 3});
    const std::vector<int> ids = {1, 2, 1, 0};
    std::vector<std::size_t> places;
    of.row.edit(ids, [&](float score, std::size_t i) { return places.push_back(i), score; });
    CHECK(places == std::vector<std::size_t>{1, 3});
    CHECK(of.row.settle());
}

TEST_CASE("edit applies a token that is listed twice, twice") {
    library_row of({1, 2});
    const std::vector<std::int64_t> ids = {0, 0};
    of.row.edit(ids, [](float score, std::size_t) { return score + 1; });
    REQUIRE(of.row.settle());
    CHECK(of.row.best() == ranking_key{3.0f, 0});
}

TEST_CASE("an id outside of the row fails it, whatever the type of the id") {
    const auto state_after = [](auto id) {
        library_row of({1, 2, 3});
        const std::array ids = {decltype(id){1}, id};
        of.row.edit(ids, [](float score, std::size_t) { return score; });
        CHECK(of.row.settle() == (of.row.state() == status::ok));
        return of.row.state();
    };
    CHECK(state_after(2) == status::ok);
    CHECK(state_after(3) == status::bad_parameter);
    CHECK(state_after(-1) == status::bad_parameter);
    CHECK(state_after(std::numeric_limits<int>::min()) == status::bad_parameter);
    CHECK(state_after(std::int64_t{1} << 32) == status::bad_parameter);  // 0, if it were narrowed
    CHECK(state_after(-(std::int64_t{1} << 32)) == status::bad_parameter);
    CHECK(state_after(std::numeric_limits<std::uint64_t>::max()) == status::bad_parameter);
    CHECK(state_after(std::uint8_t{255}) == status::bad_parameter);
    CHECK(state_after(std::uint64_t{2}) == status::ok);
    CHECK(state_after(short{-5}) == status::bad_parameter);
}

TEST_CASE("map gives every token its new score, and leaves forbidden ones forbidden") {
    library_row of({1, forbidden, 3});
    std::vector<int> tokens;
    of.row.map([&](float score, std::int32_t token) { return tokens.push_back(token), -score; });
    REQUIRE(of.row.settle());
    CHECK(tokens == std::vector<int>{0, 2});
    CHECK(of.row.best() == ranking_key{-1.0f, 0});
    CHECK(of.row.count() == 2);
    CHECK(bits_of(of.logits[1]) == bits::minus_infinity);
    CHECK(of.logits[0] == 1);
}

TEST_CASE("an adjuster that makes a NaN or an infinity is found out") {
    library_row nan({1, 2});
    nan.row.map([](float, std::int32_t) { return float_of(bits::nans[2]); });
    CHECK_FALSE(nan.row.settle());
    CHECK(nan.row.state() == status::nan_logit);
    library_row infinite({1, 2});
    infinite.row.map([](float, std::int32_t) { return float_of(bits::plus_infinity); });
    CHECK_FALSE(infinite.row.settle());
    CHECK(infinite.row.state() == status::pos_inf_logit);
    library_row none({1, 2});
    none.row.map([](float, std::int32_t) { return float_of(bits::minus_infinity); });
    CHECK_FALSE(none.row.settle());
    CHECK(none.row.state() == status::no_candidate);
}

TEST_CASE("a mask forbids the tokens whose bit is 0, at every place of a word") {
    for (const std::size_t size : {1u, 31u, 32u, 33u, 64u, 65u, 100u}) {
        for (std::size_t allowed = 0; allowed < size; ++allowed) {
            std::vector<std::uint32_t> words((size + 31) / 32, 0);
            words[allowed / 32] = 1u << (allowed % 32);
            library_row of(std::vector<float>(size, 1.0f));
            of.row.mask(words);
            if (!of.row.settle()) FAIL("size " << size << ", allowed " << allowed);
            if (kept_ids(of.row) != std::vector<int>{static_cast<int>(allowed)}) FAIL("size " << size);
        }
    }
    SUCCEED();
}

TEST_CASE("a mask writes over anything, NaN and +infinity included") {
    for (const std::uint32_t bad : {0x7fc00000u, 0xffffffffu, 0x7f800001u, bits::plus_infinity}) {
        library_row of({1, float_of(bad), 3});
        const std::array<std::uint32_t, 1> words = {0b101u};
        of.row.mask(words);
        REQUIRE(of.row.settle());
        CHECK(kept_ids(of.row) == std::vector<int>{0, 2});
        CHECK(bits_of(of.logits[1]) == bad);
    }
}

TEST_CASE("a NaN that a mask allows still fails the row") {
    library_row of({1, float_of(bits::nans[0]), 3});
    const std::array<std::uint32_t, 1> words = {0b111u};
    of.row.mask(words);
    CHECK_FALSE(of.row.settle());
    CHECK(of.row.state() == status::nan_logit);
}

TEST_CASE("a mask of fewer words forbids the other tokens, and bits past the end of the row are ignored") {
    for (const std::size_t size : {1u, 32u, 33u, 64u, 65u}) {
        const std::size_t needed = (size + 31) / 32;
        for (std::size_t have = 0; have <= needed + 1; ++have) {
            const std::vector<std::uint32_t> words(have, 0xffffffffu);
            library_row of(std::vector<float>(size, 1.0f));
            of.row.mask(words);
            CHECK(of.row.settle() == (have > 0));
            CHECK(of.row.state() == (have > 0 ? status::ok : status::no_candidate));
            if (have > 0) CHECK(of.row.count() == std::min(32 * have, size));
        }
    }
}

TEST_CASE("a mask of zeros leaves no candidate") {
    library_row of({1, 2, 3});
    const std::array<std::uint32_t, 2> words = {0, 0xffffffffu};
    of.row.mask(words);
    CHECK_FALSE(of.row.settle());
    CHECK(of.row.state() == status::no_candidate);
}

TEST_CASE("a mask of ones changes nothing") {
    for (std::uint64_t number = 0; number < 100; ++number) {
        const std::vector<float> logits = random_row(number);
        library_row masked(logits), plain(logits);
        const std::vector<std::uint32_t> words((logits.size() + 31) / 32, 0xffffffffu);
        masked.row.mask(words);
        REQUIRE(masked.row.settle());
        REQUIRE(plain.row.settle());
        CHECK(kept_ids(masked.row) == kept_ids(plain.row));
        CHECK(masked.row.total() == plain.row.total());
    }
}

TEST_CASE("adjusters add up: a mask, an edit and a map in turn") {
    library_row of({1, 2, 3, 4});
    const std::array<std::uint32_t, 1> words = {0b1011u};
    const std::array ids = {0, 2};
    of.row.mask(words);
    of.row.edit(ids, [](float score, std::size_t) { return score + 100; });
    of.row.map([](float score, std::int32_t) { return score / 2; });
    REQUIRE(of.row.settle());
    CHECK(kept_ids(of.row) == std::vector<int>{0, 1, 3});
    CHECK(of.row.best() == ranking_key{50.5f, 0});
    CHECK(of.logits == std::vector<float>{1, 2, 3, 4});
}

TEST_CASE("adjusters work on converted and on strided rows, too") {
    const double wide[] = {1, 9, 2, 9, 3, 9};
    pluck::workspace scratch;
    pluck::cpu::row row(pluck::logits_view<double>{wide, 3, 2}, scratch, {}, 0);
    const std::array ids = {0};
    row.edit(ids, [](float score, std::size_t) { return score + 10; });
    REQUIRE(row.settle());
    CHECK(row.best() == ranking_key{11.0f, 0});
    CHECK(wide[0] == 1);
}

TEST_CASE("an adjuster that comes after the row was classified fails it") {
    const std::array ids = {0};
    const std::array<std::uint32_t, 1> words = {~0u};
    library_row edited({1, 2}), mapped({1, 2}), masked({1, 2});
    for (library_row* of : {&edited, &mapped, &masked}) REQUIRE(of->row.settle());
    edited.row.edit(ids, [](float score, std::size_t) { return score + 10; });
    mapped.row.map([](float score, std::int32_t) { return -score; });
    masked.row.mask(words);
    for (library_row* of : {&edited, &mapped, &masked}) {
        CHECK(of->row.state() == status::bad_parameter);
        CHECK(of->logits == std::vector<float>{1, 2});
    }
}

TEST_CASE("a failed row has a reason, the last one given") {
    library_row of({1, 2});
    REQUIRE(of.row.settle());
    of.row.fail(status::bad_parameter);
    CHECK(of.row.state() == status::bad_parameter);
    CHECK_FALSE(of.row.settle());
}
