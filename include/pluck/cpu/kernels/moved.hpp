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
#include <utility>

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
class scan_moved {
public:
    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static extremes run(const stored<Format>* logits, std::size_t size,
                                                          const edited_scores& edited, const moved_tokens& moved,
                                                          std::int32_t* block_best,
                                                          const extremes& of_logits) noexcept {
        scan_moved scan(edited, moved, block_best, of_logits);
        std::size_t n = 0;
        if (edited.forbidden == nullptr) {
            for (; n + lanes <= moved.count; n += lanes) scan.template look_at_eight<Isa>(n);
        }
        for (; n < moved.count; ++n) scan.look_at(n);
        scan.template finish<Isa>(logits, size);
        return scan.seen_;
    }

private:
    PLUCK_ALWAYS_INLINE scan_moved(const edited_scores& edited, const moved_tokens& moved, std::int32_t* block_best,
                                   const extremes& of_logits) noexcept
        : edited_(edited),
          moved_(moved),
          block_best_(block_best),
          of_logits_(of_logits),
          seen_(of_logits),
          most_(of_logits.best - ints{}),
          least_(of_logits.lowest - ints{}) {}

    [[nodiscard]] PLUCK_ALWAYS_INLINE std::size_t place(std::size_t n) const noexcept {
        return static_cast<std::size_t>(moved_.places[n]);
    }

    /// What the n-th token that has moved changes.
    PLUCK_ALWAYS_INLINE void look_at(std::size_t n) noexcept {
        const std::size_t i = place(n), block = i / block_size;
        if ((edited_.forbidden_of(block) >> (i % block_size) & 1u) != 0) return;
        const std::int32_t score = detail::ordered(edited_.scores[i]);
        most_[0] = score > most_[0] ? score : most_[0];
        least_[0] = score < least_[0] ? score : least_[0];
        raise_or_lose(n, score);
    }

    /// The same of eight. Of few blocks the best score changes, and then each of the eight is asked for it in turn,
    /// since two of them may be of one block.
    template <class Isa>
    PLUCK_ALWAYS_INLINE void look_at_eight(std::size_t n) noexcept {
        ints score, best, logit;
        gather_eight(score, best, n, std::make_index_sequence<lanes>());
        load_lanes(logit, moved_.logits + n);
        score = score < 0 ? -(score & 0x7fffffff) : score;
        logit = logit < 0 ? -(logit & 0x7fffffff) : logit;
        raise(most_, score);
        least_ = score < least_ ? score : least_;
        if (!any_negative<Isa>(score >= best || logit == best)) return;
        for (std::size_t k = n; k < n + lanes; ++k) raise_or_lose(k, detail::ordered(edited_.scores[place(k)]));
    }
    template <std::size_t... Lanes>
    PLUCK_ALWAYS_INLINE void gather_eight(ints& bits, ints& best, std::size_t n,
                                          std::index_sequence<Lanes...>) const noexcept {
        bits = ints{detail::bits_as<std::int32_t>(edited_.scores[place(n + Lanes)])...};
        best = ints{block_best_[place(n + Lanes) / block_size]...};
    }

    /// A block that may have lost its best score is looked at anew: when all tokens have been seen, so that none is
    /// looked at twice, in whatever order they come.
    PLUCK_ALWAYS_INLINE void raise_or_lose(std::size_t n, std::int32_t score) noexcept {
        const std::size_t block = place(n) / block_size;
        std::int32_t& best = block_best_[block];
        if (best == unknown) return;
        const std::int32_t logit = detail::ordered(moved_.logits[n]);
        if (score >= best) {
            best = score;
            seen_.best = score > seen_.best ? score : seen_.best;
        } else if (logit == best) {
            best = unknown;
            moved_.places[lost_++] = static_cast<std::int32_t>(block);
            lost_best_ = lost_best_ || logit == of_logits_.best;
        }
    }

    template <class Isa>
    PLUCK_ALWAYS_INLINE void finish(const stored<Format>* logits, std::size_t size) noexcept {
        const std::int32_t lowest = -largest_of(-least_);
        seen_.nan = seen_.nan || largest_of(most_) > detail::ordered_infinity || lowest < -detail::ordered_infinity;
        seen_.lowest = lowest;
        for (std::size_t n = 0; n < lost_; ++n) {
            const std::size_t block = place(n);
            block_best_[block] = best_of_block<Isa>(logits, size, block);
            seen_.best = block_best_[block] > seen_.best ? block_best_[block] : seen_.best;
        }
        if (lost_best_) {
            seen_.best = block_best_[0];
            for (std::size_t block = 1; block < blocks_of(size); ++block)
                seen_.best = block_best_[block] > seen_.best ? block_best_[block] : seen_.best;
        }
    }

    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE std::int32_t best_of_block(const stored<Format>* logits, std::size_t size,
                                                                 std::size_t block) const noexcept {
        const std::size_t begin = block * block_size;
        float scores[block_size];
        for (std::size_t i = size - begin; i < block_size; ++i) scores[i] = detail::minus_infinity;
        copy_edited_block<Isa, Format>(logits + begin, size - begin, block, edited_, &scores[0]);
        ints best = (std::numeric_limits<std::int32_t>::min)() - ints{};
        for (std::size_t i = 0; i < block_size; i += lanes) {
            ints bits;
            load_lanes(bits, &scores[i]);
            raise(best, bits < 0 ? -(bits & 0x7fffffff) : bits);
        }
        return largest_of(best);
    }

    static constexpr std::int32_t unknown = (std::numeric_limits<std::int32_t>::min)();  // no score's

    const edited_scores edited_;  // not a reference: no store can change them
    const moved_tokens moved_;
    std::int32_t* const block_best_;
    const extremes of_logits_;
    extremes seen_;
    ints most_, least_;  // the extremes, in which lane is left open
    std::size_t lost_ = 0;
    bool lost_best_ = false;
};

}}}}}  // namespace pluck::v0::cpu::PLUCK_BUILD::kernels
