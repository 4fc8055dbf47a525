// SPDX-License-Identifier: MIT
//
// The oracle and the rules of the dossiers, by cases that were worked out by hand: what is kept, what it weighs, what
// is drawn.
#include "reference/oracle.hpp"

#include "dossiers/all.hpp"
#include "support/catch.hpp"

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace {

using oracle::draw, oracle::u128, oracle::u64;
using ids = std::vector<int>;
using row = std::vector<float>;
using stages = std::vector<dossiers::step>;

constexpr float ln2 = 0x1.62e43p-1f;  // a score lower by k ln2, for k up to 8, has exactly 2^-k of the mass
constexpr float lowest = std::numeric_limits<float>::lowest(), highest = std::numeric_limits<float>::max();
constexpr float least_subnormal = std::numeric_limits<float>::denorm_min();
constexpr u64 best = u64{1} << 40;  // the mass of the best token
constexpr u128 last = ~u128{0};     // the largest U

float float_of(std::uint32_t bits) { return std::bit_cast<float>(bits); }

// From their bits: under -ffast-math a compiler may take none of these for what it is.
const float negative_zero = float_of(0x80000000);
const float infinity = float_of(0x7f800000), minus_infinity = float_of(0xff800000);
const float quiet_nan = float_of(0x7fc00000), negative_nan = float_of(0xffffffff);

dossiers::step temperature(float t) { return dossiers::temperature{t}; }
dossiers::step top_k(u64 k) { return dossiers::top_k{k}; }
dossiers::step top_p(float p, u64 min_keep = 1) { return dossiers::top_p{p, min_keep}; }
dossiers::step min_p(float m, u64 min_keep = 1) { return dossiers::min_p{m, min_keep}; }
dossiers::step greedy() { return dossiers::greedy{}; }
dossiers::step categorical() { return dossiers::categorical{}; }
dossiers::step drop_above(u64 count) { return dossiers::drop_above{count}; }
dossiers::step keep_mass_at_least(u64 mass) { return dossiers::keep_mass_at_least{mass}; }

// Five tokens with 8, 4, 2, 1, 1 sixteenths of the mass; ten tokens with a tenth each.
const row halving = {0, -ln2, -2 * ln2, -3 * ln2, -3 * ln2};
const row ten_equal(10, 3.25f);

ids kept(const row& scores, const stages& chain) { return draw(scores, chain, 0).kept; }
std::size_t count(const row& scores, const stages& chain) { return draw(scores, chain, 0).kept.size(); }
int token(const row& scores, const stages& chain, u128 U) { return draw(scores, chain, U).token; }

}  // namespace

// ---- what a row may be ----------------------------------------------------------------------------------------------

TEST_CASE("a NaN anywhere is reported before anything else in the row") {
    CHECK(draw(row{1, quiet_nan, 2}, {}, 0).status == oracle::nan_logit);
    CHECK(draw(row{1, negative_nan}, {}, 0).status == oracle::nan_logit);
    CHECK(draw(row{infinity, quiet_nan}, {}, 0).status == oracle::nan_logit);
    CHECK(draw(row{minus_infinity, float_of(0x7f800001)}, {}, 0).status == oracle::nan_logit);
    CHECK(draw(row{1, quiet_nan, 2}, stages{top_k(1), greedy()}, 0).token == -1);
}

TEST_CASE("an infinite logit is reported where there is no NaN") {
    CHECK(draw(row{1, infinity, minus_infinity}, {}, 0).status == oracle::pos_inf_logit);
    CHECK(draw(row{infinity}, {}, 0).token == -1);
}

TEST_CASE("a row without a candidate is reported") {
    CHECK(draw(row{}, {}, 0).status == oracle::no_candidate);
    CHECK(draw(row{minus_infinity, minus_infinity}, {}, 0).status == oracle::no_candidate);
    CHECK(draw(row{minus_infinity}, {}, 0).token == -1);
}

TEST_CASE("a row may have 2^23 tokens and no more") {
    row scores(1 << 23, 1.0f);
    const auto drawn = draw(scores, {}, last);
    CHECK(drawn.status == oracle::ok);
    CHECK(drawn.token == (1 << 23) - 1);
    CHECK(drawn.total == u64{1} << 63);
    scores.push_back(quiet_nan);
    CHECK(draw(scores, {}, last).status == oracle::row_too_long);
    CHECK(draw(scores, {}, last).token == -1);
}

TEST_CASE("everything above minus infinity is a candidate, even without mass") {
    const auto drawn = draw(row{lowest, minus_infinity, highest, 0}, {}, last);
    CHECK(drawn.status == oracle::ok);
    CHECK(drawn.kept == ids{2, 3, 0});
    CHECK(drawn.masses == std::vector<u64>{best, 0, 0});
    CHECK(drawn.total == best);
    CHECK(drawn.token == 2);
    CHECK(draw(row{minus_infinity, lowest}, {}, last).token == 1);
}

TEST_CASE("tokens rank by score, and by id where scores are equal, -0 being equal to 0") {
    CHECK(kept({1, 3, 2, 3, -4}, {}) == ids{1, 3, 2, 0, 4});
    CHECK(kept({negative_zero, 0.0f, negative_zero}, {}) == ids{0, 1, 2});
    CHECK(kept({-least_subnormal, negative_zero, least_subnormal, 0.0f}, {}) == ids{2, 1, 3, 0});
}

// ---- stages ---------------------------------------------------------------------------------------------------------

TEST_CASE("the mass of the best token is 2^40 at every temperature") {
    for (const float t : {0x1p-64f, 1e-3f, 1.0f, 0.7f, 0x1p64f}) {
        const auto drawn = draw(row{-5, 2.5f, 1}, stages{temperature(t)}, 0);
        CHECK(drawn.kept[0] == 1);
        CHECK(drawn.masses[0] == best);
    }
}

TEST_CASE("temperature divides the scores' distances from the best one") {
    CHECK(draw(row{0, -2 * ln2}, stages{temperature(2)}, 0).masses == std::vector<u64>{best, best / 2});
    CHECK(draw(row{0, -2 * ln2}, stages{temperature(.5f)}, 0).masses == std::vector<u64>{best, best / 16});
    CHECK(draw(row{7, 7 - 0x1p60f}, stages{temperature(0x1p-64f)}, last).token == 0);
    CHECK(draw(row{7, -7}, stages{temperature(0x1p64f)}, 0).masses == std::vector<u64>{best, best});
}

TEST_CASE("temperatures multiply, within 2^-64 and 2^64") {
    CHECK(draw(halving, {}, 0).temperature == 1);
    CHECK(draw(halving, stages{temperature(.5f), temperature(3)}, 0).temperature == 1.5);
    CHECK(draw(halving, stages{temperature(.1f)}, 0).temperature == double{.1f});
    CHECK(draw(halving, stages{temperature(0x1p-64f), temperature(.5f)}, 0).temperature == 0x1p-64);
    CHECK(draw(halving, stages{temperature(0x1p64f), temperature(3)}, 0).temperature == 0x1p64);
}

TEST_CASE("temperature 0 keeps the best token and leaves the temperature alone") {
    const auto drawn = draw(row{1, 2, 2}, stages{temperature(2), temperature(0)}, last);
    CHECK(drawn.kept == ids{1});
    CHECK(drawn.token == 1);
    CHECK(drawn.temperature == 2);
    CHECK(count(halving, {temperature(negative_zero)}) == 1);
}

TEST_CASE("temperature acts on the stages after it only") {
    CHECK(count(halving, {top_p(.5f)}) == 1);
    CHECK(count(halving, {temperature(2), top_p(.5f)}) == 2);
    CHECK(count(halving, {top_p(.5f), temperature(2)}) == 1);
}

TEST_CASE("top-k keeps the k best candidates") {
    CHECK(kept({1, 3, 2, 3}, {top_k(1)}) == ids{1});
    CHECK(kept({1, 3, 2, 3}, {top_k(2)}) == ids{1, 3});
    CHECK(kept({1, 3, 2, 3}, {top_k(3)}) == ids{1, 3, 2});
    CHECK(kept({1, minus_infinity, 2, 3}, {top_k(4)}) == ids{3, 2, 0});
    CHECK(kept({1, 3}, {top_k(~u64{0})}) == ids{1, 0});
    CHECK(kept({1, 3}, {top_k(0)}) == ids{1, 0});
    CHECK(kept({1, 3, 2, 3}, {top_k(3), top_k(0), top_k(2), top_k(3)}) == ids{1, 3});
}

TEST_CASE("top-p keeps a token if the mass ranked before it is less than p of the total") {
    CHECK(count(halving, {top_p(.25f)}) == 1);
    CHECK(count(halving, {top_p(.5f)}) == 1);
    CHECK(count(halving, {top_p(std::nextafter(.5f, 1.f))}) == 2);
    CHECK(count(halving, {top_p(.75f)}) == 2);
    CHECK(count(halving, {top_p(std::nextafter(.75f, 1.f))}) == 3);
    CHECK(count(halving, {top_p(.875f)}) == 3);
    CHECK(kept(halving, {top_p(.9375f)}) == ids{0, 1, 2, 3});  // between equals the lower id stays
    CHECK(count(halving, {top_p(std::nextafter(1.f, 0.f))}) == 5);
}

TEST_CASE("top-p takes p for the exact value of the float") {
    const std::pair<float, std::size_t> expected[] = {{.1f, 2}, {.2f, 3}, {.3f, 4}, {.4f, 5}, {.5f, 5},
                                                      {.6f, 7}, {.7f, 7}, {.8f, 9}, {.9f, 9}};
    for (const auto& [p, tokens] : expected) {
        INFO("p = " << p);
        CHECK(count(ten_equal, {top_p(p)}) == tokens);
    }
}

TEST_CASE("top-p of 0, or of next to nothing, keeps min_keep tokens") {
    for (const float& p :
         {0.0f, negative_zero, least_subnormal, 0x1.fffffcp-127f, 0x1p-126f, 0x1p-65f, 0x1p-64f, 0x1p-44f}) {
        INFO("p = " << p);
        CHECK(count(ten_equal, {top_p(p)}) == 1);
        CHECK(count(ten_equal, {top_p(p, 0)}) == 1);
        CHECK(count(ten_equal, {top_p(p, 4)}) == 4);
        CHECK(count(ten_equal, {top_p(p, 11)}) == 10);
    }
}

TEST_CASE("top-p of 1 moves nothing, and anything less drops the tokens without mass") {
    const row scores = {0, -1000, -2000};
    CHECK(count(scores, {top_p(1)}) == 3);
    CHECK(count(scores, {top_p(std::nextafter(1.f, 0.f))}) == 1);
    CHECK(count(scores, {top_p(std::nextafter(1.f, 0.f), 2)}) == 2);
}

TEST_CASE("top-p counts the mass of what the stages before it kept") {
    CHECK(count(halving, {top_p(.66f)}) == 2);            // 8 < .66 * 16
    CHECK(count(halving, {top_k(2), top_p(.66f)}) == 1);  // 8 > .66 * 12
    CHECK(count(halving, {top_k(2), top_p(.67f)}) == 2);
    CHECK(count(ten_equal, {top_p(.5f), top_p(.5f)}) == 3);
}

TEST_CASE("min-p keeps the scores of at least best + T ln m") {
    CHECK(count(halving, {min_p(.5f)}) == 2);
    CHECK(count(halving, {min_p(std::nextafter(.5f, 1.f))}) == 1);
    CHECK(count(halving, {min_p(.25f)}) == 3);
    CHECK(count(halving, {temperature(2), min_p(.5f)}) == 3);
    CHECK(count(halving, {min_p(least_subnormal)}) == 5);
    CHECK(count({0, -103, -104}, {min_p(least_subnormal)}) == 2);  // ln 2^-149 = -103.28
    CHECK(count({0, -88, -88.5f}, {min_p(0x1p-127f)}) == 2);       // -88.03
    CHECK(count(halving, {min_p(.5f, 4)}) == 4);
    CHECK(count(halving, {min_p(.5f, 1)}) == 2);
}

TEST_CASE("min-p compares scores, not masses") {
    // The threshold is one rounding of the sum: 2^24 - 0.69 is 2^24 - 1 as a float, since floats count in ones there.
    CHECK(kept({0x1p24f, 0x1p24f - 1, 0x1p24f - 2}, {min_p(.5f)}) == ids{0, 1});
}

TEST_CASE("min-p of 1 keeps the best score and its equals") {
    CHECK(kept({1, 3, 2, 3}, {min_p(1)}) == ids{1, 3});
    CHECK(kept({negative_zero, 0.0f, -least_subnormal}, {min_p(1)}) == ids{0, 1});
    CHECK(count(ten_equal, {min_p(1)}) == 10);
    CHECK(count(ten_equal, {temperature(0x1p-64f), min_p(.999f)}) == 10);
    CHECK(count({1, 3, 2, 3}, {min_p(1, 3)}) == 3);
}

TEST_CASE("min-p of 0 moves nothing") {
    CHECK(kept({lowest, minus_infinity, highest}, {min_p(0)}) == ids{2, 0});
    CHECK(kept({lowest, minus_infinity, highest}, {min_p(negative_zero)}) == ids{2, 0});
}

TEST_CASE("greedy takes the best token, the lowest id among equals, whatever the random bits") {
    for (const u128 U : {u128{0}, last >> 1, last}) {
        CHECK(token({1, 3, 2, 3}, {greedy()}, U) == 1);
        CHECK(token({negative_zero, 0.0f}, {greedy()}, U) == 0);
        CHECK(token({1, 3, 2, 3}, {temperature(5), top_k(3), greedy()}, U) == 1);
    }
}

TEST_CASE("once the best token is dropped the masses are taken from the next") {
    const auto drawn = draw(halving, stages{drop_above(1)}, 0);
    CHECK(drawn.kept == ids{1, 2, 3, 4});
    CHECK(drawn.masses == std::vector<u64>{best, best / 2, best / 4, best / 4});
    CHECK(drawn.total == 2 * best);
    CHECK(kept(halving, {drop_above(2), min_p(.5f)}) == ids{2, 3, 4});
    CHECK(kept(halving, {drop_above(4)}) == ids{4});
    CHECK(kept(halving, {drop_above(5)}) == ids{4});  // the last one stays
    CHECK(kept(halving, {drop_above(9)}) == ids{4});
    CHECK(count(halving, {drop_above(0)}) == 5);
    CHECK(draw(row{0, -1000}, stages{drop_above(1)}, last).token == 1);
}

TEST_CASE("keep_mass_at_least keeps the masses of at least that, and the best token") {
    CHECK(count(halving, {keep_mass_at_least(best / 2)}) == 2);
    CHECK(count(halving, {keep_mass_at_least(best / 2 + 1)}) == 1);
    CHECK(count(halving, {keep_mass_at_least(best + 1)}) == 1);
    CHECK(count({0, -1000}, {keep_mass_at_least(0)}) == 2);
    CHECK(count(halving, {drop_above(1), keep_mass_at_least(best / 2)}) == 2);
}

// ---- the draw -------------------------------------------------------------------------------------------------------

TEST_CASE("the token is the first in id order whose inclusive prefix mass exceeds the random share of the total") {
    const row scores = {-ln2, 0, minus_infinity, -ln2};  // a quarter, a half, nothing, a quarter
    const u128 quarter = u128{1} << 126;
    CHECK(token(scores, {}, 0) == 0);
    CHECK(token(scores, {}, quarter - 1) == 0);
    CHECK(token(scores, {}, quarter) == 1);
    CHECK(token(scores, {}, 3 * quarter - 1) == 1);
    CHECK(token(scores, {}, 3 * quarter) == 3);
    CHECK(token(scores, {}, last) == 3);
}

TEST_CASE("a chain that ends in categorical draws as one without a draw stage") {
    for (const u128 U : {u128{0}, last / 3, last})
        CHECK(token(halving, {top_k(3), categorical()}, U) == token(halving, {top_k(3)}, U));
}

TEST_CASE("all 128 random bits count") {
    // Three equal tokens: the bounds are 2^128 / 3 = 0x5555...5.33 and twice that, 0xaaaa...a.67.
    const u128 third = last / 3;
    CHECK(token({5, 5, 5}, {}, third) == 0);
    CHECK(token({5, 5, 5}, {}, third + 1) == 1);
    CHECK(token({5, 5, 5}, {}, 2 * third) == 1);
    CHECK(token({5, 5, 5}, {}, 2 * third + 1) == 2);
}

TEST_CASE("a token without mass is never drawn") {
    for (const u128 U : {u128{0}, u128{1}, last >> 1, last - 1, last}) {
        CHECK(token({-1000, 0, -1000}, {}, U) == 1);
        CHECK(token({-1000, 0, -1000}, {top_p(0, 3)}, U) == 1);
        CHECK(token({minus_infinity, minus_infinity, -8, minus_infinity}, {}, U) == 2);
        CHECK(token({lowest, highest}, {temperature(0x1p64f)}, U) == 1);
    }
}

TEST_CASE("a removed token is never drawn and the others share its mass") {
    const u128 half = u128{1} << 127;
    CHECK(token({0, 1, 0, 1, 0}, {top_k(2)}, 0) == 1);
    CHECK(token({0, 1, 0, 1, 0}, {top_k(2)}, half - 1) == 1);
    CHECK(token({0, 1, 0, 1, 0}, {top_k(2)}, half) == 3);
    CHECK(token({0, 1, 0, 1, 0}, {top_k(2)}, last) == 3);
}

TEST_CASE("a key is the seed of philox and the sequence above the position its counter") {
    const row scores(256, 0.0f);  // 256 equal tokens: the token is the highest byte of U
    CHECK(draw(scores, {}, 0, 0, 0).token == 0x9b);
    CHECK(draw(scores, {}, 42, 0, 0).token == 0x57);
    CHECK(draw(scores, {}, 0, u64{1} << 32, 0).token == 0xa2);
    CHECK(draw(scores, {}, 0, 0, 1).token == 0x09);
    CHECK(draw(scores, {}, 0, 0, u64{1} << 32).token == 0x07);
    CHECK(draw(scores, {}, ~u64{0}, ~u64{0}, ~u64{0}).token == 0x6d);
    CHECK(draw(scores, {}, 0x299f31d0a4093822, 0x0370734413198a2e, 0x85a308d3243f6a88).token == 0x24);
}

#if defined(__SSE2__)
TEST_CASE("subnormals flushed to zero change nothing") {
    const unsigned csr = _mm_getcsr();
    const row scores = {least_subnormal, negative_zero, 0x1.fffffcp-127f, -0x1p-127f, 0x1p-126f, -0x1p-126f};
    const stages chains[] = {{},
                             {min_p(1)},
                             {min_p(least_subnormal)},
                             {temperature(0x1p-64f)},
                             {top_p(.5f)},
                             {top_p(0x1p-140f)},
                             {temperature(0x1p-64f), min_p(0x1.fffffep-1f)},
                             {drop_above(2), min_p(1)}};
    for (const stages& chain : chains) {
        _mm_setcsr(csr & ~0x8040u);
        const auto expected = draw(scores, chain, 1, 2, 3);
        _mm_setcsr(csr | 0x8040u);  // FTZ and DAZ
        const auto found = draw(scores, chain, 1, 2, 3);
        _mm_setcsr(csr);
        CHECK(found.kept == expected.kept);
        CHECK(found.masses == expected.masses);
        CHECK(found.token == expected.token);
    }
}
#endif
