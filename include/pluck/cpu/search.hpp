// SPDX-License-Identifier: MIT
//
// Where top-k and top-p cut a row. Mostly the best tokens of the best blocks are enough, and only they have to be
// looked at; how much the others weigh in all need only be known to within bounds. Else the search goes deep.
#pragma once

#include <pluck/core/config.hpp>
#include <pluck/core/mass.hpp>
#include <pluck/core/ranking.hpp>
#include <pluck/cpu/deep_search.hpp>
#include <pluck/cpu/dispatch.hpp>
#include <pluck/cpu/row_search.hpp>
#include <pluck/cpu/select.hpp>
#include <pluck/cpu/workspace.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace pluck::inline v0::cpu::inline PLUCK_BUILD {

class search : public deep_search {
public:
    using deep_search::deep_search;

    /// The cut after the k best tokens, 1 < k < row.size; after all, if there are no more.
    [[nodiscard]] found_cut after_tokens(std::size_t k) noexcept {
        const std::size_t blocks = blocks_of(row_.size);
        const std::size_t reached = std::min(k, blocks - blocks / 16);  // the last of many blocks may be far down
        if (k <= 2 * reached || row_.size <= short_row) {  // two to five times as many tokens reach it, mostly
            const std::size_t limit = row_.size <= short_row ? short_row : limit_of(k);
            std::int32_t low = k <= 5 * reached ? reach_of(reached) : row_.kept.score;
            std::size_t gathered = gather(low, limit);
            if (gathered < k && low > row_.kept.score && row_.size <= short_row) {
                low = row_.kept.score;
                gathered = gather(low, limit);
            }
            if (gathered <= k && (gathered == k || low <= row_.kept.score)) return {gathered, low, gathered};
            if (gathered > k && gathered <= limit) return among_gathered(gathered, k, nullptr, {low, best_});
            const std::size_t above = gathered > k ? run_kernel<kernels::count>(row_from(low + 1), k - 1) : k;
            if (above < k) return {.kept = {low, end_of_ties(low, k - above)}};  // so many are alike
        }
        return deep_search::after_tokens(k);
    }

    /// The cut after the share p < 1 of the mass. `total` is the row's, if it is known; else 0.
    [[nodiscard]] found_cut after_mass(float p, std::uint64_t total) noexcept {
        if (row_.size <= fewest) return in_all(p);
        const bool bounded = total == 0 && row_.keeps_all() && row_.size >= many;
        if (total == 0 && !bounded) total = exact_total();
        all_ = {total, total};
        close_ = !bounded;
        const std::size_t blocks = blocks_of(row_.size);
        std::uint64_t about = 0;  // the total mass, by a sample
        for (const std::size_t k : {std::min<std::size_t>(128, blocks / 8), blocks / 2, blocks - blocks / 4}) {
            const std::int32_t low = reach_of(k);
            std::uint64_t below = 0;
            if (bounded) {
                below = sampled_mass_below(low);
                if (about != 0 && about - mass_share(p, about) < below) continue;  // too much to be cut off
            }
            const std::size_t gathered = gather(low, limit_of(k));
            if (gathered > limit_of(k)) break;
            const std::uint64_t head = weigh(gathered);
            if (about == 0) about = head + below;
            if (all_.high == 0 && mass_share(p, head + below) > head) continue;  // too short a head, most likely
            const found_cut found = in_head(p, low, gathered, head, below);
            if (found.gathered != 0) return found;
        }
        return row_.size <= few ? in_all(p) : deep_search::after_mass(p, all_.low == all_.high ? all_.low : 0);
    }

private:
    /// A row so short is looked at as a whole, this one in any case, that one if its head is not enough: samples have
    /// their own costs.
    static constexpr std::size_t fewest = 7 * block_size;
    static constexpr std::size_t few = 2048;
    static_assert(few >= kernels::most_sampled);
    /// To select among all of a row so short takes less than the sample of a deep search.
    static constexpr std::size_t short_row = 8192;
    /// From here on the total mass takes longer than its bounds and what is needed to decide by them.
    static constexpr std::size_t many = 16384;

    /// More tokens do not reach the k-th best block, unless they tie or the best ones are neighbours.
    [[nodiscard]] static std::size_t limit_of(std::size_t k) noexcept { return 4 * k + few; }

    [[nodiscard]] found_cut in_all(float p) noexcept {
        const std::size_t gathered = gather(row_.kept.score, row_.size);
        const std::uint64_t sum = weigh(gathered);
        return among_gathered(gathered, mass_share(p, sum), scratch_.weights(), {row_.kept.score, best_});
    }

    /// Bounds of the total mass, of which the gathered tokens are `head`.
    template <class Power>
    [[nodiscard]] kernels::mass_bounds bounds_of_total(std::size_t gathered, std::uint64_t head) noexcept {
        const kernels::powers sums = run_kernel<kernels::sum_powers<Power>>(whole_row(), best_logit(), scale_,
                                                                            scratch_.spare_scores(), gathered);
        const kernels::mass_bounds rest = kernels::bounds_of_rest<Power>(sums, row_.size);
        return {head + rest.low, head + rest.high};
    }

    /// The nucleus, if it lies in the head that was gathered from `low` on; by bounds of the total mass if they decide.
    [[nodiscard]] found_cut in_head(float p, std::int32_t low, std::size_t gathered, std::uint64_t head,
                                    std::uint64_t below) noexcept {
        // A chord is close enough if its bounds are no further apart than a token of the head weighs, which is a guess.
        if (all_.high == 0 && below / 16 < head / gathered) all_ = bounds_of_total<kernels::chord>(gathered, head);
        for (;;) {
            const std::uint64_t least = mass_share(p, all_.low);
            const std::uint64_t most = mass_share(p, all_.high);
            if (all_.high != 0 && head < least) return {};
            if (all_.high != 0 && head >= most) {
                const score_cut cut = select_gathered(gathered, least, scratch_.weights(), {low, best_});
                const std::uint64_t mass = mass_of_score(cut.score);
                const std::uint64_t ties = ties_of(cut.rest, mass);
                if (ties == ties_of(cut.rest + (most - least), mass)) return {gathered, cut.score, ties};
                (void)weigh(gathered);
            }
            if (!close_) {  // the cut falls between the bounds, or there are none yet
                close_ = true;
                all_ = bounds_of_total<kernels::quartic>(gathered, head);
            } else {
                const std::uint64_t exact = exact_total();
                all_ = {exact, exact};
            }
        }
    }

    kernels::mass_bounds all_{0, 0};  ///< of the total mass; none yet
    bool close_ = false;              ///< whether no closer ones are to be had but by the exact mass
};

}  // namespace pluck::inline v0::cpu::inline PLUCK_BUILD
