// SPDX-License-Identifier: MIT
//
// The draw by rejection, docs/draw.md section 4, by a team: each warp has some blocks of the envelope, and all propose
// at the same time.
#pragma once

#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/generic/row_shard.cuh>
#include <pluck/cuda/geometry.cuh>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/randomness.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/row/concept.hpp>
#include <pluck/row/interval.hpp>
#include <pluck/row/weighing.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

/// f(block, height) for each own block of the envelope that has kept tokens, in order, all lanes of a warp together,
/// until f says false.
template <class Team, class Source, class F>
PLUCK_HOST_DEVICE void each_envelope_block(const row_shard<Team, Source>& row, progress now, const interval& kept,
                                           const weighing& weight, const F& f) noexcept {
    const Team& team = row.team;
    if (!now.listed()) {
        const auto& slice = row.source.slice;
        const span_of mine((slice.size + envelope_block - 1) / envelope_block, team.warp(), Team::warps);
        for (std::uint32_t block = mine.begin; block < mine.end; ++block) {
            std::int32_t most = -detail::ordered_infinity;
            for (std::uint32_t i = team.lane(); i < envelope_block; i += Team::lanes) {
                const std::uint32_t place = block * envelope_block + i;
                if (place >= slice.size) continue;
                const std::int32_t score = detail::ordered(row.source.one(slice.pad + place));
                if (score > most && kept.has(score, slice.first + static_cast<std::int32_t>(place))) most = score;
            }
            most = team.warp_max(most);
            const std::int32_t id = slice.first / std::int32_t{envelope_block} + static_cast<std::int32_t>(block);
            if (most > -detail::ordered_infinity && !f(id, weight(detail::float_of(most)))) return;
        }
        return;
    }
    // A block of the list belongs to the warp in whose span its first listed token lies.
    const auto& memory = row.shared;
    const std::uint32_t size = now.list;
    const span_of mine(size, team.warp(), Team::warps);
    const auto block_of = [&](std::uint32_t i) { return memory.list_token[i] / std::int32_t{envelope_block}; };
    std::uint32_t i = mine.begin;
    while (i > 0 && i < mine.end && block_of(i) == block_of(i - 1)) ++i;
    while (i < mine.end) {
        const std::int32_t block = block_of(i);
        std::int32_t most = -detail::ordered_infinity;
        for (; i < size && block_of(i) == block; ++i) {
            const std::int32_t score = detail::ordered(memory.list_score[i]);
            if (score > most && kept.has(score, memory.list_token[i])) most = score;
        }
        if (most > -detail::ordered_infinity && !f(block, weight(detail::float_of(most)))) return;
    }
}

/// The mass of a token of an own block, 0 if it is not kept.
template <class Team, class Source>
[[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t mass_of_token(const row_shard<Team, Source>& row, progress now,
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
        if (memory.list_token[middle] < token) low = middle + 1;
        else high = middle;
    }
    if (low == now.list || memory.list_token[low] != token) return 0;
    const float score = memory.list_score[low];
    return kept.has(detail::ordered(score), token) ? weight(score) : 0;
}

namespace operations {

/// The token of the first proposal that is accepted, or -1 as 32 bits. Takes several turns, and ends with a barrier.
struct rejection {
    static constexpr bool takes_turn = true;
    interval within;
    weighing weight;
    randomness random;

    template <class Shard>
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t run(const Shard& row, progress now) const noexcept {
        using team_type = typename Shard::team_type;
        const team_type& team = row.team;
        const interval kept = within;
        const weighing weighed_by = weight;
        const randomness bits = random;
        std::uint64_t own_area = 0;
        each_envelope_block(row, now, kept, weighed_by, [&](std::int32_t, std::uint64_t height) {
            own_area += envelope_block * height;
            return true;
        });
        const std::uint64_t* areas = row.table(now);
        row.gather(own_area, row.table(now), now);
        const std::uint64_t area = row.sum_of(areas, now);
        std::uint64_t before = 0;
        for (std::uint32_t i = 0; i < row.own_place(now); ++i) before += areas[i];

        std::uint64_t hit = 0;  // the earlier the proposal, the larger
        for (std::uint32_t first = 0; first < max_proposals && hit == 0; first += team_type::lanes) {
            // A proposal for each lane, the same in every warp; each warp sees to those that fall into its own blocks.
            const std::uint64_t point = mass_point(bits.bits(rejection_purpose, first + team.lane()), area);
            std::uint32_t mine = team.ballot(point >= before && point - before < own_area);
            while (mine != 0 && hit == 0) {
                const std::uint32_t lane = detail::first_bit(mine);
                mine &= mine - 1;
                std::uint64_t rest = team.shuffle(point, lane) - before;
                each_envelope_block(row, now, kept, weighed_by, [&](std::int32_t block, std::uint64_t height) {
                    if (rest >= envelope_block * height) {
                        rest -= envelope_block * height;
                        return true;
                    }
                    const std::int32_t token =
                        block * std::int32_t{envelope_block} + static_cast<std::int32_t>(rest % envelope_block);
                    if (rest / envelope_block < mass_of_token(row, now, kept, weighed_by, token))
                        hit = std::uint64_t{team_type::lanes - lane} << 32 | static_cast<std::uint32_t>(token);
                    return false;
                });
            }
            hit = row.largest(hit, now.next());
        }
        row.barrier(now);
        return static_cast<std::uint32_t>(hit != 0 ? hit : ~std::uint64_t{0});
    }
};

}  // namespace operations

}}}  // namespace pluck::v0::cuda
