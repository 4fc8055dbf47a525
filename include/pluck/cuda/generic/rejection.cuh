// SPDX-License-Identifier: MIT
//
// The draw by darts, docs/draw.md section 4, by a team: each warp has some of the boards, all throw at the same time.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/philox.hpp>
#include <pluck/row/concept.hpp>
#include <pluck/cuda/generic/row_shard.cuh>
#include <pluck/cuda/generic/select.cuh>

#include <cstdint>

namespace pluck::inline v0::cuda {

/// f(board, height) for each own board that has kept tokens, in order, all lanes of a warp together, until f says
/// false.
template <class Team, class Source, class F>
PLUCK_HOST_DEVICE void each_board(const field<Team, Source>& row, progress now, const interval& kept,
                                  const weighing& weight, const F& f) noexcept {
    const Team& team = row.team;
    if (!now.listed()) {
        const auto& slice = row.source.slice;
        const span_of mine((slice.size + dart_board - 1) / dart_board, team.warp(), Team::warps);
        for (std::uint32_t board = mine.begin; board < mine.end; ++board) {
            std::int32_t most = -detail::ordered_infinity;
            for (std::uint32_t i = team.lane(); i < dart_board; i += Team::lanes) {
                const std::uint32_t place = board * dart_board + i;
                if (place >= slice.size) continue;
                const std::int32_t score = detail::ordered(row.source.one(slice.pad + place));
                if (score > most && kept.has(score, slice.first + static_cast<std::int32_t>(place))) most = score;
            }
            most = team.warp_max(most);
            const std::int32_t id = slice.first / std::int32_t{dart_board} + static_cast<std::int32_t>(board);
            if (most > -detail::ordered_infinity && !f(id, weight(detail::float_of(most)))) return;
        }
        return;
    }
    // A board of the list belongs to the warp in whose span its first listed token lies.
    const auto& memory = row.shared;
    const std::uint32_t size = now.list;
    const span_of mine(size, team.warp(), Team::warps);
    const auto board_of = [&](std::uint32_t i) { return memory.list_token[i] / std::int32_t{dart_board}; };
    std::uint32_t i = mine.begin;
    while (i > 0 && i < mine.end && board_of(i) == board_of(i - 1)) ++i;
    while (i < mine.end) {
        const std::int32_t board = board_of(i);
        std::int32_t most = -detail::ordered_infinity;
        for (; i < size && board_of(i) == board; ++i) {
            const std::int32_t score = detail::ordered(memory.list_score[i]);
            if (score > most && kept.has(score, memory.list_token[i])) most = score;
        }
        if (most > -detail::ordered_infinity && !f(board, weight(detail::float_of(most)))) return;
    }
}

/// The mass of a token of an own board, 0 if it is not kept.
template <class Team, class Source>
[[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t mass_of_token(const field<Team, Source>& row, progress now,
                                                            const interval& kept, const weighing& weight,
                                                            std::int32_t token) noexcept {
    if (!now.listed()) {
        if (!row.source.slice.owns(token)) return 0;
        const float score = row.source.one(row.source.slice.position_of(token));
        return kept.has(detail::ordered(score), token) ? weight(score) : 0;
    }
    const auto& memory = row.shared;
    std::uint32_t low = 0;
    std::uint32_t high = now.list;
    while (low < high) {
        const std::uint32_t middle = (low + high) / 2;
        if (memory.list_token[middle] < token)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == now.list || memory.list_token[low] != token) return 0;
    const float score = memory.list_score[low];
    return kept.has(detail::ordered(score), token) ? weight(score) : 0;
}

/// The token of the first dart that hits, or -1 if none does. Takes several turns, and ends with a barrier.
template <class Team, class Source>
[[nodiscard]] PLUCK_HOST_DEVICE std::int32_t thrown_darts(const field<Team, Source>& row, const interval& kept,
                                                          const weighing& weight, const randomness& random,
                                                          progress now) noexcept {
    const Team& team = row.team;
    std::uint64_t own_area = 0;
    each_board(row, now, kept, weight, [&](std::int32_t, std::uint64_t height) {
        own_area += dart_board * height;
        return true;
    });
    const std::uint64_t* areas = row.table(now);
    row.gather(own_area, row.table(now), now);
    const std::uint64_t area = row.sum_of(areas, now);
    std::uint64_t before = 0;
    for (std::uint32_t i = 0; i < row.own_place(now); ++i) before += areas[i];

    std::uint64_t hit = 0;  // the earlier the dart, the larger
    for (std::uint32_t first = 0; first < most_darts && hit == 0; first += Team::lanes) {
        // A dart for each lane, the same in every warp; each warp sees to those that fall among its own boards.
        const std::uint64_t point = mass_point(random.bits(dart_purpose, first + team.lane()), area);
        std::uint32_t mine = team.ballot(point >= before && point - before < own_area);
        while (mine != 0 && hit == 0) {
            const std::uint32_t lane = detail::first_bit(mine);
            mine &= mine - 1;
            std::uint64_t rest = team.shuffle(point, lane) - before;
            each_board(row, now, kept, weight, [&](std::int32_t board, std::uint64_t height) {
                if (rest >= dart_board * height) {
                    rest -= dart_board * height;
                    return true;
                }
                const std::int32_t token =
                    board * std::int32_t{dart_board} + static_cast<std::int32_t>(rest % dart_board);
                if (rest / dart_board < mass_of_token(row, now, kept, weight, token))
                    hit = std::uint64_t{Team::lanes - lane} << 32 | static_cast<std::uint32_t>(token);
                return false;
            });
        }
        hit = row.largest(hit, now.next());
    }
    row.meet(now);
    return hit != 0 ? static_cast<std::int32_t>(static_cast<std::uint32_t>(hit)) : -1;
}

}  // namespace pluck::inline v0::cuda
