// SPDX-License-Identifier: MIT
//
// An interval of the ranking, between two cuts: what a row keeps.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/ranking.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 {

/// What lies between two cuts of the ranking, both included.
struct interval {
    static constexpr auto last_token = static_cast<std::int32_t>(max_vocab);  // ranked behind every token of its score

    std::int32_t low = 1 - detail::ordered_infinity;  // ordered scores; -infinity is never within
    std::int32_t high = detail::ordered_infinity;
    std::uint32_t low_token = std::uint32_t{max_vocab};  // unsigned, since cuts in between tokens may have any
    std::uint32_t high_token = 0;

    interval() noexcept = default;
    PLUCK_HOST_DEVICE interval(ranking_key least, ranking_key most) noexcept
        : low(least.ordered_score()),
          high(most.ordered_score()),
          low_token(static_cast<std::uint32_t>(least.token())),
          high_token(static_cast<std::uint32_t>(most.token())) {}

    /// Without branches: four of these overlap, which gains more than a comparison that is saved.
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE bool has(std::int32_t score,
                                                                 std::int32_t token) const noexcept {
        const auto id = static_cast<std::uint32_t>(token);
        const bool from = (score > low) | ((score == low) & (id <= low_token));
        const bool to = (score < high) | ((score == high) & (id >= high_token));
        return from & to;
    }
    [[nodiscard]] PLUCK_HOST_DEVICE ranking_key least() const noexcept {
        return {low, static_cast<std::int32_t>(low_token)};
    }
    [[nodiscard]] PLUCK_HOST_DEVICE ranking_key most() const noexcept {
        return {high, static_cast<std::int32_t>(high_token)};
    }

    /// Drops what is below this score; drops what is above it.
    PLUCK_HOST_DEVICE void raise(std::int32_t score) noexcept {
        if (score <= low) return;
        low = score;
        low_token = std::uint32_t{max_vocab};
    }
    PLUCK_HOST_DEVICE void lower(std::int32_t score) noexcept {
        if (score >= high) return;
        high = score;
        high_token = 0;
    }
};

}}  // namespace pluck::v0
