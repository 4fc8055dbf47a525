// SPDX-License-Identifier: MIT
//
// What a team can be ordered to do with a row. One warp of each block runs the chain, and has all of its block do these:
// so the loops exist once in a kernel, however many stages its chain has, and no other warp holds any state of the row.
#pragma once

#include <pluck/core/config.hpp>
#include <pluck/core/mass.hpp>
#include <pluck/core/ranking.hpp>
#include <pluck/cuda/darts.cuh>
#include <pluck/cuda/field.cuh>
#include <pluck/cuda/list.cuh>
#include <pluck/cuda/memory.cuh>
#include <pluck/cuda/select.cuh>

#include <cstddef>
#include <cstdint>

namespace pluck::inline v0::cuda {

/// Reads the row: the best score of it and of each of its strips. In the result, bits 0 to 31 are the best ordered score,
/// and bit 32 is set if there is a NaN. `copied`: the row is in the block's own memory already.
template <class Team, class Source>
[[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t scan(const field<Team, Source>& row, bool copied, progress now) noexcept {
    constexpr std::uint32_t at_once = 4;  // strips whose loads are under way together
    constexpr std::int32_t lowest_bits = std::int32_t{-0x7fffffff} - 1;
    const Team& team = row.team;
    std::int32_t best = -core::ordered_infinity;
    std::uint32_t worst = 0;
    const span_of mine(row.shape.strips, team.warp(), Team::warps);
    for (std::uint32_t strip = mine.begin; strip < mine.end; strip += at_once) {
        std::int32_t most[at_once];
        for (std::uint32_t s = 0; s < at_once; ++s) most[s] = lowest_bits;
        for (std::uint32_t q = 0; q < row.shape.strip_quads; ++q) {
            packed<typename Source::scalar> fetched[at_once];
            for (std::uint32_t s = 0; s < at_once; ++s) {  // all loads are under way before the first is looked at
                if (!copied && strip + s < mine.end) fetched[s] = row.source.fetch(row.position_of(strip + s, q));
            }
            for (std::uint32_t s = 0; s < at_once; ++s) {
                if (strip + s >= mine.end) continue;
                const std::uint32_t position = row.position_of(strip + s, q);
                const scores some = copied ? row.source.at(position) : row.source.keep(position, fetched[s]);
                for (std::uint32_t i = 0; i < quad; ++i) {
                    const auto bits = core::bits_as<std::uint32_t>(some.of[i]);
                    worst = bits > worst ? bits : worst;
                    // Orders as the float does, but for -0, which comes directly below +0.
                    const auto order = static_cast<std::int32_t>(
                        bits ^ (static_cast<std::uint32_t>(static_cast<std::int32_t>(bits) >> 31) & 0x7fffffffu));
                    most[s] = order > most[s] ? order : most[s];
                }
            }
        }
        for (std::uint32_t s = 0; s < at_once && strip + s < mine.end; ++s) {
            const std::int32_t order = team.warp_max(most[s]);
            const std::int32_t score = order < 0 ? order + 1 : order;
            if (team.lane() == 0) row.own_best()[strip + s] = score;
            best = score > best ? score : best;
        }
    }
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
    const bool negative_nan = team.ballot(worst > core::bits_as<std::uint32_t>(core::minus_infinity)) != 0;
    const bool nan = negative_nan || best > core::ordered_infinity;
    const std::uint64_t found = row.largest((std::uint64_t{nan} << 32) | (static_cast<std::uint32_t>(best) ^ 0x80000000u), now);
    return found ^ 0x80000000u;
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

/// The mass of an interval; each warp's is left in masses(now.turn), each strip's in strip_mass.
template <bool All, class Team, class Source>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE std::uint64_t own_masses(const field<Team, Source>& row,
                                                                             const interval within, std::int32_t lightest,
                                                                             const weighing weight, progress now) noexcept {
    std::uint64_t own = 0;
    const span_of mine = row.own_strips(now);
    for (std::uint32_t strip = mine.begin; strip < mine.end; ++strip) {
        std::uint64_t sum = 0;
        if (row.reaches(now, strip, lightest)) {
            row.each_quad(now, strip, [&](const scores& some, const auto& token) {
                for (std::uint32_t i = 0; i < quad; ++i) {
                    const std::uint64_t mass = mass_of(some.of[i] - weight.best, weight.scale);
                    sum += All || within.has(core::ordered(some.of[i]), token(i)) ? mass : 0;
                }
            });
            sum = row.team.warp_sum(sum);
        }
        if (row.team.lane() == 0) row.strip_mass[strip] = sum;
        own += sum;
    }
    return own;
}

/// `all`: nothing was cut.
template <class Team, class Source>
[[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t mass(const field<Team, Source>& row, const interval& within,
                                                   std::int32_t lightest, bool all, const weighing& weight,
                                                   progress now) noexcept {
    const std::uint64_t own = all ? own_masses<true>(row, within, lightest, weight, now)
                                  : own_masses<false>(row, within, lightest, weight, now);
    row.gather(own, row.masses(now.turn), now);
    return row.sum_of(row.masses(now.turn), now);
}

/// The token of an interval whose mass holds a point of [0, mass()), after mass() in turn `masses`.
template <class Team, class Source>
[[nodiscard]] PLUCK_HOST_DEVICE std::int32_t token_at(const field<Team, Source>& row, std::uint64_t point,
                                                      const interval& within, const weighing& weight,
                                                      std::uint32_t masses, progress now) noexcept {
    const Team& team = row.team;
    const auto warp = row.land(row.masses(masses), row.places(now), point);
    bool mine = false;
    std::int32_t drawn = -1;
    if (warp.place == row.own_place(now)) {
        const span_of strips = row.own_strips(now);
        const auto strip = row.land(row.strip_mass + strips.begin, strips.end - strips.begin, warp.rest);
        std::uint64_t rest = strip.rest;
        row.each_quad(now, strips.begin + strip.place, [&](const scores& some, const auto& token) {
            std::uint64_t mass[quad];
            std::uint64_t sum = 0;
            for (std::uint32_t i = 0; i < quad; ++i) {
                const bool kept = within.has(core::ordered(some.of[i]), token(i));
                mass[i] = kept ? mass_of(some.of[i] - weight.best, weight.scale) : 0;
                sum += mass[i];
            }
            const std::uint64_t end = team.warp_scan(sum);
            std::uint64_t before = end - sum;
            if (rest >= before && rest < end) {  // for one lane in one call only
                for (std::uint32_t i = 0; i < quad; before += mass[i++])
                    if (rest >= before && rest - before < mass[i]) drawn = token(i);
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
    if constexpr (What == deed::mass)
        return mass(row, asked.within, asked.lightest, asked.flag != 0, asked.weight, now);
    if constexpr (What == deed::token)
        return static_cast<std::uint32_t>(token_at(row, asked.target, asked.within, asked.weight, asked.flag, now));
    if constexpr (What == deed::own_mass)
        return own_mass(row, static_cast<std::int32_t>(asked.target), asked.within, asked.weight, now);
    if constexpr (What == deed::list) return list(row, asked.within, now);
    if constexpr (What == deed::deal_row || What == deed::deal_strips || What == deed::deal_list) {
        const binning bins(asked.within, asked.best, asked.bins_per_nat, Team::bins);
        if constexpr (What == deed::deal_row) deal_row(row, asked.within, bins, asked.weight, asked.target, now);
        if constexpr (What == deed::deal_strips) deal_strips(row, asked.within, bins, asked.weight, asked.target);
        if constexpr (What == deed::deal_list) deal_list(row, asked.flag, asked.within, bins, asked.weight, asked.target);
        return 0;
    }
    if constexpr (What == deed::cut_of_few) return cut_of_few(row, asked.flag, asked.within, asked.target, asked.weight);
    if constexpr (What == deed::darts)
        return static_cast<std::uint32_t>(thrown_darts(row, asked.within, asked.weight, asked.random, now));
}

/// Carries out the order in a slot, and says what it found. Two slots take turns: whoever has written one waits, within
/// the order after it, until all have read it.
template <class Source, class Team>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE std::uint64_t carry_out(const Team& team, std::uint32_t slot) noexcept {
    team.sync();
    switch (reinterpret_cast<const row_memory<Team>*>(team.room())->orders[slot].what) {
        case deed::stop: return 0;
        case deed::scan: return done<deed::scan, Source>(team, slot);
        case deed::count: return done<deed::count, Source>(team, slot);
        case deed::best: return done<deed::best, Source>(team, slot);
        case deed::mass: return done<deed::mass, Source>(team, slot);
        case deed::token: return done<deed::token, Source>(team, slot);
        case deed::own_mass: return done<deed::own_mass, Source>(team, slot);
        case deed::list: return done<deed::list, Source>(team, slot);
        case deed::deal_row: return done<deed::deal_row, Source>(team, slot);
        case deed::deal_strips: return done<deed::deal_strips, Source>(team, slot);
        case deed::deal_list: return done<deed::deal_list, Source>(team, slot);
        case deed::cut_of_few: return done<deed::cut_of_few, Source>(team, slot);
        case deed::darts: return done<deed::darts, Source>(team, slot);
    }
    return 0;
}

}  // namespace pluck::inline v0::cuda
