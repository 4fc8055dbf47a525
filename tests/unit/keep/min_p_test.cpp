// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include "unit/stages.hpp"
#include <pluck/pluck.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

using namespace pluck_test;
using pluck::min_p;
using pluck::sample;

TEST_CASE("min_p keeps the tokens at least m times as likely as the best") {
    const std::vector<float> row = {2, 1.5f, 1, 0, -3};
    for (const float m : {0.01f, 0.1f, 0.3f, 0.5f, 0.7f, 0.9f}) {
        std::size_t expected = 0;
        for (const float score : row) expected += std::exp(double{score} - 2) >= double{m};
        CHECK(kept_by(row, min_p(m)).size() == expected);
    }
}

TEST_CASE("m = 0 moves nothing, m = 1 keeps what ties with the best") {
    const std::vector<float> row = {1, 3, forbidden, 3, 0x1.7ffffep1f, -1000};
    CHECK(kept_by(row, min_p(0)).size() == 5);
    CHECK(kept_by(row, min_p(-0.0f)).size() == 5);
    CHECK(kept_by(row, min_p(1)) == std::vector<int>{1, 3});
    const std::vector<float> zeros = {-0.0f, 0.0f, -0x1p-149f};
    CHECK(kept_by(zeros, min_p(1)) == std::vector<int>{0, 1});
}

TEST_CASE("a token right at the threshold stays, the float below it goes") {
    for (const float m : {0.05f, 0.1f, 0.5f, 0x1.fffffep-1f, 0x1p-149f}) {
        for (const float best : {0.0f, 1.0f, -50.0f, 1e6f}) {
            const float theta = static_cast<float>(best + double{static_cast<float>(pluck::log_of(m))});
            const float under = theta > 0 ? float_of(bits_of(theta) - 1) : float_of(bits_of(theta) + 1);
            const std::vector<float> row = {under, best, theta};
            CHECK(kept_by(row, min_p(m)) == std::vector<int>{1, 2});
        }
    }
}

TEST_CASE("the threshold follows the temperature so far") {
    const std::vector<float> row = {0, -1, -2, -3, -4};
    CHECK(kept_by(row, min_p(0.1f)).size() == 3);                             // theta = -2.3
    CHECK(kept_by(row, pluck::temperature(0.5f) | min_p(0.1f)).size() == 2);  // -1.15
    CHECK(kept_by(row, pluck::temperature(1.5f) | min_p(0.1f)).size() == 4);  // -3.45
    CHECK(kept_by(row, min_p(0.1f) | pluck::temperature(1.5f)).size() == 3);
    CHECK(kept_by(row, pluck::temperature(0x1p64) | min_p(0x1.fffffep-1f)).size() == 5);
    CHECK(kept_by(row, pluck::temperature(0x1p-64) | min_p(0x1p-149f)).size() == 1);
}

TEST_CASE("the threshold follows the best token of what is kept so far") {
    const std::vector<float> row = {10, 1, 0.5f, -5};
    CHECK(kept_by(row, min_p(0.5f)) == std::vector<int>{0});
    CHECK(kept_by(row, without_best{} | min_p(0.5f)) == std::vector<int>{1, 2});
}

TEST_CASE("min_keep keeps more than the threshold, and never less") {
    const std::vector<float> row = {0, -1, -2, -3, forbidden};
    CHECK(kept_by(row, min_p(0.9f, 0)) == std::vector<int>{0});
    CHECK(kept_by(row, min_p(0.9f, 3)) == std::vector<int>{0, 1, 2});
    CHECK(kept_by(row, min_p(0.9f, 100)) == std::vector<int>{0, 1, 2, 3});
    CHECK(kept_by(row, min_p(1, 2)) == std::vector<int>{0, 1});
    CHECK(kept_by(row, min_p(0.1f, 2)) == std::vector<int>{0, 1, 2});
    CHECK(kept_by(row, min_p(0, 1)) == std::vector<int>{0, 1, 2, 3});
    CHECK(kept_by(row, min_p(0.9f, std::uint64_t{1} << 32)).size() == 4);
}

TEST_CASE("a threshold below all floats keeps every candidate") {
    const float low = -float_of(bits::largest);
    const std::vector<float> row = {low, low, forbidden};
    CHECK(kept_by(row, pluck::temperature(0x1p64) | min_p(0.5f)) == std::vector<int>{0, 1});
    const std::vector<float> wide = {float_of(bits::largest), low};
    CHECK(kept_by(wide, min_p(0x1p-149f)) == std::vector<int>{0});
}

TEST_CASE("min_p after min_p keeps what the larger m keeps, at one temperature") {
    for (std::uint64_t number = 0; number < 100; ++number) {
        const std::vector<float> row = random_row(number);
        const float a = static_cast<float>(number % 7) / 7, b = static_cast<float>(number % 11) / 11;
        CHECK(kept_by(row, min_p(a) | min_p(b)) == kept_by(row, min_p(std::max(a, b))));
    }
}

TEST_CASE("min_p takes numbers of any type, but no bool, and a count of any integer type") {
    STATIC_REQUIRE(std::is_convertible_v<float, min_p>);
    STATIC_REQUIRE(std::is_convertible_v<double, min_p>);
    STATIC_REQUIRE(std::is_convertible_v<int, min_p>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<bool, min_p>);
    STATIC_REQUIRE(std::is_constructible_v<min_p, float, std::size_t>);
    STATIC_REQUIRE_FALSE(std::is_constructible_v<min_p, float, float>);
    constexpr min_p some{0.1, 2u};
    CHECK(sample(std::vector<float>{1, 2}, some, {}));
}

TEST_CASE("one m per row: each row draws as with its own") {
    const std::vector<float> ms = {0, 0.3f, 0.9f, 1};
    const std::vector<float> row = {1, 0.9f, 0.5f, -1};
    const std::vector<std::vector<float>> batch(4, row);
    std::vector<pluck::key> keys(4);
    for (std::size_t i = 0; i < 4; ++i) keys[i] = {.seed = 13, .position = i};
    std::vector<pluck::pick> picks(4);
    pluck::sample_rows(batch, min_p(pluck::per_row<float>{ms}), keys, picks);
    for (std::size_t i = 0; i < 4; ++i) CHECK(picks[i] == sample(row, min_p(ms[i]), keys[i]));
}
