// SPDX-License-Identifier: MIT
//
// The first look at a row: the best score of it and of each strip, and whether it has a NaN.
#pragma once

#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/generic/row_shard.cuh>
#include <pluck/cuda/generic/source.cuh>
#include <pluck/cuda/geometry.cuh>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

/// Hands the best scores of the own strips to the other blocks, and returns the row's: see operations::scan. A function
/// of its own, so that what it needs takes no registers from the loop before it.
template <class Source, class Team>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::uint64_t share_best_of_strips(Team team, progress now,
                                                                                     bool again, std::int32_t best,
                                                                                     std::uint32_t worst) noexcept {
    const row_shard<Team, Source> row(team);
    const span_of mine(row.shape.strips, team.warp(), Team::warps);
    if (team.blocks() > 1) {  // nothing is written to another block before it has started
        if (!again) team.wait_for_start();
        team.warp_sync();
        const std::uint32_t count = mine.end - mine.begin;
        for (std::uint32_t i = team.lane(); i < count * team.blocks(); i += Team::lanes) {
            std::int32_t* own = row.own_best() + mine.begin + i % count;
            if (i / count != team.block()) *team.at(own, i / count) = *own;
        }
    }
    // As an unsigned number, every NaN with a sign is beyond -infinity.
    const bool negative_nan = team.ballot(worst > detail::bits_as<std::uint32_t>(detail::minus_infinity)) != 0;
    const bool nan = negative_nan || best > detail::ordered_infinity;
    const std::uint64_t found =
        row.largest((std::uint64_t{nan} << 32) | (static_cast<std::uint32_t>(best) ^ 0x80000000u), now);
    return found ^ 0x80000000u;
}

namespace operations {

/// Reads the row. In the result, bits 0 to 31 are the best ordered score, and bit 32 is set if there is a NaN.
struct scan {
    static constexpr bool takes_turn = true;
    std::uint32_t is_copied;     ///< whether the row is in the block's own memory already
    std::uint32_t is_again = 0;  ///< whether it has been read before, and all blocks have waited for each other since

    template <class Shard>
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t run(const Shard& row, progress now) const noexcept {
        using team_type = typename Shard::team_type;
        const team_type& team = row.team;
        const bool copied = is_copied != 0;
        const bool again = is_again != 0;
        std::int32_t best = -detail::ordered_infinity;
        std::uint32_t worst = 0;
        const auto look = [&](const scores& some, std::int32_t& most) {
            for (std::uint32_t i = 0; i < quad; ++i) {
                const auto bits = detail::bits_as<std::uint32_t>(some.of[i]);
                worst = bits > worst ? bits : worst;
                // Orders as the float does, but for -0, which comes directly below +0.
                const auto sign = static_cast<std::uint32_t>(static_cast<std::int32_t>(bits) >> 31);
                const auto order = static_cast<std::int32_t>(bits ^ (sign & 0x7fffffffu));
                most = order > most ? order : most;
            }
        };
        const auto seen = [&](std::uint32_t strip, std::int32_t most) {
            const std::int32_t order = team.warp_max(most);
            const std::int32_t score = order < 0 ? order + 1 : order;
            if (team.lane() == 0) row.own_best()[strip] = score;
            best = score > best ? score : best;
        };
        constexpr std::int32_t lowest_bits = std::int32_t{-0x7fffffff} - 1;
        const auto look_at = [&](std::uint32_t strip) {
            std::int32_t most = lowest_bits;
            for (std::uint32_t q = 0; q < row.shape.strip_quads; ++q) {
                const std::uint32_t position = row.position_of(strip, q);
                look(copied ? row.source.at(position) : row.source.keep(position, row.source.fetch(position)), most);
            }
            seen(strip, most);
        };
        const span_of mine(row.shape.strips, team.warp(), team_type::warps);
        std::uint32_t strip = mine.begin;
        if (!copied && row.shape.strip_quads == 2) {
            // As nearly always: then the loads of some strips are under way before the first is looked at.
            constexpr std::uint32_t at_once = 4;
            constexpr std::uint32_t step = team_type::lanes * quad;
            const std::uint32_t end = row.end_of_inner() < mine.end ? row.end_of_inner() : mine.end;
            if (strip < row.first_inner() && strip < mine.end) look_at(strip++);
            for (; strip + at_once <= end; strip += at_once) {
                const std::uint32_t first = row.position_of(strip, 0);
                packed<typename Shard::source_type::scalar> fetched[2 * at_once];
                for (std::uint32_t i = 0; i < 2 * at_once; ++i) fetched[i] = row.source.fetch_inner(first + i * step);
                for (std::uint32_t i = 0; i < at_once; ++i) {
                    std::int32_t most = lowest_bits;
                    look(row.source.keep(first + 2 * i * step, fetched[2 * i]), most);
                    look(row.source.keep(first + (2 * i + 1) * step, fetched[2 * i + 1]), most);
                    seen(strip + i, most);
                }
            }
        }
        for (; strip < mine.end; ++strip) look_at(strip);
        return share_best_of_strips<typename Shard::source_type>(team, now, again, best, worst);
    }
};

}  // namespace operations

}}}  // namespace pluck::v0::cuda
