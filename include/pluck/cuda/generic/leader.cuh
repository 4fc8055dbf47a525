// SPDX-License-Identifier: MIT
//
// How the thread that runs a chain has its block do something, and what it makes of several such steps: the search for
// a cut of the ranking.
#pragma once

#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/generic/operations.cuh>
#include <pluck/cuda/generic/select.cuh>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/row/interval.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

/// Gives orders to the threads that serve(). In each block of a row one thread does so, and all of these the same.
template <class Team, class Source>
class orders {
public:
    PLUCK_HOST_DEVICE explicit orders(const Team& team) noexcept : team_(team) {}

    [[nodiscard]] PLUCK_HOST_DEVICE const Team& team() const noexcept { return team_; }
    [[nodiscard]] PLUCK_HOST_DEVICE progress& now() noexcept { return now_; }
    [[nodiscard]] PLUCK_HOST_DEVICE const progress& now() const noexcept { return now_; }
    [[nodiscard]] PLUCK_HOST_DEVICE row_memory<Team>& memory() const noexcept {
        return *reinterpret_cast<row_memory<Team>*>(team_.room());
    }

    /// Gives an order, which fill(order) completes, and says what was found.
    template <class Fill>
    PLUCK_HOST_DEVICE std::uint64_t ask(deed what, const Fill& fill) noexcept {
        slot_ ^= 1;
        order& to = memory().orders[slot_];
        to.what = what;
        to.now = takes_turn(what) ? now_.next() : now_;
        fill(to);
        return carry_out<Source>(team_, slot_);
    }
    PLUCK_HOST_DEVICE void stop() noexcept {
        (void)ask(deed::stop, [](order&) {});
        slot_ = 0;  // where serve() begins
    }

    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::size_t count_of(const interval& within) noexcept {
        return ask(deed::count, [&](order& to) { to.within = within; });
    }
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::uint32_t list_of(const interval& within) noexcept {
        return static_cast<std::uint32_t>(ask(deed::list, [&](order& to) { to.within = within; }));
    }

    /// Has the weights of an interval's tokens dealt into bins; whether the target is in one. See deal().
    PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL bool dealt(deed what, const interval& within, std::uint64_t target,
                                                   const weighing& weight, float bins, std::int32_t best,
                                                   std::uint32_t listed = 0) noexcept {
        (void)ask(what, [&](order& to) {
            to.within = within;
            to.weight = weight;
            to.best = best;
            to.bins_per_nat = bins;
            to.flag = listed;
            to.target = target;
        });
        return memory().found_bin != no_bin;
    }
    /// The part of the interval that is in the bin found.
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL interval part_found(const interval& within, float bins,
                                                                          std::int32_t best) const noexcept {
        return binning(within, best, bins, Team::bins).part(within, memory().found_bin, best);
    }

    /// An ordered score at or above which the strips' best tokens weigh `target` at least, and not much more: so do all
    /// tokens from there on. The lowest that a token can have, if all strips do not weigh as much.
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::int32_t reached(std::uint64_t target, const weighing& weight,
                                                                           float bins, std::int32_t best) noexcept {
        constexpr std::int32_t lowest = 1 - detail::ordered_infinity;
        interval within;
        if (!dealt(deed::deal_strips, within, target, weight, bins, best)) return lowest;
        const bins_by_difference by_difference(detail::float_of(best), bins, Team::bins);
        const std::uint32_t bin = memory().found_bin;
        if (bin < by_difference.last) {  // mostly: where the bin ends, give or take one
            const float end = detail::sum(detail::float_of(best), -static_cast<float>(bin + 2) / bins);
            if (detail::ordered(end) >= lowest && by_difference(end) > bin) return detail::ordered(end);
        }
        within = part_found(within, bins, best);
        within.lower(best);
        for (int round = 0; round < 3 && within.low < within.high; ++round) {
            if (memory().found_inside - memory().found_rest <= target / 8 + 4) break;
            (void)dealt(deed::deal_strips, within, memory().found_rest, weight, 0, best);
            within = part_found(within, 0, best);
            within.low_token = std::uint32_t{max_vocab};
            within.high_token = 0;
        }
        return within.low;
    }

    /// The cut at which the weights of an interval's tokens, summed from the best down, first reach `target`; the
    /// interval's own end if they never do. Of a wide row, whose list it fills, and whose tables of masses it may use.
    /// `tied`: whether so many tokens are likely to tie for the best that a list has no room for them.
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL ranking_key cut_of_wide(interval within, std::uint64_t target,
                                                                              const weighing& weight, float bins,
                                                                              std::int32_t best, bool tied) noexcept {
        for (std::uint32_t before = 0;; bins = 0) {
            if (tied) {
                const std::uint64_t key = cut_of_tie(within, target, weight, best);
                if (key != 0) return ranking_key{key};
            }
            if (!dealt(deed::deal_row, within, target, weight, bins, best)) return within.least();
            target = memory().found_rest;
            const std::uint64_t inside = memory().found_inside;
            within = part_found(within, bins, best);
            const std::uint32_t listed = list_of(within);
            if (listed <= Team::list) return cut_of_list(within, target, weight, best, listed);
            // Masses that are all the same have such a sum, others nearly never; counts always, but what ties stays
            // together.
            tied = weight.by_mass != 0 ? inside % listed == 0 : listed == before;
            before = listed;
        }
    }

    /// The same where the first tokens of the list, `listed`, are all that the interval has.
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL ranking_key cut_of_list(interval within, std::uint64_t target,
                                                                              const weighing& weight, std::int32_t best,
                                                                              std::uint32_t listed) noexcept {
        // Bins of equal width in score between the best and the least, then of equal width in key.
        float bins = static_cast<float>(Team::bins - 2) / (detail::float_of(best) - detail::float_of(within.low));
        for (;; bins = 0) {
            const std::uint64_t key = ask(deed::cut_of_few, [&](order& to) {
                to.within = within;
                to.weight = weight;
                to.flag = listed;
                to.target = target;
            });
            if (key != 0) return ranking_key{key};
            if (!dealt(deed::deal_list, within, target, weight, bins, best, listed)) return within.least();
            target = memory().found_rest;
            within = part_found(within, bins, best);
        }
    }

private:
    /// The cut, if it lies among the tokens that tie for an interval's best, else 0: ties are ranked by their ids, so
    /// that their number in each strip leads to it.
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::uint64_t cut_of_tie(interval tie, std::uint64_t target,
                                                                               const weighing& weight,
                                                                               std::int32_t best) noexcept {
        if (tie.high < best) best = ranking_key{ask(deed::best, [&](order& to) { to.within = tie; })}.ordered_score();
        tie.raise(best);
        tie.lower(best);
        const std::uint64_t each = weight(detail::float_of(best));
        if (each == 0) return 0;
        const weighing equal{1, detail::float_of(best), 1};  // in which a tie weighs 2^mass_bits
        const std::uint64_t all = ask(deed::mass, [&](order& to) {
            to.within = tie;
            to.weight = equal;
            to.lightest = best;
            to.flag = 0;
        });
        const std::uint32_t turn = now_.turn;
        const std::uint64_t before = (target - 1) / each;  // ties that are kept before the last one
        if (before >= all >> mass_bits) return 0;
        const auto token = static_cast<std::uint32_t>(ask(deed::token, [&](order& to) {
            to.within = tie;
            to.weight = equal;
            to.flag = turn;
            to.target = before << mass_bits;
        }));
        return ranking_key(best, static_cast<std::int32_t>(token)).value;
    }

    /// Whether blocks tell each other something in it. Only then is it the next table's turn: between two uses of the
    /// same table all blocks must have waited for each other.
    [[nodiscard]] PLUCK_HOST_DEVICE static bool takes_turn(deed what) noexcept {
        return what != deed::deal_strips && what != deed::deal_list && what != deed::cut_of_few && what != deed::stop;
    }

    Team team_;
    progress now_;
    std::uint32_t slot_ = 0;  // of the last order
};

}}}  // namespace pluck::v0::cuda
