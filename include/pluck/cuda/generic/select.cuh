// SPDX-License-Identifier: MIT
//
// Where a cut of the ranking lies, without sorting: a histogram of weights by score, of which only the bin in which the
// target falls is looked into. One algorithm for counts (every token weighs 1) and masses. Here is what its steps have
// in common, the operations deal and cut_of_few; the leader runs them one after the other.
#pragma once

#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/generic/row_shard.cuh>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/row/interval.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

inline constexpr std::uint32_t no_bin = ~std::uint32_t{0};

/// Adds up the bins from 0 on, of all blocks if `together`, and leaves in found_bin, found_rest and found_inside the
/// bin in which the target is reached, what of the target is left within it, and the bin's weight.
template <class Team>
PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL void find_bin(Team team, bool together, std::uint64_t target) noexcept {
    auto& memory = *reinterpret_cast<row_memory<Team>*>(team.room());
    const std::uint32_t blocks = together ? team.blocks() : 1;
    const auto barrier = [&] {
        if (blocks > 1) team.sync_all();
        else team.sync();
    };
    barrier();
    constexpr std::uint32_t own_bins = Team::bins / Team::threads;
    static_assert(Team::bins % Team::threads == 0);
    std::uint64_t own[own_bins];
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < own_bins; ++i) {
        const std::uint32_t bin = team.thread() * own_bins + i;
        own[i] = memory.histogram[0][bin] | std::uint64_t{memory.histogram[1][bin]} << 32;
        PLUCK_ROLLED
        for (std::uint32_t other = 1; other < blocks; ++other) {
            const std::uint32_t block = (team.block() + other) % blocks;
            own[i] += *team.at(&memory.histogram[0][bin], block) |
                      std::uint64_t{*team.at(&memory.histogram[1][bin], block)} << 32;
        }
        sum += own[i];
    }
    std::uint64_t before = team.sum_before(sum, memory.scratch);
    for (std::uint32_t i = 0; i < own_bins; ++i) {
        if (before < target && target - before <= own[i]) {
            memory.found_bin = team.thread() * own_bins + i;
            memory.found_rest = target - before;
            memory.found_inside = own[i];
        }
        before += own[i];
    }
    barrier();  // also so that no block empties its bins while another still reads them
}

/// Deals weights, which `each(put)` puts into bins, and finds the bin in which the target is reached. Over the whole
/// row if `together`, else each block for itself.
template <class Team, class Source, class Each>
PLUCK_HOST_DEVICE void deal(const row_shard<Team, Source>& row, bool together, std::uint64_t target,
                            const Each& each) noexcept {
    const Team& team = row.team;
    auto& memory = row.shared;
    PLUCK_ROLLED
    for (std::uint32_t i = team.thread(); i < Team::bins; i += Team::threads)
        memory.histogram[0][i] = memory.histogram[1][i] = 0;
    team.sync();
    if (team.thread() == 0) memory.found_bin = no_bin;
    each([&](std::uint32_t bin, std::uint64_t weight) {  // 64-bit sums by the 32-bit additions that hardware has
        const auto low = static_cast<std::uint32_t>(weight);
        const std::uint32_t before = team.add(&memory.histogram[0][bin], low);
        const std::uint32_t high = static_cast<std::uint32_t>(weight >> 32) + (before + low < low ? 1 : 0);
        if (high != 0) (void)team.add(&memory.histogram[1][bin], high);
    });
    find_bin(team, together, target);
}

/// f(score, key) for each of the first tokens of the list that lies in the interval; own ones, in no order.
template <class Team, class Source, class F>
PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE void each_listed(const row_shard<Team, Source>& row, std::uint32_t listed,
                                                       const interval& within, const F& f) noexcept {
    PLUCK_ROLLED
    for (std::uint32_t i = row.team.thread(); i < listed; i += Team::threads) {
        const float score = row.shared.list_score[i];
        const std::int32_t order = detail::ordered(score);
        const std::int32_t token = row.shared.list_token[i];
        if (within.has(order, token)) f(score, ranking_key(order, token));
    }
}

}}}  // namespace pluck::v0::cuda
