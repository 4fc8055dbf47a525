// SPDX-License-Identifier: MIT
//
// What a team can be ordered to do with a row. One thread of each block runs the chain, and has all of its block do
// these: so the loops exist once in a kernel, however many stages its chain has, and no other thread holds any state of
// the row.
#pragma once

#include <pluck/cuda/generic/list.cuh>
#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/generic/rejection.cuh>
#include <pluck/cuda/generic/row_shard.cuh>
#include <pluck/cuda/generic/select.cuh>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/ranking.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

/// Tells the other blocks of the best scores of the own strips, and says what is the row's: see scan(). A function of
/// its own, as sum_of_strips().
template <class Source, class Team>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::uint64_t tell_of_strips(Team team, progress now,
                                                                               std::int32_t best,
                                                                               std::uint32_t worst) noexcept {
    const field<Team, Source> row(team, team.room());
    const span_of mine(row.shape.strips, team.warp(), Team::warps);
    if (team.blocks() > 1) {  // the other blocks are told first when all of them are there
        team.wait_for_start();
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

/// Reads the row: the best score of it and of each of its strips. In the result, bits 0 to 31 are the best ordered
/// score, and bit 32 is set if there is a NaN. `copied`: the row is in the block's own memory already.
template <class Team, class Source>
[[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t scan(const field<Team, Source>& row, bool copied, progress now) noexcept {
    const Team& team = row.team;
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
    const span_of mine(row.shape.strips, team.warp(), Team::warps);
    std::uint32_t strip = mine.begin;
    if (!copied && row.shape.strip_quads == 2) {
        // As nearly always: then the loads of some strips are under way before the first is looked at.
        constexpr std::uint32_t at_once = 4;
        constexpr std::uint32_t step = Team::lanes * quad;
        const std::uint32_t end = row.end_of_inner() < mine.end ? row.end_of_inner() : mine.end;
        if (strip < row.first_inner() && strip < mine.end) look_at(strip++);
        for (; strip + at_once <= end; strip += at_once) {
            const std::uint32_t first = row.position_of(strip, 0);
            packed<typename Source::scalar> fetched[2 * at_once];
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
    return tell_of_strips<Source>(team, now, best, worst);
}

/// The best token's key of an interval; 0 if it is empty.
template <class Team, class Source>
[[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t best_of(const field<Team, Source>& row, const interval& within,
                                                      progress now) noexcept {
    std::uint64_t most = 0;
    row.each(now, within, [&](float, std::int32_t score, std::int32_t token) {
        const std::uint64_t key = ranking_key(score, token).value;
        most = key > most ? key : most;
    });
    return row.largest(row.team.warp_max(most), now);
}

/// The sum of all strips' masses, once each warp has those of its own in strip_mass. A function of its own, so that
/// what it needs takes no registers from the loop before it.
template <class Source, class Team>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::uint64_t sum_of_strips(Team team, std::uint32_t slot) noexcept {
    const field<Team, Source> row(team, team.room());
    const progress now = row.shared.orders[slot].now;
    const span_of mine = row.own_strips(now);
    std::uint64_t some = 0;
    PLUCK_ROLLED
    for (std::uint32_t i = mine.begin + team.lane(); i < mine.end; i += Team::lanes) some += row.strip_mass[i];
    row.gather(team.warp_sum(some), row.masses(now.turn), now);
    return row.sum_of(row.masses(now.turn), now);
}

/// The mass of the interval of an order; each warp's is left in masses(now.turn), each strip's in strip_mass. Its flag:
/// whether nothing was cut.
template <class Source, class Team>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::uint64_t mass(Team team, std::uint32_t slot) noexcept {
    const field<Team, Source> row(team, team.room());
    // Copies, or each store to shared memory might have changed them; but what a whole row has no need of.
    const order& asked = row.shared.orders[slot];
    const progress now = asked.now;
    const weighing weight = asked.weight;
    const bool all = asked.flag != 0;
    const std::uint32_t weightless = weightless_from(weight.scale);
    {
        const span_of mine = row.own_strips(now);
        PLUCK_ROLLED
        for (std::uint32_t i = mine.begin + team.lane(); i < mine.end; i += Team::lanes) row.strip_mass[i] = 0;
    }
    team.warp_sync();
    std::uint64_t of_lane = 0;
    row.sweep(
        now, asked.lightest,
        [&](const scores& some, const tokens& ids) {
            float difference[quad];
            for (std::uint32_t i = 0; i < quad; ++i) difference[i] = some.of[i] - weight.best;
            if (!all) {
                // What was dropped from above is better than the best that is left: its mass is no number.
                const interval within = asked.within;
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
    return sum_of_strips<Source>(team, slot);
}

/// The token of an order's interval whose mass holds a point of [0, mass()), after mass() in turn `masses`.
template <class Source, class Team>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::int32_t token_at(Team team, std::uint32_t slot,
                                                                        std::uint64_t point,
                                                                        std::uint32_t masses) noexcept {
    const field<Team, Source> row(team, team.room());
    const interval within = row.shared.orders[slot].within;
    const weighing weight = row.shared.orders[slot].weight;
    const progress now = row.shared.orders[slot].now;
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
        const auto landed = row.land(values, all, point);
        point = landed.rest;
        strip = strips.begin + landed.place;
        if (i != 0) break;
        found = landed.place == row.own_place(now);
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
    return static_cast<std::int32_t>(row.publish(mine, static_cast<std::uint32_t>(drawn), now));
}

/// The mass of one kept token.
template <class Team, class Source>
[[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t own_mass(const field<Team, Source>& row, std::int32_t wanted,
                                                       const interval& within, const weighing& weight,
                                                       progress now) noexcept {
    bool mine = false;
    std::uint64_t mass = 0;
    row.each(now, within, [&](float score, std::int32_t, std::int32_t token) {
        if (token != wanted) return;
        mine = true;
        mass = weight(score);
    });
    return row.publish(mine, mass, now);
}

/// One deed. Each is a function of its own, so that none pays for the registers of another.
template <deed What, class Source, class Team>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::uint64_t done(Team team, std::uint32_t slot) noexcept {
    const field<Team, Source> row(team, team.room());
    const order asked = row.shared.orders[slot];  // a copy, or each store to shared memory might have changed it
    const progress now = asked.now;
    if constexpr (What == deed::scan) return scan(row, asked.flag != 0, now);
    if constexpr (What == deed::count) return row.sum(row.own_count(asked.within, now), now);
    if constexpr (What == deed::best) return best_of(row, asked.within, now);
    if constexpr (What == deed::own_mass)
        return own_mass(row, static_cast<std::int32_t>(asked.target), asked.within, asked.weight, now);
    if constexpr (What == deed::list) return list(row, asked.within, now);
    if constexpr (What == deed::deal_row || What == deed::deal_strips || What == deed::deal_list) {
        const binning bins(asked.within, asked.best, asked.bins_per_nat, Team::bins);
        if constexpr (What == deed::deal_row) deal_row(row, asked.within, bins, asked.weight, asked.target, now);
        if constexpr (What == deed::deal_strips) deal_strips(row, asked.within, bins, asked.weight, asked.target);
        if constexpr (What == deed::deal_list)
            deal_list(row, asked.flag, asked.within, bins, asked.weight, asked.target);
        return 0;
    }
    if constexpr (What == deed::cut_of_few)
        return cut_of_few(row, asked.flag, asked.within, asked.target, asked.weight);
    if constexpr (What == deed::rejection)
        return static_cast<std::uint32_t>(thrown_darts(row, asked.within, asked.weight, asked.random, now));
}

/// Carries out the order in a slot, and says what it found. Two slots take turns: whoever has written one waits, within
/// the order after it, until all have read it.
template <class Source, class Team>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::uint64_t carry_out(Team team, std::uint32_t slot) noexcept {
    team.warp_sync();  // the thread that runs the chain comes from elsewhere than its warp
    team.sync();
    switch (reinterpret_cast<const row_memory<Team>*>(team.room())->orders[slot].what) {
        case deed::stop: return 0;
        case deed::scan: return done<deed::scan, Source>(team, slot);
        case deed::count: return done<deed::count, Source>(team, slot);
        case deed::best: return done<deed::best, Source>(team, slot);
        case deed::mass: return mass<Source>(team, slot);
        case deed::token: {
            const order& asked = reinterpret_cast<const row_memory<Team>*>(team.room())->orders[slot];
            return static_cast<std::uint32_t>(token_at<Source>(team, slot, asked.target, asked.flag));
        }
        case deed::mass_and_token: {
            const std::uint64_t all = mass<Source>(team, slot);
            const order& asked = reinterpret_cast<const row_memory<Team>*>(team.room())->orders[slot];
            return static_cast<std::uint32_t>(
                token_at<Source>(team, slot, mass_point(asked.random.base, all), asked.now.turn));
        }
        case deed::own_mass: return done<deed::own_mass, Source>(team, slot);
        case deed::list: return done<deed::list, Source>(team, slot);
        case deed::deal_row: return done<deed::deal_row, Source>(team, slot);
        case deed::deal_strips: return done<deed::deal_strips, Source>(team, slot);
        case deed::deal_list: return done<deed::deal_list, Source>(team, slot);
        case deed::cut_of_few: return done<deed::cut_of_few, Source>(team, slot);
        case deed::rejection: return done<deed::rejection, Source>(team, slot);
    }
    return 0;
}

/// Carries out orders until one says to stop: what all threads do but the one that gives them.
template <class Source, class Team>
PLUCK_HOST_DEVICE void serve(const Team& team) noexcept {
    std::uint32_t slot = 0;
    do {
        slot ^= 1;
        (void)carry_out<Source>(team, slot);
    } while (reinterpret_cast<const row_memory<Team>*>(team.room())->orders[slot].what != deed::stop);
}

}}}  // namespace pluck::v0::cuda
