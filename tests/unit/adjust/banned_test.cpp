// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/adjust/banned.hpp>
#include <pluck/batch.hpp>
#include <pluck/sample.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

using namespace pluck_test;
using pluck::greedy;
using pluck::list_view;
using pluck::per_row;
using pluck::sample;
using pluck::status;

TEST_CASE("a token that is banned is not drawn, whatever its logit") {
    const std::vector<float> row = {1, 5, 4, float_of(bits::nans[0]), float_of(bits::plus_infinity)};
    const std::array ids = {4, 1, 3, 1};
    CHECK(sample(row, pluck::banned(ids) | greedy{}, {}).token == 2);
    CHECK(sample(row, pluck::banned(std::span(ids).first(2)) | greedy{}, {}).status == status::nan_logit);
    const std::array<std::int32_t, 0> none{};
    CHECK(sample(std::vector<float>{1, 2}, pluck::banned(none) | greedy{}, {}).token == 1);
}

TEST_CASE("banned ids are checked as it is made, and against the row as it is run") {
    const std::vector<std::int32_t> negative = {3, 0, -7};
    CHECK(message_of([&] { (void)pluck::banned(negative); }) == "pluck::banned: ids[2] must be >= 0, got -7");
    const std::vector<std::int32_t> far = {1, 2}, below = {-1};
    const std::vector<float> row = {1, 2};
    CHECK(sample(row, pluck::banned(far), {}).status == status::bad_parameter);
    CHECK(sample(row, pluck::banned(list_view<std::int32_t>{below.data(), 1}), {}).status == status::bad_parameter);
    const std::vector<std::int32_t> all = {0, 1};
    CHECK(sample(row, pluck::banned(all), {}).status == status::no_candidate);
}

TEST_CASE("each row may have banned ids of its own") {
    const std::vector<std::int32_t> first = {0}, second = {1, 2};
    const std::vector<list_view<std::int32_t>> lists = {{first.data(), 1}, {second.data(), 2}, {}};
    const std::vector<std::vector<float>> rows(3, {3, 2, 1});
    const auto chain = pluck::banned(per_row<list_view<std::int32_t>>{lists}) | greedy{};
    std::vector<pluck::pick> picks(3);
    const std::vector<pluck::key> keys(3);
    pluck::sample_rows(rows, chain, keys, picks);
    CHECK(picks[0].token == 1);
    CHECK(picks[1].token == 0);
    CHECK(picks[2].token == 0);
    const std::vector<std::vector<float>> more(4, {3, 2, 1});
    std::vector<pluck::pick> four(4);
    CHECK(message_of([&] { pluck::sample_rows(more, chain, std::vector<pluck::key>(4), four); }) ==
          "pluck::sample_rows: the per_row size of banned must be >= the batch's 4 rows, got 3");
}

TEST_CASE("a list without memory is the row's fault alone") {
    const std::vector<std::int32_t> one = {0};
    std::vector<list_view<std::int32_t>> lists;
    lists.push_back({one.data(), 1});
    lists.push_back({nullptr, 3});
    const std::vector<std::vector<float>> rows(2, {3, 2});
    std::vector<pluck::pick> picks(2);
    pluck::sample_rows(rows, pluck::banned(per_row<list_view<std::int32_t>>{lists}), std::vector<pluck::key>(2), picks);
    CHECK(picks[0].token == 1);
    CHECK(picks[1].status == status::bad_parameter);
}

TEST_CASE("what is banned refuses a range that is gone before the draw") {
    STATIC_REQUIRE_FALSE(std::is_constructible_v<pluck::banned, std::vector<std::int32_t>>);
    STATIC_REQUIRE_FALSE(std::is_constructible_v<pluck::banned, std::vector<std::int64_t>&>);
    STATIC_REQUIRE(std::is_constructible_v<pluck::banned, std::vector<std::int32_t>&>);
    STATIC_REQUIRE(std::is_constructible_v<pluck::banned, std::span<const std::int32_t>>);
}
