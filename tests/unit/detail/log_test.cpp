// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/detail/log.hpp>

#include <cmath>
#include <cstdint>

using namespace pluck_test;
using pluck::log_of;

namespace {

constexpr std::uint32_t one = 0x3f800000u;

// libm's log is right to an ulp of the result, or to 2^-53 of it; ours to 2^-54 absolutely.
bool close_to_libm(float m) {
    const double expected = std::log(double{m});
    return std::abs(log_of(m) - expected) <= 0x1p-53 + std::abs(expected) * 0x1p-52;
}

}  // namespace

TEST_CASE("the logarithm of one is zero") { STATIC_REQUIRE(log_of(1.0f) == 0.0); }

TEST_CASE("the logarithm of zero is minus infinity, and of what lies outside of 0 to 1 a NaN") {
    CHECK(bits_of(log_of(0.0f)) == 0xfff0000000000000u);
    const auto is_nan = [](double value) { return (bits_of(value) & 0x7fffffffffffffffu) > 0x7ff0000000000000u; };
    for (const std::uint32_t pattern : {one + 1, 0x40000000u, bits::largest, bits::plus_infinity, bits::sign | 1u,
                                        bits::sign | one, bits::minus_infinity}) {
        CHECK(is_nan(log_of(float_of(pattern))));
    }
    for (const std::uint32_t nan : bits::nans) CHECK(is_nan(log_of(float_of(nan))));
}

TEST_CASE("the logarithm has the published values") {
    STATIC_REQUIRE(log_of(0.5f) == -0x1.62e42fefa39efp-1);
    STATIC_REQUIRE(log_of(0.05f) == -0x1.7f7427973e392p+1);
    STATIC_REQUIRE(log_of(0.1f) == -0x1.26bb1b9b55516p+1);
    STATIC_REQUIRE(log_of(0x1.fffffep-1f) == -0x1.0000008p-24);
    STATIC_REQUIRE(log_of(0x1p-149f) == -0x1.9d1d9fccf477p+6);
}

TEST_CASE("the logarithm of a power of two is a multiple of ln 2, down to the least subnormal") {
    tally seen;
    double power = 1;
    for (int exponent = 0; exponent >= -149; --exponent, power /= 2) {
        const double expected = exponent * 0x1.62e42fefa39efp-1;
        const double got = log_of(static_cast<float>(power));
        seen.expect(std::abs(got - expected) <= std::abs(expected) * 0x1p-52, "2^", exponent, ": ", got);
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("the logarithm agrees with libm's at every exponent") {
    random_numbers numbers(1);
    tally seen;
    for (std::uint32_t exponent = 0; exponent < 127; ++exponent) {
        for (int i = 0; i < 500; ++i) {
            const std::uint32_t fraction = static_cast<std::uint32_t>(numbers.bits()) & 0x7fffffu;
            const std::uint32_t pattern = exponent << 23 | fraction;
            if (pattern != 0) seen.expect(close_to_libm(float_of(pattern)), "bits ", pattern);
        }
        seen.expect(exponent == 0 || close_to_libm(float_of(exponent << 23)), "exponent ", exponent);
        seen.expect(close_to_libm(float_of(exponent << 23 | 0x7fffffu)), "below exponent ", exponent + 1);
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("the logarithm agrees with libm's at subnormals of every width") {
    tally seen;
    for (std::uint32_t width = 1; width <= 23; ++width) {
        for (std::uint32_t low : {0u, 1u, 0x2aaaaau, 0x555555u, 0x7fffffu}) {
            const std::uint32_t top = 1u << (width - 1);
            const std::uint32_t pattern = top | (low & (top - 1));
            seen.expect(close_to_libm(float_of(pattern)), "bits ", pattern);
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("the logarithm is negative below one and never decreases") {
    tally seen;
    double previous = log_of(float_of(1));
    for (std::uint32_t pattern = 1; pattern < one; pattern += 9973) {  // 107,000 floats, and 1,000 next to one
        const double here = log_of(float_of(pattern));
        seen.expect(here < 0 && here >= previous, "bits ", pattern);
        previous = here;
    }
    for (std::uint32_t pattern = one - 1000; pattern <= one; ++pattern) {
        const double here = log_of(float_of(pattern));
        seen.expect(here >= previous && (here < 0 || pattern == one), "bits ", pattern);
        previous = here;
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("the logarithm of a total mass is right to 2^-54, and exact for the best token alone") {
    using pluck::detail::ln_of_mass;
    STATIC_REQUIRE(ln_of_mass(std::uint64_t{1} << 40) == 0.0);
    STATIC_REQUIRE(ln_of_mass(std::uint64_t{1} << 41) == 0x1.62e42fefa39efp-1);
    STATIC_REQUIRE(ln_of_mass(std::uint64_t{1} << 63) == 0x1.fe2804e87b348p+3);
    random_numbers numbers(2);
    tally seen;
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t total = (numbers.bits() | std::uint64_t{1} << 63) >> numbers.below(24);
        const long double expected = std::log(static_cast<long double>(total)) - 40 * std::log(2.0L);
        const long double off = std::abs(static_cast<long double>(ln_of_mass(total)) - expected);
        seen.expect(off <= 0x1p-54L + expected * 0x1p-53L, "total ", total);
    }
    for (std::uint64_t more = 1; more < 2000; ++more) {
        const double got = ln_of_mass((std::uint64_t{1} << 40) + more);
        seen.expect(std::abs(got - static_cast<double>(more) * 0x1p-40) < 0x1p-54 + 0x1p-59, "2^40 + ", more);
        seen.expect(got >= ln_of_mass((std::uint64_t{1} << 40) + more - 1), "order of 2^40 + ", more);
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("log2_fixed is the logarithm to base 2 in units of 2^-56, never above it") {
    using pluck::detail::log2_fixed;
    STATIC_REQUIRE(log2_fixed(1) == 0);
    STATIC_REQUIRE(log2_fixed(std::uint64_t{1} << 63) == std::uint64_t{63} << 56);
    STATIC_REQUIRE(log2_fixed(~std::uint64_t{0}) < std::uint64_t{64} << 56);
    STATIC_REQUIRE(log2_fixed(3) == 0x195c01a39fbd687);
    tally seen;
    for (std::uint64_t x = 2; x < 3000; ++x) {
        const long double off =
            std::log2(static_cast<long double>(x)) * 0x1p56L - static_cast<long double>(log2_fixed(x));
        seen.expect(off > -1e-2L && off < 2.01L, x, ": off by ", static_cast<double>(off));
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("a log-probability is one operation after the other, and 0 for the best of one") {
    const auto bits_at = [](float score, float best, double T, double log_total) {
        return bits_of(pluck::detail::log_probabilities{best, T, log_total}(score));
    };
    CHECK(bits_at(1.5f, 2, 1, 0) == bits_of(-0.5f));
    CHECK(bits_at(1.5f, 2, 0.25, 0.5) == bits_of(-2.5f));
    CHECK(bits_at(-0.0f, 0.0f, 1, 0) == 0);
    CHECK(bits_at(0.0f, 0.0f, 1, 0) == 0);
    CHECK(bits_at(forbidden, 2, 1, 1) == bits::minus_infinity);
    CHECK(bits_at(float_of(bits::largest | bits::sign), float_of(bits::largest), 1, 0) == bits::minus_infinity);
    CHECK(bits_at(1, 1 + 0x1p-23f, 3, 0) == bits_of(-0x1.555556p-25f));
}
