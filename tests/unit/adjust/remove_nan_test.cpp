// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/adjust/remove_nan.hpp>
#include <pluck/sample.hpp>

#include <vector>

using namespace pluck_test;
using pluck::greedy;
using pluck::remove_nan;
using pluck::sample;
using pluck::status;

TEST_CASE("a row goes on without the tokens whose logits are NaN") {
    for (const auto nan : bits::nans) {
        const std::vector<float> row = {float_of(nan), 1, 2, float_of(nan)};
        CHECK(sample(row, greedy{}, {}).status == status::nan_logit);
        CHECK(sample(row, remove_nan{} | greedy{}, {}).token == 2);
        CHECK(sample(std::vector<float>{float_of(nan)}, remove_nan{}, {}).status == status::no_candidate);
    }
    CHECK(sample(std::vector<float>{float_of(bits::plus_infinity), 1}, remove_nan{}, {}).status ==
          status::pos_inf_logit);
    CHECK(sample(std::vector<float>{forbidden, 1}, remove_nan{}, {}).token == 1);
}
