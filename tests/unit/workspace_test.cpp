// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/sample.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

TEST_CASE("a workspace makes room for rows of a length, and keeps what it has for shorter ones") {
    pluck::workspace scratch;
    REQUIRE(scratch.reserve(1000));
    const float* scores = scratch.scores();
    const std::int32_t* ordered = scratch.ordered();
    CHECK(scores != nullptr);
    CHECK(scratch.tokens() != nullptr);
    CHECK(scratch.block_best() != nullptr);
    CHECK(scratch.block_mass() != nullptr);
    CHECK(scratch.reserve(10));
    CHECK(scratch.reserve(1000));
    CHECK(scratch.scores() == scores);
    CHECK(scratch.ordered() == ordered);
    CHECK(scratch.reserve(0));
}

TEST_CASE("a workspace grows, and every byte of it can be written") {
    pluck::workspace scratch;
    for (const std::size_t vocab : {1u, 63u, 64u, 65u, 4097u, 100'000u}) {
        REQUIRE(scratch.reserve(vocab));
        for (std::size_t i = 0; i < vocab; ++i) {
            scratch.scores()[i] = 1;
            scratch.tokens()[i] = 2;
            scratch.ordered()[i] = 3;
        }
        for (std::size_t block = 0; block < pluck::cpu::blocks_of(vocab); ++block) {
            scratch.block_best()[block] = 4;
            scratch.block_mass()[block] = 5;
        }
        CHECK(scratch.tokens()[vocab - 1] == 2);
    }
}

TEST_CASE("a block holds 64 logits, and a last block the rest") {
    using pluck::cpu::blocks_of;
    STATIC_REQUIRE(pluck::cpu::block_size == 64);
    STATIC_REQUIRE(blocks_of(0) == 0);
    STATIC_REQUIRE(blocks_of(1) == 1);
    STATIC_REQUIRE(blocks_of(64) == 1);
    STATIC_REQUIRE(blocks_of(65) == 2);
    STATIC_REQUIRE(blocks_of(std::size_t{1} << 23) == 1u << 17);
}

TEST_CASE("one workspace serves rows of any length, type and chain in turn") {
    pluck::workspace scratch;
    const std::vector<float> small = {1, 3, 2};
    const std::vector<double> large(5000, -1.0);
    for (int round = 0; round < 3; ++round) {
        CHECK(pluck::sample(small, pluck::greedy{}, {}, scratch).token == 1);
        CHECK(pluck::sample(large, pluck::top_k(1), {.seed = round}, scratch).token == 0);
        CHECK(pluck::sample(small, pluck::top_p(0.5f), {.seed = round}, scratch).token == 1);
    }
}

TEST_CASE("a workspace moves but does not copy") {
    STATIC_REQUIRE(std::is_nothrow_move_constructible_v<pluck::workspace>);
    STATIC_REQUIRE(std::is_nothrow_move_assignable_v<pluck::workspace>);
    STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<pluck::workspace>);
    STATIC_REQUIRE(std::is_nothrow_default_constructible_v<pluck::workspace>);
}

TEST_CASE("a workspace that got the memory of a smaller one grows again") {
    std::vector<float> small(10, 1.0f);
    std::vector<float> large(100'000, 1.0f);
    small[7] = large[77'777] = 2;
    std::vector<pluck::workspace> scratch(2);
    REQUIRE(pluck::sample(small, pluck::greedy{}, {}, scratch[0]).token == 7);
    REQUIRE(pluck::sample(large, pluck::greedy{}, {}, scratch[1]).token == 77'777);
    scratch[0] = std::move(scratch[1]);
    CHECK(pluck::sample(large, pluck::temperature(2) | pluck::top_p(0.5), {}, scratch[0]));
    // NOLINTNEXTLINE(bugprone-use-after-move)
    CHECK(pluck::sample(large, pluck::temperature(2) | pluck::top_p(0.5), {}, scratch[1]));
    pluck::workspace& same = scratch[0];
    scratch[0] = std::move(same);
    CHECK(pluck::sample(large, pluck::greedy{}, {}, scratch[0]).token == 77'777);
}

TEST_CASE("a workspace that was moved from is an empty one") {
    const std::vector<float> row = {1, 3, 2};
    pluck::workspace scratch;
    REQUIRE(pluck::sample(row, pluck::top_k(2), {}, scratch));
    pluck::workspace taken = std::move(scratch);
    CHECK(pluck::sample(row, pluck::greedy{}, {}, taken).token == 1);
    REQUIRE(scratch.reserve(row.size()));  // NOLINT(bugprone-use-after-move)
    REQUIRE(scratch.scores() != nullptr);
    CHECK(pluck::sample(row, pluck::greedy{}, {}, scratch).token == 1);
    taken = std::move(scratch);
    REQUIRE(scratch.reserve(row.size()));  // NOLINT(bugprone-use-after-move)
    REQUIRE(scratch.scores() != nullptr);
    CHECK(pluck::sample(row, pluck::top_k(2), {}, scratch));
}
