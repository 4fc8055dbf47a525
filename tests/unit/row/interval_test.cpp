// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/detail/ranking.hpp>
#include <pluck/row/interval.hpp>

#include <cstdint>

using namespace pluck_test;
using pluck::ranking_key, pluck::interval;

TEST_CASE("the whole ranking has every candidate, and never -infinity") {
    const interval all;
    for (const std::uint32_t pattern : {0x00000000u, 0x80000000u, 0x3f800000u, 0xff7fffffu, 0x7f7fffffu, 0x80000001u}) {
        CHECK(all.has(pluck::detail::ordered_bits(pattern), 0));
        CHECK(all.has(pluck::detail::ordered_bits(pattern), 8'388'607));
    }
    CHECK_FALSE(all.has(-pluck::detail::ordered_infinity, 0));
}

TEST_CASE("an interval has what lies between its keys, both included") {
    tally seen;
    const std::int32_t scores[] = {-3, 0, 1, 2};
    const std::int32_t tokens[] = {0, 1, 5, 6, 7, 8'388'607};
    for (const std::int32_t low : scores) {
        for (const std::int32_t low_token : tokens) {
            for (const std::int32_t high : scores) {
                for (const std::int32_t high_token : tokens) {
                    const ranking_key least{low, low_token}, most{high, high_token};
                    if (least > most) continue;
                    const interval part{least, most};
                    seen.expect(part.least() == least && part.most() == most, "ends of ", low, " to ", high);
                    for (const std::int32_t score : scores) {
                        for (const std::int32_t token : tokens) {
                            const ranking_key own{score, token};
                            seen.expect(part.has(score, token) == (own >= least && own <= most), score, " ", token);
                        }
                    }
                }
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("raise and lower move an end to a score's first or last token, and never back") {
    interval part;
    part.raise(10);
    CHECK(part.has(10, 8'388'607));
    CHECK_FALSE(part.has(9, 0));
    part.raise(5);
    CHECK_FALSE(part.has(9, 0));
    part.lower(20);
    CHECK(part.has(20, 0));
    CHECK_FALSE(part.has(21, 0));
    part.lower(30);
    CHECK_FALSE(part.has(21, 0));

    interval cut{ranking_key{10, 4}, ranking_key{20, 6}};
    cut.raise(10);  // is no cut of its own
    cut.lower(20);
    CHECK_FALSE(cut.has(10, 5));
    CHECK_FALSE(cut.has(20, 5));
}
