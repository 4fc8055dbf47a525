// SPDX-License-Identifier: MIT
//
// How a wide row becomes a list: every block gets all tokens of an interval, in the order of ids.
#pragma once

#include <pluck/core/arithmetic.hpp>
#include <pluck/core/config.hpp>
#include <pluck/core/ranking.hpp>
#include <pluck/cuda/field.cuh>

#include <cstdint>

namespace pluck::inline v0::cuda {

/// Writes the own tokens within an interval, in the order of ids, from place `next` on.
template <class Team, class Source>
PLUCK_HOST_DEVICE void write_list(const field<Team, Source>& row, const interval& within, std::uint32_t next,
                                  float* to_score, std::int32_t* to_token, progress now) noexcept {
    const Team& team = row.team;
    row.sweep(now, within.low, [&](const scores& some, const auto& token) {
        const std::uint32_t below = (std::uint32_t{1} << team.lane()) - 1;
        std::uint32_t place = next;
        bool kept[quad];
        for (std::uint32_t i = 0; i < quad; ++i) {
            kept[i] = within.has(core::ordered(some.of[i]), token(i));
            const std::uint32_t lanes = team.ballot(kept[i]);
            place += core::count_bits(lanes & below);
            next += core::count_bits(lanes);
        }
        for (std::uint32_t i = 0; i < quad; ++i) {
            if (!kept[i]) continue;
            to_score[place] = some.of[i];
            to_token[place++] = token(i);
        }
    });
}

/// Lists the tokens within an interval for every block, in the order of ids, and says how many there are; more than
/// Team::list if there is no room for them. The row must be wide.
template <class Team, class Source>
[[nodiscard]] PLUCK_HOST_DEVICE std::uint32_t list(const field<Team, Source>& row, const interval& within,
                                                   progress now) noexcept {
    const Team& team = row.team;
    auto& shared = row.shared;
    // Each block lists its own.
    const auto count = static_cast<std::uint32_t>(row.own_count(within, now));
    if (team.lane() == 0) shared.warp_count[team.warp()] = count;
    team.sync();
    std::uint32_t before = 0, of_block = 0;
    for (std::uint32_t warp = 0; warp < Team::warps; ++warp) {
        if (warp == team.warp()) before = of_block;
        of_block += shared.warp_count[warp];
    }
    const bool alone = team.blocks() == 1;
    float* score = alone ? shared.list_score : shared.staged.score;
    std::int32_t* token = alone ? shared.list_token : shared.staged.token;
    if (of_block <= (alone ? Team::list : Team::staged)) write_list(row, within, before, score, token, now);

    // Then each takes what the others have listed.
    row.gather(count, row.table(now), now);
    std::uint64_t sum = 0;
    if (team.lane() < team.blocks()) {
        for (std::uint32_t i = 0; i < Team::warps; ++i) sum += row.table(now)[team.lane() * Team::warps + i];
    }
    const std::uint64_t end = team.warp_scan(sum);
    const auto total = static_cast<std::uint32_t>(team.shuffle(end, Team::lanes - 1));
    const bool room = alone || team.ballot(sum > Team::staged) == 0;
    if (total > Team::list || !room) return total > Team::list ? total : Team::list + 1;
    // Mostly there are a few warps for each block.
    const std::uint32_t blocks = team.blocks();
    constexpr bool warps_halve = (Team::warps & (Team::warps - 1)) == 0;
    const bool even = warps_halve && (blocks & (blocks - 1)) == 0 && blocks <= Team::warps;
    const std::uint32_t shift = even ? core::first_bit(blocks) : 0;
    const std::uint32_t parts = even ? Team::warps >> shift : 1;
    const std::uint32_t part = even ? team.warp() >> shift : 0;
    for (std::uint32_t block = team.warp() & (even ? blocks - 1 : ~0u); !alone && block < blocks;
         block += Team::warps) {
        const auto size = static_cast<std::uint32_t>(team.shuffle(sum, block));
        const auto first = static_cast<std::uint32_t>(team.shuffle(end, block)) - size;
        for (std::uint32_t i = part * Team::lanes + team.lane(); i < size; i += parts * Team::lanes) {
            shared.list_score[first + i] = team.at(shared.staged.score, block)[i];
            shared.list_token[first + i] = team.at(shared.staged.token, block)[i];
        }
    }
    const std::uint32_t full =
        (total + field<Team, Source>::list_row - 1) / field<Team, Source>::list_row * field<Team, Source>::list_row;
    for (std::uint32_t i = total + team.thread(); i < full; i += Team::threads)
        shared.list_score[i] = core::minus_infinity, shared.list_token[i] = last_token;
    team.sync_all();
    return total;
}

}  // namespace pluck::inline v0::cuda
