// SPDX-License-Identifier: MIT
//
// Shares and points of a sum of masses, in 128-bit integers.
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/detail/mass.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

using namespace pluck_test;
using pluck::bits128;
using pluck::mass_point;
using pluck::mass_share;
using pluck::detail::uint128;

namespace {

constexpr std::uint64_t best = std::uint64_t{1} << pluck::mass_bits;

bits128 words(std::uint64_t high, std::uint64_t low) {
    return {{static_cast<std::uint32_t>(low), static_cast<std::uint32_t>(low >> 32), static_cast<std::uint32_t>(high),
             static_cast<std::uint32_t>(high >> 32)}};
}

}  // namespace

// ---- mass_share ----

TEST_CASE("a share of p = 1 is the whole, of p = 0 a single unit") {
    for (const std::uint64_t total : {std::uint64_t{1}, best, std::uint64_t{1} << 63, (std::uint64_t{1} << 63) - 1}) {
        CHECK(mass_share(1.0f, total) == total);
        CHECK(mass_share(0.0f, total) == 1);
        CHECK(mass_share(-0.0f, total) == 1);
        CHECK(mass_share(0x1p-149f, total) == 1);
        CHECK(mass_share(0x1.fffffcp-127f, total) == 1);  // the largest subnormal
        CHECK(mass_share(0x1p-126f, total) == 1);
        CHECK(mass_share(0x1p-64f, total) == 1);
    }
}

TEST_CASE("a share below 0 or above 1 counts as the end on its side, a NaN as one of the ends") {
    for (const std::uint64_t total : {std::uint64_t{1}, best, std::uint64_t{1} << 63}) {
        CHECK(mass_share(-0.5f, total) == 1);
        CHECK(mass_share(-float_of(bits::largest), total) == 1);
        CHECK(mass_share(float_of(bits::minus_infinity), total) == 1);
        CHECK(mass_share(0x1.000002p0f, total) == total);
        CHECK(mass_share(float_of(bits::largest), total) == total);
        CHECK(mass_share(float_of(bits::plus_infinity), total) == total);
        for (const std::uint32_t nan : bits::nans) {
            const std::uint64_t share = mass_share(float_of(nan), total);
            CHECK((share == 1 || share == total));
        }
    }
}

TEST_CASE("a share rounds up, and only if there is a rest") {
    CHECK(mass_share(0.5f, 10) == 5);
    CHECK(mass_share(0.5f, 11) == 6);
    CHECK(mass_share(0.25f, 4) == 1);
    CHECK(mass_share(0.25f, 5) == 2);
    CHECK(mass_share(0x1.000002p-1f, 10) == 6);
    CHECK(mass_share(0.1f, 10) == 2);  // .1f is a little more than a tenth
    CHECK(mass_share(0x1p-63f, std::uint64_t{1} << 63) == 1);
    CHECK(mass_share(0x1.000002p-63f, std::uint64_t{1} << 63) == 2);
    CHECK(mass_share(0x1.fffffep-1f, std::uint64_t{1} << 63) == 0x7fffff8000000000u);
    CHECK(mass_share(0x1.fffffep-1f, 1) == 1);
}

TEST_CASE("ten equal tokens need 2, 3, 4, 5, 5, 7, 7, 9, 9 of them for p = .1f ... .9f") {
    const std::uint64_t expected[] = {2, 3, 4, 5, 5, 7, 7, 9, 9};
    const float tenths[] = {.1f, .2f, .3f, .4f, .5f, .6f, .7f, .8f, .9f};
    for (std::size_t i = 0; i < 9; ++i) {
        // E_k = k * 2^40 < share, for k = 0, 1, ...: the number of tokens is ceil(share / 2^40).
        CHECK((mass_share(tenths[i], 10 * best) + best - 1) / best == expected[i]);
    }
}

TEST_CASE("a share is ceil(p Z), at least 1, for every exponent of p") {
    random_numbers numbers(3);
    tally seen;
    for (std::uint32_t exponent = 0; exponent <= 126; ++exponent) {
        for (int i = 0; i < 300; ++i) {
            const std::uint32_t fraction = i == 0   ? 0u
                                           : i == 1 ? 0x7fffffu
                                                    : static_cast<std::uint32_t>(numbers.bits()) & 0x7fffffu;
            const std::uint64_t total = i % 3 == 0 ? (std::uint64_t{1} << 63) >> numbers.below(63)
                                                   : ((numbers.bits() >> 1) >> numbers.below(63)) + 1;
            const float p = float_of(exponent << 23 | fraction);
            // By long division: Z significand / 2^shift, a rest rounds up.
            const uint128 product = static_cast<uint128>(total) * (exponent == 0 ? fraction : fraction | 0x800000u);
            const std::uint32_t shift = 150 - std::max(exponent, 1u);
            uint128 whole = product;
            bool rest = false;
            for (std::uint32_t halvings = 0; halvings < shift; ++halvings) {
                rest = rest || (whole & 1) != 0;
                whole >>= 1;
            }
            const auto expected = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(whole) + rest);
            seen.expect(mass_share(p, total) == expected, "p ", p, ", total ", total);
            seen.expect(mass_share(p, total) <= std::max<std::uint64_t>(total, 1), "p ", p, ", total ", total);
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("mass_share and mass_point are constant expressions") {
    STATIC_REQUIRE(mass_share(0.75f, 8) == 6);
    STATIC_REQUIRE(mass_point(bits128{{0, 0, 0, 0x80000000u}}, 8) == 4);
}

// ---- mass_point ----

TEST_CASE("the point of all-zero bits is 0, of all-one bits the last one") {
    for (const std::uint64_t total : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3}, best, best * 5 + 1,
                                      std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
        CHECK(mass_point(words(0, 0), total) == 0);
        CHECK(mass_point(words(~std::uint64_t{0}, ~std::uint64_t{0}), total) == total - 1);
    }
}

TEST_CASE("the 128 bits are one fraction, word 3 the most significant") {
    CHECK(mass_point({{0, 0, 0, 0x80000000u}}, best) == best / 2);
    CHECK(mass_point({{0, 0, 0x80000000u, 0}}, best) == best >> 33);
    CHECK(mass_point({{0xffffffffu, 0xffffffffu, 0, 0}}, best) == 0);
    CHECK(mass_point({{0, 0, 1, 0}}, std::uint64_t{1} << 63) == 0);
    CHECK(mass_point({{0, 0, 2, 0}}, std::uint64_t{1} << 63) == 1);
}

TEST_CASE("the low 64 bits carry into the point") {
    // 3 * U / 2^128 reaches 1 where U = (2^128 + 2) / 3 = 0x5555...5556, for which the low words decide.
    const std::uint64_t fives = 0x5555555555555555u;
    CHECK(mass_point(words(fives, fives), 3) == 0);
    CHECK(mass_point(words(fives, fives + 1), 3) == 1);
    CHECK(mass_point(words(2 * fives, 2 * fives), 3) == 1);
    CHECK(mass_point(words(2 * fives, 2 * fives + 1), 3) == 2);
}

TEST_CASE("a point is floor(U Z / 2^128), never decreasing in U") {
    random_numbers numbers(4);
    tally seen;
    for (int i = 0; i < 200'000; ++i) {
        const std::uint64_t high = numbers.bits(), low = numbers.bits();
        const std::uint64_t total = (numbers.bits() >> numbers.below(64)) | 1;
        // By 32-bit digits, as on paper.
        const std::uint64_t digits[] = {low & 0xffffffffu, low >> 32, high & 0xffffffffu, high >> 32};
        std::uint64_t result[6] = {};
        for (std::size_t a = 0; a < 4; ++a) {
            for (std::size_t b = 0; b < 2; ++b) {
                std::uint64_t carry = digits[a] * (b == 0 ? total & 0xffffffffu : total >> 32);
                for (std::size_t at = a + b; at < 6; ++at) {
                    carry += result[at];
                    result[at] = carry & 0xffffffffu;
                    carry >>= 32;
                }
            }
        }
        const std::uint64_t point = mass_point(words(high, low), total);
        seen.expect(point == (result[5] << 32 | result[4]), "U ", high, " ", low, ", total ", total);
        seen.expect(point < total, "U ", high, " ", low, ", total ", total);
        if (high != 0) seen.expect(mass_point(words(high - 1, ~low), total) <= point, "total ", total);
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("masses of the longest row fit a sum of 64 bits") {
    STATIC_REQUIRE(pluck::max_vocab == std::size_t{1} << 23);
    STATIC_REQUIRE(static_cast<uint128>(pluck::max_vocab) << pluck::mass_bits <= static_cast<uint128>(1) << 63);
}
