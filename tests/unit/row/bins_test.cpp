// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/detail/ranking.hpp>
#include <pluck/row/bins.hpp>
#include <pluck/row/interval.hpp>

#include <cstdint>
#include <limits>
#include <type_traits>

using namespace pluck_test;
using pluck::detail::bins_between, pluck::detail::bins_by_difference;

TEST_CASE("bins by difference never decrease as the score falls, and the best score is in the first") {
    tally seen;
    const float bests[] = {0.0f,       1.0f, -1.0f, 30.0f, 1e4f, float_of(bits::largest), -float_of(bits::largest),
                           float_of(1)};
    for (const float best : bests) {
        for (const float per_nat : {32.0f, 0x1p-40f, 0x1p40f, 1024 / 40.0f * 1.44f}) {
            const bins_by_difference bins(best, per_nat, 1024);
            std::uint32_t last = 0;
            const std::int32_t top = pluck::detail::ordered(best);
            for (std::int64_t step = 0; top - step >= -pluck::detail::ordered_infinity; step += 1 + step / 64) {
                const std::uint32_t bin = bins(pluck::detail::float_of(static_cast<std::int32_t>(top - step)));
                seen.expect(bin >= last && bin < 1024, "best ", best, ", ", step, " floats below it: bin ", bin,
                            " after ", last);
                last = bin;
            }
            seen.expect(last == 1023, "-infinity is in bin ", last);
        }
    }
    PLUCK_CHECK_TALLY(seen);
    CHECK(bins_by_difference(3.5f, 32.0f, 1024)(3.5f) == 0);
    CHECK(bins_by_difference(3.5f, 32.0f, 1024)(2.5f) == 32);
}

namespace {

/// The bins partition [low, high]: each begins where the one above it ends.
template <class Integer>
void check_bins(tally& seen, Integer low, Integer high, std::uint32_t count) {
    const bins_between<Integer> bins(low, high, count);
    const std::uint32_t last = bins(low);
    seen.expect(last < count, last, " of ", count, " bins");
    seen.expect(bins.upper(0) == high, "the first bin ends below the top");
    seen.expect(bins.lower(last) == low, "the last bin ends above the bottom");
    for (std::uint32_t bin = 0; bin <= last; ++bin) {
        const Integer lower = bins.lower(bin), upper = bins.upper(bin);
        seen.expect(lower <= upper && bins(lower) == bin && bins(upper) == bin, "bin ", bin, " of ", last);
        if (bin < last) seen.expect(bins.upper(bin + 1) == static_cast<Integer>(lower - 1), "after bin ", bin);
    }
}

}  // namespace

TEST_CASE("bins between two integers partition what lies between them, up to all 64 bits") {
    tally seen;
    constexpr std::uint64_t all = std::numeric_limits<std::uint64_t>::max();
    for (const std::uint32_t count : {8u, 32u, 1024u}) {
        for (const std::uint64_t width :
             {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{7}, std::uint64_t{8}, std::uint64_t{1023},
              std::uint64_t{1024}, std::uint64_t{1} << 32, all >> 1, all - 1, all}) {
            check_bins<std::uint64_t>(seen, 0, width, count);
            check_bins<std::uint64_t>(seen, all - width, all, count);
            if (width < all >> 2) check_bins<std::uint64_t>(seen, 12345, 12345 + width, count);
        }
        check_bins<std::int64_t>(seen, 1 - pluck::detail::ordered_infinity, pluck::detail::ordered_infinity, count);
        check_bins<std::int64_t>(seen, -5, 5, count);
    }
    random_numbers numbers(5);
    for (int i = 0; i < 300; ++i) {
        const std::uint64_t a = numbers.bits() >> numbers.below(64), b = numbers.bits() >> numbers.below(64);
        check_bins<std::uint64_t>(seen, a < b ? a : b, a < b ? b : a, 1024);
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("the part of an interval in a bin has the scores that are dealt into that bin, and no others") {
    tally seen;
    for (const float best : {2.0f, 1000.0f, 0x1p100f}) {
        const bins_by_difference bins(best, 8.0f, 64);
        const pluck::detail::binning which({}, pluck::detail::ordered(best), 8.0f, 64);
        const std::int32_t top = pluck::detail::ordered(best);
        for (const std::uint32_t bin : {0u, 1u, 3u, 7u, 63u}) {
            const pluck::interval part = which.part({}, bin, top);
            bool some = false;  // a bin that nothing is dealt into is never asked for
            for (std::int64_t step = 0; top - step > -pluck::detail::ordered_infinity; step += 1 + step / 50)
                some = some || bins(pluck::detail::float_of(static_cast<std::int32_t>(top - step))) == bin;
            if (!some) continue;
            for (std::int64_t step = 0; top - step > -pluck::detail::ordered_infinity; step += 1 + step / 50) {
                const auto score = static_cast<std::int32_t>(top - step);
                const bool dealt = bins(pluck::detail::float_of(score)) == bin;
                seen.expect(part.has(score, 3) == dealt, "best ", best, " bin ", bin, " score ",
                            pluck::detail::float_of(score));
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}
