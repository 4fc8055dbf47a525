// SPDX-License-Identifier: MIT
//
// The loops of rows of which adjusters have moved some scores: see deferred.hpp. As in blocks.hpp, each is a struct
// whose run() is inlined into one function for each instruction set.
#pragma once

#include <pluck/cpu/isa/vectors.hpp>
#include <pluck/cpu/kernels/blocks.hpp>
#include <pluck/cpu/kernels/masked.hpp>
#include <pluck/cpu/kernels/widen.hpp>
#include <pluck/cpu/row_view.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/detail/scalar.hpp>
#include <pluck/workspace.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_BUILD { namespace kernels {

/// A block as floats; at the end of the row it may be short.
template <class Isa, class Format>
PLUCK_ALWAYS_INLINE void copy_block(const stored<Format>* logits, std::size_t count, float* scores) noexcept {
    if constexpr (!std::same_as<Format, float>) {
        if (count >= block_size) widen_block<Isa, Format>(logits, scores);
        else widen<Format>::template run<Isa>(logits, count, scores);
    } else if (count >= block_size) {
        __builtin_memcpy(scores, logits, block_size * sizeof(float));
    } else {
        for (std::size_t i = 0; i < count; ++i) scores[i] = logits[i];
    }
}

/// The same as adjusters have left it: block `block` of the row. The scores that were moved may lie where the block is
/// copied to, and so may the logits.
template <class Isa, class Format>
PLUCK_ALWAYS_INLINE void copy_edited_block(const stored<Format>* logits, std::size_t count, std::size_t block,
                                           const edited_scores& edited, float* scores) noexcept {
    std::uint64_t moved = edited.moved_of(block);
    float kept[block_size];
    if (moved != 0) copy_block<Isa, float>(edited.scores + block * block_size, count, &kept[0]);
    copy_block<Isa, Format>(logits, count, scores);
    for (; moved != 0; moved &= moved - 1) {
        const auto i = static_cast<std::size_t>(__builtin_ctzll(moved));
        scores[i] = kept[i];
    }
    std::uint64_t forbidden = edited.forbidden_of(block);
    if (forbidden == 0) return;
    if (count >= block_size) {
        const masked_logits<float> masked = masked_floats(scores, edited.forbidden + block);
        for (std::size_t i = 0; i < block_size; i += lanes_of<Isa>) {
            ints_of<Isa> some;
            load_held<Isa>(some, masked + i);
            __builtin_memcpy(scores + i, &some, sizeof some);
        }
    } else {
        for (; forbidden != 0; forbidden &= forbidden - 1) scores[__builtin_ctzll(forbidden)] = detail::minus_infinity;
    }
}

/// Copies the blocks whose best score is in [low, high), as floats.
template <class Format>
struct copy_blocks {
    static constexpr bool uses_avx512 = true;

    template <class Isa>
    PLUCK_ALWAYS_INLINE static void run(const stored<Format>* logits, std::size_t size, const std::int32_t* block_best,
                                        std::int32_t low, std::int32_t high, const edited_scores& from,
                                        float* scores) noexcept {
        const edited_scores edited = from;  // no store below can change it
        const std::size_t all = blocks_of(size);
        for (std::size_t first = 0; first < all; first += block_size) {
            std::uint64_t blocks =
                blocks_reaching<Isa>(block_best, first, all, low) & ~blocks_reaching<Isa>(block_best, first, all, high);
            for (; blocks != 0; blocks &= blocks - 1) {
                const std::size_t block = first + static_cast<std::size_t>(__builtin_ctzll(blocks));
                const std::size_t begin = block * block_size;
                if ((edited.moved_of(block) | edited.forbidden_of(block)) == 0) [[likely]]
                    copy_block<Isa, Format>(logits + begin, size - begin, scores + begin);
                else copy_edited_block<Isa, Format>(logits + begin, size - begin, block, edited, scores + begin);
            }
        }
    }
};

/// Makes what a scan of the logits has found what a scan of the scores would find. If a score that was moved is a NaN,
/// only that. Overwrites the places.
template <class Format>
struct scan_moved {
    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static extremes run(const stored<Format>* logits, std::size_t size,
                                                          const edited_scores& from, const moved_tokens& all,
                                                          std::int32_t* block_best,
                                                          const extremes& of_logits) noexcept {
        const edited_scores edited = from;  // no store below can change them
        const moved_tokens moved = all;
        extremes seen = of_logits;
        // A block that may have lost its best score is looked at anew: when all tokens have been seen, so that none is
        // looked at twice, in whatever order they come.
        std::size_t lost = 0;
        bool lost_best = false;
        for (std::size_t n = 0; n < moved.count; ++n) {
            const auto i = static_cast<std::size_t>(moved.places[n]);
            const std::int32_t logit = detail::ordered(moved.logits[n]);
            const std::int32_t score = detail::ordered(edited.scores[i]);
            std::int32_t& best = block_best[i / block_size];
            if ((edited.forbidden_of(i / block_size) >> (i % block_size) & 1u) != 0) continue;
            seen.nan = seen.nan || score > detail::ordered_infinity || score < -detail::ordered_infinity;
            seen.lowest = score < seen.lowest ? score : seen.lowest;
            if (best == unknown) continue;
            if (score >= best) {
                best = score;
                seen.best = score > seen.best ? score : seen.best;
            } else if (logit == best) {
                best = unknown;
                moved.places[lost++] = static_cast<std::int32_t>(i / block_size);
                lost_best = lost_best || logit == of_logits.best;
            }
        }
        for (std::size_t n = 0; n < lost; ++n) {
            const auto block = static_cast<std::size_t>(moved.places[n]);
            block_best[block] = best_of_block<Isa>(logits, size, edited, block);
            seen.best = block_best[block] > seen.best ? block_best[block] : seen.best;
        }
        if (lost_best) {
            seen.best = block_best[0];
            for (std::size_t block = 1; block < blocks_of(size); ++block)
                seen.best = block_best[block] > seen.best ? block_best[block] : seen.best;
        }
        return seen;
    }

private:
    static constexpr std::int32_t unknown = (std::numeric_limits<std::int32_t>::min)();  // no score's

    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::int32_t best_of_block(const stored<Format>* logits, std::size_t size,
                                                                        const edited_scores& edited,
                                                                        std::size_t block) noexcept {
        const std::size_t begin = block * block_size;
        float scores[block_size];
        for (std::size_t i = size - begin; i < block_size; ++i) scores[i] = detail::minus_infinity;
        copy_edited_block<Isa, Format>(logits + begin, size - begin, block, edited, &scores[0]);
        ints best = (std::numeric_limits<std::int32_t>::min)() - ints{};
        for (std::size_t i = 0; i < block_size; i += lanes) {
            ints bits;
            load_lanes(bits, &scores[i]);
            raise(best, bits < 0 ? -(bits & 0x7fffffff) : bits);
        }
        return largest_of(best);
    }
};

}}}}}  // namespace pluck::v0::cpu::PLUCK_BUILD::kernels
