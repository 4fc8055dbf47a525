// SPDX-License-Identifier: MIT
#include "reference/rejection.hpp"

#include "dossiers/top_k.hpp"
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/pluck.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <type_traits>
#include <vector>

using namespace pluck_test;
using pluck::rejection;
using pluck::sample;

namespace {

template <class Chain>
std::set<int> drawn_by(const std::vector<float>& row, const Chain& chain, int draws) {
    std::set<int> tokens;
    for (int i = 0; i < draws; ++i) tokens.insert(sample(row, chain, {.seed = 5, .position = i}).token);
    return tokens;
}

}  // namespace

TEST_CASE("rejection draws every token that has a chance, and none that has not") {
    const std::vector<float> row = {0.0f, forbidden, 0.5f, -100.0f, -0.0f, 0.25f};
    CHECK(drawn_by(row, rejection{}, 500) == std::set<int>{0, 2, 4, 5});
    CHECK(drawn_by(row, pluck::top_k(2) | rejection{}, 500) == std::set<int>{2, 5});
    CHECK(drawn_by(row, pluck::temperature(0) | rejection{}, 10) == std::set<int>{2});
}

TEST_CASE("rejection finds the one token of a long row that is not forbidden, in whatever block it is") {
    for (const std::size_t at : {0u, 63u, 64u, 999u, 1023u, 1024u}) {
        std::vector<float> row(1025, forbidden);
        row[at] = -7;
        CHECK(drawn_by(row, rejection{}, 20) == std::set<int>{static_cast<int>(at)});
    }
}

TEST_CASE("rejection respects a cut that leaves most of a row, and its ties") {
    std::vector<float> row(400, 1.0f);
    for (std::size_t i = 0; i < row.size(); i += 7) row[i] = 0.5f;
    for (const int token : drawn_by(row, pluck::top_k(300) | rejection{}, 5000)) {
        CHECK(token % 7 != 0);
        CHECK(token < 350);  // 300 of those with a logit of 1, the lowest ids
    }
}

TEST_CASE("rejection takes further random bits of purpose 1, and leave the row's own draw alone") {
    const std::vector<float> row = {0.0f, 1.0f, 2.0f, 1.5f};
    pluck::workspace scratch;
    const pluck::randomness random(pluck::key{.seed = 3, .position = 1});
    pluck::cpu::row state(pluck::logits_view<float>{row.data(), row.size()}, scratch, random, 0);
    REQUIRE(state.settle());
    const std::int32_t plain = state.draw(random.base);
    const oracle::result found = oracle::draw(row, {}, 3, 0, 1);
    CHECK(state.draw_by_rejection() == oracle::rejection(row.size(), found, oracle::philox(1, 3), 3));
    CHECK(state.draw(random.base) == plain);
    CHECK(state.total() == found.total);
}

TEST_CASE("rejection sees a cut among ties of the lowest score there is") {
    for (const bool some_forbidden : {false, true}) {
        std::vector<float> row(9000, std::numeric_limits<float>::lowest());
        if (some_forbidden) row[77] = row[8500] = forbidden;
        for (std::uint64_t position = 0; position < 20; ++position) {
            pluck::workspace scratch;
            const pluck::randomness random(pluck::key{.seed = 3, .position = position});
            pluck::cpu::row state(pluck::logits_view<float>{row.data(), row.size()}, scratch, random, 0);
            REQUIRE(state.settle());
            state.keep_largest(4500);
            const dossiers::top_k half[] = {{4500}};
            const oracle::result found = oracle::draw(row, half, 3, 0, position);
            CHECK(state.draw_by_rejection() == oracle::rejection(row.size(), found, oracle::philox(position, 3), 3));
            CHECK(state.draw(random.base) == found.token);
        }
    }
}

TEST_CASE("rejection at a row without candidates, or with a NaN, draws nothing and says why") {
    CHECK(sample(std::vector<float>(3, forbidden), rejection{}, {}).status == pluck::status::no_candidate);
    const std::vector<float> bad = {1.0f, std::numeric_limits<float>::quiet_NaN()};
    CHECK(sample(bad, rejection{}, {}).status == pluck::status::nan_logit);
}

TEST_CASE("inspection knows rejection as a draw: every kept token has its probability") {
    const std::vector<float> row = {0.0f, 0.0f, forbidden, 0.0f, 0.0f};
    CHECK((pluck::probabilities(row, rejection{}) == pluck::probabilities(row, pluck::categorical{})).all());
}

TEST_CASE("the draw by rejection still answers to its first name, with a warning") {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    STATIC_REQUIRE(std::is_same_v<pluck::dart, pluck::rejection>);
#pragma GCC diagnostic pop
}
