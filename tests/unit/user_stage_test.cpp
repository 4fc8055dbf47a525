// SPDX-License-Identifier: MIT
//
// Stages of a user's own: of each verb, with randomness, with memory, and failing ones.
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include "unit/stages.hpp"
#include <pluck/pluck.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

using namespace pluck_test;
using pluck::candidates;
using pluck::chain;
using pluck::combined;
using pluck::greedy;
using pluck::min_p;
using pluck::sample;
using pluck::temperature;
using pluck::top_k;
using pluck::top_p;

namespace {

template <class Row>
concept can_cut = requires(Row& row) {
    row.keep_largest(1);
}
|| requires(Row& row) { row.best(); }
|| requires(Row& row) { row.total(); };

}  // namespace

TEST_CASE("a keep stage of one's own cuts, alone or in a chain") {
    const std::vector<float> row = {1, 4, 2, 3};
    CHECK(kept_by(row, at_least_of(2)) == std::vector<int>{1, 3, 2});
    CHECK(kept_by(row, at_least_of(2) | top_k(2)) == std::vector<int>{1, 3});
    CHECK(kept_by(row, top_k(2) | at_least_of(4)) == std::vector<int>{1});
}

TEST_CASE("an adjuster of one's own moves scores before anything else looks at the row") {
    const std::vector<float> row = {1, 4, 2, 3};
    CHECK(kept_by(row, ban_of(1) | top_k(2)) == std::vector<int>{3, 2});
    CHECK(kept_by(row, negate{} | top_k(2)) == std::vector<int>{0, 2});
    CHECK(kept_by(row, ban_of(0) | negate{} | top_k(1)) == std::vector<int>{2});
    const auto adjusted = candidates(row, negate{} | top_k(1));
    CHECK(adjusted[0].logit == -1);
    CHECK(row == std::vector<float>{1, 4, 2, 3});
}

TEST_CASE("an adjuster may save a row that has a NaN, and may ruin one that has none") {
    const std::vector<float> row = {1, float_of(bits::nans[1]), 2};
    CHECK(sample(row, top_k(2), {}).status == pluck::status::nan_logit);
    const std::uint32_t words[] = {0b101u};
    allow mask;
    mask.words = words;
    mask.count = 1;
    CHECK(kept_by(row, mask | top_k(2)) == std::vector<int>{2, 0});
    mask.count = 0;  // the rest is forbidden
    CHECK(sample(row, mask | top_k(2), {}).status == pluck::status::no_candidate);
    CHECK(sample(row, ban_of(7), {}).status == pluck::status::bad_parameter);
    const std::vector<float> one = {5};
    CHECK(sample(one, ban_of(0), {}).status == pluck::status::no_candidate);
}

TEST_CASE("a shape stage of one's own scales") {
    for (std::uint64_t number = 0; number < 50; ++number) {
        const std::vector<float> row = random_row(number);
        CHECK(sample(row, twice_as_hot{}, {.seed = number}) == sample(row, temperature(2), {.seed = number}));
    }
}

TEST_CASE("a draw stage of one's own chooses") {
    const std::vector<float> row = {4, 3, 2, 1};
    CHECK(sample(row, worst{}, {}).token == 3);
    CHECK(sample(row, top_k(2) | worst{}, {}).token == 1);
    CHECK(sample(row, ban_of(3) | worst{}, {}).token == 2);
}

TEST_CASE("a random stage draws from its purpose's bits, and inspection then takes the key") {
    const std::vector<float> row = {4, 3, 2, 1};
    bool seen[4] = {};
    for (int position = 0; position < 60; ++position) {
        const pluck::key key{.seed = 9, .position = position};
        const std::uint32_t expected = 1 + pluck::randomness(key).bits(0x80000001u, 0).word[0] % 3;
        CHECK(candidates(row, by_chance{}, key).size() == expected);
        seen[expected] = true;
    }
    CHECK((seen[1] && seen[2] && seen[3]));
    STATIC_REQUIRE(pluck::detail::needs_key<by_chance>);
    STATIC_REQUIRE(pluck::detail::needs_key<chain<top_k, by_chance>>);
    STATIC_REQUIRE_FALSE(pluck::detail::needs_key<chain<top_k, greedy>>);
    STATIC_REQUIRE_FALSE(pluck::detail::needs_key<combined>);
    STATIC_REQUIRE_FALSE(pluck::detail::needs_key<chain<>>);
}

TEST_CASE("a draw stage that finds no token has none, and is not remembered") {
    log_book book;
    CHECK(sample(std::vector<float>{1, 2}, remember_in(book) | finds_nothing{}, {}) ==
          pluck::pick{-1, pluck::status::no_candidate});
    CHECK(book.calls == 0);
}

TEST_CASE("an adjuster sees scores, its row's index and its random bits, and no more") {
    STATIC_REQUIRE(can_cut<pluck::cpu::row>);
    STATIC_REQUIRE_FALSE(can_cut<pluck::adjusting<pluck::cpu::row>>);
    bits_seen seen;
    see_bits look;
    look.seen = &seen;
    const pluck::key key{.seed = 3, .position = 4};
    REQUIRE(sample(std::vector<float>{1, 2}, look, key));
    CHECK(seen.own == pluck::randomness(key).base);
    CHECK(seen.further == pluck::randomness(key).bits(5, 6));
    CHECK(seen.index == 0);
    CHECK(seen.state == pluck::status::ok);
}

TEST_CASE("an adjuster may fail its row") {
    refuse stage;
    CHECK(sample(std::vector<float>{1, 2}, stage | top_k(1), {}).status == pluck::status::bad_parameter);
}

TEST_CASE("a stage may draw from other rows while its own is being drawn from") {
    const std::vector<float> other(500, 0.0f);
    draw_within within;
    within.row = &other;
    for (std::uint64_t number = 0; number < 100; ++number) {
        const std::vector<float> row = random_row(number);
        const pluck::key key{.seed = number};
        const auto chain = top_k(30) | top_p(0.9f);
        CHECK(sample(row, top_k(30) | within | top_p(0.9f), key) == sample(row, chain, key));
        CHECK(sample(row, within | chain | within, key) == sample(row, chain, key));
    }
}

TEST_CASE("a stage that fails its row ends it: no stage runs after it, and no token comes out") {
    trace steps;
    log_book book;
    const auto stages = traced_in<1>(steps) | remember_in(book) | failing{} | traced_in<2>(steps) | greedy{};
    const pluck::pick got = sample(std::vector<float>{1, 2}, stages, {});
    CHECK(got == pluck::pick{-1, pluck::status::bad_parameter});
    CHECK(steps.steps == std::vector<int>{1});
    CHECK(book.calls == 0);
}

TEST_CASE("no stage but the adjusters runs on a bad row") {
    trace steps;
    const auto stages = traced_in<1, pluck::verb::adjust>(steps) | traced_in<2>(steps);
    CHECK(sample(std::vector<float>{forbidden}, stages, {}).status == pluck::status::no_candidate);
    CHECK(steps.steps == std::vector<int>{1});
    CHECK(sample(std::vector<float>{}, stages, {}).status == pluck::status::no_candidate);
    CHECK(steps.steps == std::vector<int>{1});  // there is nothing to adjust in an empty row
}

TEST_CASE("after the draw, a stage that asks for it learns the token, once") {
    log_book first, second;
    const std::vector<float> row = {1, 5, 2, 4};
    const auto stages = remember_in(first) | top_k(2) | remember_in(second) | greedy{};
    REQUIRE(sample(row, stages, {}).token == 1);
    CHECK(first.calls == 1);
    CHECK(first.token == 1);
    CHECK(first.kept == 1);  // the row as the draw has left it
    CHECK(second.calls == 1);
    CHECK(second.token == 1);
    REQUIRE(sample(row, remember_in(first), {.seed = 3}));
    CHECK(first.calls == 2);
    CHECK(first.kept == 4);
}

TEST_CASE("in a batch, after is told each row's own index") {
    std::vector<log_book> books(3);
    std::vector<chain<remember>> chains;
    for (log_book& book : books) chains.emplace_back(remember_in(book));
    const std::vector<std::vector<float>> batch = {{9, 1}, {1, 9}, {1, 9}};
    const std::vector<pluck::key> keys(3);
    std::vector<pluck::pick> picks(3);
    pluck::sample_rows(batch, chains, keys, picks);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(books[i].calls == 1);
        CHECK(books[i].index == i);
        CHECK(books[i].token == picks[i].token);
    }
}

TEST_CASE("no after for a row that has no token") {
    log_book book;
    CHECK_FALSE(sample(std::vector<float>{forbidden}, remember_in(book), {}));
    CHECK_FALSE(sample(std::vector<float>{float_of(bits::nans[0])}, remember_in(book), {}));
    CHECK(book.calls == 0);
}

TEST_CASE("a chain serves as many rows as the shortest of its per-row arrays") {
    const std::vector<float> three(3, 0.5f), five(5, 0.5f);
    using pluck::detail::rows_served;
    CHECK(rows_served(pluck::as_chain(top_p(pluck::per_row<float>{five}))).rows == 5);
    const auto both = rows_served(top_p(pluck::per_row<float>{five}) | temperature(pluck::per_row<float>{three}));
    CHECK(both.rows == 3);
    CHECK(std::string(both.by) == "temperature");
    CHECK(rows_served(top_k(1) | top_p(0.5f)).rows == std::numeric_limits<std::size_t>::max());
    CHECK(rows_served(chain{}).rows == std::numeric_limits<std::size_t>::max());
    CHECK(rows_served(at_least_of(1) | min_p(pluck::per_row<float>{three})).rows == 3);
}
