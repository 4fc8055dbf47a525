// SPDX-License-Identifier: MIT
//
// The loops over a whole row, written once as C++ that compilers vectorise. Each is a struct whose run() is inlined
// into one function for each instruction set (isa/dispatch.hpp), so nothing in here may be called out of line, and no
// lambda appears. `Isa` is that instruction set: its fused multiply-add, and what else it has (isa/instructions.hpp).
// The other files of this folder hold more of them. One with a member `uses_avx512` is built for AVX-512, too.
#pragma once

#include <pluck/cpu/isa/instructions.hpp>
#include <pluck/cpu/isa/vectors.hpp>
#include <pluck/cpu/row_view.hpp>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_BUILD { namespace kernels {

[[nodiscard]] PLUCK_ALWAYS_INLINE std::size_t block_end(std::size_t begin, std::size_t size) noexcept {
    return size - begin < block_size ? size : begin + block_size;
}

/// A score above -infinity, as a limit for the bits of a logit: `((bits ^ flip) > above) ^ invert` says whether the
/// logit is at least that score. If the score is above 0, bits compare as they are; else magnitudes do, and the result
/// is inverted.
struct threshold {
    std::uint32_t flip;
    std::int32_t above;
    std::uint32_t invert;

    PLUCK_ALWAYS_INLINE explicit threshold(std::int32_t score) noexcept
        : flip(score > 0 ? 0 : 0x80000000u), above(score > 0 ? score - 1 : -score), invert(score > 0 ? 0 : ~0u) {}

    [[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t inverted() const noexcept {
        return invert == 0 ? 0 : ~std::uint64_t{0};
    }
};

/// Bit i is set if scores[begin + i] is at least this ordered score, which is above -infinity's. For one block.
template <class Isa = native>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t reaching(const float* scores, std::size_t begin, std::size_t size,
                                                         std::int32_t score) noexcept {
    if (size - begin >= block_size) {
        const threshold least(score);
        return bits_above<Isa>(scores + begin, least.flip, least.above) ^ least.inverted();
    }
    std::uint64_t found = 0;
    std::size_t i = begin;
    if constexpr (makes_bits<Isa>) {
        if (size - begin >= 4 * lanes) {
            const threshold least(score);
            found = bits_of_four<Isa>(scores + begin, least.flip, least.above) ^ least.invert;
            i += 4 * lanes;
        }
    }
    for (; i < size; ++i) found |= std::uint64_t{detail::ordered(scores[i]) >= score} << (i - begin);
    return found;
}

/// Bit i of 64 is set if block first + i has a score of at least this.
template <class Isa = native>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t blocks_reaching(const std::int32_t* block_best, std::size_t first,
                                                                std::size_t all, std::int32_t score) noexcept {
    if (all - first >= block_size) return bits_above<Isa>(block_best + first, 0, score - 1);
    std::uint64_t found = 0;
    for (std::size_t i = first; i < all; ++i) found |= std::uint64_t{block_best[i] >= score} << (i - first);
    return found;
}

/// Bit i is set if scores[begin + i] is kept.
template <class Isa = native>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t kept_of_block(const row_view& row, std::size_t begin) noexcept {
    if (begin + block_size <= row.kept.ties_end) return reaching<Isa>(row.scores, begin, row.size, row.kept.score);
    const std::uint64_t above = reaching<Isa>(row.scores, begin, row.size, row.kept.score + 1);
    if (begin >= row.kept.ties_end) return above;
    const std::uint64_t early = (std::uint64_t{1} << (row.kept.ties_end - begin)) - 1;
    return above | (reaching<Isa>(row.scores, begin, row.size, row.kept.score) & early);
}

/// The least score that a kept token of the block can have. A block whose best tokens only tie with the cut, and come
/// after the last tie that is kept, has none.
[[nodiscard]] PLUCK_ALWAYS_INLINE std::int32_t least_of_block(const kept_part& kept, std::size_t begin) noexcept {
    return kept.score + (begin < kept.ties_end ? 0 : 1);
}

/// The index of the first element with the row's best score.
struct place_of_best {
    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::size_t run(const row_view& row, std::int32_t best) noexcept {
        const std::size_t all = blocks_of(row.size);
        for (std::size_t first = 0; first < all; first += block_size) {
            const std::uint64_t blocks = blocks_reaching<Isa>(row.block_best, first, all, best);
            if (blocks == 0) continue;
            const std::size_t begin = (first + static_cast<std::size_t>(__builtin_ctzll(blocks))) * block_size;
            const std::uint64_t elements = reaching<Isa>(row.scores, begin, row.size, best);
            return begin + static_cast<std::size_t>(__builtin_ctzll(elements));
        }
        return row.size;
    }
};

/// How many tokens are kept; gives up after the block in which there are more than `limit`.
struct count {
    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::size_t run(const row_view& row, std::size_t limit) noexcept {
        std::size_t found = 0;
        const std::size_t all = blocks_of(row.size);
        for (std::size_t first = 0; first < all; first += block_size) {
            for (std::uint64_t blocks = blocks_reaching<Isa>(row.block_best, first, all, row.kept.score); blocks != 0;
                 blocks &= blocks - 1) {
                const std::size_t block = first + static_cast<std::size_t>(__builtin_ctzll(blocks));
                if (row.block_best[block] < least_of_block(row.kept, block * block_size)) continue;
                found += static_cast<std::size_t>(__builtin_popcountll(kept_of_block<Isa>(row, block * block_size)));
                if (found > limit) return found;
            }
        }
        return found;
    }
};

/// The index after the n-th kept token of this score, n >= 1; 0 if there are fewer. Where block_mass is not null, adds
/// the mass of each of the n to that of its block.
struct end_of_ties {
    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::size_t run(const row_view& from, std::int32_t score, std::uint64_t n,
                                                             std::uint64_t mass, std::uint64_t* block_mass) noexcept {
        const row_view row = from;
        const std::size_t all = blocks_of(row.size);
        for (std::size_t first = 0; first < all; first += block_size) {
            for (std::uint64_t blocks = blocks_reaching<Isa>(row.block_best, first, all, score); blocks != 0;
                 blocks &= blocks - 1) {
                const std::size_t block = first + static_cast<std::size_t>(__builtin_ctzll(blocks));
                const std::size_t begin = block * block_size;
                std::uint64_t ties = kept_of_block<Isa>(row, begin);
                if (score > row.kept.score) ties &= reaching<Isa>(row.scores, begin, row.size, score);
                if (row.block_best[block] > score) ties &= ~reaching<Isa>(row.scores, begin, row.size, score + 1);
                const auto here = static_cast<std::uint64_t>(__builtin_popcountll(ties));
                if (block_mass != nullptr) block_mass[block] += (here < n ? here : n) * mass;
                if (here < n) {
                    n -= here;
                    continue;
                }
                for (; n > 1; --n) ties &= ties - 1;
                return begin + static_cast<std::size_t>(__builtin_ctzll(ties)) + 1;
            }
        }
        return 0;
    }
};

/// Adds to the lanes of `found` how many scores are above this, over the lanes of each of Steps; in which lane is left
/// open.
template <std::size_t... Steps>
PLUCK_ALWAYS_INLINE void count_above(ints& found, const std::int32_t* scores, const ints& above,
                                     std::index_sequence<Steps...>) noexcept {
    ints some;
    ((load_lanes(some, scores + lanes * Steps), found -= ints(some > above)), ...);
}

/// The number of blocks that have a score of at least this.
template <class Isa>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::size_t count_blocks(const std::int32_t* block_best, std::size_t blocks,
                                                           std::int32_t score) noexcept {
    const ints above = (score - 1) - ints{};
    ints found = {};
    std::size_t i = 0;
    if constexpr (!plain<Isa>) {
        constexpr std::make_index_sequence<block_size / lanes> steps;  // g++ -O2 unrolls no loop
        for (; i + block_size <= blocks; i += block_size) count_above(found, block_best + i, above, steps);
    }
    for (; i + lanes <= blocks; i += lanes) count_above(found, block_best + i, above, std::index_sequence<0>());
    std::int32_t reached = 0;
    for (std::size_t lane = 0; lane < lanes; ++lane) reached += found[lane];
    for (; i < blocks; ++i) reached += block_best[i] >= score ? 1 : 0;
    return static_cast<std::size_t>(reached);
}

/// A score that at least k blocks reach, and not many more; `low` if fewer than k blocks reach it.
struct reach {
    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::int32_t run(const std::int32_t* block_best, std::size_t blocks,
                                                              std::size_t k, std::int32_t low,
                                                              std::int32_t high) noexcept {
        // Down from the best in doubling steps. Then interpolation in turn with bisection: the logarithm of the count
        // is nearly a straight line. Mostly half a dozen passes.
        const float wanted = about_log(k + k / 32);
        float at_low = 0, at_high = about_log(0);  // logarithms of the counts
        bool bracketed = false, guess = true;
        for (std::int64_t step = std::int64_t{1} << 20; low < high;) {
            std::int64_t probe = (std::int64_t{low} + high + 1) >> 1;
            if (!bracketed && high - step > probe) probe = high - step;
            if (bracketed && guess) {
                const float part = (wanted - at_high) / (at_low - at_high);  // of the way down from `high`
                const float down = static_cast<float>(std::int64_t{high} - low) * part;
                probe = high - static_cast<std::int64_t>(down > 0 ? down : 0);
                probe = probe <= low ? low + std::int64_t{1} : probe;
            }
            guess = !bracketed || !guess;
            const auto score = static_cast<std::int32_t>(probe);
            const std::size_t reached = count_blocks<Isa>(block_best, blocks, score);
            if (reached >= k) {
                low = score;
                at_low = about_log(reached);
                bracketed = true;
                if (reached - k <= k / 16) break;
            } else {
                high = score - 1;
                at_high = about_log(reached);
                if (high - step > low) step *= 2;
            }
        }
        return low;
    }

private:
    /// The logarithm to base 2, up to a constant, piecewise linear.
    [[nodiscard]] PLUCK_ALWAYS_INLINE static float about_log(std::size_t count) noexcept {
        return static_cast<float>(detail::bits_as<std::int32_t>(static_cast<float>(count + 1)));
    }
};

}}}}}  // namespace pluck::v0::cpu::PLUCK_BUILD::kernels
