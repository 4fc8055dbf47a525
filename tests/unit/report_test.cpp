// SPDX-License-Identifier: MIT
//
// What a report says: against long double, on bad input, and that asking never changes the token. That all backends
// say the same is tests/cuda/report_test.cpp's.
#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/logit_cases.hpp"
#include "support/report_cases.hpp"
#include "unit/helpers.hpp"
#include "unit/stages.hpp"
#include <pluck/dynamic_chain.hpp>
#include <pluck/pluck.hpp>
#include <pluck/thread_pool.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

using namespace pluck_test;
using pluck::base;
using pluck::key;
using pluck::pick;
using pluck::report;
using pluck::sample;
using pluck::status;
using pluck::temperature;
using pluck::top_k;
using pluck::top_p;

namespace {

[[nodiscard]] bool is_nan(float value) { return (bits_of(value) & 0x7fffffffu) > bits::plus_infinity; }
[[nodiscard]] bool is_forbidden(float value) { return bits_of(value) == bits::minus_infinity; }

/// The ids of all tokens.
[[nodiscard]] std::vector<std::int32_t> all_ids(std::size_t vocab) {
    std::vector<std::int32_t> ids(vocab);
    for (std::size_t i = 0; i < vocab; ++i) ids[i] = static_cast<std::int32_t>(i);
    return ids;
}

/// log softmax of scores / T in long double; scores that are -infinity have no part in it. And how far below the best
/// score tokens are in the mean, in units of T.
struct log_softmax {
    std::vector<long double> logs;
    long double distance = 0;

    log_softmax(const std::vector<float>& scores, double T) {
        long double best = -std::numeric_limits<long double>::max(), sum = 0;
        for (const float s : scores)
            if (!is_forbidden(s)) best = std::max(best, static_cast<long double>(s));
        for (const float s : scores) {
            if (is_forbidden(s)) continue;
            const long double down = (best - s) / static_cast<long double>(T);
            sum += std::exp(-down);
            distance += down * std::exp(-down);
        }
        distance /= sum;
        for (const float s : scores)
            logs.push_back(is_forbidden(s) ? 1 : (s - best) / static_cast<long double>(T) - std::log(sum));
    }
};

/// How many ulp of the exact value.
[[nodiscard]] long double ulps(float got, long double want) {
    const float near = std::abs(static_cast<float>(want));
    const long double ulp = std::nextafter(near, std::numeric_limits<float>::max()) - near;
    return std::abs(static_cast<long double>(got) - want) / ulp;
}

/// What is known of how exact log-probabilities are.
struct exactness {
    tally seen;
    std::size_t beyond = 0;  // 4 ulp and vocab 2^-40

    void expect(float got, long double want, std::size_t vocab, long double distance, const std::string& what) {
        const long double off = std::abs(static_cast<long double>(got) - want);
        const long double floors = static_cast<long double>(vocab) * 0x1p-40L;
        const bool is_close = off <= floors || ulps(got, want) <= 4;
        beyond += is_close ? 0 : 1;
        seen.expect(is_close || off <= floors + distance * 0x1p-23L, what, ": ", got, ", not ",
                    static_cast<double>(want));
    }
};

/// Compares the log-probabilities of all tokens of a row, as a report of this base gives them, with those of scores.
template <class Chain>
void expect_close(exactness& found, const std::vector<float>& row, const Chain& chain, base of,
                  const std::vector<float>& scores, double T, const std::string& what) {
    const std::vector<std::int32_t> ids = all_ids(row.size());
    std::vector<float> values(row.size());
    report said{.of = of, .given = {ids, values}};
    const pick drawn = sample(row, chain, {.seed = 3}, said);
    if (!drawn) return found.seen.expect(false, what, ": no token");
    const log_softmax want(scores, T);
    for (std::size_t i = 0; i < row.size(); ++i) {
        if (is_forbidden(scores[i])) found.seen.expect(is_forbidden(values[i]), what, ": token ", i, " is forbidden");
        else found.expect(values[i], want.logs[i], row.size(), want.distance, what);
    }
    const auto token = static_cast<std::size_t>(drawn.token);
    found.seen.expect(bits_of(said.log_probability) == bits_of(values[token]), what, ": the token itself");
}

/// The row with -infinity for all that a chain does not keep.
template <class Chain>
[[nodiscard]] std::vector<float> kept_scores(const std::vector<float>& row, const Chain& chain) {
    std::vector<float> kept(row.size(), forbidden);
    for (const pluck::candidate& each : pluck::candidates(row, chain, {.seed = 3}))
        kept[static_cast<std::size_t>(each.token)] = each.logit;
    return kept;
}

const std::vector<float> example = {2, 1.5f, 1, 0.5f, 0.1f, -0.5f, -1, -2, -3, -5};

}  // namespace

TEST_CASE("a report says what each base makes of the token, of the best and of given tokens") {
    std::array<std::int32_t, 3> best{};
    std::array<float, 3> best_values{};
    const std::array<std::int32_t, 3> ids = {9, 0, 1};
    std::array<float, 3> values{};
    const std::vector<std::int32_t> lifted = {1};
    const std::vector<float> by = {-0.5f};
    const auto chain = pluck::logit_bias(lifted, by) | temperature(0.5f) | top_k(2);
    const key where{.seed = 42, .position = 4};
    report said{.top = {best, best_values}, .given = {ids, values}};

    said.of = base::raw;
    const pick drawn = sample(example, chain, where, said);
    CHECK(drawn == sample(example, chain, where));
    CHECK(drawn.token == 0);
    CHECK(said.rank == 0);
    CHECK(said.kept == 2);
    CHECK(best == std::array<std::int32_t, 3>{0, 1, 2});
    CHECK(said.log_probability == Approx(-0.918267));
    CHECK(best_values[1] == Approx(-1.418267));
    CHECK(values[0] == Approx(-7.918267));
    CHECK(bits_of(values[1]) == bits_of(best_values[0]));
    CHECK(bits_of(values[2]) == bits_of(best_values[1]));

    said.of = base::adjusted;
    CHECK(sample(example, chain, where, said) == drawn);
    CHECK(best == std::array<std::int32_t, 3>{0, 1, 2});  // 1 and 2 tie
    CHECK(bits_of(best_values[1]) == bits_of(best_values[2]));
    CHECK(said.log_probability == Approx(-0.81815).epsilon(1e-4));

    said.of = base::tempered;
    CHECK(sample(example, chain, where, said) == drawn);
    CHECK(best_values[0] - best_values[1] == Approx(2));
    CHECK(best_values[0] - values[0] == Approx(14));
    CHECK(said.kept == 2);

    said.of = base::chain;
    CHECK(sample(example, chain, where, said) == drawn);
    CHECK(best == std::array<std::int32_t, 3>{0, 1, -1});
    CHECK(best_values[0] == Approx(std::log(1 / (1 + std::exp(-2.0)))));
    CHECK(is_forbidden(best_values[2]));
    CHECK(is_forbidden(values[0]));
}

// The scale of masses and each difference of scores are floats, and err by 2^-24 of a distance at most. So the largest
// log-probabilities, where all else lies far below, may be some ulp more off than others.
TEST_CASE("log-probabilities are those of log softmax to 4 ulp, or vocab 2^-40, but for few") {
    exactness found;
    for (std::uint64_t number = 0; number < repeated(600); ++number) {
        const std::vector<float> row = random_row(number, number % 10 == 0 ? 3000 : 200);
        random_numbers numbers(number, 7);
        const double T = std::exp(numbers.normal());
        const std::string what = "row " + std::to_string(number);
        const auto cut = temperature(T) | top_p(0.9f);
        expect_close(found, row, cut, base::raw, row, 1, what);
        expect_close(found, row, cut, base::tempered, row, T, what + ", tempered");
        expect_close(found, row, cut, base::chain, kept_scores(row, cut), T, what + ", of the chain");
        expect_close(found, row, negate{} | cut, base::adjusted, kept_scores(row, negate{}), 1, what + ", adjusted");
    }
    random_numbers numbers(1, 8);
    for (const double T : {0.3, 1.0, 5.0}) {
        const std::vector<float> row = logits_of(shape::normal, full_effort ? 128256 : 5000, numbers);
        expect_close(found, row, temperature(T), base::tempered, row, T, "a long row");
        expect_close(found, row, temperature(T), base::raw, row, 1, "a long row, raw");
    }
    PLUCK_CHECK_TALLY(found.seen);
    CHECK(found.beyond * 50'000 <= found.seen.checked());
}

TEST_CASE("the rank is the number of better candidates, and the best come in ranking order") {
    tally seen;
    for (std::uint64_t number = 0; number < repeated(400); ++number) {
        const std::vector<float> row = random_row(number);
        const sorted_row all(row);
        const pick drawn = sample(row, pluck::rejection{}, {.seed = number});
        if (!drawn) continue;
        std::vector<std::int32_t> ids(number % 7 == 0 ? 400 : number % 30);
        std::vector<float> values(ids.size());
        for (const bool again : {false, true}) {  // from the row itself, or from another one
            report said{.of = base::raw, .top = {ids, values}};
            if (again) (void)sample(row, temperature(2) | pluck::rejection{}, {.seed = number}, said);
            else seen.expect(sample(row, pluck::rejection{}, {.seed = number}, said) == drawn, "token of row ", number);
            if (!again) seen.expect(all.key(static_cast<std::size_t>(said.rank)).token() == drawn.token, "its rank");
            seen.expect(said.kept == static_cast<std::int32_t>(all.count()), "kept of row ", number);
            for (std::size_t rank = 0; rank < ids.size(); ++rank) {
                const bool there = rank < all.count();
                seen.expect(ids[rank] == (there ? all.key(rank).token() : -1), "row ", number, ", rank ", rank);
                seen.expect(is_forbidden(values[rank]) == !there, "value of row ", number, ", rank ", rank);
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("asking for a report never changes the token") {
    tally seen;
    std::array<std::int32_t, 5> best{};
    std::array<float, 5> best_values{}, values{};
    const std::array<std::int32_t, 5> ids = {0, 3, -1, 1 << 20, 3};
    const auto same = [&](const std::vector<float>& row, const auto& chain, std::uint64_t number) {
        const key where{.seed = number, .sequence = 1, .position = number};
        const pick drawn = sample(row, chain, where);
        for (const base of : all_bases) {
            report said{.of = of, .top = {best, best_values}, .given = {ids, values}, .counts = number % 2 == 0};
            seen.expect(sample(row, chain, where, said) == drawn, "row ", number, ", base ", static_cast<int>(of));
        }
    };
    for (std::uint64_t number = 0; number < repeated(400); ++number) {
        std::vector<float> row = random_row(number);
        if (number % 20 == 0) row[0] = float_of(bits::nans[number % 8]);
        random_numbers numbers(number, 9);
        const auto t = static_cast<float>(numbers.uniform() * 3), p = static_cast<float>(numbers.uniform());
        const std::vector<std::int32_t> banned = {0};
        same(row, pluck::categorical{}, number);
        same(row, temperature(t) | top_p(p), number);
        same(row, top_k(7) | pluck::rejection{}, number);
        same(row, pluck::banned(banned) | top_p(p) | temperature(t), number);
        same(row, negate{} | pluck::greedy{}, number);
        same(row, without_best{} | temperature(t), number);
        same(row, pluck::forced(0) | top_k(3), number);
        pluck::dynamic_chain rules;
        same(row, rules.add(pluck::banned(banned)).add(top_p(p)).add(pluck::min_p(0.05f)), number);
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("lists of different lengths, or too long ones, are refused where they are made") {
    std::vector<std::int32_t> ids(1025), five(5);
    std::vector<float> values(1025), four(4);
    CHECK(message_of([&] {
              (void)report{.top = {five, four}};
          }) == "pluck::report: top.values.size() must be the 5 of top.ids, got 4");
    CHECK(message_of([&] {
              (void)report{.given = {five, four}};
          }) == "pluck::report: given.values.size() must be the 5 of given.ids, got 4");
    CHECK(message_of([&] {
              (void)report{.top = {ids, values}};
          }) == "pluck::report: top.ids.size() must be <= 1024, got 1025");
    report said{.given = {ids, values}};  // of these there may be any number
    CHECK(sample(example, top_k(1), {}, said).token == 0);
    const pluck::batch_view<float> batch{example.data(), 1, example.size()};
    std::int32_t token = -7;
    CHECK(message_of([&] {
              pluck::sample_rows(batch, top_k(1), {},
                                 pluck::results{.token = &token, .top = {ids.data(), values.data(), 1025}});
          }) == "pluck::sample_rows: top.count must be <= 1024, got 1025");
    CHECK(token == -7);
}

TEST_CASE("a report of nothing, or of an id outside of the row, does no harm") {
    std::vector<std::int32_t> none;
    std::vector<float> nowhere;
    report said{.top = {none, nowhere}, .given = {none, nowhere}};
    CHECK(sample(example, top_k(1), {}, said).token == 0);
    CHECK(bits_of(said.log_probability) == 0);
    const std::array<std::int32_t, 5> ids = {-1, 10, 9, INT32_MAX, INT32_MIN};
    for (const base of : all_bases) {
        std::array<float, 5> values{};
        report asked{.of = of, .given = {ids, values}};
        CHECK(sample(example, temperature(2) | top_k(10), {}, asked));
        CHECK((is_nan(values[0]) && is_nan(values[1]) && is_nan(values[3]) && is_nan(values[4])));
        CHECK(values[2] < 0);
    }
}

TEST_CASE("a row without a token has a report of NaNs, and a rank of -1") {
    std::vector<float> nan = example, infinite = example, all_forbidden(10, forbidden);
    nan[3] = float_of(bits::nans[0]);
    infinite[3] = float_of(bits::plus_infinity);
    const std::array<std::int32_t, 2> ids = {0, 1};
    for (const auto& row : {nan, infinite, all_forbidden, std::vector<float>{}}) {
        for (const base of : all_bases) {
            std::array<std::int32_t, 2> best{};
            std::array<float, 2> best_values{}, values{};
            report said{.of = of, .top = {best, best_values}, .given = {ids, values}};
            said.log_probability = 0, said.rank = 5, said.kept = 5;
            CHECK_FALSE(sample(row, top_k(3), {}, said));
            CHECK((is_nan(said.log_probability) && said.rank == -1 && said.kept == 0));
            CHECK((best == std::array<std::int32_t, 2>{-1, -1} && is_nan(best_values[0]) && is_nan(best_values[1])));
            CHECK((is_nan(values[0]) && is_nan(values[1])));
        }
    }
}

TEST_CASE("a base that nothing could be drawn from has no log-probabilities, though the chain has a token") {
    std::vector<float> row = example;
    row[1] = float_of(bits::nans[0]);
    const std::uint32_t words[] = {0x3fdu};
    std::array<std::int32_t, 2> best{};
    std::array<float, 2> values{};
    report said{.of = base::raw, .top = {best, values}};
    const pick drawn = sample(row, pluck::mask(words), {}, said);
    CHECK(drawn);
    CHECK((is_nan(said.log_probability) && said.rank == -1 && best[0] == -1 && is_nan(values[1])));
    CHECK(said.kept == 9);  // which is the chain's
    said.of = base::adjusted;
    CHECK(sample(row, pluck::mask(words), {}, said) == drawn);
    CHECK((best == std::array<std::int32_t, 2>{0, 2} && said.log_probability < 0));
}

TEST_CASE("a forced token has its own raw log-probability, -infinity if the logits forbid it") {
    std::vector<float> row = example;
    row[9] = forbidden;
    report said{.of = base::raw};
    CHECK(sample(row, pluck::forced(5), {}, said).token == 5);
    CHECK(said.log_probability == Approx(-0.918267 - 2.5).epsilon(1e-3));
    CHECK((said.rank == 5 && said.kept == 1));
    CHECK(sample(row, pluck::forced(9), {}, said).token == 9);
    CHECK((is_forbidden(said.log_probability) && said.rank == 9));  // all candidates are better
    said.of = base::adjusted;
    CHECK(sample(row, pluck::forced(9), {}, said).token == 9);
    CHECK((bits_of(said.log_probability) == 0 && said.rank == 0));
}

TEST_CASE("one token has the log-probability 0, and equal tokens have equal ones and ranks of their own") {
    report said{.of = base::raw};
    for (const float only : {0.0f, -0.0f, -1e30f, 3e38f}) {
        CHECK(sample(std::vector<float>{only}, temperature(0.5f), {}, said).token == 0);
        CHECK((bits_of(said.log_probability) == 0 && said.rank == 0 && said.kept == 1));
    }
    const std::vector<float> equal(64, 1.25f);
    std::vector<bool> met(64);
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        const pick drawn = sample(equal, pluck::categorical{}, {.seed = seed}, said);
        if (said.rank != drawn.token) FAIL("token " << drawn.token << " has rank " << said.rank);
        met[static_cast<std::size_t>(drawn.token)] = true;
        CHECK(said.log_probability == -static_cast<float>(std::log(64.0)));
    }
    CHECK(std::count(met.begin(), met.end(), true) == 64);
    const std::vector<float> zeros = {-0.0f, 0.0f};
    CHECK(sample(zeros, pluck::greedy{}, {}, said).token == 0);
    CHECK((said.log_probability == -0x1.62e43p-1f && said.rank == 0));
}

TEST_CASE("kept is not counted where it is not wanted") {
    report said{.counts = false};
    CHECK(sample(example, top_k(3), {}, said));
    CHECK(said.kept == 0);
    said.counts = true;
    CHECK(sample(example, top_k(3), {}, said));
    CHECK(said.kept == 3);
    for (const base of : all_bases) {  // a nucleus that nobody has asked for is not all of the row
        report counting{.of = of}, quick{.of = of, .counts = false};
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            CHECK(sample(example, top_p(0.6f), {.seed = seed}, counting) ==
                  sample(example, top_p(0.6f), {.seed = seed}, quick));
            CHECK(bits_of(counting.log_probability) == bits_of(quick.log_probability));
            CHECK((counting.rank == quick.rank && counting.kept == 2));
        }
    }
}

namespace {

/// Adjusts by what was drawn last.
struct bans_the_last : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::adjust;
    std::int32_t* last;
    template <class Row>
    void operator()(Row& row) const {
        const std::array ids = {*last};
        if (*last >= 0) row.edit(ids, [](float, std::size_t) { return forbidden; });
    }
    template <class Row>
    void after(const Row&, std::int32_t token) const {
        *last = token;
    }
};

}  // namespace

TEST_CASE("a report shows what an adjuster did before it learnt of the token") {
    std::int32_t last = -1;
    bans_the_last stage;
    stage.last = &last;
    for (const base of : {base::adjusted, base::tempered, base::raw, base::chain}) {
        last = 0;
        report said{.of = of};
        CHECK(sample(example, stage | temperature(0.5f) | pluck::top_k(1), {}, said).token == 1);
        CHECK(last == 1);
        CHECK(said.rank == (of == base::raw ? 1 : 0));
        CHECK(said.log_probability > -1.5f);
    }
}

namespace {

/// Remembers what it sees of the row.
struct looks_back : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    std::vector<std::uint64_t>* seen;
    template <class Row>
    void operator()(Row& row) const {
        row.keep_largest(5);
    }
    template <class Row>
    void after(Row& row, std::int32_t token) const {
        *seen = {row.count(), row.total(), row.best().value, bits_of(row.score_of(token)), bits_of(row.temperature())};
    }
};

}  // namespace

TEST_CASE("a stage that remembers the token sees the row that it was drawn from, whatever is reported") {
    std::vector<std::uint64_t> seen;
    looks_back stage;
    stage.seen = &seen;
    random_numbers numbers(3, 3);
    const std::vector<float> row = logits_of(shape::normal, 500, numbers);
    const std::vector<std::int32_t> banned = {7};
    const auto chain = pluck::banned(banned) | temperature(0.5f) | stage;
    CHECK(sample(row, chain, {.seed = 2}));
    const std::vector<std::uint64_t> want = seen;
    CHECK(want[0] == 5);
    std::array<std::int32_t, 30> ids{};
    std::array<float, 30> values{};
    for (const base of : all_bases) {
        report said{.of = of, .top = {ids, values}};
        CHECK(sample(row, chain, {.seed = 2}, said));
        CHECK(seen == want);
    }
}

TEST_CASE("batches report what single draws do, at any stride, by indices, on threads") {
    constexpr std::size_t vocab = 60, rows = 7, top = 4, given = 3;
    std::vector<float> logits;
    for (std::size_t i = 0; i < rows; ++i) {
        random_numbers numbers(i, 11);
        for (std::size_t j = 0; j < vocab; ++j) logits.push_back(static_cast<float>(3 * numbers.normal()));
    }
    logits[2 * vocab + 5] = float_of(bits::nans[0]);
    const pluck::batch_view<float> batch{logits.data(), rows, vocab};
    const std::vector<std::int32_t> indices = {3, 2, 0, 6, 6, -1, 5, 9};
    const auto chain = temperature(0.7f) | top_p(0.8f);
    for (const base of : all_bases) {
        for (const bool shared : {false, true}) {
            const std::size_t draws = indices.size();
            std::vector<std::int32_t> token(draws), kept(draws), rank(draws), ids(draws * 6, -77), asked(draws * given);
            std::vector<float> log(draws), top_values(draws * 6, 77), values(draws * 5, 77);
            for (std::size_t i = 0; i < asked.size(); ++i) asked[i] = static_cast<std::int32_t>(i * 7 % (vocab + 3));
            const pluck::results out{.token = token.data(),
                                     .kept = kept.data(),
                                     .log_probability = log.data(),
                                     .rank = rank.data(),
                                     .top = {.ids = ids.data(), .values = top_values.data(), .count = top, .stride = 6},
                                     .given = {.ids = asked.data(),
                                               .values = values.data(),
                                               .count = given,
                                               .stride = 5,
                                               .ids_stride = shared ? 0 : std::ptrdiff_t{given}},
                                     .of = of};
            pluck::thread_pool pool(3);
            pluck::sample_rows(batch, chain, {.seed = 5}, out, {.indices = indices}, pool);
            for (std::size_t i = 0; i < draws; ++i) {
                const std::size_t first = shared ? 0 : i * given;
                told want(top, {asked.begin() + static_cast<std::ptrdiff_t>(first),
                                asked.begin() + static_cast<std::ptrdiff_t>(first + given)});
                const bool there = indices[i] >= 0 && indices[i] < static_cast<int>(rows);
                std::vector<float> row(vocab, forbidden);  // of which the report says as much as of no row
                for (std::size_t j = 0; there && j < vocab; ++j)
                    row[j] = logits[static_cast<std::size_t>(indices[i]) * vocab + j];
                want.draw(of, [&](report& said) { return sample(row, chain, {.seed = 5}, said); });
                told got = want;
                got.drawn.token = token[i], got.kept = kept[i], got.rank = rank[i], got.log_probability = log[i];
                for (std::size_t j = 0; j < top; ++j)
                    got.top_ids[j] = ids[6 * i + j], got.top_values[j] = top_values[6 * i + j];
                for (std::size_t j = 0; j < given; ++j) got.given_values[j] = values[5 * i + j];
                CHECK(got == want);
                CHECK((ids[6 * i + 4] == -77 && top_values[6 * i + 5] == 77 && values[5 * i + 3] == 77));
            }
        }
    }
}

TEST_CASE("a batch reports the rank, the ids or the values alone") {
    const pluck::batch_view<float> batch{example.data(), 1, example.size()};
    std::int32_t rank = -7;
    std::array<std::int32_t, 2> ids{};
    std::array<float, 2> values{};
    const auto chain = top_k(5);
    pluck::sample_rows(batch, chain, {.seed = 4}, pluck::results{.rank = &rank});
    report said;
    const pick drawn = sample(example, chain, {.seed = 4}, said);
    CHECK(rank == said.rank);
    CHECK(drawn.token == rank);
    pluck::sample_rows(batch, chain, {}, pluck::results{.top = {.ids = ids.data(), .count = 2}});
    CHECK(ids == std::array<std::int32_t, 2>{0, 1});
    pluck::sample_rows(batch, chain, {}, pluck::results{.top = {.values = values.data(), .count = 2}});
    CHECK(values[0] - values[1] == Approx(0.5));
}

TEST_CASE("rows of every kind, and chains spelt out in place, can be reported of") {
    report said{.of = base::raw};
    const std::vector<double> doubles(example.begin(), example.end());
    CHECK(sample(doubles, {.top_k = 1}, {.seed = 1}, said).token == 0);
    const float log = said.log_probability;
    Eigen::VectorXf vector = Eigen::Map<const Eigen::VectorXf>(example.data(), 10);
    CHECK(sample(vector + Eigen::VectorXf::Zero(10), {.top_k = 1}, {.seed = 1}, said).token == 0);
    CHECK(bits_of(said.log_probability) == bits_of(log));
    pluck::workspace scratch;
    const pluck::logits_view<float> backwards{&example[9], 10, -1};
    CHECK(sample(backwards, pluck::combined{.top_k = 1}, {.seed = 1}, said, scratch).token == 9);
    CHECK(bits_of(said.log_probability) == bits_of(log));
    pluck::workspace moved = std::move(scratch);
    CHECK(sample(backwards, pluck::combined{.top_k = 1}, {.seed = 1}, said, moved).token == 9);
}
