// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include "unit/stages.hpp"
#include <pluck/chain.hpp>
#include <pluck/pluck.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>
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

// A request as a server might hold it: pluck learns of it by its stages() alone.
struct request {
    double heat = 1;
    int tokens = 0;
    [[nodiscard]] constexpr auto stages() const noexcept { return temperature(heat) | top_k(tokens); }
};
// stages() that are no chain, or not const, make no chain.
struct theatre {
    [[nodiscard]] int stages() const { return 3; }
};
struct unready {
    [[nodiscard]] auto stages() { return chain{}; }
};

// Whether `a | b` compiles.
template <class A, class B>
concept joinable = requires(const A& a, const B& b) {
    a | b;
};

}  // namespace

// ---- composition ----

TEST_CASE("the empty chain is plain sampling from the whole row") {
    const std::vector<float> row = {1, 2, forbidden};
    CHECK(kept_by(row, chain{}) == std::vector<int>{1, 0});
    CHECK(sample(row, chain{}, {.seed = 1}));
    STATIC_REQUIRE(std::is_same_v<decltype(chain{}), chain<>>);
    STATIC_REQUIRE(std::is_empty_v<chain<>>);
}

TEST_CASE("a | b and chain{a, b} are the same chain") {
    const auto joined = temperature(0.8f) | top_k(5) | top_p(0.9f);
    const chain listed{temperature(0.8f), top_k(5), top_p(0.9f)};
    STATIC_REQUIRE(std::is_same_v<std::remove_const_t<decltype(joined)>, std::remove_const_t<decltype(listed)>>);
    STATIC_REQUIRE(std::is_same_v<std::remove_const_t<decltype(joined)>, chain<temperature, top_k, top_p>>);
    for (std::uint64_t number = 0; number < 200; ++number) {
        const std::vector<float> row = random_row(number);
        CHECK(sample(row, joined, {.seed = number}) == sample(row, listed, {.seed = number}));
    }
}

TEST_CASE("joining is associative, and the empty chain is neutral on either side") {
    using chain3 = chain<temperature, top_k, top_p>;
    const temperature a = 0.8f;
    const top_k b = 5;
    const top_p c = 0.9f;
    STATIC_REQUIRE(std::is_same_v<decltype((a | b) | c), chain3>);
    STATIC_REQUIRE(std::is_same_v<decltype(a | (b | c)), chain3>);
    STATIC_REQUIRE(std::is_same_v<decltype(chain{} | a | b | c), chain3>);
    STATIC_REQUIRE(std::is_same_v<decltype(a | b | c | chain{}), chain3>);
    STATIC_REQUIRE(std::is_same_v<decltype(chain{} | chain{}), chain<>>);
    STATIC_REQUIRE(std::is_same_v<decltype((a | b) | (c | a)), chain<temperature, top_k, top_p, temperature>>);
    for (std::uint64_t number = 0; number < 100; ++number) {
        const std::vector<float> row = random_row(number);
        const pluck::key key{.seed = number};
        CHECK(sample(row, (a | b) | c, key) == sample(row, a | (b | c), key));
        CHECK(sample(row, chain{} | a | b, key) == sample(row, a | b, key));
    }
}

TEST_CASE("stages run from left to right, adjusters first, the draw last") {
    trace steps;
    const auto stages = traced_in<1, pluck::verb::adjust>(steps) | traced_in<2, pluck::verb::adjust>(steps) |
                        traced_in<3>(steps) | traced_in<4, pluck::verb::shape>(steps) | traced_in<5>(steps);
    REQUIRE(sample(std::vector<float>{1, 2}, stages, {}));
    CHECK(steps.steps == std::vector<int>{1, 2, 3, 4, 5});
}

TEST_CASE("the order of stages matters, and is the one written") {
    const std::vector<float> row(10, 0.0f);
    CHECK(kept_by(row, top_k(4) | top_p(0.5f)).size() == 2);
    CHECK(kept_by(row, top_p(0.5f) | top_k(4)).size() == 4);
    const std::vector<float> slope = {0, -1, -2, -3, -4};
    CHECK(kept_by(slope, temperature(2) | min_p(0.1f)).size() > kept_by(slope, min_p(0.1f) | temperature(2)).size());
}

TEST_CASE("a long chain works") {
    const auto stages = top_k(90) | top_k(80) | top_p(0.99f) | temperature(1.1f) | min_p(0.001f) | top_k(70) |
                        top_p(0.98f) | temperature(0.9f) | min_p(0.002f) | top_k(60) | top_p(0.97f) | top_k(3);
    for (std::uint64_t number = 0; number < 100; ++number) {
        const std::vector<float> row = random_row(number);
        CHECK(sample(row, stages, {.seed = number}));
        CHECK(candidates(row, stages).size() <= 3);
    }
}

TEST_CASE("what is no stage does not join") {
    STATIC_REQUIRE(joinable<top_k, top_p>);
    STATIC_REQUIRE(joinable<top_k, chain<>>);
    STATIC_REQUIRE(joinable<combined, top_k>);
    STATIC_REQUIRE(joinable<top_k, combined>);
    STATIC_REQUIRE(joinable<at_least, top_p>);
    STATIC_REQUIRE(joinable<top_p, at_least>);
    STATIC_REQUIRE(joinable<at_least, at_least>);
    STATIC_REQUIRE_FALSE(joinable<top_k, int>);
    STATIC_REQUIRE_FALSE(joinable<float, top_p>);
}

TEST_CASE("chains are constant expressions, trivially copyable, and as small as their stages") {
    constexpr auto stages = temperature(0.8f) | top_k(50) | top_p(0.9f) | min_p(0.01f) | greedy{};
    STATIC_REQUIRE(std::is_trivially_copyable_v<decltype(stages)>);
    STATIC_REQUIRE(std::is_trivially_destructible_v<decltype(stages)>);
    STATIC_REQUIRE(std::is_trivially_copyable_v<chain<>>);
    STATIC_REQUIRE(std::is_trivially_copyable_v<combined>);
    STATIC_REQUIRE(std::is_trivially_copyable_v<chain<ban, at_least>>);
    STATIC_REQUIRE(noexcept(std::declval<temperature>() | std::declval<top_k>()));
    constexpr combined settings{.temperature = 0.5f, .top_k = 3};
    constexpr auto of_settings = settings.stages();
    STATIC_REQUIRE(std::is_trivially_copyable_v<decltype(of_settings)>);
    CHECK(sample(std::vector<float>{1, 2}, stages, {}).token == 1);
    CHECK(sample(std::vector<float>{1, 2}, of_settings, {}));
}

TEST_CASE("what has stages() that return a chain is taken for that chain") {
    STATIC_REQUIRE(pluck::chain_like<request>);
    STATIC_REQUIRE_FALSE(pluck::chain_like<theatre>);
    STATIC_REQUIRE_FALSE(pluck::chain_like<unready>);
    STATIC_REQUIRE(std::is_same_v<decltype(pluck::as_chain(request{})), chain<temperature, top_k>>);
    STATIC_REQUIRE(std::is_same_v<decltype(request{} | greedy{}), chain<temperature, top_k, greedy>>);
    const request asked{.heat = 0.7, .tokens = 5};
    for (std::uint64_t number = 0; number < 100; ++number) {
        const std::vector<float> row = random_row(number);
        CHECK(sample(row, asked, {.seed = number}) == sample(row, temperature(0.7) | top_k(5), {.seed = number}));
        CHECK(kept_by(row, asked | top_p(0.5f)) == kept_by(row, temperature(0.7) | top_k(5) | top_p(0.5f)));
    }
    const std::vector<std::vector<float>> batch(2, {1, 2, 3});
    const std::vector<pluck::key> keys(2);
    std::vector<pluck::pick> picks(2);
    pluck::sample_rows(batch, std::vector<request>{{}, {.tokens = 1}}, keys, picks);
    CHECK(picks[0] == sample(batch[0], chain{}, {}));
    CHECK(picks[1].token == 2);
}

TEST_CASE("what sample takes is a stage, a chain or combined") {
    STATIC_REQUIRE(pluck::chain_like<top_k>);
    STATIC_REQUIRE(pluck::chain_like<chain<>>);
    STATIC_REQUIRE(pluck::chain_like<chain<top_k, greedy>>);
    STATIC_REQUIRE(pluck::chain_like<combined>);
    STATIC_REQUIRE(pluck::chain_like<at_least>);
    STATIC_REQUIRE_FALSE(pluck::chain_like<int>);
    STATIC_REQUIRE_FALSE(pluck::chain_like<pluck::key>);
    STATIC_REQUIRE(std::is_same_v<decltype(pluck::as_chain(top_k(1))), chain<top_k>>);
    STATIC_REQUIRE(std::is_same_v<decltype(pluck::as_chain(chain{})), chain<>>);
    STATIC_REQUIRE(std::is_same_v<decltype(pluck::as_chain(combined{})), chain<temperature, top_k, top_p, min_p>>);
}

// ---- combined ----

TEST_CASE("combined is neutral until a field is set") {
    for (std::uint64_t number = 0; number < 200; ++number) {
        const std::vector<float> row = random_row(number);
        CHECK(sample(row, combined{}, {.seed = number}) == sample(row, chain{}, {.seed = number}));
        CHECK(kept_by(row, combined{}) == kept_by(row, chain{}));
    }
}

TEST_CASE("combined is temperature, top_k, top_p and min_p in this order, whatever the fields") {
    tally seen;
    for (std::uint64_t number = 0; number < repeated(4000); ++number) {
        const std::vector<float> row = random_row(number);
        random_numbers numbers(number, 5);
        const auto unit = [&] {
            return numbers.chance(4) ? static_cast<float>(numbers.below(2)) : static_cast<float>(numbers.uniform());
        };
        const float t = numbers.chance(5) ? 0.0f : static_cast<float>(numbers.uniform() * 3 + 0.01);
        const std::size_t k = numbers.below(60);
        const float p = unit(), m = unit();
        combined settings{.temperature = t, .top_k = k, .top_p = p, .min_p = m};
        const auto stages = temperature(t) | top_k(k) | top_p(p) | min_p(m);
        const pluck::key key{.seed = number};
        seen.expect(sample(row, settings, key) == sample(row, stages, key), "row ", number);
        seen.expect(kept_by(row, settings) == kept_by(row, stages), "row ", number);
        seen.expect(
            sample(row, {.temperature = t, .top_k = k, .top_p = p, .min_p = m}, key) == sample(row, stages, key),
            "row ", number);
        // Fields that are left out are neutral ones.
        seen.expect(sample(row, {.top_k = k}, key) == sample(row, top_k(k), key), "row ", number);
        seen.expect(sample(row, {.top_p = p}, key) == sample(row, top_p(p), key), "row ", number);
        seen.expect(sample(row, {.min_p = m}, key) == sample(row, min_p(m), key), "row ", number);
        seen.expect(sample(row, {.temperature = t}, key) == sample(row, temperature(t), key), "row ", number);
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("a field of combined is assigned like a number, and takes a min_keep in braces") {
    combined settings;
    settings.temperature = 0.5;
    settings.top_k = std::size_t{40};
    settings.top_p = 0.9f;
    settings.min_p = {0.5f, 3};
    const std::vector<float> row = {0, -5, -6, -7};
    CHECK(kept_by(row, settings) == kept_by(row, temperature(0.5) | top_k(40) | top_p(0.9f) | min_p(0.5f, 3)));
    settings.top_p = top_p(1);
    CHECK(kept_by(row, settings).size() == 3);
    settings = {.top_k = 2};
    CHECK(kept_by(row, settings) == std::vector<int>{0, 1});
}

TEST_CASE("combined takes per-row parameters, too") {
    const std::vector<float> ps = {0.1f, 1.0f};
    const combined settings{.top_p = pluck::per_row<float>{ps}};
    const std::vector<std::vector<float>> batch(2, {1, 1, 1, 1});
    const std::vector<pluck::key> keys = {{.seed = 1}, {.seed = 2}};
    std::vector<pluck::pick> picks(2);
    pluck::sample_rows(batch, settings, keys, picks);
    CHECK(picks[0].token == 0);
    CHECK(picks[1] == sample(batch[1], chain{}, keys[1]));
}

TEST_CASE("combined joins stages on either side") {
    const std::vector<float> row = {1, 2, 3, 4};
    CHECK(kept_by(row, ban_of(3) | combined{.top_k = 2}) == std::vector<int>{2, 1});
    CHECK(sample(row, combined{.top_k = 3} | worst{}, {}).token == 1);
    CHECK(kept_by(row, combined{.top_k = 3} | combined{.top_k = 2}) == std::vector<int>{3, 2});
}

TEST_CASE("presets are what the table says") {
    const std::vector<float> row = {3, 2.5f, 2, 1.5f, 1, 0.5f, 0, -1};
    constexpr combined made = pluck::presets::claude();
    CHECK(kept_by(row, made) == kept_by(row, temperature(0.7f) | top_p(0.9f)));
    CHECK(kept_by(row, pluck::presets::llama()) == kept_by(row, temperature(0.6f) | top_p(0.9f)));
    CHECK(kept_by(row, pluck::presets::openai()) == kept_by(row, chain{}));
    for (int seed = 0; seed < 50; ++seed) {
        const pluck::key key{.seed = seed};
        CHECK(sample(row, pluck::presets::claude(), key) == sample(row, temperature(0.7f) | top_p(0.9f), key));
        CHECK(sample(row, pluck::presets::llama(), key) == sample(row, temperature(0.6f) | top_p(0.9f), key));
        CHECK(sample(row, pluck::presets::openai(), key) == sample(row, chain{}, key));
    }
}
