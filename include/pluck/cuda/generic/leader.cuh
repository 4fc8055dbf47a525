// SPDX-License-Identifier: MIT
//
// How the thread that runs a chain has its block carry out operations, and what it makes of several of them: the search
// for a cut of the ranking.
#pragma once

#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/generic/operations.cuh>
#include <pluck/cuda/generic/select.cuh>
#include <pluck/cuda/generic/worker_loop.cuh>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/row/bins.hpp>
#include <pluck/row/interval.hpp>
#include <pluck/row/weighing.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

/// Commands the threads that are in the worker_loop(). In each block of a row one thread does so, and all of these the
/// same.
template <class Team, class Source, class Operations>
class leader {
public:
    PLUCK_HOST_DEVICE explicit leader(const Team& team) noexcept : team_(team) {}

    PLUCK_HOST_DEVICE void of(const Team& team) noexcept { team_ = team; }
    [[nodiscard]] PLUCK_HOST_DEVICE const Team& team() const noexcept { return team_; }
    [[nodiscard]] PLUCK_HOST_DEVICE progress& now() noexcept { return now_; }
    [[nodiscard]] PLUCK_HOST_DEVICE const progress& now() const noexcept { return now_; }
    [[nodiscard]] PLUCK_HOST_DEVICE row_memory<Team>& memory() const noexcept {
        return *reinterpret_cast<row_memory<Team>*>(team_.room());
    }

    /// Has all warps carry out an operation, and says what was found.
    template <class Operation>
    PLUCK_HOST_DEVICE std::uint64_t run(const Operation& asked) noexcept {
        static_assert(Operations::template has<Operation>,
                      "pluck: the kernel does not know this operation; the stage that runs it lists it: "
                      "using operations = pluck::cuda::operation_list<...>");
        slot_ ^= 1;
        // Only where blocks exchange something it is the next table's turn: between two uses of the same table all
        // blocks must have waited for each other.
        const progress when = Operation::takes_turn ? now_.next() : now_;
        memory().commands[slot_].set(Operations::template index_of<Operation>(), when, asked);
        return perform_command<Source, Operations>(team_, slot_);
    }
    PLUCK_HOST_DEVICE void stop() noexcept {
        slot_ ^= 1;
        memory().commands[slot_].operation = stop_command<Operations>;
        (void)perform_command<Source, Operations>(team_, slot_);
        slot_ = 0;  // where worker_loop() begins
    }

    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::size_t count_of(const interval& within) noexcept {
        return run(operations::count{within});
    }
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::uint32_t list_of(const interval& within) noexcept {
        return static_cast<std::uint32_t>(run(operations::list{within}));
    }

    /// Runs a `deal`, and says whether the target falls into one of its bins.
    template <class Deal>
    PLUCK_HOST_DEVICE bool finds_bin(const Deal& asked) noexcept {
        (void)run(asked);
        return memory().found_bin != no_bin;
    }
    /// The part of the interval that is in the bin found.
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL interval part_found(const interval& within, float bins,
                                                                          std::int32_t best) const noexcept {
        return detail::binning(within, best, bins, Team::bins).part(within, memory().found_bin, best);
    }

    /// An ordered score at or above which the strips' best tokens weigh `target` at least, and not much more: so do all
    /// tokens from there on. The lowest that a token can have, if all strips do not weigh as much.
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::int32_t reached(std::uint64_t target, const weighing& weight,
                                                                           float bins, std::int32_t best) noexcept {
        constexpr std::int32_t lowest = 1 - detail::ordered_infinity;
        interval within;
        if (!finds_bin(operations::deal_strips{{within, weight, best, bins, target}})) return lowest;
        const detail::bins_by_difference by_difference(detail::float_of(best), bins, Team::bins);
        const std::uint32_t bin = memory().found_bin;
        if (bin < by_difference.last) {  // mostly: where the bin ends, give or take one
            const float end = detail::sum(detail::float_of(best), -static_cast<float>(bin + 2) / bins);
            if (detail::ordered(end) >= lowest && by_difference(end) > bin) return detail::ordered(end);
        }
        within = part_found(within, bins, best);
        within.lower(best);
        for (int round = 0; round < 3 && within.low < within.high; ++round) {
            if (memory().found_inside - memory().found_rest <= target / 8 + 4) break;
            (void)finds_bin(operations::deal_strips{{within, weight, best, 0, memory().found_rest}});
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
            if (!finds_bin(operations::deal_row{{within, weight, best, bins, target}})) return within.least();
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
            const std::uint64_t key = run(operations::cut_of_few{within, weight, listed, target});
            if (key != 0) return ranking_key{key};
            if (!finds_bin(operations::deal_list{{within, weight, best, bins, target}, listed})) return within.least();
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
        if (tie.high < best) best = ranking_key{run(operations::best{tie})}.ordered_score();
        tie.raise(best);
        tie.lower(best);
        const std::uint64_t each = weight(detail::float_of(best));
        if (each == 0) return 0;
        const weighing equal{1, detail::float_of(best), 1};  // in which a tie weighs 2^mass_bits
        const std::uint64_t all = run(operations::mass{{tie, equal}, best, 0});
        const std::uint32_t turn = now_.turn;
        const std::uint64_t before = (target - 1) / each;  // ties that are kept before the last one
        if (before >= all >> mass_bits) return 0;
        const std::uint64_t token = run(operations::token{{tie, equal}, turn, before << mass_bits});
        return ranking_key(best, static_cast<std::int32_t>(static_cast<std::uint32_t>(token))).value;
    }

    Team team_;
    progress now_;
    std::uint32_t slot_ = 0;  // of the last command
};

}}}  // namespace pluck::v0::cuda
