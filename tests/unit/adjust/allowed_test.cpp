// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/adjust/allowed.hpp>
#include <pluck/inspect.hpp>
#include <pluck/sample.hpp>

#include <cstdint>
#include <vector>

using namespace pluck_test;
using pluck::greedy;
using pluck::list_view;
using pluck::per_row;
using pluck::sample;
using pluck::status;

TEST_CASE("only what is allowed is drawn, and no other logit matters") {
    const std::vector<float> row = {1, float_of(bits::nans[0]), 3, float_of(bits::plus_infinity), 2};
    const std::vector<std::int32_t> ids = {0, 2, 4};
    CHECK(sample(row, pluck::allowed(ids) | greedy{}, {}).token == 2);
    const auto kept = pluck::candidates(row, pluck::allowed(ids));
    REQUIRE(kept.size() == 3);
    CHECK(kept[0].token == 2);
    CHECK(kept[2].logit == 1);
    const std::vector<std::int32_t> bad = {0, 1};
    CHECK(sample(row, pluck::allowed(bad), {}).status == status::nan_logit);
    const std::vector<std::int32_t> none;
    CHECK(sample(row, pluck::allowed(none), {}).status == status::no_candidate);
}

TEST_CASE("allowed ids have to rise") {
    const std::vector<std::int32_t> falling = {4, 17, 5}, twice = {3, 3}, negative = {-1}, far = {1, 2};
    CHECK(message_of([&] { (void)pluck::allowed(falling); }) ==
          "pluck::allowed: ids[2] must be above the one before it, 17, got 5");
    CHECK(message_of([&] { (void)pluck::allowed(twice); }) ==
          "pluck::allowed: ids[1] must be above the one before it, 3, got 3");
    CHECK(message_of([&] { (void)pluck::allowed(negative); }) == "pluck::allowed: ids[0] must be >= 0, got -1");
    const std::vector<float> row = {1, 2};
    CHECK(sample(row, pluck::allowed(far), {}).status == status::bad_parameter);
    const list_view<std::int32_t> unchecked{falling.data(), 3};
    CHECK(sample(std::vector<float>(20, 1.0f), pluck::allowed(unchecked), {}).status == status::bad_parameter);
}

TEST_CASE("adjusters come after each other: a token is drawn only if all allow it") {
    const std::vector<std::int32_t> some = {1, 2, 3}, others = {0, 2};
    const std::vector<float> row = {9, 8, 7, 6};
    CHECK(sample(row, pluck::allowed(some) | pluck::allowed(others) | greedy{}, {}).token == 2);
}
