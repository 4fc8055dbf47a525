// SPDX-License-Identifier: MIT
//
// The envelope of the draw by rejection: docs/draw.md, section 4. A row that was not copied has its blocks already,
// since the envelope's blocks are the row's; for a copied one, the few blocks that hold its tokens are listed.
#pragma once

#include <pluck/cpu/kernels/blocks.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/row/concept.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_ROW_BUILD {

static_assert(envelope_block == block_size);

/// Lists the blocks of the envelope that have kept tokens, with the best kept score of each, and counts them.
///
/// Parameters.   row     the row; its element i is the token tokens[i], or i if tokens is null
///               best    [blocks at most], in: room, out: scores
///               ids     [blocks at most], likewise: which block; ascending
[[nodiscard]] inline std::size_t envelope_of(const row_view& row, const std::int32_t* tokens, float* best,
                                             std::int32_t* ids) noexcept {
    std::size_t count = 0;
    for (std::size_t begin = 0, block = 0; begin < row.size; begin += block_size, ++block) {
        const std::int32_t score = row.block_best[block];
        if (score < row.kept.score) continue;
        if (tokens == nullptr) {
            const bool ties_end = score == row.kept.score && row.kept.ties_end < row.size;
            if (ties_end && kernels::kept_of_block(row, begin) == 0) continue;
            best[count] = detail::float_of(score);
            ids[count++] = static_cast<std::int32_t>(block);
            continue;
        }
        for (std::uint64_t kept = kernels::kept_of_block(row, begin); kept != 0; kept &= kept - 1) {
            const std::size_t i = begin + static_cast<std::size_t>(__builtin_ctzll(kept));
            const std::int32_t id = tokens[i] / std::int32_t{envelope_block};
            if (count == 0 || ids[count - 1] != id) {
                best[count] = row.scores[i];
                ids[count++] = id;
            } else if (detail::ordered(row.scores[i]) > detail::ordered(best[count - 1])) {
                best[count - 1] = row.scores[i];
            }
        }
    }
    return count;
}

/// The index of a token among those of a row, `count` if it is not there; where `tokens` is null, all tokens are.
[[nodiscard]] inline std::size_t place_among(const std::int32_t* tokens, std::size_t count,
                                             std::int32_t token) noexcept {
    if (tokens == nullptr) return static_cast<std::size_t>(token);
    std::size_t first = 0;  // by halves: the first place of which the token is not lower
    for (std::size_t left = count; left > 0;) {
        const std::size_t half = left / 2;
        const bool lower = tokens[first + half] < token;
        first += lower ? half + 1 : 0;
        left = lower ? left - half - 1 : half;
    }
    return first != count && tokens[first] == token ? first : count;
}

/// A proposal: a token, accepted if its mass exceeds the height.
struct proposal {
    std::int32_t token;
    std::uint64_t height;
};

struct envelope {
    std::uint64_t* ends;      ///< [count], first the heights of the blocks, then where the area of each ends
    const std::int32_t* ids;  ///< [count]; null: i
    std::size_t count;

    /// Replaces heights by ends; returns the area of all blocks.
    [[nodiscard]] std::uint64_t add_up() const noexcept {
        std::uint64_t area = 0;
        for (std::size_t i = 0; i < count; ++i) ends[i] = area += envelope_block * ends[i];
        return area;
    }

    /// The proposals at points of [0, area).
    template <std::size_t Count>
    void at(const std::uint64_t (&points)[Count], proposal (&hits)[Count]) const noexcept {
        // The first block that ends after a point, by bisection without a branch, which could not be predicted. All
        // proposals take each step together, so that their loads overlap.
        const std::uint64_t* block[Count];
        for (const std::uint64_t*& each : block) each = ends;
        for (std::size_t left = count; left > 1;) {
            const std::size_t half = left / 2;
            for (std::size_t i = 0; i < Count; ++i) {
                block[i] += half & (std::size_t{0} - static_cast<std::size_t>(block[i][half - 1] <= points[i]));
            }
            left -= half;
        }
        for (std::size_t i = 0; i < Count; ++i) {
            const std::uint64_t rest = block[i] == ends ? points[i] : points[i] - block[i][-1];
            const auto id = ids != nullptr ? ids[block[i] - ends] : static_cast<std::int32_t>(block[i] - ends);
            hits[i] = {id * std::int32_t{envelope_block} + static_cast<std::int32_t>(rest % envelope_block),
                       rest / envelope_block};
        }
    }
};

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD
