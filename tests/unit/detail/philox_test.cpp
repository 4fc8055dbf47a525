// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/detail/philox.hpp>
#include <pluck/detail/randomness.hpp>
#include <pluck/key.hpp>

#include <bit>
#include <cstdint>
#include <limits>
#include <set>
#include <tuple>
#include <type_traits>

using pluck::bits128;
using pluck::key;
using pluck::philox4x32;
using pluck::randomness;

namespace {

constexpr std::uint64_t all_ones = ~std::uint64_t{0};
constexpr std::uint64_t two_to_32 = std::uint64_t{1} << 32;

// The block that a key's counter and philox key spell out, word by word.
constexpr bits128 spelled(std::uint32_t position_low, std::uint32_t position_high, std::uint32_t sequence_low,
                          std::uint32_t sequence_high, std::uint32_t seed_low, std::uint32_t seed_high) {
    return philox4x32({{position_low, position_high, sequence_low, sequence_high}}, {{seed_low, seed_high}});
}

}  // namespace

TEST_CASE("philox4x32-10 gives the published known answers") {
    STATIC_REQUIRE(philox4x32({{0, 0, 0, 0}}, {{0, 0}}) == bits128{{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}});
    STATIC_REQUIRE(philox4x32({{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}}, {{0xffffffff, 0xffffffff}}) ==
                   bits128{{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}});
    STATIC_REQUIRE(philox4x32({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, {{0xa4093822, 0x299f31d0}}) ==
                   bits128{{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}});
}

TEST_CASE("philox4x32-10 takes the words of counter and key in their order") {
    STATIC_REQUIRE(philox4x32({{1, 0, 0, 0}}, {{0, 0}}) == bits128{{0xf8e4cca4, 0x5cb200db, 0xb1a574eb, 0x097eff67}});
    STATIC_REQUIRE(philox4x32({{0, 1, 0, 0}}, {{0, 0}}) == bits128{{0x6ad0c5ec, 0xea236249, 0x73a459f5, 0x074944b3}});
    STATIC_REQUIRE(philox4x32({{0, 0, 0, 1}}, {{0, 0}}) == bits128{{0x2dce73e5, 0x1348e23f, 0xfcf8e0ec, 0xa287aadb}});
    STATIC_REQUIRE(philox4x32({{0, 0, 0, 0}}, {{1, 0}}) == bits128{{0xe3e80670, 0xe50a0ebc, 0x95f222c0, 0xb615aa27}});
    STATIC_REQUIRE(philox4x32({{0, 0, 0, 0}}, {{42, 0}}) == bits128{{0x9ceaf053, 0x77f5493b, 0x12bf50ad, 0x5742b3d7}});
}

TEST_CASE("philox4x32-10 gives the known answers at run time too") {
    volatile std::uint32_t zero = 0;
    CHECK(philox4x32({{zero, zero, zero, zero}}, {{zero, zero}}) ==
          bits128{{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}});
    volatile std::uint32_t ones = 0xffffffff;
    CHECK(philox4x32({{ones, ones, ones, ones}}, {{ones, ones}}) ==
          bits128{{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}});
}

TEST_CASE("a draw's bits use the counter {position, sequence} and the key {seed}") {
    constexpr std::uint64_t seed = 0x0123456789abcdef, sequence = 0x1122334455667788, position = 0x99aabbccddeeff00;
    STATIC_REQUIRE(randomness(key{.seed = seed, .sequence = sequence, .position = position}).base ==
                   spelled(0xddeeff00, 0x99aabbcc, 0x55667788, 0x11223344, 0x89abcdef, 0x01234567));
    // The draw of cuRAND's curand_init(42, 0, 4 * 7), and of PyTorch's generator at that offset.
    STATIC_REQUIRE(randomness(key{.seed = 42, .sequence = 0, .position = 7}).base ==
                   bits128{{0x5bbd83b1, 0x68784c85, 0x172067aa, 0x2e6b75b7}});
    STATIC_REQUIRE(randomness(key{}).base == bits128{{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}});
}

TEST_CASE("the position carries from its low word into its high word, and nowhere else") {
    STATIC_REQUIRE(randomness(key{.position = two_to_32 - 1}).base == spelled(0xffffffff, 0, 0, 0, 0, 0));
    STATIC_REQUIRE(randomness(key{.position = two_to_32}).base == spelled(0, 1, 0, 0, 0, 0));
    STATIC_REQUIRE(randomness(key{.position = two_to_32 + 1}).base == spelled(1, 1, 0, 0, 0, 0));
    STATIC_REQUIRE(randomness(key{.position = all_ones}).base == spelled(0xffffffff, 0xffffffff, 0, 0, 0, 0));
    std::uint64_t position = all_ones;
    CHECK(randomness(key{.sequence = 5, .position = ++position}).base == spelled(0, 0, 5, 0, 0, 0));
}

TEST_CASE("the sequence carries from its low word into its high word, and nowhere else") {
    STATIC_REQUIRE(randomness(key{.sequence = two_to_32 - 1}).base == spelled(0, 0, 0xffffffff, 0, 0, 0));
    STATIC_REQUIRE(randomness(key{.sequence = two_to_32}).base == spelled(0, 0, 0, 1, 0, 0));
    STATIC_REQUIRE(randomness(key{.sequence = all_ones}).base == spelled(0, 0, 0xffffffff, 0xffffffff, 0, 0));
    std::uint64_t sequence = all_ones;
    CHECK(randomness(key{.sequence = ++sequence, .position = 9}).base == spelled(9, 0, 0, 0, 0, 0));
}

TEST_CASE("every one of the 192 bits of a key matters") {
    std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>> seen;
    const auto add = [&](const key& from) {
        const bits128 bits = randomness(from).base;
        seen.insert({bits.word[0], bits.word[1], bits.word[2], bits.word[3]});
    };
    add(key{});
    for (int bit = 0; bit < 64; ++bit) {
        add(key{.seed = std::uint64_t{1} << bit});
        add(key{.sequence = std::uint64_t{1} << bit});
        add(key{.position = std::uint64_t{1} << bit});
    }
    CHECK(seen.size() == 193);
}

TEST_CASE("further bits mix the index and the purpose into words 0 and 1 of the draw's own") {
    constexpr randomness random{key{.seed = two_to_32 * 3 + 4, .sequence = 5, .position = 6}};
    constexpr bits128 base = random.base;
    STATIC_REQUIRE(random.bits(7, 9) ==
                   philox4x32({{base.word[0] ^ 9, base.word[1] ^ 7, base.word[2], base.word[3]}}, {{4, 3}}));
    STATIC_REQUIRE(random.bits(1, 0) != random.bits(1, 1));
    STATIC_REQUIRE(random.bits(1, 0) != random.bits(2, 0));
    STATIC_REQUIRE(random.bits(1, 2) != random.bits(2, 1));
    STATIC_REQUIRE(random.bits(1, 0) != base);
    STATIC_REQUIRE(random.bits(0xffffffff, 0xffffffff) ==
                   philox4x32({{~base.word[0], ~base.word[1], base.word[2], base.word[3]}}, {{4, 3}}));
    STATIC_REQUIRE(randomness(key{.seed = 42, .position = 7}).bits(1, 5) ==
                   bits128{{0x99c6852d, 0x4b94e8e9, 0xacfdf466, 0x257926ab}});
}

TEST_CASE("bits from a generator are the draw's own, and further ones derive from them with a zero key") {
    constexpr bits128 drawn{{0x11111111, 0x22222222, 0x33333333, 0x44444444}};
    STATIC_REQUIRE(randomness(drawn).base == drawn);
    STATIC_REQUIRE(randomness(drawn).bits(3, 0) ==
                   philox4x32({{0x11111111, 0x22222222 ^ 3, 0x33333333, 0x44444444}}, {{0, 0}}));
}

TEST_CASE("integers of every type go into a key without a cast") {
    const int signed_int = 5;
    const unsigned char narrow = 255;
    const long long negative = -1;
    const key made{.seed = signed_int, .sequence = narrow, .position = negative};
    CHECK(made.seed == 5u);
    CHECK(made.sequence == 255u);
    CHECK(made.position == all_ones);
    CHECK(key{.seed = -1}.seed == all_ones);
    CHECK(key{.seed = short{-2}}.seed == all_ones - 1);
    CHECK(key{.seed = std::numeric_limits<std::int64_t>::min()}.seed == std::uint64_t{1} << 63);
    CHECK(key{.seed = std::int8_t{-128}}.seed == all_ones - 127);
    CHECK(key{.seed = 0x80000000u}.seed == 0x80000000u);
    CHECK(key{.seed = all_ones}.seed == all_ones);
    CHECK(key{.seed = std::size_t{3}}.seed == 3u);
}

TEST_CASE("fields of a key are assigned, read and counted like integers") {
    key next{.seed = 1};
    for (int step = 0; step < 3; ++step) next.position = step;
    CHECK(next.position == 2u);
    next.position = next.position + 1;
    CHECK(next.position == 3u);
    const std::uint64_t plain = next.position;
    CHECK(plain == 3);
}

TEST_CASE("a key, bits and randomness are plain data that a kernel can be passed") {
    STATIC_REQUIRE(std::is_trivially_copyable_v<key>);
    STATIC_REQUIRE(std::is_aggregate_v<key>);
    STATIC_REQUIRE(sizeof(key) == 24);
    STATIC_REQUIRE(std::is_trivially_copyable_v<bits128>);
    STATIC_REQUIRE(sizeof(bits128) == 16);
    STATIC_REQUIRE(std::is_trivially_copyable_v<randomness>);
    STATIC_REQUIRE(noexcept(randomness(key{})));
    STATIC_REQUIRE_FALSE(std::is_convertible_v<double, key::word>);
}

TEST_CASE("half of the output bits flip when one input bit does") {
    // 193 neighbours of one counter: 128 bits each, so the mean is 64 and its deviation over all pairs about 0.4.
    int flipped = 0;
    const bits128 centre = randomness(key{.seed = 3, .sequence = 5, .position = 7}).base;
    for (int bit = 0; bit < 64; ++bit) {
        for (const key& near : {key{.seed = 3u ^ std::uint64_t{1} << bit, .sequence = 5, .position = 7},
                                key{.seed = 3, .sequence = 5u ^ std::uint64_t{1} << bit, .position = 7},
                                key{.seed = 3, .sequence = 5, .position = 7u ^ std::uint64_t{1} << bit}}) {
            const bits128 bits = randomness(near).base;
            for (int word = 0; word < 4; ++word) flipped += std::popcount(bits.word[word] ^ centre.word[word]);
        }
    }
    CHECK(flipped > 192 * 62);
    CHECK(flipped < 192 * 66);
}
