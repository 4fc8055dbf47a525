// SPDX-License-Identifier: MIT
//
// Bins of a histogram over the ranking: by score, or by key. They say where in the ranking a cut lies.
#pragma once

#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/row/interval.hpp>
#include <pluck/row/least_score.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 { namespace detail {

/// Bins of equal width in score, counted from the best one down; the last has all that is further away.
struct bins_by_difference {
    float per_nat;
    float best_bin;
    std::uint32_t last;

    PLUCK_HOST_DEVICE bins_by_difference(float best, float bins_per_nat, std::uint32_t bins) noexcept
        : per_nat(bins_per_nat), best_bin(best * bins_per_nat), last(bins - 1) {}

    /// Never decreases as the score falls, since each step is monotone.
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE std::uint32_t operator()(float score) const noexcept {
        const float bin = detail::fma(score, -per_nat, best_bin);
        return bin < static_cast<float>(last) ? static_cast<std::uint32_t>(bin < 0.0f ? 0.0f : bin) : last;
    }
};

/// Bins of equal width between two integers, counted from the upper one down.
template <class Integer>
struct bins_between {
    Integer low, high;
    std::uint32_t shift = 0;

    PLUCK_HOST_DEVICE bins_between(Integer least, Integer most, std::uint32_t bins) noexcept : low(least), high(most) {
        const std::uint64_t all = distance(low);
        if (all >= bins) shift = leading_zeros(bins) - leading_zeros(all);
        if (all >> shift >= bins) ++shift;
    }
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE std::uint32_t operator()(Integer value) const noexcept {
        return static_cast<std::uint32_t>(distance(value) >> shift);
    }
    [[nodiscard]] PLUCK_HOST_DEVICE Integer upper(std::uint32_t bin) const noexcept {
        return static_cast<Integer>(static_cast<std::uint64_t>(high) - (std::uint64_t{bin} << shift));
    }
    [[nodiscard]] PLUCK_HOST_DEVICE Integer lower(std::uint32_t bin) const noexcept {
        const std::uint64_t width = (std::uint64_t{1} << shift) - 1;
        const std::uint64_t begin = std::uint64_t{bin} << shift;
        return distance(low) - begin <= width ? low
                                              : static_cast<Integer>(static_cast<std::uint64_t>(high) - begin - width);
    }

private:
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE std::uint64_t distance(Integer value) const noexcept {
        return static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(value);
    }
};

/// One of the two: `per_nat` bins a nat, or, if that is 0, bins of keys over an interval.
struct binning {
    bins_by_difference by_difference;
    bins_between<std::uint64_t> by_key;
    bool keys;

    PLUCK_HOST_DEVICE binning(const interval& within, std::int32_t best, float per_nat, std::uint32_t bins) noexcept
        : by_difference(float_of(best), per_nat, bins),
          by_key(within.least().value, within.most().value, bins),
          keys(per_nat == 0) {}

    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE std::uint32_t operator()(float score,
                                                                                 ranking_key key) const noexcept {
        return keys ? by_key(key.value) : by_difference(score);
    }

    /// The part of the interval that is dealt into a bin.
    [[nodiscard]] PLUCK_HOST_DEVICE interval part(const interval& within, std::uint32_t bin,
                                                  std::int32_t best) const noexcept {
        if (keys) return {ranking_key{by_key.lower(bin)}, ranking_key{by_key.upper(bin)}};
        interval found = within;
        const auto bins = by_difference;
        const float top = float_of(best);
        const float width = 1 / bins.per_nat;
        found.raise(least_score(best, top - static_cast<float>(bin + 1) * width,
                                [&](float score) { return bins(score) <= bin; }));
        if (bins(top) < bin) {  // where floats are far apart, even the best may be in a later bin
            const float guess = top - static_cast<float>(bin) * width;
            found.lower(least_score(best, guess, [&](float score) { return bins(score) < bin; }) - 1);
        }
        return found;
    }
};

}}}  // namespace pluck::v0::detail
