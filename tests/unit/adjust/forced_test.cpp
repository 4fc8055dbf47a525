// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/adjust/forced.hpp>
#include <pluck/batch.hpp>
#include <pluck/sample.hpp>

#include <cstdint>
#include <vector>

using namespace pluck_test;
using pluck::greedy;
using pluck::list_view;
using pluck::per_row;
using pluck::sample;
using pluck::status;

TEST_CASE("a forced token is drawn, even from a row of NaN") {
    const std::vector<float> row = {3, forbidden, float_of(bits::nans[0])};
    for (const int token : {0, 1, 2}) CHECK(sample(row, pluck::forced(token), {}).token == token);
    CHECK(sample(row, pluck::forced(2) | pluck::temperature(0.5f) | pluck::top_p(0.1f), {}).token == 2);
    CHECK(sample(std::vector<float>{1, 2}, pluck::forced(-1) | greedy{}, {}).token == 1);
    CHECK(sample(row, pluck::forced(3), {}).status == status::bad_parameter);
}

TEST_CASE("a forced id is -1 or a token") {
    CHECK(message_of([&] { (void)pluck::forced(-2); }) == "pluck::forced: id must be in [-1, 2^31), got -2");
    CHECK(message_of([&] { (void)pluck::forced(std::int64_t{1} << 31); }) ==
          "pluck::forced: id must be in [-1, 2^31), got 2147483648");
}

TEST_CASE("each row may be forced to a token of its own") {
    const std::vector<std::int32_t> ids = {1, -1, 0, -2};
    const std::vector<std::vector<float>> rows(4, {1, 2});
    std::vector<pluck::pick> picks(4);
    const std::vector<pluck::key> keys(4);
    pluck::sample_rows(rows, pluck::forced(per_row<std::int32_t>{ids}) | greedy{}, keys, picks);
    CHECK(picks[0].token == 1);
    CHECK(picks[1].token == 1);
    CHECK(picks[2].token == 0);
    CHECK(picks[3].status == status::bad_parameter);
    const std::vector<std::int32_t> none;
    CHECK(sample(rows[0], pluck::forced(per_row<std::int32_t>{none}), {}).status == status::bad_parameter);
}
