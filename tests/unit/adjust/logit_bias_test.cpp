// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/adjust/logit_bias.hpp>
#include <pluck/inspect.hpp>
#include <pluck/sample.hpp>

#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

using namespace pluck_test;
using pluck::greedy;
using pluck::list_view;
using pluck::per_row;
using pluck::sample;
using pluck::status;

namespace {

constexpr float most = std::numeric_limits<float>::max(), tiny = std::numeric_limits<float>::denorm_min();

/// The score of a token of this logit after a bias.
float biased(float logit, float bias) {
    const std::vector<float> row = {logit, forbidden};
    const std::vector<std::int32_t> ids = {0};
    const std::vector<float> values = {bias};
    return pluck::candidates(row, pluck::logit_bias(ids, values)).at(0).logit;
}

}  // namespace

TEST_CASE("a bias is added to its token's logit, and rounded once") {
    CHECK(biased(1, 2) == 3);
    CHECK(biased(1, -100) == -99);
    CHECK(biased(1, 0x1p-24f) == 1);  // a tie, to even
    CHECK(biased(1 + 0x1p-23f, 0x1p-24f) == 1 + 0x1p-22f);
    CHECK(biased(most, most) == most);
    CHECK(biased(-most, -most) == -most);
    CHECK(bits_of(biased(3 * tiny, 4 * tiny)) == 7);
    CHECK(bits_of(biased(0x1p-126f, -tiny)) == 0x7fffff);
    CHECK(bits_of(biased(5 * tiny, 0)) == 5);
}

TEST_CASE("a bias forbids by -infinity, and never brings back what is forbidden") {
    const std::vector<float> row = {1, forbidden, 3, float_of(bits::nans[0])};
    const std::vector<std::int32_t> ids = {2, 3, 1, 0, 0};
    const std::vector<float> values = {forbidden, forbidden, 50, 1, 0.5f};
    const auto kept = pluck::candidates(row, pluck::logit_bias(ids, values));
    REQUIRE(kept.size() == 1);
    CHECK(kept[0].token == 0);
    CHECK(kept[0].logit == 2.5f);
}

TEST_CASE("biases are checked as the stage is made, and against the row as it is run") {
    const std::vector<std::int32_t> ids = {1, 0}, negative = {0, -3}, far = {5};
    const std::vector<float> values = {1, 2}, one = {1}, nan = {1, float_of(bits::nans[0])};
    const std::vector<float> infinite = {float_of(bits::plus_infinity), 0};
    CHECK(message_of([&] { (void)pluck::logit_bias(ids, one); }) ==
          "pluck::logit_bias: values.size() must be ids.size(), 2, got 1");
    CHECK(message_of([&] { (void)pluck::logit_bias(negative, values); }) ==
          "pluck::logit_bias: ids[1] must be >= 0, got -3");
    CHECK(message_of([&] { (void)pluck::logit_bias(ids, nan); }) ==
          "pluck::logit_bias: values[1] must be finite or -infinity, got nan");
    CHECK(message_of([&] { (void)pluck::logit_bias(ids, infinite); }) ==
          "pluck::logit_bias: values[0] must be finite or -infinity, got inf");
    const std::vector<float> row = {1, 2};
    CHECK(sample(row, pluck::logit_bias(far, one), {}).status == status::bad_parameter);
    CHECK(sample(row, pluck::logit_bias(pluck::bias_view{ids.data(), nan.data(), 2}), {}).status == status::nan_logit);
    CHECK(sample(row, pluck::logit_bias(pluck::bias_view{ids.data(), infinite.data(), 2}), {}).status ==
          status::pos_inf_logit);
    CHECK(sample(row, pluck::logit_bias(pluck::bias_view{}) | greedy{}, {}).token == 1);
    STATIC_REQUIRE_FALSE(std::is_constructible_v<pluck::logit_bias, std::vector<std::int32_t>, std::vector<float>&>);
}
