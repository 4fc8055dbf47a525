// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/adjust/mask.hpp>
#include <pluck/inspect.hpp>
#include <pluck/sample.hpp>

#include <cstdint>
#include <type_traits>
#include <vector>

using namespace pluck_test;
using pluck::greedy;
using pluck::list_view;
using pluck::per_row;
using pluck::sample;
using pluck::status;

TEST_CASE("a mask's bit j of word w is token 32 w + j") {
    std::vector<float> row(70, 1.0f);
    std::vector<std::uint32_t> words = {0, 0, 0};
    for (const std::size_t token : {0u, 31u, 32u, 63u, 64u, 69u}) {
        words.assign(3, 0);
        words[token / 32] = 1u << (token % 32);
        CHECK(sample(row, pluck::mask(words), {}).token == static_cast<std::int32_t>(token));
    }
    const std::vector<std::int32_t> as_signed = {0, static_cast<std::int32_t>(0x80000000u), 0};
    CHECK(sample(row, pluck::mask(as_signed), {}).token == 63);
}

TEST_CASE("a mask that is shorter than the row forbids the rest, and one that is longer is cut") {
    const std::vector<float> row(40, 1.0f);
    const std::vector<std::uint32_t> one = {~0u}, three = {0, 1, ~0u}, none;
    CHECK(pluck::candidates(row, pluck::mask(one)).size() == 32);
    CHECK(sample(row, pluck::mask(three), {}).token == 32);
    CHECK(sample(row, pluck::mask(none), {}).status == status::no_candidate);
    CHECK(pluck::candidates(std::vector<float>(130, 1.0f), pluck::mask(one)).size() == 32);
}

TEST_CASE("a mask of few tokens and one of many draw what the row of these tokens does") {
    random_numbers numbers(5, 6);
    const std::vector<float> row = logits_of(shape::zipf, 5'000, numbers);
    for (const std::size_t share : {2u, 3u, 50u, 1000u}) {
        std::vector<std::uint32_t> words(157);
        std::vector<float> masked = row;
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (numbers.chance(share)) words[i / 32] |= 1u << (i % 32);
            else masked[i] = forbidden;
        }
        for (std::uint64_t position = 0; position < 50; ++position) {
            const pluck::key key{.seed = 9, .position = position};
            const auto rest = pluck::temperature(1.5f) | pluck::top_p(0.9f);
            CHECK(sample(row, pluck::mask(words) | rest, key) == sample(masked, rest, key));
        }
    }
}

TEST_CASE("a mask does not take words that are gone before the draw") {
    STATIC_REQUIRE_FALSE(std::is_constructible_v<pluck::mask, std::vector<std::uint32_t>>);
    STATIC_REQUIRE_FALSE(std::is_constructible_v<pluck::mask, std::vector<std::uint64_t>&>);
    STATIC_REQUIRE(std::is_constructible_v<pluck::mask, const std::vector<std::int32_t>&>);
}
