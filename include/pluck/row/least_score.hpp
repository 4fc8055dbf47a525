// SPDX-License-Identifier: MIT
//
// The least score for which something holds: how a threshold on mass becomes a cut of the ranking.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 { namespace detail {

/// The least ordered score for which `holds`; it must hold for `high`, and above each for which it holds. Quick if it
/// is near the guess.
template <class Holds>
[[nodiscard]] PLUCK_HOST_DEVICE std::int32_t least_score(std::int32_t high, float guess, const Holds& holds) noexcept {
    const auto at = [&](std::int64_t score) { return holds(float_of(static_cast<std::int32_t>(score))); };
    const std::int64_t bottom = -ordered_infinity;
    std::int64_t guessed = ordered(guess);
    guessed = guessed < bottom ? bottom : guessed > high ? high : guessed;
    // The least lies in [low, top]: from the guess on in growing steps, until there are both.
    std::int64_t low = bottom, top = high;
    if (at(guessed)) {
        top = guessed;
        for (std::int64_t step = 1; top - step > bottom && low == bottom; step *= 4) {
            if (at(top - step)) top -= step;
            else low = top - step + 1;
        }
    } else {
        low = guessed + 1;
        for (std::int64_t step = 1; low + step < high && top == high; step *= 4) {
            if (at(low + step)) top = low + step;
            else low += step + 1;
        }
    }
    while (low < top) {
        const std::int64_t middle = low + ((top - low) >> 1);
        if (at(middle)) top = middle;
        else low = middle + 1;
    }
    return static_cast<std::int32_t>(top);
}

}}}  // namespace pluck::v0::detail
