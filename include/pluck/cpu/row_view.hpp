// SPDX-License-Identifier: MIT
//
// A row of floats as the loops and searches see it.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_ROW_BUILD {

/// The kept part of a row: the elements above `score`, and those that equal it before the place `ties_end`.
struct kept_part {
    std::int32_t score = 1 - detail::ordered_infinity;  ///< ordered; never -infinity's, which no token keeps
    std::size_t ties_end = ~std::size_t{0};
};

/// What adjusters have done to a row: words of bits, one for each block, a bit for each token.
struct edited_scores {
    const std::uint64_t* marks = nullptr;      ///< which tokens have moved; null: none has
    const float* scores = nullptr;             ///< [size], where to; valid where the bit is set
    const std::uint64_t* forbidden = nullptr;  ///< which are -infinity, whether they have moved or not; null: none is

    [[nodiscard]] PLUCK_TAGGED std::uint64_t moved_of(std::size_t block) const noexcept {
        return marks != nullptr ? marks[block] : 0;
    }
    [[nodiscard]] PLUCK_TAGGED std::uint64_t forbidden_of(std::size_t block) const noexcept {
        return forbidden != nullptr ? forbidden[block] : 0;
    }
};

/// The tokens that have moved, each once.
struct moved_tokens {
    std::int32_t* places = nullptr;  ///< [count]
    float* logits = nullptr;         ///< [count], what each had before
    std::size_t count = 0;
};

/// Converts contiguous 16-bit logits to floats.
using widen_function = void (*)(const std::uint16_t* logits, std::size_t count, float* scores) noexcept;

/// A row as the loops see it: its scores, the best ordered score of each block, and which part is kept. Where `narrow`
/// is not null, it has the scores as halves or bfloat16, and `gather` converts the blocks that it reads by `widen`: a
/// function pointer, so that a program without such rows contains none of that code.
struct row_view {
    const float* scores;
    std::size_t size;
    const std::int32_t* block_best;
    kept_part kept;
    const std::uint16_t* narrow = nullptr;
    widen_function widen = nullptr;
    edited_scores edited = {};  ///< what `gather` takes instead of `scores`, and what it leaves out

    /// Whether nothing was cut off: whatever is not kept is -infinity. Both have to be compared, since a cut may lie
    /// among ties of the lowest score.
    [[nodiscard]] PLUCK_TAGGED bool keeps_all() const noexcept {
        return kept.score == kept_part{}.score && kept.ties_end >= size;
    }
};

/// What one pass over a row's bits finds. If there is a NaN, only that.
struct extremes {
    std::int32_t best = (std::numeric_limits<std::int32_t>::min)();  ///< largest ordered score
    std::int32_t lowest = 0;  ///< none is below: the least below 0, if any; or -infinity, if nothing is known
    bool nan = false;
};

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD
