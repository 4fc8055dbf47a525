// SPDX-License-Identifier: MIT
//
// What the searches for a cut have in common: to gather the tokens that may be about it, to weigh them, and to select
// among them.
#pragma once

#include <pluck/cpu/cut/select.hpp>
#include <pluck/cpu/isa/dispatch.hpp>
#include <pluck/cpu/kernels/subsample.hpp>
#include <pluck/cpu/narrow.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/workspace.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_ROW_BUILD {

/// The row, if it was cut here as well.
[[nodiscard]] inline row_view cut_at(const row_view& row, const kept_part& cut) noexcept {
    row_view result = row;
    const bool narrower = cut.score == row.kept.score ? cut.ties_end < row.kept.ties_end : cut.score > row.kept.score;
    if (narrower) result.kept = cut;
    return result;
}

/// The least ordered score whose difference from the best one satisfies `reaches`, by bisection. It must hold for the
/// best score, and for every score above one for which it holds.
template <class Reaches>
[[nodiscard]] std::int32_t least_score(std::int32_t best, const Reaches& reaches) noexcept {
    std::int32_t low = -detail::ordered_infinity;
    std::int32_t high = best;
    while (low < high) {
        const auto middle = static_cast<std::int32_t>((std::int64_t{low} + high) >> 1);
        if (reaches(detail::float_of(middle) - detail::float_of(best))) high = middle;
        else low = middle + 1;
    }
    return low;
}

/// A cut that was found, in one of two ways.
struct found_cut {
    /// Among so many tokens that lie in the scratch memory, in order, spare_scores and spare_tokens, the latter being
    /// places; of them stay those above this score, and the first so many that have it.
    std::size_t gathered = 0;
    std::int32_t score = 0;
    std::uint64_t ties = 0;
    /// Or, if nothing was gathered, in the row.
    kept_part kept = {};
    /// If not 0, the mass of what is kept, and block_mass is each block's.
    std::uint64_t total = 0;
};

class candidates {
public:
    /// In a row of which the scan has `seen` that, at mass_scale(T); `narrow` is whence its floats come.
    candidates(const row_view& row, narrow_row& narrow, const extremes& seen, float scale,
               workspace& scratch) noexcept
        : row_(row), narrow_(narrow), best_(seen.best), lowest_(seen.lowest), scale_(scale), scratch_(scratch) {}

    /// The row, cut in its own middle.
    [[nodiscard]] row_view cut_row(const found_cut& found) noexcept {
        narrow_.need(found.kept.score);
        return cut_at(row_, found.kept);
    }

    /// Whether fewer tokens would stay.
    [[nodiscard]] bool leaves_less(const found_cut& found, std::size_t count) noexcept {
        if (found.gathered == 0) return run_kernel<kernels::count>(cut_row(found), count) < count;
        std::size_t kept = 0, ties = 0;
        for (std::size_t i = 0; i < found.gathered; ++i) {
            const std::int32_t score = detail::ordered(scratch_.spare_scores()[i]);
            kept += score > found.score;
            ties += score == found.score;
        }
        return kept + std::min<std::uint64_t>(ties, found.ties) < count;
    }

    /// The mass of what is kept; each block's is block_mass then.
    [[nodiscard]] std::uint64_t exact_total() noexcept { return mass_from(row_.kept.score); }

protected:
    [[nodiscard]] float best_logit() const noexcept { return detail::float_of(best_); }

    /// The row from a score on, and all of that there as floats.
    [[nodiscard]] row_view row_from(std::int32_t low) noexcept {
        const row_view result = cut_at(row_, {low});
        narrow_.need(result.kept.score);
        return result;
    }
    /// [max_sampled]
    void take_sample(float* to) const noexcept {
        kernels::take_sample(row_.size, to, [this](std::size_t begin, std::size_t count, float* some) noexcept {
            if (narrow_.is_there()) return narrow_.copy(begin, count, some);
            __builtin_memcpy(some, row_.scores + begin, count * sizeof(float));
        });
    }

    /// A score that at least k tokens reach, by the k-th best block; of the k blocks or more that there are.
    [[nodiscard]] std::int32_t reach_of(std::size_t k) const noexcept {
        return run_kernel<kernels::reach>(row_.block_best, blocks_of(row_.size), k, row_.kept.score, best_);
    }

    /// Puts the kept scores in [low, high) and their places aside, in order, and counts them; may stop beyond `limit`.
    [[nodiscard]] std::size_t gather(std::int32_t low, std::size_t limit,
                                     std::int32_t high = detail::ordered_infinity) noexcept {
        const row_view row = cut_at(row_, {low});
        float* scores = scratch_.spare_scores();
        std::int32_t* places = scratch_.spare_tokens();
        if (limit < row.size / 32) return run_kernel<kernels::gather>(narrow_.view(row), high, limit, scores, places);
        std::size_t found = 0;
        narrow_.in_parts(row, row.kept.score, [&](const row_view& part, std::size_t begin) noexcept {
            const std::size_t before = found;
            found += run_kernel<kernels::gather>(part, high, limit - before, scores + before, places + before);
            if (begin != 0) {
                for (std::size_t i = before; i < found; ++i) places[i] += static_cast<std::int32_t>(begin);
            }
            return found <= limit;
        });
        return found;
    }

    /// The masses of what was gathered, to weights; returns their sum.
    [[nodiscard]] std::uint64_t weigh(std::size_t gathered) noexcept {
        const float* scores = scratch_.spare_scores();  // const, lest there be another loop for the type
        return run_kernel<kernels::masses>(scores, gathered, best_logit(), scale_, scratch_.weights());
    }

    [[nodiscard]] std::uint64_t mass_from(std::int32_t low) noexcept {
        const row_view row = cut_at(row_, {low});
        std::uint64_t sum = 0;
        narrow_.in_parts(row, row.kept.score, [&](const row_view& part, std::size_t begin) noexcept {
            sum +=
                run_kernel<kernels::sum_masses>(part, best_logit(), scale_, scratch_.block_mass() + begin / block_size);
            return true;
        });
        return sum;
    }

    /// The place behind the n-th kept token of this score; 0 if there are fewer.
    [[nodiscard]] std::size_t end_of_ties(std::int32_t score, std::uint64_t n, std::uint64_t mass = 0,
                                          std::uint64_t* block_mass = nullptr) noexcept {
        return run_kernel<kernels::end_of_ties>(row_from(row_.kept.score), score, n, mass, block_mass);
    }

    [[nodiscard]] std::uint64_t mass_of_score(std::int32_t score) const noexcept {
        return mass_of(detail::float_of(score) - best_logit(), scale_);
    }

    /// How many tokens of this mass bring the rest; rest >= 1 is brought by them.
    [[nodiscard]] static std::uint64_t ties_of(std::uint64_t rest, std::uint64_t mass) noexcept {
        return mass != 0 ? (rest - 1) / mass + 1 : ~std::uint64_t{0};
    }

    [[nodiscard]] score_cut select_gathered(std::size_t gathered, std::uint64_t target, std::uint64_t* weights,
                                            const score_range& range) noexcept {
        run_kernel<kernels::order>(scratch_.spare_scores(), gathered, scratch_.ordered());
        return select(scratch_.ordered(), weights, gathered, target, range);
    }

    [[nodiscard]] found_cut among_gathered(std::size_t gathered, std::uint64_t target, std::uint64_t* weights,
                                           const score_range& range) noexcept {
        const score_cut cut = select_gathered(gathered, target, weights, range);
        const std::uint64_t ties = weights != nullptr ? ties_of(cut.rest, mass_of_score(cut.score)) : cut.rest;
        return {gathered, cut.score, ties};
    }

    row_view row_;
    narrow_row& narrow_;
    std::int32_t best_;
    std::int32_t lowest_;
    float scale_;
    workspace& scratch_;
};

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD
