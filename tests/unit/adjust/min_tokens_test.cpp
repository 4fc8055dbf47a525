// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/adjust/min_tokens.hpp>
#include <pluck/batch.hpp>
#include <pluck/sample.hpp>
#include <pluck/sequence.hpp>

#include <cstdint>
#include <vector>

using namespace pluck_test;
using pluck::greedy;
using pluck::min_tokens;
using pluck::sample;
using pluck::sequence;
using pluck::status;

namespace {

using ids = std::vector<std::int32_t>;

}  // namespace

TEST_CASE("a text does not end before it has so many tokens, its prompt not among them") {
    sequence text(ids{0, 0, 0});
    const ids ends = {1, 2};
    const auto chain = min_tokens(text.history(), 2, ends) | greedy{};
    const std::vector<float> row = {1, 3, 2};
    CHECK(sample(row, chain, {}).token == 0);
    text.accept(0);
    CHECK(sample(row, chain, {}).token == 0);
    text.accept(0);
    CHECK(sample(row, chain, {}).token == 1);
    CHECK(sample(row, min_tokens(text.history(), 0, ends) | greedy{}, {}).token == 1);
}

TEST_CASE("what is wrong with min_tokens is said, or its row's status") {
    const sequence text(ids{0});
    const ids ends = {1}, negative = {-1}, far = {7};
    CHECK(message_of([&] { (void)min_tokens(text.history(), -1, ends); }) ==
          "pluck::min_tokens: n must be >= 0, got -1");
    CHECK(message_of([&] { (void)min_tokens(text.history(), 1, negative); }) ==
          "pluck::min_tokens: ids[0] must be >= 0, got -1");
    const std::vector<float> row = {1, 2};
    CHECK(sample(row, min_tokens(text.history(), 1, far), {}).status == status::bad_parameter);
    CHECK(sample(row, min_tokens(text.history(), 0, far) | greedy{}, {}).token == 1);
    const std::vector<std::int32_t> counts = {0, 1, -1};
    const std::vector<std::vector<float>> rows(3, row);
    std::vector<pluck::pick> picks(3);
    pluck::sample_rows(rows, min_tokens(text.history(), pluck::per_row<std::int32_t>{counts}, ends) | greedy{},
                       std::vector<pluck::key>(3), picks);
    CHECK(picks[0].token == 1);
    CHECK(picks[1].token == 0);
    CHECK(picks[2].status == status::bad_parameter);
}
