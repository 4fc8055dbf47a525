// SPDX-License-Identifier: MIT
//
// The loops over a whole row, written once as plain C++ that compilers vectorise. They are inlined into a wrapper for
// each instruction set (dispatch.hpp), so nothing in here may be called out of line, and no lambda appears.
#pragma once

#include <pluck/core/config.hpp>
#include <pluck/core/mass.hpp>
#include <pluck/core/ranking.hpp>
#include <pluck/cpu/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>

namespace pluck::inline v0::cpu::inline PLUCK_BUILD::kernels {

/// What one pass over a row's bits tells.
struct extremes {
    std::int32_t best = std::numeric_limits<std::int32_t>::min();  ///< largest ordered score; NaN bits included
    std::uint32_t magnitude = 0;                                   ///< largest |bits|; above infinity's means NaN
};

/// Buckets of a mass histogram: eight to the octave, a little beyond the last octave that has mass.
inline constexpr std::size_t mass_buckets = 8 * (mass_bits + 1);

struct mass_histogram {
    std::uint64_t total = 0;
    std::uint64_t sums[mass_buckets] = {};
};

/// The bucket of a score: never decreases with the score, is at least 0 wherever there is mass, negative far below.
template <class Fused>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::int32_t mass_bucket(float difference, float scale) noexcept {
    const float shifted = Fused::of(difference, 8 * scale, core::magic);
    const auto bits = core::bits_as<std::int32_t>(shifted);
    constexpr auto top = static_cast<std::int32_t>(mass_buckets) - 1;
    return bits >= core::magic_bits - top ? bits - core::magic_bits + top : -1;
}

[[nodiscard]] PLUCK_ALWAYS_INLINE std::size_t block_end(std::size_t begin, std::size_t size) noexcept {
    return size - begin < block_size ? size : begin + block_size;
}

/// The best ordered score of each block, and the extremes of the row.
[[nodiscard]] PLUCK_ALWAYS_INLINE extremes scan(const float* scores, std::size_t size,
                                                std::int32_t* block_best) noexcept {
    extremes row;
    for (std::size_t begin = 0, block = 0; begin < size; begin += block_size, ++block) {
        extremes seen;
        if (size - begin >= block_size) {  // a constant trip count vectorises also at -O2
            for (std::size_t i = 0; i < block_size; ++i) {
                const auto bits = core::bits_as<std::uint32_t>(scores[begin + i]);
                const std::int32_t score = core::ordered_bits(bits);
                const std::uint32_t magnitude = bits & 0x7fffffffu;
                seen.best = score > seen.best ? score : seen.best;
                seen.magnitude = magnitude > seen.magnitude ? magnitude : seen.magnitude;
            }
        } else {
            for (std::size_t i = begin; i < size; ++i) {
                const auto bits = core::bits_as<std::uint32_t>(scores[i]);
                const std::int32_t score = core::ordered_bits(bits);
                const std::uint32_t magnitude = bits & 0x7fffffffu;
                seen.best = score > seen.best ? score : seen.best;
                seen.magnitude = magnitude > seen.magnitude ? magnitude : seen.magnitude;
            }
        }
        block_best[block] = seen.best;
        row.best = seen.best > row.best ? seen.best : row.best;
        row.magnitude = seen.magnitude > row.magnitude ? seen.magnitude : row.magnitude;
    }
    return row;
}

/// The masses of one block; returns their sum.
template <class Fused>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t masses_of_block(const float* scores, std::size_t count, float best,
                                                                float scale, std::uint64_t* masses) noexcept {
    std::uint64_t sum = 0;
    if (count == block_size) {
        for (std::size_t i = 0; i < block_size; ++i) masses[i] = mass_of<Fused>(scores[i] - best, scale);
        for (std::size_t i = 0; i < block_size; ++i) sum += masses[i];
    } else {
        for (std::size_t i = 0; i < count; ++i) sum += masses[i] = mass_of<Fused>(scores[i] - best, scale);
    }
    return sum;
}

/// The mass of each block; returns the row's. A block whose best token weighs nothing is not looked at.
template <class Fused>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t sum_masses(const float* scores, std::size_t size, float best,
                                                           float scale, const std::int32_t* block_best,
                                                           std::uint64_t* block_mass) noexcept {
    std::uint64_t total = 0;
    std::uint64_t masses[block_size];
    for (std::size_t begin = 0, block = 0; begin < size; begin += block_size, ++block) {
        block_mass[block] = 0;
        if (mass_of<Fused>(core::float_of(block_best[block]) - best, scale) == 0) continue;
        const std::size_t count = block_end(begin, size) - begin;
        block_mass[block] = masses_of_block<Fused>(scores + begin, count, best, scale, masses);
        total += block_mass[block];
    }
    return total;
}

/// As sum_masses, and the masses dealt into buckets by score.
template <class Fused>
PLUCK_ALWAYS_INLINE void deal_masses(const float* scores, std::size_t size, float best, float scale,
                                     const std::int32_t* block_best, std::uint64_t* block_mass,
                                     mass_histogram& histogram) noexcept {
    std::uint64_t masses[block_size];
    std::int32_t buckets[block_size];
    for (std::size_t begin = 0, block = 0; begin < size; begin += block_size, ++block) {
        block_mass[block] = 0;
        if (mass_of<Fused>(core::float_of(block_best[block]) - best, scale) == 0) continue;
        const std::size_t count = block_end(begin, size) - begin;
        block_mass[block] = masses_of_block<Fused>(scores + begin, count, best, scale, masses);
        histogram.total += block_mass[block];
        if (count == block_size) {
            for (std::size_t i = 0; i < block_size; ++i)
                buckets[i] = mass_bucket<Fused>(scores[begin + i] - best, scale);
        } else {
            for (std::size_t i = 0; i < count; ++i) buckets[i] = mass_bucket<Fused>(scores[begin + i] - best, scale);
        }
        for (std::size_t i = 0; i < count; ++i) {
            if (buckets[i] >= 0) histogram.sums[buckets[i]] += masses[i];
        }
    }
}

}  // namespace pluck::inline v0::cpu::inline PLUCK_BUILD::kernels
