// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/cpu/isa/dispatch.hpp>
#include <pluck/detail/mass.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

using namespace pluck_test;
using pluck::bits128;
using pluck::mass_of;
using pluck::mass_scale;

namespace {

constexpr std::uint64_t best = std::uint64_t{1} << pluck::mass_bits;

// At scale 1 a number of [-1/2, 1/2] is its own fraction, in octave 0: this is 2^24 times the polynomial.
std::uint64_t polynomial(float f) { return mass_of(f, 1.0f) >> 16; }

// 2^bit for any bit that a temperature may need.
double power_of_two(int bit) { return std::ldexp(1.0, bit); }

#if PLUCK_DISPATCH_AVX2
using avx2_isa = pluck::cpu::avx2::isa;
#define PLUCK_TEST_FAST __attribute__((target("avx2,fma")))
#else
using avx2_isa = pluck::detail::default_isa;
#define PLUCK_TEST_FAST
#endif

// How many of the floats with the bits [first, first + count) have a polynomial on the wrong side of the float before.
// Along the positive floats it must not decrease, along the negative ones, which run away from zero, not increase.
template <class Isa>
PLUCK_ALWAYS_INLINE std::size_t steps_down_of(std::uint32_t first, std::uint32_t count) {
    std::size_t wrong = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t here = first + i;
        const std::uint32_t next = here + 1;
        wrong += mass_of<Isa>(pluck::detail::bits_as<float>(next), 1.0f) <
                 mass_of<Isa>(pluck::detail::bits_as<float>(here), 1.0f);
        wrong += mass_of<Isa>(pluck::detail::bits_as<float>(next | bits::sign), 1.0f) >
                 mass_of<Isa>(pluck::detail::bits_as<float>(here | bits::sign), 1.0f);
    }
    return wrong;
}
std::size_t steps_down_slow(std::uint32_t first, std::uint32_t count) {
    return steps_down_of<pluck::detail::default_isa>(first, count);
}
PLUCK_TEST_FAST std::size_t steps_down_fast(std::uint32_t first, std::uint32_t count) {
    return steps_down_of<avx2_isa>(first, count);
}
std::size_t steps_down(std::uint32_t first, std::uint32_t count) {
#if PLUCK_DISPATCH_AVX2
    if (!pluck::cpu::avx2::found()) return steps_down_slow(first, count);
#endif
    return steps_down_fast(first, count);
}

constexpr std::uint32_t one_half = 0x3f000000u;

// The next float towards minus infinity.
float below(float value) {
    const std::uint32_t pattern = bits_of(value);
    if ((pattern & 0x7fffffffu) == 0) return float_of(0x80000001u);
    return float_of((pattern & bits::sign) != 0 ? pattern + 1 : pattern - 1);
}

}  // namespace

// ---- mass_of ----

TEST_CASE("the best token's mass is 2^40 at every temperature") {
    for (int exponent = -64; exponent <= 64; ++exponent) {
        CHECK(mass_of(0.0f, mass_scale(power_of_two(exponent))) == best);
        CHECK(mass_of(-0.0f, mass_scale(power_of_two(exponent))) == best);
    }
    CHECK(mass_of(0.0f, mass_scale(0.8)) == std::uint64_t{1} << 40);
}

TEST_CASE("masses at temperature 1 are the published ones") {
    const float scale = mass_scale(1.0);
    CHECK(scale == 0x1.715476p+0f);
    CHECK(mass_of(-0.5f, scale) == 666887520256u);
    CHECK(mass_of(-1.0f, scale) == 404487733248u);
    CHECK(mass_of(-10.0f, scale) == 49917756u);
    CHECK(mass_of(-27.0f, scale) == 2u);
    CHECK(mass_of(-28.0f, scale) == 0u);
}

TEST_CASE("a scale is log2(e) / T, rounded to a double, then to a float") {
    CHECK(mass_scale(1.0) == 0x1.715476p+0f);
    CHECK(mass_scale(0.8) == 0x1.cda994p+0f);
    CHECK(mass_scale(2.0) == 0x1.715476p-1f);
    CHECK(mass_scale(pluck::max_temperature) == 0x1.715476p-64f);
    CHECK(mass_scale(pluck::min_temperature) == 0x1.715476p+64f);
}

TEST_CASE("a token infinitely far below the best has no mass") {
    for (const double temperature : {0x1p-64, 0.5, 1.0, 3.0, 0x1p64}) {
        CHECK(mass_of(float_of(bits::minus_infinity), mass_scale(temperature)) == 0);
    }
    CHECK(mass_of(-float_of(bits::largest), mass_scale(1.0)) == 0);
    CHECK(mass_of(-float_of(bits::largest), mass_scale(0x1p-64)) == 0);  // the product overflows
}

TEST_CASE("at the lowest temperature any difference that is not tiny has no mass") {
    const float scale = mass_scale(pluck::min_temperature);
    CHECK(mass_of(-0x1p-50f, scale) == 0);
    CHECK(mass_of(-0x1p-59f, scale) == 0);
    CHECK(mass_of(-0x1p-60f, scale) > 0);
    CHECK(mass_of(-0x1p-149f, scale) == best);
}

TEST_CASE("at the highest temperature nearly all finite differences weigh the same") {
    const float scale = mass_scale(pluck::max_temperature);
    CHECK(mass_of(-1e10f, scale) > best - (best >> 20));
    CHECK(mass_of(-1.0f, scale) == best);
    CHECK(mass_of(-0x1p64f, scale) == 404487733248u);
}

TEST_CASE("each whole octave below the best halves the mass, down to 2^-40 of it") {
    const float scale = 1.0f;  // differences in octaves
    for (int octave = 0; octave <= 40; ++octave) {
        CHECK(mass_of(static_cast<float>(-octave), scale) == best >> octave);
    }
    CHECK(mass_of(-40.5f, scale) == 0);  // the last tie that rounds to octave -40 has less than one unit
    CHECK(mass_of(-40.25f, scale) == 0);
    CHECK(mass_of(-39.75f, scale) == 1);
    CHECK(mass_of(-41.0f, scale) == 0);
    CHECK(mass_of(-1e30f, scale) == 0);
}

TEST_CASE("two to the fraction is right to 8.8e-8 of itself") {
    double worst = 0;
    for (std::uint32_t pattern = 0x33000000u; pattern <= one_half; pattern += 257) {
        for (const float f : {float_of(pattern), -float_of(pattern)}) {
            const double exact = std::exp2(double{f});
            worst = std::max(worst, std::abs(static_cast<double>(polynomial(f)) * 0x1p-24 / exact - 1));
        }
    }
    INFO("the largest relative error seen: " << worst);
    CHECK(worst < 8.8e-8);
}

TEST_CASE("mass is exp(difference / T) to within the error that docs/mass.md states") {
    random_numbers numbers(1);
    tally seen;
    for (int i = 0; i < 200'000; ++i) {
        const double temperature = std::exp2(numbers.uniform() * 20 - 10);
        const auto difference = static_cast<float>(-numbers.uniform() * 11 * temperature);  // at most 16 octaves
        const double exact = std::exp(difference / temperature) * static_cast<double>(best);
        const auto got = static_cast<double>(mass_of(difference, mass_scale(temperature)));
        seen.expect(std::abs(got / exact - 1) < 1e-6, difference, " at ", temperature, " gave ", got);
    }
    PLUCK_CHECK_TALLY(seen);
}

// ---- mass never decreases with the score ----

TEST_CASE("the polynomial does not decrease, at every 4096th float and its neighbour") {
    std::size_t wrong = 0;
    for (std::uint32_t pattern = 0; pattern < one_half; pattern += 4096) {
        wrong += steps_down_slow(pattern, 1);
        wrong += polynomial(float_of(pattern + 4096)) < polynomial(float_of(pattern));
        wrong += polynomial(float_of((pattern + 4096) | bits::sign)) > polynomial(float_of(pattern | bits::sign));
    }
    CHECK(wrong == 0);
}

TEST_CASE("the polynomial does not decrease, at all floats next to 1/2, 1/4 and 1/8") {
    for (const std::uint32_t around : {one_half, 0x3e800000u, 0x3e000000u}) {
        const std::uint32_t count = static_cast<std::uint32_t>(repeated(1u << 22));
        CHECK(steps_down(around - count, count) == 0);
        if (around != one_half) CHECK(steps_down(around, count) == 0);
    }
}

TEST_CASE("the polynomial is at least 1/2, below 2, and reads back exactly at the ends and at zero") {
    CHECK(polynomial(0.0f) == 1u << 24);
    CHECK(polynomial(-0.0f) == 1u << 24);
    CHECK(polynomial(0.5f) == 23'726'566u);
    CHECK(polynomial(-0.5f) == 11'863'283u);
    for (std::uint32_t pattern = 1; pattern <= one_half; pattern += 65'521) {
        CHECK(polynomial(float_of(pattern)) >= 1u << 24);
        CHECK(polynomial(float_of(pattern)) < 1u << 25);
        CHECK(polynomial(float_of(pattern | bits::sign)) <= 1u << 24);
        CHECK(polynomial(float_of(pattern | bits::sign)) >= 1u << 23);
    }
}

TEST_CASE("the largest mass of an octave is at most the smallest of the next") {
    CHECK(polynomial(0.5f) <= 2 * polynomial(-0.5f));
    for (int octave = 1; octave <= 40; ++octave) {
        const std::uint64_t largest_below = (polynomial(0.5f) << 16) >> octave;
        const std::uint64_t smallest_above = (polynomial(-0.5f) << 16) >> (octave - 1);
        CHECK(largest_below <= smallest_above);
    }
}

// With the two cases above this proves it for every difference and temperature: docs/mass.md, "Monotone".
TEST_CASE("the polynomial does not decrease over any two neighbouring floats from -1/2 to 1/2", "[.][nightly]") {
    std::size_t wrong = 0;
    for (std::uint32_t pattern = 0; pattern < one_half; pattern += 0x100000u) wrong += steps_down(pattern, 0x100000u);
    CHECK(wrong == 0);
}

TEST_CASE("mass does not decrease around the octave boundaries, at many temperatures") {
    tally seen;
    for (int exponent = -64; exponent <= 64; exponent += 2) {
        for (const double factor : {1.0, 1.1, 0x1.921fb6p0, 0x1.fffffep0}) {
            const double temperature = std::min(power_of_two(exponent) * factor, pluck::max_temperature);
            const float scale = mass_scale(temperature);
            for (int octave = 0; octave <= 41; ++octave) {
                auto difference = static_cast<float>(-(octave + 0.5) / scale);
                for (int i = 0; i < 16; ++i) difference = float_of(bits_of(difference) - 1);  // towards zero
                std::uint64_t above = mass_of(difference, scale);
                for (int i = 0; i < 32; ++i) {
                    difference = below(difference);
                    const std::uint64_t here = mass_of(difference, scale);
                    seen.expect(here <= above, "difference ", difference, ", temperature ", temperature);
                    above = here;
                }
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("mass does not decrease from one float to the next, at random differences and temperatures") {
    random_numbers numbers(2);
    tally seen;
    for (std::size_t i = 0; i < repeated(400'000); ++i) {
        const double temperature = std::exp2(numbers.uniform() * 128 - 64);
        const float scale = mass_scale(temperature);
        const auto difference = static_cast<float>(-numbers.uniform() * 29 * temperature);
        const std::uint64_t here = mass_of(difference, scale);
        seen.expect(mass_of(below(difference), scale) <= here && here <= best, "difference ", difference,
                    ", temperature ", temperature);
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("mass does not decrease over every float from zero to minus infinity, at every 4096th", "[.][nightly]") {
    std::size_t wrong = 0;
    for (const double temperature : {0x1p-64, 0x1p-20, 0.1, 0.7, 0.8, 1.0, 1.7, 100.0, 0x1p30, 0x1p64}) {
        const float scale = mass_scale(temperature);
        std::uint64_t above = best;
        for (std::uint64_t pattern = 0x80000000u; pattern <= 0xff800000u; pattern += 4096) {
            const std::uint64_t here = mass_of(float_of(static_cast<std::uint32_t>(pattern)), scale);
            wrong += here > above;
            above = here;
        }
    }
    CHECK(wrong == 0);
}

// ---- one constant for all builds ----

namespace {

// A million differences and temperatures made of integers, hashed in order.
template <class Mass>
std::uint64_t checksum_of_masses(std::uint32_t count, const Mass& mass) {
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        const bits128 random = pluck::philox4x32({{i, 0, 0, 0}}, {{20250101, 0}});
        // T = m * 2^e with e in [-64, 63]; the difference spans about 2^-23 to 45 octaves at that temperature.
        const std::uint64_t exponent = 1023 - 64 + random.word[0] % 128;
        const double temperature = double_of(exponent << 52 | std::uint64_t{random.word[1]} << 20);
        const std::uint32_t octaves = random.word[2] % 29;  // exponents from 2^-23 to 2^5
        const auto down = static_cast<std::uint32_t>(exponent - 1023 + 127) + octaves - 23;
        const float difference = i % 64 == 0 ? -0.0f : float_of(bits::sign | down << 23 | (random.word[3] & 0x7fffffu));
        sum = (sum ^ mass(difference, temperature)) * 0x100000001b3u;
        sum ^= sum >> 29;
    }
    return sum;
}

}  // namespace

TEST_CASE("the checksum of a million masses is the same in every build") {
    const std::uint64_t sum = checksum_of_masses(
        1'000'000, [](float difference, double temperature) { return mass_of(difference, mass_scale(temperature)); });
    CHECK(sum == 0xd8c64bf8b7c55cceu);
}

#if PLUCK_DISPATCH_AVX2
namespace {

PLUCK_TEST_FAST std::uint64_t fast_mass(float difference, float scale) { return mass_of<avx2_isa>(difference, scale); }

}  // namespace

TEST_CASE("the checksum is the same through the fused instructions found at run time") {
    if (!pluck::cpu::avx2::found()) return;
    const std::uint64_t sum = checksum_of_masses(
        1'000'000, [](float difference, double temperature) { return fast_mass(difference, mass_scale(temperature)); });
    CHECK(sum == 0xd8c64bf8b7c55cceu);
}
#endif

// ---- scaled_temperature ----

TEST_CASE("temperatures multiply, are rounded to double, and stay within their range") {
    using pluck::scaled_temperature;
    CHECK(scaled_temperature(1.0, 0.5) == 0.5);
    CHECK(scaled_temperature(0.8, 1.25) == 1.0);
    CHECK(scaled_temperature(0.1, 3.0) == 0.30000000000000004);
    CHECK(scaled_temperature(pluck::min_temperature, 0.5) == pluck::min_temperature);
    CHECK(scaled_temperature(pluck::max_temperature, 2.0) == pluck::max_temperature);
    CHECK(scaled_temperature(pluck::min_temperature, pluck::min_temperature) == pluck::min_temperature);
    CHECK(scaled_temperature(pluck::max_temperature, pluck::max_temperature) == pluck::max_temperature);
    CHECK(scaled_temperature(pluck::max_temperature, pluck::min_temperature) == 1.0);
}

TEST_CASE("a factor that is no temperature leaves the temperature as it is, an infinite one saturates it") {
    using pluck::scaled_temperature;
    for (const std::uint64_t factor : {std::uint64_t{0}, std::uint64_t{1} << 63, std::uint64_t{0xbff0000000000000},
                                       std::uint64_t{0xfff0000000000000}, std::uint64_t{0x7ff8000000000000},
                                       std::uint64_t{0xfff8000000000000}, std::uint64_t{0x7ff0000000000001}}) {
        CHECK(scaled_temperature(0.75, double_of(factor)) == 0.75);
    }
    CHECK(scaled_temperature(0.75, double_of(0x7ff0000000000000u)) == pluck::max_temperature);
    CHECK(scaled_temperature(0.75, 1e300) == pluck::max_temperature);
    CHECK(scaled_temperature(0.75, 0x1p-1074) == pluck::min_temperature);
}
