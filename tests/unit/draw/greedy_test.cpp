// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include "unit/stages.hpp"
#include <pluck/pluck.hpp>

#include <cstdint>
#include <vector>

using namespace pluck_test;
using pluck::greedy;
using pluck::sample;

TEST_CASE("greedy takes the best token, the lowest id of a tie, whatever the key") {
    for (std::uint64_t number = 0; number < 300; ++number) {
        const std::vector<float> row = random_row(number);
        int best = -1;
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (row[i] != forbidden && (best < 0 || row[i] > row[static_cast<std::size_t>(best)])) {
                best = static_cast<int>(i);
            }
        }
        for (const std::uint64_t seed : {std::uint64_t{0}, number, ~std::uint64_t{0}}) {
            CHECK(sample(row, greedy{}, {.seed = seed}) == pluck::pick{best, pluck::status::ok});
        }
    }
}

TEST_CASE("greedy counts minus zero and zero as a tie") {
    CHECK(sample(std::vector<float>{-0.0f, 0.0f}, greedy{}, {}).token == 0);
    CHECK(sample(std::vector<float>{0.0f, -0.0f}, greedy{}, {}).token == 0);
    CHECK(sample(std::vector<float>{-1.0f, -0.0f, 0.0f}, greedy{}, {}).token == 1);
}

TEST_CASE("greedy tells neighbouring floats and subnormals apart") {
    CHECK(sample(std::vector<float>{0.0f, float_of(1)}, greedy{}, {}).token == 1);
    CHECK(sample(std::vector<float>{-float_of(1), 0.0f}, greedy{}, {}).token == 1);
    CHECK(sample(std::vector<float>{1.0f, 0x1.000002p0f}, greedy{}, {}).token == 1);
    CHECK(sample(std::vector<float>{-float_of(1), -float_of(2)}, greedy{}, {}).token == 0);
}

TEST_CASE("after greedy one token has all the probability") {
    const std::vector<float> row = {1, 3, 3};
    const Eigen::ArrayXd p = pluck::probabilities(row, pluck::temperature(5) | greedy{});
    CHECK(p[1] == 1);
    CHECK(p.sum() == 1);
    CHECK(pluck::candidates(row, greedy{}).size() == 1);
}

TEST_CASE("greedy takes the best of what is kept") {
    CHECK(sample(std::vector<float>{5, 4, 3}, without_best{} | greedy{}, {}).token == 1);
}

TEST_CASE("argmax is greedy") {
    CHECK(pluck::argmax(std::vector<float>{1, 7, 7}).token == 1);
    CHECK(pluck::argmax(std::vector<double>{1, 7, 8}).token == 2);
    CHECK(pluck::argmax(Eigen::VectorXf::LinSpaced(5, 0, 1)).token == 4);
    CHECK(pluck::argmax(std::vector<float>{}).status == pluck::status::no_candidate);
    STATIC_REQUIRE(noexcept(pluck::argmax(std::vector<float>{})));
}
