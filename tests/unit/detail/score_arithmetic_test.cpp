// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/detail/score_arithmetic.hpp>

#include <cmath>
#include <cstdint>
#include <limits>

using namespace pluck_test;
using namespace pluck::detail;

namespace {

constexpr float most = std::numeric_limits<float>::max(), tiny = std::numeric_limits<float>::denorm_min();

float rounded(double value) {
    const double largest = std::numeric_limits<float>::max();
    if (std::isfinite(value) && std::abs(value) > largest) return static_cast<float>(std::copysign(largest, value));
    return static_cast<float>(value);
}

/// Of any exponent, or of one near the limits of what is done as floats, or of few bits, so that ties come up.
float random_float(random_numbers& numbers) {
    auto bits = static_cast<std::uint32_t>(numbers.bits());
    if (numbers.chance(3)) bits &= 0xfff00000u;
    if (numbers.chance(2)) return float_of(bits);
    const std::uint32_t exponents[] = {67, 68, 186, 187, 26, 27, 253, 254, 0, 1, 127};
    return float_of((bits & 0x807fffffu) | exponents[numbers.below(11)] << 23);
}

bool same(float a, float b) { return bits_of(a) == bits_of(b) || (std::isnan(a) && std::isnan(b)); }

}  // namespace

TEST_CASE("scores are added, multiplied and divided exactly, and rounded once") {
    CHECK(score_plus(1, 0x1p-24f) == 1);
    CHECK(score_plus(1, 0x1.000002p-24f) == 1 + 0x1p-23f);
    CHECK(bits_of(score_plus(tiny, tiny)) == 2);
    CHECK(score_plus(most, most) == most);
    CHECK(score_times(3, 0.5f) == 1.5f);
    CHECK(score_times(-most, 2) == -most);
    CHECK(bits_of(score_times(3 * tiny, 0.5f)) == 2);  // a tie, to even
    CHECK(bits_of(score_times(5 * tiny, 0.5f)) == 2);
    CHECK(score_over(1, 3) == 0x1.555556p-2f);
    CHECK(score_over(most, 0.5f) == most);
    CHECK(bits_of(score_over(tiny, 2)) == 0);
    CHECK(bits_of(score_over(3 * tiny, 2)) == 2);
}

TEST_CASE("powers are products from left to right, and stop at the largest float") {
    CHECK(power(1.75f, 0) == 1);
    CHECK(power(1.75f, 3) == 1.75 * 1.75 * 1.75);
    CHECK(power(1, 0xffffffff) == 1);
    CHECK(power(2, 127) == 0x1p127);
    CHECK(power(2, 128) == double{most});
    CHECK(power(2, 0xffffffff) == double{most});
    CHECK(power(0, 0) == 1);
    CHECK(power(0, 5) == 0);
    CHECK(power(0.5f, 100) == 0x1p-100);
    CHECK(power(0.5f, 101) == 0);
    CHECK(power(0.9f, 0xffffffff) == 0);
}

TEST_CASE("a number is finite unless it is infinite or NaN") {
    CHECK(is_finite(most));
    CHECK(is_finite(-0.0f));
    CHECK_FALSE(is_finite(float_of(bits::plus_infinity)));
    CHECK_FALSE(is_finite(forbidden));
    for (const auto nan : bits::nans) CHECK_FALSE(is_finite(float_of(nan)));
}

TEST_CASE("sums, products and quotients of scores are those of doubles, rounded to float") {
    random_numbers numbers(3, 14);
    tally seen;
    for (int i = 0; i < 200'000; ++i) {
        const float a = random_float(numbers), b = random_float(numbers);
        const double x = a, y = b;
        seen.expect(same(score_plus(a, b), rounded(x + y)), a, " + ", b);
        seen.expect(same(score_times(a, b), rounded(x * y)), a, " * ", b);
        if (b != 0) seen.expect(same(score_over(a, b), rounded(x / y)), a, " / ", b);
    }
    PLUCK_CHECK_TALLY(seen);
}
