// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/detail/ranking.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

using namespace pluck_test;
using pluck::ranking_key;
using pluck::detail::ordered;
using pluck::detail::ordered_bits;
using pluck::detail::ordered_infinity;

namespace {

// Ascending, each different from the one before it.
constexpr std::uint32_t ascending[] = {
    0xff800000u, 0xff7fffffu, 0xff7ffffeu, 0xcb000000u, 0xbf800001u, 0xbf800000u, 0xbf7fffffu, 0x80800000u,
    0x807fffffu, 0x80000002u, 0x80000001u, 0x00000000u, 0x00000001u, 0x00000002u, 0x007fffffu, 0x00800000u,
    0x3f7fffffu, 0x3f800000u, 0x3f800001u, 0x4b000000u, 0x7f7ffffeu, 0x7f7fffffu, 0x7f800000u,
};

}  // namespace

TEST_CASE("ordered integers order as floats do, subnormals and infinities included") {
    for (std::size_t i = 1; i < std::size(ascending); ++i) {
        CHECK(ordered_bits(ascending[i - 1]) < ordered_bits(ascending[i]));
    }
}

TEST_CASE("minus zero and plus zero have the same order") {
    STATIC_REQUIRE(ordered_bits(0x80000000u) == 0);
    STATIC_REQUIRE(ordered_bits(0x00000000u) == 0);
    STATIC_REQUIRE(ordered(0.0) == 0);
    STATIC_REQUIRE(ordered(-0.0) == 0);
}

TEST_CASE("every NaN lies outside of the infinities") {
    STATIC_REQUIRE(ordered_bits(bits::plus_infinity) == ordered_infinity);
    STATIC_REQUIRE(ordered_bits(bits::minus_infinity) == -ordered_infinity);
    for (const std::uint32_t nan : bits::nans) {
        CHECK((ordered_bits(nan) > ordered_infinity || ordered_bits(nan) < -ordered_infinity));
    }
}

TEST_CASE("floats keep their bits on the way through the order and back, minus zero apart") {
    tally seen;
    for (std::uint64_t pattern = 0; pattern <= 0xffffffffu; pattern += 4093) {
        const auto bits = static_cast<std::uint32_t>(pattern);
        if (bits == bits::sign) continue;
        seen.expect(bits_of(pluck::detail::float_of(ordered_bits(bits))) == bits, "bits ", bits);
    }
    for (const std::uint32_t bits : ascending) {
        seen.expect(bits_of(pluck::detail::float_of(ordered_bits(bits))) == bits, "bits ", bits);
    }
    PLUCK_CHECK_TALLY(seen);
    CHECK(bits_of(pluck::detail::float_of(ordered_bits(bits::sign))) == 0);
}

TEST_CASE("ordered doubles order as doubles do") {
    const std::uint64_t patterns[] = {0xfff0000000000000u, 0xffefffffffffffffu, 0xbff0000000000000u,
                                      0x8000000000000001u, 0x0000000000000000u, 0x0000000000000001u,
                                      0x3ff0000000000000u, 0x7fefffffffffffffu, 0x7ff0000000000000u};
    for (std::size_t i = 1; i < std::size(patterns); ++i) {
        CHECK(ordered(double_of(patterns[i - 1])) < ordered(double_of(patterns[i])));
    }
}

TEST_CASE("a range includes its ends and no NaN") {
    using pluck::detail::in_range;
    STATIC_REQUIRE(in_range(0.0f, 0.0f, 1.0f));
    STATIC_REQUIRE(in_range(1.0f, 0.0f, 1.0f));
    STATIC_REQUIRE(in_range(-0.0f, 0.0f, 1.0f));
    STATIC_REQUIRE_FALSE(in_range(0x1.000002p0f, 0.0f, 1.0f));
    STATIC_REQUIRE_FALSE(in_range(-0x1p-149f, 0.0f, 1.0f));
    STATIC_REQUIRE(in_range(1.0, 0.0, 1.0));
    STATIC_REQUIRE_FALSE(in_range(0x1.0000000000001p0, 0.0, 1.0));
    for (const std::uint32_t nan : bits::nans) {
        CHECK_FALSE(in_range(float_of(nan), 0.0f, 1.0f));
        CHECK_FALSE(in_range(float_of(nan), float_of(bits::minus_infinity), float_of(bits::plus_infinity)));
    }
    CHECK_FALSE(in_range(double_of(0x7ff8000000000000u), 0.0, 1.0));
    CHECK_FALSE(in_range(double_of(0xfff8000000000000u), 0.0, 1.0));
    CHECK_FALSE(in_range(float_of(bits::plus_infinity), 0.0f, 1.0f));
}

TEST_CASE("a higher score ranks before a lower one, whatever the tokens") {
    for (std::size_t i = 1; i < std::size(ascending); ++i) {
        for (const std::int32_t token : {0, 1, 1 << 23}) {
            const ranking_key below{float_of(ascending[i - 1]), 0};
            const ranking_key above{float_of(ascending[i]), token};
            CHECK(above > below);
        }
    }
}

TEST_CASE("of equal scores the lower token ranks first, for minus and plus zero too") {
    STATIC_REQUIRE(ranking_key{1.0f, 3} > ranking_key{1.0f, 4});
    STATIC_REQUIRE(ranking_key{-1.0f, 0} > ranking_key{-1.0f, 1});
    STATIC_REQUIRE(ranking_key{0.0f, 0} > ranking_key{-0.0f, 1});
    STATIC_REQUIRE(ranking_key{-0.0f, 0} > ranking_key{0.0f, 1});
    STATIC_REQUIRE(ranking_key{0.0f, 7} == ranking_key{-0.0f, 7});
    STATIC_REQUIRE(ranking_key{2.0f, 0x7fffffff} > ranking_key{0x1.fffffep0f, 0});
}

TEST_CASE("a key gives back its score and its token") {
    STATIC_REQUIRE(ranking_key{-2.5f, 77}.score() == -2.5f);
    STATIC_REQUIRE(ranking_key{-2.5f, 77}.token() == 77);
    STATIC_REQUIRE(ranking_key{ordered_infinity, 0}.ordered_score() == ordered_infinity);
    for (const std::uint32_t bits : ascending) {
        for (const std::int32_t token : {0, 1, 63, 64, (1 << 23) - 1, 1 << 23, 0x7fffffff}) {
            const ranking_key key{float_of(bits), token};
            CHECK(bits_of(key.score()) == bits);
            CHECK(key.token() == token);
            CHECK(key.ordered_score() == ordered_bits(bits));
            CHECK(ranking_key{key.value} == key);
        }
    }
}

TEST_CASE("sorting by key is sorting by score, then by token") {
    for (std::uint64_t number = 0; number < 200; ++number) {
        const std::vector<float> row = random_row(number);
        std::vector<int> expected(row.size());
        for (std::size_t i = 0; i < row.size(); ++i) expected[i] = static_cast<int>(i);
        std::stable_sort(expected.begin(), expected.end(), [&](int a, int b) {
            return row[static_cast<std::size_t>(a)] > row[static_cast<std::size_t>(b)];
        });
        std::vector<ranking_key> keys;
        for (const int token : expected) keys.emplace_back(row[static_cast<std::size_t>(token)], token);
        std::sort(keys.begin(), keys.end(), [](ranking_key a, ranking_key b) { return a.token() < b.token(); });
        std::sort(keys.begin(), keys.end(), std::greater<>{});
        std::vector<int> got;
        for (const ranking_key key : keys) got.push_back(key.token());
        CHECK(got == expected);
    }
}

TEST_CASE("a key is eight plain bytes") {
    STATIC_REQUIRE(sizeof(ranking_key) == 8);
    STATIC_REQUIRE(std::is_trivially_copyable_v<ranking_key>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<std::uint64_t, ranking_key>);
}
