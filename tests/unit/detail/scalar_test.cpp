// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/detail/scalar.hpp>
#include <pluck/eigen.hpp>

#include <Eigen/Core>

#include <cstdint>

using namespace pluck_test;
using pluck::scalar_traits;

namespace {

bool is_nan(std::uint32_t bits) { return (bits & 0x7fffffffu) > bits::plus_infinity; }

// What the processor's own conversion gives, but that a finite value stays finite.
std::uint32_t converted(double value) {
    volatile double hidden = value;
    volatile float narrow = static_cast<float>(hidden);
    const std::uint32_t bits = bits_of(float{narrow});
    const bool finite = (bits_of(value) & 0x7fffffffffffffffu) < 0x7ff0000000000000u;
    return finite && (bits & 0x7fffffffu) == bits::plus_infinity ? bits - 1 : bits;
}

std::uint32_t widened(double value) { return bits_of(scalar_traits<double>::widen(value)); }

}  // namespace

TEST_CASE("every half widens to the float that Eigen makes of it") {
    tally seen;
    for (std::uint32_t pattern = 0; pattern < 0x10000u; ++pattern) {
        const auto bits = static_cast<std::uint16_t>(pattern);
        const std::uint32_t got = bits_of(scalar_traits<pluck::half>::widen({bits}));
        const std::uint32_t expected = bits_of(static_cast<float>(Eigen::numext::bit_cast<Eigen::half>(bits)));
        seen.expect(is_nan(expected) ? is_nan(got) : got == expected, "half ", pattern, " gave ", got);
        const bool nan = (bits & 0x7fffu) > 0x7c00u;
        seen.expect(is_nan(got) == nan && (got >> 31) == (pattern >> 15), "half ", pattern, " gave ", got);
        seen.expect(bits_of(scalar_traits<Eigen::half>::widen(Eigen::numext::bit_cast<Eigen::half>(bits))) == got,
                    "Eigen::half ", pattern);
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("every bfloat16 widens to the float that Eigen makes of it") {
    tally seen;
    for (std::uint32_t pattern = 0; pattern < 0x10000u; ++pattern) {
        const auto bits = static_cast<std::uint16_t>(pattern);
        const std::uint32_t got = bits_of(scalar_traits<pluck::bfloat16>::widen({bits}));
        const std::uint32_t expected = bits_of(static_cast<float>(Eigen::numext::bit_cast<Eigen::bfloat16>(bits)));
        seen.expect(is_nan(expected) ? is_nan(got) : got == expected, "bfloat16 ", pattern, " gave ", got);
        seen.expect(got == pattern << 16, "bfloat16 ", pattern, " gave ", got);
        seen.expect(
            bits_of(scalar_traits<Eigen::bfloat16>::widen(Eigen::numext::bit_cast<Eigen::bfloat16>(bits))) == got,
            "Eigen::bfloat16 ", pattern);
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("a float is itself, a signalling NaN's payload included") {
    for (const std::uint32_t pattern : {0u, bits::sign, 1u, 0x3f800000u, bits::largest, bits::plus_infinity}) {
        CHECK(bits_of(scalar_traits<float>::widen(float_of(pattern))) == pattern);
    }
    for (const std::uint32_t nan : bits::nans) CHECK(bits_of(scalar_traits<float>::widen(float_of(nan))) == nan);
}

TEST_CASE("a double rounds to the nearest float, ties to even") {
    CHECK(widened(0x1.000001p0) == 0x3f800000u);         // half way between 1 and its neighbour: even is below
    CHECK(widened(0x1.000003p0) == 0x3f800002u);         // half way, even is above
    CHECK(widened(0x1.0000010000001p0) == 0x3f800001u);  // a little more than half way
    CHECK(widened(0x1.000000fffffffp0) == 0x3f800000u);  // a little less
    CHECK(widened(-0x1.000003p0) == 0xbf800002u);
    CHECK(widened(0x1.ffffffp0) == 0x40000000u);  // carries into the exponent
    CHECK(widened(0.0) == 0u);
    CHECK(widened(-0.0) == bits::sign);
}

TEST_CASE("a double below the normal floats rounds among the subnormals, and is not flushed") {
    CHECK(widened(0x1p-149) == 1u);
    CHECK(widened(0x1p-150) == 0u);  // a tie between 0 and the least, to even
    CHECK(widened(0x1.0000000000001p-150) == 1u);
    CHECK(widened(0x1.8p-149) == 2u);                     // a tie between 1 and 2
    CHECK(widened(0x1.4p-148) == 2u);                     // a tie between 2 and 3
    CHECK(widened(0x1.fffffep-127) == 0x007fffffu + 1u);  // a tie that becomes the least normal
    CHECK(widened(0x1.fffffcp-127) == 0x007fffffu);
    CHECK(widened(0x1p-126) == 0x00800000u);
    CHECK(widened(-0x1p-140) == (bits::sign | 1u << 9));
    CHECK(widened(0x1p-1074) == 0u);
    CHECK(widened(-0x1p-1074) == bits::sign);
    CHECK(widened(0x1p-1022) == 0u);
    CHECK(widened(0x1.fffffffffffffp-151) == 0u);
}

TEST_CASE("a finite double beyond the floats saturates, an infinite one does not") {
    CHECK(widened(0x1.fffffep127) == bits::largest);
    CHECK(widened(0x1.fffffefffffffp127) == bits::largest);
    CHECK(widened(0x1.ffffffp127) == bits::largest);  // would round to infinity
    CHECK(widened(0x1p128) == bits::largest);
    CHECK(widened(-0x1p128) == (bits::sign | bits::largest));
    CHECK(widened(0x1.fffffffffffffp1023) == bits::largest);
    CHECK(widened(double_of(0x7ff0000000000000u)) == bits::plus_infinity);
    CHECK(widened(double_of(0xfff0000000000000u)) == bits::minus_infinity);
}

TEST_CASE("a double that is NaN stays one, of its sign") {
    for (const std::uint64_t nan :
         {0x7ff8000000000000u, 0x7ff0000000000001u, 0x7fffffffffffffffu, 0x7ff0000020000000u}) {
        CHECK(is_nan(widened(double_of(nan))));
        CHECK(is_nan(widened(double_of(nan | 0x8000000000000000u))));
        CHECK(widened(double_of(nan)) >> 31 == 0);
        CHECK(widened(double_of(nan | 0x8000000000000000u)) >> 31 == 1);
    }
}

TEST_CASE("doubles of random bits widen as the processor converts them") {
    random_numbers numbers(4);
    tally seen;
    const auto check = [&](std::uint64_t pattern) {
        if ((pattern & 0x7fffffffffffffffu) > 0x7ff0000000000000u) return;
        seen.expect(widened(double_of(pattern)) == converted(double_of(pattern)), "bits ", pattern);
    };
    for (std::size_t i = 0; i < repeated(1'000'000); ++i) check(numbers.bits());
    for (std::size_t i = 0; i < repeated(2'000'000); ++i) {  // exponents that a float has, ties more often than not
        const std::uint64_t exponent = 1023 - 152 + numbers.below(282);
        const std::uint64_t fraction = numbers.bits() & ((std::uint64_t{1} << 52) - 1);
        const std::uint64_t coarse = fraction & ~std::uint64_t{0} << numbers.below(53);
        check(numbers.bits() << 63 | exponent << 52 | coarse);
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("every exponent of a double widens right at its ends and around ties") {
    constexpr std::uint64_t fractions[] = {
        0x0,       0x1,        0xfffffffffffff, 0x8000000000000, 0x10000000,      0x10000001,
        0xfffffff, 0x30000000, 0xfffffefffffff, 0xffffff0000000, 0xfffffe0000000, 0xfffff00000000};
    tally seen;
    for (std::uint64_t exponent = 0; exponent < 2047; ++exponent) {
        for (const std::uint64_t fraction : fractions) {
            for (const std::uint64_t sign : {std::uint64_t{0}, std::uint64_t{1} << 63}) {
                const double value = double_of(sign | exponent << 52 | fraction);
                seen.expect(widened(value) == converted(value), "bits ", bits_of(value));
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("a scalar that widens in a constant expression") {
    STATIC_REQUIRE(scalar_traits<pluck::half>::widen({0x3c00}) == 1.0f);
    STATIC_REQUIRE(scalar_traits<pluck::half>::widen({0x0001}) == 0x1p-24f);
    STATIC_REQUIRE(scalar_traits<pluck::half>::widen({0x83ff}) == -0x1.ff8p-15f);
    STATIC_REQUIRE(scalar_traits<pluck::half>::widen({0x7bff}) == 65504.0f);
    STATIC_REQUIRE(scalar_traits<pluck::bfloat16>::widen({0xc000}) == -2.0f);
    STATIC_REQUIRE(scalar_traits<double>::widen(0.1) == 0.1f);
    STATIC_REQUIRE(scalar_traits<double>::widen(1e308) == 0x1.fffffep127f);
}

TEST_CASE("logits are float, double, half or bfloat16, and no other type") {
    STATIC_REQUIRE(pluck::logit_scalar<float>);
    STATIC_REQUIRE(pluck::logit_scalar<double>);
    STATIC_REQUIRE(pluck::logit_scalar<pluck::half>);
    STATIC_REQUIRE(pluck::logit_scalar<pluck::bfloat16>);
    STATIC_REQUIRE(pluck::logit_scalar<Eigen::half>);
    STATIC_REQUIRE(pluck::logit_scalar<Eigen::bfloat16>);
    STATIC_REQUIRE_FALSE(pluck::logit_scalar<int>);
    STATIC_REQUIRE_FALSE(pluck::logit_scalar<std::uint16_t>);
    STATIC_REQUIRE_FALSE(pluck::logit_scalar<long double>);
    STATIC_REQUIRE_FALSE(pluck::logit_scalar<bool>);
    STATIC_REQUIRE(sizeof(pluck::half) == 2);
    STATIC_REQUIRE(sizeof(pluck::bfloat16) == 2);
}
