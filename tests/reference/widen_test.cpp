// SPDX-License-Identifier: MIT
//
// What a half, a bfloat16 and a double are as floats, by cases that were worked out by hand.
#include "reference/widen.hpp"

#include "support/catch.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace {

using oracle::float_from_bfloat16, oracle::float_from_double, oracle::float_from_half;

std::uint32_t bits(const float& x) { return std::bit_cast<std::uint32_t>(x); }
double double_of(std::uint64_t bits) { return std::bit_cast<double>(bits); }

constexpr float lowest = std::numeric_limits<float>::lowest(), highest = std::numeric_limits<float>::max();
constexpr std::uint32_t infinity = 0x7f800000, minus_infinity = 0xff800000, quiet_nan = 0x7fc00000;  // bits
const double negative_zero = double_of(std::uint64_t{1} << 63);

}  // namespace

TEST_CASE("bfloat16 is the upper half of a float") {
    CHECK(bits(float_from_bfloat16(0x3f80)) == bits(1.0f));
    CHECK(bits(float_from_bfloat16(0x8000)) == 0x80000000);
    CHECK(bits(float_from_bfloat16(0x0001)) == 0x00010000);
    CHECK(bits(float_from_bfloat16(0xff80)) == minus_infinity);
    CHECK(bits(float_from_bfloat16(0x7fc0)) == quiet_nan);
}

TEST_CASE("half widens exactly") {
    CHECK(bits(float_from_half(0x3c00)) == bits(1.0f));
    CHECK(bits(float_from_half(0xc000)) == bits(-2.0f));
    CHECK(bits(float_from_half(0x7bff)) == bits(65504.0f));
    CHECK(bits(float_from_half(0x0400)) == bits(0x1p-14f));
    CHECK(bits(float_from_half(0x0001)) == bits(0x1p-24f));
    CHECK(bits(float_from_half(0x83ff)) == bits(-0x1.ff8p-15f));
    CHECK(bits(float_from_half(0x8000)) == 0x80000000);
    CHECK(bits(float_from_half(0x7c00)) == infinity);
    CHECK(bits(float_from_half(0xfc00)) == minus_infinity);
    CHECK(bits(float_from_half(0x7e00)) == quiet_nan);
    CHECK(bits(float_from_half(0x7c01)) > 0x7f800000);
    for (std::uint16_t i = 0; i < 0x7c00; ++i) {
        const double expected = i < 0x400 ? std::ldexp(i, -24) : std::ldexp(0x400 + (i & 0x3ff), (i >> 10) - 25);
        if (double{float_from_half(i)} != expected) FAIL("half " << i);
    }
}

TEST_CASE("double rounds to the nearest float, ties to even") {
    CHECK(bits(float_from_double(1.0)) == bits(1.0f));
    CHECK(bits(float_from_double(-0.1)) == bits(-0.1f));
    CHECK(bits(float_from_double(1 + 0x1p-24)) == bits(1.0f));            // a tie, down to even
    CHECK(bits(float_from_double(1 + 0x1p-24 + 0x1p-52)) == 0x3f800001);  // just above it
    CHECK(bits(float_from_double(1 + 0x3p-24)) == 0x3f800002);            // a tie, up to even
    CHECK(bits(float_from_double(2 - 0x1p-25)) == bits(2.0f));            // carries into the exponent
    std::mt19937_64 random(1);
    for (int i = 0; i < 100'000; ++i) {
        const auto significand = static_cast<double>(random() | std::uint64_t{1} << 63);
        const double x = std::ldexp(significand, static_cast<int>(random() % 180) - 180);
        const float found = float_from_double(x);
        if (bits(found) != bits(static_cast<float>(x))) FAIL("x = " << x);
    }
}

TEST_CASE("double rounds to subnormal floats and to signed zero") {
    const double least = 0x1p-149;
    CHECK(bits(float_from_double(least)) == 1);
    CHECK(bits(float_from_double(-least)) == 0x80000001);
    CHECK(bits(float_from_double(least / 2)) == 0);  // a tie, down to even
    CHECK(bits(float_from_double(least / 2 * (1 + 0x1p-52))) == 1);
    CHECK(bits(float_from_double(least * 1.5)) == 2);  // a tie, up to even
    CHECK(bits(float_from_double(least / 4)) == 0);
    CHECK(bits(float_from_double(0x1p-126 - least)) == 0x007fffff);
    CHECK(bits(float_from_double(0x1p-126 - least / 2)) == 0x00800000);
    CHECK(bits(float_from_double(-0x1p-1000)) == 0x80000000);
    CHECK(bits(float_from_double(double_of(1))) == 0);  // the least subnormal double
    CHECK(bits(float_from_double(0.0)) == 0);
    CHECK(bits(float_from_double(negative_zero)) == 0x80000000);
}

TEST_CASE("finite doubles saturate, infinite ones stay infinite, NaN stays NaN") {
    CHECK(bits(float_from_double(1e300)) == bits(highest));
    CHECK(bits(float_from_double(-1e300)) == bits(lowest));
    CHECK(bits(float_from_double(0x1p128)) == bits(highest));
    CHECK(bits(float_from_double(0x1.ffffffp127)) == bits(highest));
    CHECK(bits(float_from_double(double_of(std::uint64_t{0x7ff} << 52))) == infinity);
    CHECK(bits(float_from_double(double_of(std::uint64_t{0xfff} << 52))) == minus_infinity);
    CHECK((bits(float_from_double(double_of(std::uint64_t{0x7ff} << 52 | 1))) & 0x7fffffff) > 0x7f800000);
    CHECK((bits(float_from_double(double_of(~std::uint64_t{0}))) & 0x7fffffff) > 0x7f800000);
}
