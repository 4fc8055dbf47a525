// SPDX-License-Identifier: MIT
//
// Where a cut of the ranking lies, without sorting: weights are dealt into bins by score, and only the bin in which the
// target falls is looked into. One algorithm for counts (every token weighs 1) and masses. Here are its steps, which
// all warps do together; row.cuh puts them in order.
#pragma once

#include <pluck/cuda/generic/row_shard.cuh>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/ranking.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

/// Bins of equal width in score, counted from the best one down; the last has all that is further away.
struct bins_by_difference {
    float per_nat;
    float best_bin;
    std::uint32_t last;

    PLUCK_HOST_DEVICE bins_by_difference(float best, float bins_per_nat, std::uint32_t bins) noexcept
        : per_nat(bins_per_nat), best_bin(best * bins_per_nat), last(bins - 1) {}

    /// Never decreases as the score falls, since each step is monotone.
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE std::uint32_t operator()(float score) const noexcept {
        const float bin = detail::fma(score, -per_nat, best_bin);
        return bin < static_cast<float>(last) ? static_cast<std::uint32_t>(bin < 0.0f ? 0.0f : bin) : last;
    }
};

/// Bins of equal width between two integers, counted from the upper one down.
template <class Integer>
struct bins_between {
    Integer low, high;
    std::uint32_t shift = 0;

    PLUCK_HOST_DEVICE bins_between(Integer least, Integer most, std::uint32_t bins) noexcept : low(least), high(most) {
        const std::uint64_t all = distance(low);
        if (all >= bins) shift = detail::leading_zeros(bins) - detail::leading_zeros(all);
        if (all >> shift >= bins) ++shift;
    }
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE std::uint32_t operator()(Integer value) const noexcept {
        return static_cast<std::uint32_t>(distance(value) >> shift);
    }
    [[nodiscard]] PLUCK_HOST_DEVICE Integer upper(std::uint32_t bin) const noexcept {
        return static_cast<Integer>(static_cast<std::uint64_t>(high) - (std::uint64_t{bin} << shift));
    }
    [[nodiscard]] PLUCK_HOST_DEVICE Integer lower(std::uint32_t bin) const noexcept {
        const std::uint64_t width = (std::uint64_t{1} << shift) - 1;
        const std::uint64_t begin = std::uint64_t{bin} << shift;
        return distance(low) - begin <= width ? low
                                              : static_cast<Integer>(static_cast<std::uint64_t>(high) - begin - width);
    }

private:
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE std::uint64_t distance(Integer value) const noexcept {
        return static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(value);
    }
};

/// The least ordered score for which `holds`; it must hold for `high`, and above each for which it holds. Quick if it
/// is near the guess.
template <class Holds>
[[nodiscard]] PLUCK_HOST_DEVICE std::int32_t least_score(std::int32_t high, float guess, const Holds& holds) noexcept {
    const auto at = [&](std::int64_t score) { return holds(detail::float_of(static_cast<std::int32_t>(score))); };
    const std::int64_t bottom = -detail::ordered_infinity;
    std::int64_t near = detail::ordered(guess);
    near = near < bottom ? bottom : near > high ? high : near;
    // The least lies in [low, top]: from the guess on in growing steps, until there are both.
    std::int64_t low = bottom, top = high;
    if (at(near)) {
        top = near;
        for (std::int64_t step = 1; top - step > bottom && low == bottom; step *= 4) {
            if (at(top - step)) top -= step;
            else low = top - step + 1;
        }
    } else {
        low = near + 1;
        for (std::int64_t step = 1; low + step < high && top == high; step *= 4) {
            if (at(low + step)) top = low + step;
            else low += step + 1;
        }
    }
    while (low < top) {
        const std::int64_t middle = low + ((top - low) >> 1);
        if (at(middle)) top = middle;
        else low = middle + 1;
    }
    return static_cast<std::int32_t>(top);
}

/// Which of the two an order asks for: `per_nat` bins a nat, or, if that is 0, bins of keys over an interval.
struct binning {
    bins_by_difference by_difference;
    bins_between<std::uint64_t> by_key;
    bool keys;

    PLUCK_HOST_DEVICE binning(const interval& within, std::int32_t best, float per_nat, std::uint32_t bins) noexcept
        : by_difference(detail::float_of(best), per_nat, bins),
          by_key(within.least().value, within.most().value, bins),
          keys(per_nat == 0) {}

    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE std::uint32_t operator()(float score,
                                                                                 ranking_key key) const noexcept {
        return keys ? by_key(key.value) : by_difference(score);
    }

    /// The part of the interval that is dealt into a bin.
    [[nodiscard]] PLUCK_HOST_DEVICE interval part(const interval& within, std::uint32_t bin,
                                                  std::int32_t best) const noexcept {
        if (keys) return {ranking_key{by_key.lower(bin)}, ranking_key{by_key.upper(bin)}};
        interval found = within;
        const auto bins = by_difference;
        const float top = detail::float_of(best);
        const float width = 1 / bins.per_nat;
        found.raise(least_score(best, top - static_cast<float>(bin + 1) * width,
                                [&](float score) { return bins(score) <= bin; }));
        if (bins(top) < bin) {  // where floats are far apart, even the best may be in a later bin
            const float guess = top - static_cast<float>(bin) * width;
            found.lower(least_score(best, guess, [&](float score) { return bins(score) < bin; }) - 1);
        }
        return found;
    }
};

inline constexpr std::uint32_t no_bin = ~std::uint32_t{0};

/// Adds up the bins from 0 on, of all blocks if `together`, and leaves in found_bin, found_rest and found_inside the
/// bin in which the target is reached, what of the target is left within it, and the bin's weight.
template <class Team>
PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL void find_bin(Team team, bool together, std::uint64_t target) noexcept {
    auto& memory = *reinterpret_cast<row_memory<Team>*>(team.room());
    const std::uint32_t blocks = together ? team.blocks() : 1;
    const auto meet = [&] {
        if (blocks > 1) team.sync_all();
        else team.sync();
    };
    meet();
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
    meet();  // also so that no block empties its bins while another still reads them
}

/// Deals weights, which `each(put)` puts into bins, and finds the bin in which the target is reached. Over the whole
/// row if `together`, else each block for itself.
template <class Team, class Source, class Each>
PLUCK_HOST_DEVICE void deal(const field<Team, Source>& row, bool together, std::uint64_t target,
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

/// Deals the tokens of an interval of a wide row. Where a warp's tokens are all for one bin, as in a tie, one lane puts
/// their sum: else they would wait for each other.
template <class Team, class Source>
PLUCK_HOST_DEVICE void deal_row(const field<Team, Source>& row, const interval within, const binning bins,
                                const weighing weight, std::uint64_t target, progress now) noexcept {
    const Team& team = row.team;
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
}

/// Deals the best tokens of strips, as if each was token 0; each block all of them.
template <class Team, class Source>
PLUCK_HOST_DEVICE void deal_strips(const field<Team, Source>& row, const interval& within, const binning& bins,
                                   const weighing& weight, std::uint64_t target) noexcept {
    deal(row, false, target, [&](const auto& put) {
        PLUCK_ROLLED
        for (std::uint32_t i = row.team.thread(); i < row.strips(); i += Team::threads) {
            const std::int32_t order = row.strip_best[i];
            const float score = detail::float_of(order);
            if (order >= within.low && order <= within.high) put(bins(score, ranking_key(order, 0)), weight(score));
        }
    });
}

/// f(score, key) for each of the first tokens of the list that lies in the interval; own ones, in no order.
template <class Team, class Source, class F>
PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE void each_listed(const field<Team, Source>& row, std::uint32_t listed,
                                                       const interval& within, const F& f) noexcept {
    PLUCK_ROLLED
    for (std::uint32_t i = row.team.thread(); i < listed; i += Team::threads) {
        const float score = row.shared.list_score[i];
        const std::int32_t order = detail::ordered(score);
        const std::int32_t token = row.shared.list_token[i];
        if (within.has(order, token)) f(score, ranking_key(order, token));
    }
}

/// Deals the first tokens of the list; each block all of them.
template <class Team, class Source>
PLUCK_HOST_DEVICE void deal_list(const field<Team, Source>& row, std::uint32_t listed, const interval& within,
                                 const binning& bins, const weighing& weight, std::uint64_t target) noexcept {
    deal(row, false, target, [&](const auto& put) {
        each_listed(row, listed, within, [&](float score, ranking_key key) { put(bins(score, key), weight(score)); });
    });
}

/// The cut among the first tokens of the list: the value of the key at which the weights of an interval's tokens,
/// summed from the best down, first reach `target`, or of the interval's end. 0 if there are too many to compare each
/// with each.
template <class Team, class Source>
[[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t cut_of_few(const field<Team, Source>& row, std::uint32_t listed,
                                                         const interval& within, std::uint64_t target,
                                                         const weighing& weight) noexcept {
    const Team& team = row.team;
    auto& memory = row.shared;
    if (team.thread() == 0) {
        memory.finalists = 0;
        memory.found_rest = within.least().value;
    }
    team.sync();
    if (listed <= Team::finalists) {
        PLUCK_ROLLED
        for (std::uint32_t i = team.thread(); i < listed; i += Team::threads) {
            const ranking_key key(memory.list_score[i], memory.list_token[i]);
            const bool enters = within.has(key.ordered_score(), key.token());
            memory.finalist_key[i] = enters ? key.value : 0;
            memory.finalist_weight[i] = enters ? weight(memory.list_score[i]) : 0;
        }
    } else {
        each_listed(row, listed, within, [&](float score, ranking_key key) {
            const std::uint32_t place = team.add(&memory.finalists, 1);
            if (place >= Team::finalists) return;
            memory.finalist_key[place] = key.value;
            memory.finalist_weight[place] = weight(score);
        });
    }
    team.sync();
    const std::uint32_t finalists = listed <= Team::finalists ? listed : memory.finalists;
    if (finalists > Team::finalists) return 0;
    // Some lanes together add up what weighs before a finalist; one finds the target in its own weight.
    constexpr std::uint32_t helpers = Team::threads / Team::finalists < 4 ? 1 : 4;
    const std::uint32_t part = team.thread() % helpers;
    PLUCK_ROLLED
    for (std::uint32_t first = 0; first < finalists; first += Team::threads / helpers) {
        const std::uint32_t i = first + team.thread() / helpers;
        const std::uint64_t key = i < finalists ? memory.finalist_key[i] : ~std::uint64_t{0};
        std::uint64_t before = 0;
        PLUCK_ROLLED
        for (std::uint32_t j = part; j < finalists; j += helpers)
            before += memory.finalist_key[j] > key ? memory.finalist_weight[j] : 0;
        for (std::uint32_t other = 1; other < helpers; other *= 2) before += team.shuffle_across(before, other);
        if (part == 0 && i < finalists && before < target && target - before <= memory.finalist_weight[i])
            memory.found_rest = key;
    }
    team.sync();
    return memory.found_rest;
}

}}}  // namespace pluck::v0::cuda
