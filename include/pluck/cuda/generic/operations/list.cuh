// SPDX-License-Identifier: MIT
//
// How a wide row becomes a list: every block gets all tokens of an interval, in the order of ids.
#pragma once

#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/generic/row_shard.cuh>
#include <pluck/cuda/generic/source.cuh>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/row/interval.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

/// put(place, score, token) for each own token of the warp within an interval, place by place in the order of ids, from
/// `next` on; the place after the last.
template <class Team, class Source, class Put>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE std::uint32_t put_own(const row_shard<Team, Source>& row,
                                                                          const interval& within, std::uint32_t next,
                                                                          progress now, const Put& put) noexcept {
    const Team& team = row.team;
    const std::uint32_t below = (std::uint32_t{1} << team.lane()) - 1;
    row.sweep(now, within.low, [&](const scores& some, const tokens& ids) {
        std::uint32_t place = next;
        bool kept[quad];
        for (std::uint32_t i = 0; i < quad; ++i) {
            kept[i] = within.has(detail::ordered(some.of[i]), ids.of[i]);
            const std::uint32_t lanes = team.ballot(kept[i]);
            place += detail::count_bits(lanes & below);
            next += detail::count_bits(lanes);
        }
        for (std::uint32_t i = 0; i < quad; ++i)
            if (kept[i]) put(place++, some.of[i], ids.of[i]);
    });
    return next;
}

/// The same for the lists of all blocks at once: where neighbours are kept, they may be more than a warp can stage.
template <class Source, class Team>
PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL void put_into_lists(Team team, const interval& within, std::uint32_t first,
                                                        progress now) noexcept {
    const row_shard<Team, Source> row(team);
    (void)put_own(row, within, first, now, [&](std::uint32_t place, float score, std::int32_t token) {
        PLUCK_ROLLED
        for (std::uint32_t block = 0; block < team.blocks(); ++block) {
            *team.at(row.shared.list_score + place, block) = score;
            *team.at(row.shared.list_token + place, block) = token;
        }
    });
}

/// Adds up how many each warp of the row has, from the first on, into list_end; whether each had room for its own.
template <class Team, class Source>
PLUCK_HOST_DEVICE void add_up(const row_shard<Team, Source>& row, progress now) noexcept {
    const Team& team = row.team;
    const std::uint64_t* counts = row.table(now);
    const std::uint32_t places = row.places(now);
    std::uint64_t before = 0;
    bool room = true;
    PLUCK_ROLLED
    for (std::uint32_t base = 0; base < places; base += Team::lanes * quad) {  // neighbours to one lane
        const std::uint32_t first = base + team.lane() * quad;
        std::uint64_t count[quad];
        std::uint64_t sum = 0;
        for (std::uint32_t i = 0; i < quad; ++i) {
            sum += count[i] = first + i < places ? counts[first + i] : 0;
            room = room && count[i] <= Team::staged;
        }
        const std::uint64_t end = team.warp_scan(sum);
        std::uint64_t so_far = before + end - sum;
        for (std::uint32_t i = 0; i < quad; ++i) {
            so_far += count[i];
            if (first + i < places) row.shared.list_end[first + i] = static_cast<std::uint32_t>(so_far);
        }
        before += team.shuffle(end, Team::lanes - 1);
    }
    const bool all = team.ballot(!room) == 0;
    if (team.lane() == 0) row.shared.all_staged = all;
}

namespace operations {

/// Lists the tokens within an interval for every block, in the order of ids, and says how many there are; more than
/// Team::list if there is no room for them. The row must be wide.
struct list {
    static constexpr bool takes_turn = true;
    interval within;

    template <class Shard>
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t run(const Shard& row, progress now) const noexcept {
        using team_type = typename Shard::team_type;
        const team_type& team = row.team;
        const interval among = within;
        auto& shared = row.shared;
        auto& staged = shared.staged[team.warp()];
        const std::uint32_t own =
            put_own(row, among, 0, now, [&](std::uint32_t place, float score, std::int32_t token) {
                if (place < team_type::staged) staged.score[place] = score, staged.token[place] = token;
            });
        row.gather(own, row.table(now), now);
        if (team.warp() == 0) add_up(row, now);
        team.sync();
        const std::uint32_t places = row.places(now);
        const std::uint32_t total = shared.list_end[places - 1];
        if (shared.all_staged != 0) {
            // Each block takes what all warps of the row have staged, which are in the order of ids.
            PLUCK_ROLLED
            for (std::uint32_t i = team.thread(); i < total && i < team_type::list; i += team_type::threads) {
                std::uint32_t place = 0;  // of the warp whose token it is
                PLUCK_ROLLED
                for (std::uint32_t high = places; place < high;) {
                    const std::uint32_t middle = (place + high) / 2;
                    if (shared.list_end[middle] <= i) place = middle + 1;
                    else high = middle;
                }
                const std::uint32_t first = place == 0 ? 0 : shared.list_end[place - 1];
                const auto& from = *team.at(&shared.staged[place % team_type::warps], place / team_type::warps);
                shared.list_score[i] = from.score[i - first];
                shared.list_token[i] = from.token[i - first];
            }
        } else if (total <= team_type::list) {
            put_into_lists<typename Shard::source_type>(team, among, shared.list_end[row.own_place(now)] - own, now);
        }
        constexpr std::uint32_t list_row = Shard::list_row;
        const std::uint32_t full = (total + list_row - 1) / list_row * list_row;
        PLUCK_ROLLED
        for (std::uint32_t i = total + team.thread(); i < full && i < team_type::list; i += team_type::threads)
            shared.list_score[i] = detail::minus_infinity, shared.list_token[i] = interval::last_token;
        team.sync_all();  // also so that nothing else is staged while another block still reads
        return total;
    }
};

}  // namespace operations

}}}  // namespace pluck::v0::cuda
