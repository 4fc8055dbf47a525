// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/detail/arithmetic.hpp>

#include <cstdint>

using namespace pluck_test;

namespace {

// What the compiler can know nothing about, and so cannot compute by other rules than the processor's.
template <class T>
T hidden(T value) {
    volatile T seen = value;
    return seen;
}

}  // namespace

TEST_CASE("fma rounds once where a product and a sum would round twice") {
    const float a = hidden(0x1.001p0f);  // a * a = 1 + 2^-11 + 2^-24
    CHECK(pluck::detail::fma(a, a, hidden(-0x1.002p0f)) == 0x1p-24f);
    CHECK(pluck::detail::fma(hidden(0x1.000002p0f), hidden(0x1.fffffep-1f), hidden(-1.0f)) == 0x1.fffffcp-25f);
}

TEST_CASE("fma is a * b + c rounded to nearest even, for a million integers") {
    random_numbers numbers(1);
    tally seen;
    for (int i = 0; i < 1'000'000; ++i) {
        const int bits_a = numbers.between(1, 24);
        const int bits_b = numbers.between(1, 24);
        const std::int64_t a = numbers.between(-(1 << bits_a), 1 << bits_a);
        const std::int64_t b = numbers.between(-(1 << bits_b), 1 << bits_b);
        const std::int64_t c = static_cast<std::int64_t>(numbers.between(-(1 << 24), 1 << 24)) << numbers.below(24);
        const auto expected = static_cast<float>(a * b + c);  // exact in 64 bits, then one rounding
        const float got = pluck::detail::fma(static_cast<float>(a), static_cast<float>(b), static_cast<float>(c));
        seen.expect(got == expected, a, " * ", b, " + ", c, " gave ", got, ", not ", expected);
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("fma multiplies infinities and keeps signs") {
    const float infinity = float_of(bits::plus_infinity);
    CHECK(bits_of(pluck::detail::fma(-infinity, 2.0f, 1.0f)) == bits::minus_infinity);
    CHECK(bits_of(pluck::detail::fma(0.0f, 1.0f, -0.0f)) == 0);
    CHECK((bits_of(pluck::detail::fma(infinity, 0.0f, 1.0f)) & 0x7fffffffu) > bits::plus_infinity);
}

TEST_CASE("sum, product, quotient and nearest_float are the processor's own, rounded once") {
    random_numbers numbers(2);
    tally seen;
    for (int i = 0; i < 200'000; ++i) {
        volatile double a = (numbers.uniform() - 0.5) * 1000;
        volatile double b = numbers.uniform() + 0x1p-20;
        volatile float c = static_cast<float>(numbers.normal());
        volatile float d = static_cast<float>(numbers.normal() * 100);
        volatile double product = a * b;
        volatile double quotient = a / b;
        volatile float sum = c + d;
        volatile float nearest = static_cast<float>(a);
        seen.expect(bits_of(pluck::detail::product(a, b)) == bits_of(double{product}), a, " * ", b);
        seen.expect(bits_of(pluck::detail::quotient(a, b)) == bits_of(double{quotient}), a, " / ", b);
        seen.expect(bits_of(pluck::detail::sum(c, d)) == bits_of(float{sum}), c, " + ", d);
        seen.expect(bits_of(pluck::detail::nearest_float(a)) == bits_of(float{nearest}), a);
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("known roundings come out as IEEE 754 says") {
    CHECK(pluck::detail::quotient(hidden(1.0), hidden(3.0)) == 0x1.5555555555555p-2);
    CHECK(pluck::detail::quotient(hidden(0x1.71547652b82fep0), hidden(0.8)) == 0x1.cda993e7663bdp+0);
    CHECK(pluck::detail::product(hidden(0x1.0000000000001p0), hidden(0x1.0000000000001p0)) == 0x1.0000000000002p0);
    CHECK(pluck::detail::sum(hidden(0x1p24f), hidden(1.0f)) == 0x1p24f);  // a tie, to even
    CHECK(pluck::detail::sum(hidden(0x1.000002p24f), hidden(1.0f)) == 0x1.000004p24f);
    CHECK(pluck::detail::nearest_float(hidden(0x1.000001p0)) == 1.0f);  // a tie, to even
    CHECK(pluck::detail::nearest_float(hidden(0x1.000003p0)) == 0x1.000004p0f);
}

TEST_CASE("an opaque value is the same value, bit for bit") {
    for (const std::uint32_t pattern : {0x00000000u, 0x80000000u, 0x00000001u, 0x3f800000u, 0x7f800000u, 0x7fc12345u}) {
        CHECK(bits_of(pluck::detail::opaque(float_of(pattern))) == pattern);
    }
    for (const std::uint64_t pattern : {0x0u, 0x1u})
        CHECK(bits_of(pluck::detail::opaque(double_of(pattern))) == pattern);
}

TEST_CASE("product_high is the upper half of the product of two words") {
    using pluck::detail::product_high;
    STATIC_REQUIRE(product_high(0, ~std::uint64_t{0}) == 0);
    STATIC_REQUIRE(product_high(~std::uint64_t{0}, ~std::uint64_t{0}) == ~std::uint64_t{0} - 1);
    STATIC_REQUIRE(product_high(std::uint64_t{1} << 63, 2) == 1);
    STATIC_REQUIRE(product_high(0xffffffffu, 0xffffffffu) == 0);
    STATIC_REQUIRE(product_high(0x123456789abcdef0u, 0xfedcba9876543210u) == 0x121fa00ad77d7422u);

    random_numbers numbers(3);
    tally seen;
    for (int i = 0; i < 100'000; ++i) {  // against four products of halves
        const std::uint64_t a = numbers.bits() >> numbers.below(64);
        const std::uint64_t b = numbers.bits() >> numbers.below(64);
        const std::uint64_t a0 = a & 0xffffffffu, a1 = a >> 32, b0 = b & 0xffffffffu, b1 = b >> 32;
        const std::uint64_t middle = a1 * b0 + (a0 * b0 >> 32);
        const std::uint64_t expected = a1 * b1 + (middle >> 32) + (((middle & 0xffffffffu) + a0 * b1) >> 32);
        seen.expect(product_high(a, b) == expected, a, " * ", b);
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("first_bit is the place of the lowest bit, count_bits how many are set") {
    using pluck::detail::count_bits, pluck::detail::first_bit;
    CHECK(count_bits(0) == 0);
    CHECK(count_bits(0xffffffffu) == 32);
    CHECK(count_bits(0x80000001u) == 2);
    for (std::uint32_t place = 0; place < 32; ++place) {
        INFO("bit " << place);
        CHECK(first_bit(1u << place) == place);
        CHECK(first_bit(0xffffffffu << place) == place);
        CHECK(count_bits(0xffffffffu << place) == 32 - place);
    }
}

TEST_CASE("bits_as reinterprets also in a constant expression") {
    STATIC_REQUIRE(pluck::detail::bits_as<std::uint32_t>(1.0f) == 0x3f800000u);
    STATIC_REQUIRE(pluck::detail::bits_as<float>(std::uint32_t{0xc0000000u}) == -2.0f);
}
