// SPDX-License-Identifier: MIT
//
// Weighted selection: where a cut of the ranking lies, without sorting. One algorithm for top-k (every token weighs 1)
// and top-p (a token weighs its mass).
#pragma once

#include <pluck/core/config.hpp>
#include <pluck/core/ranking.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace pluck::inline v0::cpu::inline PLUCK_BUILD {

/// The key at which the weights, summed from the best key down, first reach `target`.
///
/// Each round deals the keys that are still in question into 256 buckets between their extremes and keeps the bucket
/// in which the target falls: at most nine rounds however the keys lie, and a fraction of the keys after the first.
///
/// Parameters.   keys     [count >= 1], all different; reordered and overwritten
///               target   in [1, sum of the weights]; beyond the sum, the last key is returned
///               weight   ranking_key -> std::uint64_t
/// Cost.         Linear for any input.
template <class Weight>
[[nodiscard]] ranking_key select(ranking_key* keys, std::size_t count, std::uint64_t target,
                                 const Weight& weight) noexcept {
    constexpr int bucket_bits = 8;
    constexpr std::size_t buckets = std::size_t{1} << bucket_bits;
    for (;;) {
        std::uint64_t low = keys[0].value;
        std::uint64_t high = keys[0].value;
        for (std::size_t i = 1; i < count; ++i) {
            low = keys[i].value < low ? keys[i].value : low;
            high = keys[i].value > high ? keys[i].value : high;
        }
        if (low == high) return ranking_key{low};

        const int width = static_cast<int>(std::bit_width(high - low));
        const int shift = width > bucket_bits ? width - bucket_bits : 0;
        std::uint64_t sums[buckets] = {};
        for (std::size_t i = 0; i < count; ++i) sums[(keys[i].value - low) >> shift] += weight(keys[i]);

        std::size_t bucket = static_cast<std::size_t>((high - low) >> shift);
        for (; bucket > 0 && sums[bucket] < target; --bucket) target -= sums[bucket];

        std::size_t kept = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if ((keys[i].value - low) >> shift == bucket) keys[kept++] = keys[i];
        }
        count = kept;
    }
}

}  // namespace pluck::inline v0::cpu::inline PLUCK_BUILD
