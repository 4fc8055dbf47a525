// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include "unit/stages.hpp"
#include <pluck/pluck.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

using namespace pluck_test;
using pluck::sample;
using pluck::top_p;

namespace {

const std::vector<float> confident = {5.0f, 1.0f, 0.5f, 0.1f, -0.5f, -1.0f, -2.0f, -3.0f, -4.0f, -5.0f};
const std::vector<float> uncertain = {1.0f, 0.9f, 0.85f, 0.8f, 0.7f, 0.6f, 0.5f, 0.3f, 0.1f, -0.1f};

}  // namespace

TEST_CASE("top_p keeps few tokens of a confident row and many of an uncertain one") {
    CHECK(kept_by(confident, top_p(0.9f)) == std::vector<int>{0});
    CHECK(kept_by(uncertain, top_p(0.9f)).size() == 9);
}

TEST_CASE("ten equal tokens at p = .1f ... .9f keep 2, 3, 4, 5, 5, 7, 7, 9, 9") {
    const std::vector<float> row(10, -1.25f);
    const std::size_t expected[] = {2, 3, 4, 5, 5, 7, 7, 9, 9};
    const float tenths[] = {.1f, .2f, .3f, .4f, .5f, .6f, .7f, .8f, .9f};
    for (std::size_t i = 0; i < 9; ++i) {
        CHECK(kept_by(row, top_p(tenths[i])).size() == expected[i]);
        CHECK(kept_by(row, top_p(tenths[i])).back() == static_cast<int>(expected[i]) - 1);
    }
}

TEST_CASE("a head that holds exactly p of the mass is enough") {
    const std::vector<float> row(8, 2.0f);
    CHECK(kept_by(row, top_p(0.5f)).size() == 4);
    CHECK(kept_by(row, top_p(0x1.000002p-1f)).size() == 5);
    CHECK(kept_by(row, top_p(0x1.fffffep-2f)).size() == 4);
    CHECK(kept_by(row, top_p(0.125f)).size() == 1);
    CHECK(kept_by(row, top_p(0.875f)).size() == 7);
}

TEST_CASE("a head that holds exactly p of the mass is enough, also where the next token is less likely") {
    // At this temperature a difference of 1 is one octave, to the bit: 4 tokens of 2^40, 8 of 2^39, 16 of 2^38.
    const auto octaves = pluck::temperature(0x1.715476p0f);
    std::vector<float> row(28, -2.0f);
    for (std::size_t i = 0; i < 12; ++i) row[i] = i < 4 ? 0.0f : -1.0f;
    CHECK(kept_by(row, octaves | top_p(0x1.555554p-2f)).size() == 4);  // a little less than a third
    CHECK(kept_by(row, octaves | top_p(0x1.555556p-2f)).size() == 5);  // a little more
    row.resize(12);
    CHECK(kept_by(row, octaves | top_p(0.5f)).size() == 4);
    CHECK(kept_by(row, octaves | top_p(0x1.000002p-1f)).size() == 5);
    row.assign(70, -3.0f);
    row[3] = row[69] = 0;
    for (std::size_t i = 4; i < 56; ++i) row[i] = forbidden;  // 2 * 2^40 and 16 * 2^37: half and half
    CHECK(kept_by(row, octaves | top_p(0.5f)) == std::vector<int>{3, 69});
    CHECK(kept_by(row, octaves | top_p(0x1.000002p-1f)) == std::vector<int>{3, 69, 0});
}

TEST_CASE("p = 1 moves nothing, p = 0 keeps one token, p just below 1 drops what has no mass") {
    const std::vector<float> row = {0, -1, -1000, forbidden};
    CHECK(kept_by(row, top_p(1)) == std::vector<int>{0, 1, 2});
    CHECK(kept_by(row, top_p(0)) == std::vector<int>{0});
    CHECK(kept_by(row, top_p(-0.0f)) == std::vector<int>{0});
    CHECK(kept_by(row, top_p(0x1p-149f)) == std::vector<int>{0});
    CHECK(kept_by(row, top_p(0x1.fffffep-1f)) == std::vector<int>{0, 1});
}

TEST_CASE("min_keep keeps more than the nucleus, and never less") {
    CHECK(kept_by(confident, top_p(0.9f, 0)).size() == 1);
    CHECK(kept_by(confident, top_p(0.9f, 1)).size() == 1);
    CHECK(kept_by(confident, top_p(0.9f, 3)) == std::vector<int>{0, 1, 2});
    CHECK(kept_by(confident, top_p(0.0f, 4)) == std::vector<int>{0, 1, 2, 3});
    CHECK(kept_by(uncertain, top_p(0.9f, 3)).size() == 9);
    CHECK(kept_by(confident, top_p(0.9f, 1000)).size() == 10);
    CHECK(kept_by(confident, top_p(0.9f, std::numeric_limits<std::uint64_t>::max())).size() == 10);
    CHECK(kept_by(confident, top_p(0.9f, std::uint64_t{1} << 32)).size() == 10);
}

TEST_CASE("min_keep counts tokens without mass, but no forbidden ones") {
    const std::vector<float> row = {forbidden, 0, -1000, forbidden, -2000};
    CHECK(kept_by(row, top_p(0.5f, 2)) == std::vector<int>{1, 2});
    CHECK(kept_by(row, top_p(0.5f, 5)) == std::vector<int>{1, 2, 4});
    for (int seed = 0; seed < 100; ++seed) CHECK(sample(row, top_p(0.5f, 5), {.seed = seed}).token == 1);
}

TEST_CASE("top_p after top_k counts from the mass that top_k has left") {
    const std::vector<float> row(10, 0.0f);
    CHECK(kept_by(row, pluck::top_k(4) | top_p(0.5f)).size() == 2);
    CHECK(kept_by(row, top_p(0.5f) | top_p(0.5f)).size() == 3);  // 5, then ceil(2.5)
    CHECK(kept_by(row, pluck::top_k(1) | top_p(0.01f)).size() == 1);
}

TEST_CASE("a temperature before top_p moves the cut, one after does not") {
    const auto hot = kept_by(confident, pluck::temperature(10) | top_p(0.9f));
    CHECK(hot.size() > kept_by(confident, top_p(0.9f)).size());
    CHECK(kept_by(confident, top_p(0.9f) | pluck::temperature(10)) == kept_by(confident, top_p(0.9f)));
}

TEST_CASE("top_p equals its definition on rows of many blocks") {
    tally seen;
    for (const std::size_t size : {65u, 1000u, 20'000u}) {
        for (std::uint64_t seed = 0; seed < 6; ++seed) {
            random_numbers numbers(seed, size);
            const std::vector<float> row = logits_of(all_shapes[seed], size, numbers);
            for (const float p : {0.01f, 0.3f, 0.9f, 0.999f, 0x1.fffffep-1f}) {
                sorted_row expected(row);
                expected.keep_mass(p, 1);
                std::vector<int> got = kept_by(row, top_p(p));
                std::sort(got.begin(), got.end());
                seen.expect(got == expected.ids(), "size ", size, ", shape ", to_string(all_shapes[seed]), ", p ", p);
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("top_p takes numbers of any type, but no bool, and a count of any integer type") {
    STATIC_REQUIRE(std::is_convertible_v<float, top_p>);
    STATIC_REQUIRE(std::is_convertible_v<double, top_p>);
    STATIC_REQUIRE(std::is_convertible_v<int, top_p>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<bool, top_p>);
    STATIC_REQUIRE(std::is_constructible_v<top_p, float, short>);
    STATIC_REQUIRE(std::is_constructible_v<top_p, float, std::size_t>);
    STATIC_REQUIRE_FALSE(std::is_constructible_v<top_p, float, float>);
    STATIC_REQUIRE_FALSE(std::is_constructible_v<top_p, float, bool>);
    constexpr top_p most{0.9, 2u};
    CHECK(sample(confident, most, {}));
}

TEST_CASE("one p per row: each row draws as with its own") {
    const std::vector<float> ps = {0, 0.3f, 0.9f, 1};
    const std::vector<std::vector<float>> batch(4, uncertain);
    std::vector<pluck::key> keys(4);
    for (std::size_t i = 0; i < 4; ++i) keys[i] = {.seed = 12, .position = i};
    std::vector<pluck::pick> picks(4);
    pluck::sample_rows(batch, top_p(pluck::per_row<float>{ps}, 2), keys, picks);
    for (std::size_t i = 0; i < 4; ++i) CHECK(picks[i] == sample(uncertain, top_p(ps[i], 2), keys[i]));
}

TEST_CASE("scores that tie at the largest float are cut like those that tie elsewhere") {
    std::vector<float> largest(9000), plain(9000);
    for (std::size_t i = 0; i < largest.size(); ++i) {
        const bool ties = i * 7 % 11 < 6;
        largest[i] = pluck_test::float_of(ties ? pluck_test::bits::largest : pluck_test::bits::minus_infinity);
        plain[i] = ties ? 1.0f : pluck_test::float_of(pluck_test::bits::minus_infinity);
    }
    for (const float p : {0.0f, 0.01f, 0.3f, 0.5f, 0.95f, 0.9999f}) {
        for (int seed = 0; seed < 8; ++seed) {
            const pluck::key key{.seed = seed};
            CHECK(pluck::sample(largest, pluck::top_p(p), key) == pluck::sample(plain, pluck::top_p(p), key));
            const auto five = pluck::top_p(p, 5) | pluck::rejection{};
            CHECK(pluck::sample(largest, five, key) == pluck::sample(plain, five, key));
        }
    }
}
