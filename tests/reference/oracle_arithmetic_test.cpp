// SPDX-License-Identifier: MIT
//
// The oracle's arithmetic, by known answers and against libm: philox, mass, logarithm, nucleus.
#include "reference/oracle.hpp"
#include "support/catch.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace {

using oracle::u128, oracle::u64;

constexpr float lowest = std::numeric_limits<float>::lowest();
constexpr u64 best = u64{1} << 40;  // the mass of the best token

std::uint32_t bits(const float& x) { return std::bit_cast<std::uint32_t>(x); }
float float_of(std::uint32_t bits) { return std::bit_cast<float>(bits); }

u128 words(std::uint32_t w0, std::uint32_t w1, std::uint32_t w2, std::uint32_t w3) {
    return u128{w3} << 96 | u128{w2} << 64 | u128{w1} << 32 | w0;
}

}  // namespace

TEST_CASE("philox gives the known answers of Random123") {
    CHECK((oracle::philox(0, 0) == words(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8)));
    CHECK((oracle::philox(~u128{0}, ~u64{0}) == words(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd)));
    CHECK((oracle::philox(words(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344), 0x299f31d0a4093822) ==
           words(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1)));
}

TEST_CASE("philox tells the words of its counter and key apart") {
    CHECK((oracle::philox(words(1, 0, 0, 0), 0) == words(0xf8e4cca4, 0x5cb200db, 0xb1a574eb, 0x097eff67)));
    CHECK((oracle::philox(words(0, 1, 0, 0), 0) == words(0x6ad0c5ec, 0xea236249, 0x73a459f5, 0x074944b3)));
    CHECK((oracle::philox(words(0, 0, 0, 1), 0) == words(0x2dce73e5, 0x1348e23f, 0xfcf8e0ec, 0xa287aadb)));
    CHECK((oracle::philox(0, 1) == words(0xe3e80670, 0xe50a0ebc, 0x95f222c0, 0xb615aa27)));
    CHECK((oracle::philox(0, 42) == words(0x9ceaf053, 0x77f5493b, 0x12bf50ad, 0x5742b3d7)));
}

TEST_CASE("the mass halves with each unit of d * c and vanishes below 2^-40") {
    for (int k = 0; k <= 40; ++k) CHECK(oracle::mass(static_cast<float>(-k), 1) == best >> k);
    CHECK(oracle::mass(-40.25f, 1) == 0);
    CHECK(oracle::mass(-41, 1) == 0);
    CHECK(oracle::mass(-1e6f, 1) == 0);
    CHECK(oracle::mass(lowest, 0x1p64f) == 0);
    CHECK(oracle::mass(-0.5f, 1) == u64{0xb504f3} << 16);  // 2^24 / sqrt 2 to the nearest integer
    CHECK(oracle::mass(-1.5f, 1) == u64{0xb504f3} << 15);
}

TEST_CASE("the mass is 2^40 e^(d / T) within 2^-23 of it and one unit") {
    const double T = GENERATE(0x1p-10, 0.1, 0.7, 1.0, 3.0, 0x1p20);
    const float c = static_cast<float>(0x1.71547652b82fep0 / T);
    for (int i = 0; i < 4000; ++i) {
        const float d = static_cast<float>(-i / 100.0 * 0.693 * T);
        const double expected = std::exp2(40 + double{d} * double{c});
        CHECK(std::abs(static_cast<double>(oracle::mass(d, c)) - expected) <= expected * 0x1p-23 + 1);
    }
}

TEST_CASE("the mass never grows as the score falls") {
    const float start = GENERATE(1e-8f, 0.3f, 0.34657f, 0.6931f, 1.0397f, 9.7f, 27.6f, 28.0f);
    u64 before = best;
    for (std::uint32_t i = 0; i < 200'000; ++i) {
        const u64 mass = oracle::mass(-float_of(bits(start) + i), 0x1.715476p0f);
        if (mass > before) FAIL("at d = " << -float_of(bits(start) + i));
        before = mass;
    }
}

TEST_CASE("a million masses are the same in every build") {
    u64 checksum = 0;
    std::uint32_t state = 1;
    for (int i = 0; i < 1'000'000; ++i) {
        state = state * 1664525 + 1013904223;
        const float d = -static_cast<float>(state >> 8) * 0x1p-19f;  // in (-32, 0]
        checksum = checksum * 31 + oracle::mass(d, 0x1.715476p0f);
    }
    CHECK(checksum == 0x96c8ebe586409925);
}

TEST_CASE("log_of is the natural logarithm") {
    const double ln_2 = 0x1.62e42fefa39efp-1;
    CHECK(oracle::log_of(1.0f) == 0);
    CHECK(oracle::log_of(0.5f) == -ln_2);
    CHECK(oracle::log_of(0.25f) == -2 * ln_2);
    CHECK(oracle::log_of(0x1p-126f) == Approx(-126 * ln_2).epsilon(0x1p-50));
    const auto check = [](std::uint32_t bits) {
        const auto field = static_cast<int>(bits >> 23);  // not from the float itself, which may be flushed
        const std::uint32_t fraction = bits & 0x7fffff;
        const double m = field == 0 ? std::ldexp(fraction, -149) : std::ldexp(fraction | 0x800000, field - 150);
        const double expected = std::log(m), found = oracle::log_of(float_of(bits));
        INFO("bits " << bits);
        CHECK(std::abs(found - expected) <= 0x1p-56 + 0x1p-52 * std::abs(expected));
    };
    for (std::uint32_t i = 1; i < 2000; ++i) {
        check(i);               // the smallest subnormals
        check(0x00800000 - i);  // the largest
        check(0x00800000 + i);  // the smallest normals
        check(0x3f800000 - i);  // just below 1
        check(i * 532'000);     // everywhere between
        check(0x3f000000 + i);  // about 1/2
        check(0x3f000000 - i);
    }
}

TEST_CASE("a hundred thousand logarithms are the same in every build") {
    u64 checksum = 0;
    for (std::uint32_t i = 1; i <= 100'000; ++i) {  // subnormals to just below 1
        checksum = checksum * 31 + std::bit_cast<u64>(oracle::log_of(float_of(i * 10651)));
    }
    CHECK(checksum == 0x4c71ce33b64952e2);
}

TEST_CASE("top-p counts single units of mass") {
    CHECK(oracle::nucleus(0x1p-42f, u64{1} << 42) == 1);         // exactly one unit
    CHECK(oracle::nucleus(0x1.000002p-42f, u64{1} << 42) == 2);  // a little more: up to the next
    CHECK(oracle::nucleus(0x1.000002p-2f, u64{1} << 42) == (u64{1} << 40) + (u64{1} << 17));
    CHECK(oracle::nucleus(0x1p-63f, u64{1} << 63) == 1);
    CHECK(oracle::nucleus(0x1p-62f, u64{1} << 63) == 2);
    CHECK(oracle::nucleus(0x1.fffffep-1f, u64{1} << 63) == (u64{1} << 63) - (u64{1} << 39));
    CHECK(oracle::nucleus(0x1p-64f, (u64{1} << 63) - 1) == 1);
}
