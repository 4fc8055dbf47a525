// SPDX-License-Identifier: MIT
//
// The loops that copy the kept tokens, or a part of them, in order.
#pragma once

#include <pluck/cpu/isa/vectors.hpp>
#include <pluck/cpu/kernels/blocks.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_BUILD { namespace kernels {

/// Writes the first Count elements whose bits are set to `scores` and `places`; what follows the last one is garbage.
template <std::size_t... Counts>
PLUCK_ALWAYS_INLINE void put(const float* block, std::size_t begin, std::uint64_t& bits, float* scores,
                             std::int32_t* places, std::index_sequence<Counts...>) noexcept {
    std::size_t at = 0;
    ((at = static_cast<std::size_t>(__builtin_ctzll(bits | std::uint64_t{1} << (block_size - 1))), bits &= bits - 1,
      scores[Counts] = block[at], places[Counts] = static_cast<std::int32_t>(begin + at)),
     ...);
}

/// So many scores of any row as floats, of one block: where they lie, or put into `room`. What is forbidden is not
/// taken into account.
[[nodiscard]] PLUCK_ALWAYS_INLINE const float* scores_at(const row_view& row, std::size_t begin, std::size_t count,
                                                         float* room) noexcept {
    if (row.narrow != nullptr) {
        row.widen(row.narrow + begin, count, room);
        return room;
    }
    std::uint64_t moved = row.edited.moved_of(begin / block_size);
    if (moved == 0) [[likely]]
        return row.scores + begin;
    if (count == block_size) __builtin_memcpy(room, row.scores + begin, block_size * sizeof(float));
    else
        for (std::size_t i = 0; i < count; ++i) room[i] = row.scores[begin + i];
    for (; moved != 0; moved &= moved - 1) {
        const auto i = static_cast<std::size_t>(__builtin_ctzll(moved));
        room[i] = row.edited.scores[begin + i];
    }
    return room;
}

/// The block that begins there as a row of its own, without its best score. It may be the row's last one, and short.
[[nodiscard]] PLUCK_ALWAYS_INLINE row_view block_of(const row_view& row, std::size_t begin, float* room) noexcept {
    row_view block{row.scores + begin, block_end(begin, row.size) - begin, nullptr, row.kept};
    block.kept.ties_end -= block.kept.ties_end < begin ? block.kept.ties_end : begin;
    block.scores = scores_at(row, begin, block.size, room);
    return block;
}

/// Copies the kept scores below `high` and their places, in order, and counts them; gives up after the block in which
/// there are more than `limit`.
struct gather {
    static constexpr bool uses_avx512 = true;

    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::size_t run(const row_view& from, std::int32_t high, std::size_t limit,
                                                             float* scores, std::int32_t* places) noexcept {
        const row_view row = from;  // no store below can change it
        std::size_t found = 0;
        for (std::size_t first = 0; first < blocks_of(row.size) && found <= limit; first += block_size) {
            add_blocks<Isa>(row, high, first, limit, scores, places, found);
        }
        return found;
    }

private:
    /// The same for 64 blocks, appended to what was found before. Two loops: the first for all blocks but those at the
    /// end of the row and those after the end of the ties.
    template <class Isa>
    PLUCK_ALWAYS_INLINE static void add_blocks(const row_view& row, std::int32_t high, std::size_t first,
                                               std::size_t limit, float* scores, std::int32_t* places,
                                               std::size_t& found) noexcept {
        const std::size_t last = row.size < step ? 0 : row.size - step;
        const std::size_t plain = (row.kept.ties_end < last ? row.kept.ties_end : last) / block_size;
        const threshold least(row.kept.score);
        alignas(64) float room[block_size];
        std::uint64_t blocks = blocks_reaching<Isa>(row.block_best, first, blocks_of(row.size), row.kept.score);
        for (; blocks != 0 && found <= limit; blocks &= blocks - 1) {
            const std::size_t block = first + static_cast<std::size_t>(__builtin_ctzll(blocks));
            if (block >= plain) break;
            const std::size_t begin = block * block_size;
            const float* logits = scores_at(row, begin, block_size, &room[0]);
            std::uint64_t kept = bits_above<Isa>(logits, least.flip, least.above) ^ least.inverted();
            if (row.block_best[block] >= high) kept &= ~reaching<Isa>(logits, 0, block_size, high);
            kept &= ~row.edited.forbidden_of(block);
            // Three at a time, whether there are three or not: no branch predictor can know how many there are. There
            // is room: no more were found than elements precede the block, and `step` follow it.
            const auto here = static_cast<std::size_t>(__builtin_popcountll(kept));
            put(logits, begin, kept, scores + found, places + found, std::make_index_sequence<step>());
            for (std::size_t i = step; i < here; i += step) {
                put(logits, begin, kept, scores + found + i, places + found + i, std::make_index_sequence<step>());
            }
            found += here;
        }
        for (; blocks != 0 && found <= limit; blocks &= blocks - 1) {
            const std::size_t begin = (first + static_cast<std::size_t>(__builtin_ctzll(blocks))) * block_size;
            if (row.block_best[begin / block_size] < least_of_block(row.kept, begin)) continue;
            const row_view block = block_of(row, begin, &room[0]);
            std::uint64_t kept = kept_of_block<Isa>(block, 0);
            if (row.block_best[begin / block_size] >= high) kept &= ~reaching<Isa>(block.scores, 0, block.size, high);
            kept &= ~row.edited.forbidden_of(begin / block_size);
            for (; kept != 0; kept &= kept - 1) {
                const auto at = static_cast<std::size_t>(__builtin_ctzll(kept));
                scores[found] = block.scores[at];
                places[found++] = static_cast<std::int32_t>(begin + at);
            }
        }
    }

    static constexpr std::size_t step = 3;
};

/// Makes ordered integers of scores.
struct order {
    template <class Isa>
    PLUCK_ALWAYS_INLINE static void run(const float* scores, std::size_t count, std::int32_t* ordered) noexcept {
        std::size_t i = 0;
        for (; i + lanes <= count; i += lanes) {  // a constant trip count vectorises also at -O2
            for (std::size_t lane = 0; lane < lanes; ++lane) ordered[i + lane] = detail::ordered(scores[i + lane]);
        }
        for (; i < count; ++i) ordered[i] = detail::ordered(scores[i]);
    }
};

/// Makes scores of ordered integers.
struct scores_of {
    template <class Isa>
    PLUCK_ALWAYS_INLINE static void run(const std::int32_t* ordered, std::size_t count, float* scores) noexcept {
        std::size_t i = 0;
        for (; i + lanes <= count; i += lanes) {
            for (std::size_t lane = 0; lane < lanes; ++lane) scores[i + lane] = detail::float_of(ordered[i + lane]);
        }
        for (; i < count; ++i) scores[i] = detail::float_of(ordered[i]);
    }
};

/// Of gathered scores and their places, moves to the front those above `score` and the first `ties` that equal it, in
/// order. Returns how many there are.
struct compact {
    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::size_t run(float* scores, std::int32_t* places, std::size_t count,
                                                             std::int32_t score, std::uint64_t ties) noexcept {
        std::size_t left = 0;
        for (std::size_t begin = 0; begin < count; begin += block_size) {
            std::uint64_t kept = reaching<Isa>(scores, begin, count, score);
            const std::uint64_t above = reaching<Isa>(scores, begin, count, score + 1);
            for (std::uint64_t equal = kept & ~above; equal != 0; equal &= equal - 1) {
                if (ties > 0) --ties;
                else kept &= ~(equal & -equal);
            }
            for (; kept != 0; kept &= kept - 1) {  // in place: a write never overtakes its read
                const std::size_t i = begin + static_cast<std::size_t>(__builtin_ctzll(kept));
                scores[left] = scores[i];
                places[left++] = places[i];
            }
        }
        return left;
    }
};

}}}}}  // namespace pluck::v0::cpu::PLUCK_BUILD::kernels
