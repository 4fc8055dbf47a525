// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/adjust/begin_suppress.hpp>
#include <pluck/sample.hpp>
#include <pluck/sequence.hpp>

#include <cstdint>
#include <vector>

using namespace pluck_test;
using pluck::begin_suppress;
using pluck::greedy;
using pluck::sample;
using pluck::sequence;
using pluck::status;

TEST_CASE("some tokens cannot be the first one") {
    const std::vector<std::int32_t> prompt = {0, 0}, ids = {1, 2}, negative = {-2}, far = {3};
    sequence text(prompt);
    const auto chain = begin_suppress(text.history(), ids) | greedy{};
    const std::vector<float> row = {1, 3, 2};
    CHECK(sample(row, chain, {}).token == 0);
    CHECK(sample(row, begin_suppress(text.history(), far), {}).status == status::bad_parameter);
    text.accept(0);
    CHECK(sample(row, chain, {}).token == 1);
    text.rollback(1);
    CHECK(sample(row, chain, {}).token == 0);
    CHECK(message_of([&] { (void)begin_suppress(text.history(), negative); }) ==
          "pluck::begin_suppress: ids[0] must be >= 0, got -2");
}
