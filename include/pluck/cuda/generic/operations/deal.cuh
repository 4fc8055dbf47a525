// SPDX-License-Identifier: MIT
//
// Histograms of weights by score, each of which finds the bin that a target falls into: see find_bin().
#pragma once

#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/generic/select.cuh>
#include <pluck/cuda/generic/source.cuh>
#include <pluck/cuda/geometry.cuh>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/row/bins.hpp>
#include <pluck/row/interval.hpp>
#include <pluck/row/weighing.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

/// What a histogram is made of: weights of the tokens of an interval, in bins of equal width in score, `bins_per_nat`
/// of them a nat, counted from the best score down; or, if that is 0, in bins of equal width in key.
struct dealing {
    interval within;
    weighing weight;
    std::int32_t best;  ///< ordered score
    float bins_per_nat;
    std::uint64_t target;

    [[nodiscard]] PLUCK_HOST_DEVICE detail::binning bins(std::uint32_t count) const noexcept {
        return {within, best, bins_per_nat, count};
    }
};

namespace operations {

/// Deals the tokens of an interval of a wide row. Where a warp's tokens are all for one bin, as in a tie, one lane puts
/// their sum: else they would wait for each other.
struct deal_row {
    static constexpr bool takes_turn = true;
    dealing of;

    template <class Shard>
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t run(const Shard& row, progress now) const noexcept {
        const interval within = of.within;
        const weighing weight = of.weight;
        const std::uint64_t target = of.target;
        const detail::binning bins = of.bins(Shard::team_type::bins);
        const auto& team = row.team;
        deal(row, true, target, [&](const auto& put) {
            row.sweep(now, within.low, [&](const scores& some, const tokens& ids) {
                PLUCK_ROLLED
                for (std::uint32_t i = 0; i < quad; ++i) {
                    const float score = some.at(i);
                    const ranking_key key(score, ids.at(i));
                    const bool kept = within.has(key.ordered_score(), ids.at(i));
                    const std::uint32_t lanes = team.ballot(kept);
                    if (lanes == 0) continue;
                    const std::uint32_t bin = kept ? bins(score, key) : no_bin;
                    const std::uint64_t own = kept ? weight(score) : 0;
                    const std::uint32_t leader = detail::first_bit(lanes);
                    const auto its_bin = static_cast<std::uint32_t>(team.shuffle(bin, leader));
                    const bool alike = team.ballot(bin == its_bin) == lanes;
                    const std::uint64_t sum = alike ? team.warp_sum(own) : own;
                    if (alike ? team.lane() == leader : kept) put(bin, sum);
                }
            });
        });
        return 0;
    }
};

/// Deals the best tokens of strips, as if each was token 0; each block all of them.
struct deal_strips {
    static constexpr bool takes_turn = false;
    dealing of;

    template <class Shard>
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t run(const Shard& row, progress) const noexcept {
        const interval within = of.within;
        const weighing weight = of.weight;
        const std::uint64_t target = of.target;
        const detail::binning bins = of.bins(Shard::team_type::bins);
        deal(row, false, target, [&](const auto& put) {
            PLUCK_ROLLED
            for (std::uint32_t i = row.team.thread(); i < row.strips(); i += Shard::threads) {
                const std::int32_t order = row.strip_best[i];
                const float score = detail::float_of(order);
                if (order >= within.low && order <= within.high) put(bins(score, ranking_key(order, 0)), weight(score));
            }
        });
        return 0;
    }
};

/// Deals the first tokens of the list; each block all of them.
struct deal_list {
    static constexpr bool takes_turn = false;
    dealing of;
    std::uint32_t listed;

    template <class Shard>
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t run(const Shard& row, progress) const noexcept {
        const interval within = of.within;
        const weighing weight = of.weight;
        const std::uint64_t target = of.target;
        const std::uint32_t first = listed;
        const detail::binning bins = of.bins(Shard::team_type::bins);
        deal(row, false, target, [&](const auto& put) {
            each_listed(row, first, within,
                        [&](float score, ranking_key key) { put(bins(score, key), weight(score)); });
        });
        return 0;
    }
};

}  // namespace operations

}}}  // namespace pluck::v0::cuda
