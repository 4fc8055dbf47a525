// SPDX-License-Identifier: MIT
//
// The mass of an interval, which is left in tables for a draw: by warp, and by strip.
#pragma once

#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/generic/row_shard.cuh>
#include <pluck/cuda/generic/source.cuh>
#include <pluck/cuda/geometry.cuh>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/row/interval.hpp>
#include <pluck/row/weighing.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

/// The sum of all strips' masses, once each warp has those of its own in strip_mass. A function of its own, so that
/// what it needs takes no registers from the loop before it.
template <class Source, class Team>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::uint64_t sum_of_strips(Team team, std::uint32_t slot) noexcept {
    const row_shard<Team, Source> row(team);
    const progress now = row.shared.commands[slot].now;
    const span_of mine = row.own_strips(now);
    std::uint64_t some = 0;
    PLUCK_ROLLED
    for (std::uint32_t i = mine.begin + team.lane(); i < mine.end; i += Team::lanes) some += row.strip_mass[i];
    row.gather(team.warp_sum(some), row.masses(now.turn), now);
    return row.sum_of(row.masses(now.turn), now);
}

/// What is weighed, and how: the first of an operation's arguments, by which token_at() finds it.
struct weighed {
    interval within;
    weighing weight;
};

namespace operations {

/// Each warp's mass is left in masses(now.turn), each strip's in strip_mass.
struct mass {
    static constexpr bool takes_turn = true;
    weighed of;
    std::int32_t lightest;   ///< an ordered score below which nothing has any mass
    std::uint32_t is_whole;  ///< whether nothing was cut

    template <class Shard>
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t run(const Shard& row, progress now) const noexcept {
        using team_type = typename Shard::team_type;
        const team_type& team = row.team;
        // Copies, or each store to shared memory might have changed them; but what a whole row has no need of.
        const weighing weight = of.weight;
        const bool all = is_whole != 0;
        const std::uint32_t weightless = weightless_from(weight.scale);
        {
            const span_of mine = row.own_strips(now);
            PLUCK_ROLLED
            for (std::uint32_t i = mine.begin + team.lane(); i < mine.end; i += team_type::lanes) row.strip_mass[i] = 0;
        }
        team.warp_sync();
        std::uint64_t of_lane = 0;
        row.sweep(
            now, lightest,
            [&](const scores& some, const tokens& ids) {
                float difference[quad];
                for (std::uint32_t i = 0; i < quad; ++i) difference[i] = some.of[i] - weight.best;
                if (!all) {
                    // What was dropped from above is better than the best that is left: its mass is no number.
                    const interval within = of.within;
                    for (std::uint32_t i = 0; i < quad; ++i)
                        if (!within.has(detail::ordered(some.of[i]), ids.of[i])) difference[i] = detail::minus_infinity;
                }
                for (std::uint32_t i = 0; i < quad; ++i) of_lane += mass_of(difference[i], weight.scale, weightless);
            },
            [&](std::uint32_t strip) {
                const std::uint64_t sum = team.warp_sum(of_lane);
                if (team.lane() == 0) row.strip_mass[strip] = sum;
                of_lane = 0;
            });
        team.warp_sync();
        return sum_of_strips<typename Shard::source_type>(team, row.slot);
    }
};

}  // namespace operations

}}}  // namespace pluck::v0::cuda
