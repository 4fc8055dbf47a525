// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/detail/ranking.hpp>
#include <pluck/row/least_score.hpp>

#include <cstdint>

using namespace pluck_test;

TEST_CASE("the least score for which something holds is found from any guess") {
    tally seen;
    const std::int32_t high = pluck::detail::ordered(0x1.8p40f);
    const float guesses[] = {
        0.0f, 1.0f, -1e20f, 0x1.8p40f, 1e30f, -float_of(bits::largest), float_of(bits::minus_infinity)};
    for (const std::int32_t least :
         {high, high - 1, high - 2, high - 3, high - 5, 1, 0, -1, -1'000'000'000, 2 - pluck::detail::ordered_infinity,
          1 - pluck::detail::ordered_infinity, -pluck::detail::ordered_infinity}) {
        for (const float guess : guesses) {
            const auto holds = [&](float score) { return pluck::detail::ordered(score) >= least; };
            const std::int32_t found = pluck::detail::least_score(high, guess, holds);
            seen.expect(found == least, "found ", found, ", not ", least, ", from ", guess);
        }
    }
    PLUCK_CHECK_TALLY(seen);
}
