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
/// Each round deals the keys that are still in question into buckets between their extremes and keeps the bucket in
/// which the target falls: at most eleven rounds however the keys lie, and a fraction of the keys after the first.
///
/// Parameters.   keys     [count >= 1], all different; reordered and overwritten
///               weights  [count], of the keys, likewise; null: each weighs 1
///               target   in [1, sum of the weights]; beyond the sum, the last key is returned
/// Cost.         Linear for any input.
[[nodiscard]] inline ranking_key select(ranking_key* keys, std::uint64_t* weights, std::size_t count,
                                        std::uint64_t target) noexcept {
    constexpr std::size_t most_buckets = 256;
    std::uint64_t sums[most_buckets];
    for (;;) {
        std::uint64_t low = keys[0].value;
        std::uint64_t high = keys[0].value;
        for (std::size_t i = 1; i < count; ++i) {
            low = keys[i].value < low ? keys[i].value : low;
            high = keys[i].value > high ? keys[i].value : high;
        }
        if (low == high) return ranking_key{low};

        const int bucket_bits = count < 512 ? 6 : 8;  // to clear and to walk the buckets costs, too
        const int width = static_cast<int>(std::bit_width(high - low));
        const int shift = width > bucket_bits ? width - bucket_bits : 0;
        std::size_t bucket = static_cast<std::size_t>((high - low) >> shift);
        for (std::size_t i = 0; i <= bucket; ++i) sums[i] = 0;
        if (weights != nullptr) {
            for (std::size_t i = 0; i < count; ++i) sums[(keys[i].value - low) >> shift] += weights[i];
        } else {
            for (std::size_t i = 0; i < count; ++i) ++sums[(keys[i].value - low) >> shift];
        }
        for (; bucket > 0 && sums[bucket] < target; --bucket) target -= sums[bucket];

        std::size_t left = 0;
        for (std::size_t i = 0; i < count; ++i) {  // in place: a write never overtakes its read
            keys[left] = keys[i];
            if (weights != nullptr) weights[left] = weights[i];
            left += (keys[i].value - low) >> shift == bucket;
        }
        count = left;
    }
}

}  // namespace pluck::inline v0::cpu::inline PLUCK_BUILD
