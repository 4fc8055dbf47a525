// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/pluck.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

using namespace pluck_test;
using pluck::candidates;
using pluck::probabilities;
using pluck::sample;
using pluck::status;
using pluck::temperature;

namespace {

const std::vector<float> lesson = {3.0f, 2.5f, 2.0f, 1.5f, 1.0f, 0.5f, 0.0f, -0.5f, -1.0f, -2.0f};

struct see_temperature : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    double* seen;
    template <class Row>
    void operator()(Row& row) const {
        *seen = row.temperature();
    }
};

}  // namespace

TEST_CASE("temperature t divides the scores by t") {
    for (const double t : {0.3, 0.5, 1.0, 2.0, 5.0}) {
        const Eigen::ArrayXd got = probabilities(lesson, temperature(t));
        Eigen::ArrayXd expected(10);
        for (int i = 0; i < 10; ++i) expected[i] = std::exp(lesson[static_cast<std::size_t>(i)] / t);
        expected /= expected.sum();
        for (int i = 0; i < 10; ++i) CHECK(got[i] == Approx(expected[i]).epsilon(1e-6));
    }
}

TEST_CASE("temperature 1 changes nothing") {
    for (std::uint64_t number = 0; number < 200; ++number) {
        const std::vector<float> row = random_row(number);
        CHECK(sample(row, temperature(1), {.seed = number}) == sample(row, pluck::chain{}, {.seed = number}));
    }
}

TEST_CASE("temperature 0 keeps the best token, the lowest id of a tie") {
    const std::vector<float> row = {1, 5, 5, 2};
    for (int seed = 0; seed < 50; ++seed) CHECK(sample(row, temperature(0), {.seed = seed}).token == 1);
    CHECK(candidates(row, temperature(0)).size() == 1);
    CHECK(sample(row, temperature(-0.0f), {.seed = 1}).token == 1);
}

TEST_CASE("temperature 0 leaves the temperature alone") {
    double seen = 0;
    see_temperature look;
    look.seen = &seen;
    REQUIRE(sample(lesson, temperature(0.5f) | temperature(0) | look, {}));
    CHECK(seen == 0.5);
    REQUIRE(sample(lesson, temperature(0.1f) | temperature(3) | look, {}));
    CHECK(seen == double{0.1f} * 3);
    REQUIRE(sample(lesson, temperature(0x1p-64) | temperature(0.5f) | look, {}));
    CHECK(seen == 0x1p-64);
    REQUIRE(sample(lesson, temperature(0x1p64) | temperature(2) | look, {}));
    CHECK(seen == 0x1p64);
}

TEST_CASE("temperatures of a chain multiply from left to right") {
    for (std::uint64_t number = 0; number < 100; ++number) {
        const std::vector<float> row = random_row(number);
        CHECK(sample(row, temperature(0.5f) | temperature(0.5f), {.seed = number}) ==
              sample(row, temperature(0.25f), {.seed = number}));
    }
}

TEST_CASE("the lowest temperature is greedy, and the highest nearly uniform") {
    const std::vector<float> row = {1.0f, 1.0f + 0x1p-20f, -3.0f, forbidden};
    for (int seed = 0; seed < 50; ++seed) CHECK(sample(row, temperature(0x1p-64), {.seed = seed}).token == 1);
    const Eigen::ArrayXd flat = probabilities(row, temperature(0x1p64));
    for (int i = 0; i < 3; ++i) CHECK(flat[i] == Approx(1.0 / 3).epsilon(1e-6));
    CHECK(flat[3] == 0);
}

TEST_CASE("a temperature is held as a float") {
    for (std::uint64_t number = 0; number < 100; ++number) {
        const std::vector<float> row = random_row(number);
        CHECK(sample(row, temperature(0.8), {.seed = number}) == sample(row, temperature(0.8f), {.seed = number}));
    }
}

TEST_CASE("a temperature of any arithmetic type will do, but bool") {
    STATIC_REQUIRE(std::is_convertible_v<int, temperature>);
    STATIC_REQUIRE(std::is_convertible_v<double, temperature>);
    STATIC_REQUIRE(std::is_convertible_v<std::uint64_t, temperature>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<bool, temperature>);
    constexpr temperature two = 2;
    CHECK(sample(lesson, two, {.seed = 3}) == sample(lesson, temperature(2.0f), {.seed = 3}));
}

TEST_CASE("one temperature per row: each row draws as with its own") {
    const std::vector<float> values = {0.0f, 0.5f, 1.0f, 3.0f};
    const std::vector<std::vector<float>> batch(4, lesson);
    std::vector<pluck::key> keys(4);
    for (int i = 0; i < 4; ++i) keys[static_cast<std::size_t>(i)] = {.seed = 5, .sequence = i};
    std::vector<pluck::pick> picks(4);
    pluck::sample_rows(batch, temperature(pluck::per_row<float>{values}), keys, picks);
    for (std::size_t i = 0; i < 4; ++i) CHECK(picks[i] == sample(lesson, temperature(values[i]), keys[i]));
}
