// SPDX-License-Identifier: MIT
//
// The token that a random point falls on.
#pragma once

#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/generic/operation.cuh>
#include <pluck/cuda/generic/operations/mass.cuh>
#include <pluck/cuda/generic/row_shard.cuh>
#include <pluck/cuda/generic/source.cuh>
#include <pluck/cuda/geometry.cuh>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/philox.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/row/interval.hpp>
#include <pluck/row/weighing.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

/// The token whose mass holds a point of [0, Z), after operations::mass in turn `masses`; the command's arguments begin
/// with a `weighed`.
template <class Source, class Team>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::int32_t token_at(Team team, std::uint32_t slot,
                                                                        std::uint64_t point,
                                                                        std::uint32_t masses) noexcept {
    const row_shard<Team, Source> row(team);
    const command& asked = row.shared.commands[slot];
    const interval within = asked.as<weighed>().within;
    const weighing weight = asked.as<weighed>().weight;
    const progress now = asked.now;
    bool mine = false;
    std::int32_t drawn = -1;
    // Among the warps, and in one of them among its strips: once, in a loop, so that the search is there once.
    const std::uint64_t* values = row.masses(masses);
    std::uint32_t all = row.places(now);
    span_of strips{0, 0, 1};
    std::uint32_t strip = 0;
    bool found = true;
    PLUCK_ROLLED
    for (std::uint32_t i = 0; i < 2 && found; ++i) {
        const auto found_at = row.locate(values, all, point);
        point = found_at.rest;
        strip = strips.begin + found_at.place;
        if (i != 0) break;
        found = found_at.place == row.own_place(now);
        strips = row.own_strips(now);
        values = row.strip_mass + strips.begin;
        all = strips.end - strips.begin;
    }
    if (found) {
        std::uint64_t rest = point;
        row.each_quad(now, strip, [&](const scores& some, const tokens& ids) {
            std::uint64_t mass[quad];
            std::uint64_t sum = 0;
            for (std::uint32_t i = 0; i < quad; ++i) {
                const bool kept = within.has(detail::ordered(some.of[i]), ids.of[i]);
                mass[i] = kept ? mass_of(some.of[i] - weight.best, weight.scale) : 0;
                sum += mass[i];
            }
            const std::uint64_t end = team.warp_scan(sum);
            std::uint64_t before = end - sum;
            if (rest >= before && rest < end) {  // for one lane in one call only
                for (std::uint32_t i = 0; i < quad; before += mass[i++])
                    if (rest >= before && rest - before < mass[i]) drawn = ids.of[i];
                mine = true;
            }
            rest -= team.shuffle(end, Team::lanes - 1);  // once found, it wraps round and stays out of reach
        });
    }
    return static_cast<std::int32_t>(row.broadcast(mine, static_cast<std::uint32_t>(drawn), now));
}

namespace operations {

/// The token of which the mass holds a point, once the mass has been summed.
struct token {
    static constexpr bool takes_turn = true;
    static constexpr bool only_calls = true;
    weighed of;
    std::uint32_t masses;  ///< the turn of that sum
    std::uint64_t point;

    template <class Shard>
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t run(const Shard& row, progress) const noexcept {
        return static_cast<std::uint32_t>(token_at<typename Shard::source_type>(row.team, row.slot, point, masses));
    }
};

/// Both in one, as nearly every draw does.
struct mass_and_token {
    static constexpr bool takes_turn = true;
    static constexpr bool only_calls = true;
    mass masses;
    bits128 uniform;

    template <class Shard>
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t run(const Shard& row, progress now) const noexcept {
        using source_type = typename Shard::source_type;
        const std::uint64_t all = perform<mass, source_type>(row.team, row.slot);
        return static_cast<std::uint32_t>(
            token_at<source_type>(row.team, row.slot, mass_point(uniform, all), now.turn));
    }
};

}  // namespace operations

}}}  // namespace pluck::v0::cuda
