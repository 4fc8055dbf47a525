// SPDX-License-Identifier: MIT
//
// The tool of all searches for a cut: it gathers the tokens that the cut may be about, weighs them, and selects among
// them.
#pragma once

#include <pluck/cpu/cut/found_cut.hpp>
#include <pluck/cpu/cut/select.hpp>
#include <pluck/cpu/deferred.hpp>
#include <pluck/cpu/isa/dispatch.hpp>
#include <pluck/cpu/kernels/subsample.hpp>
#include <pluck/cpu/row_view.hpp>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/workspace.hpp>

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

/// What a cut is measured in: the tokens down to it, or their masses.
enum class measure { tokens, mass };

/// The kept tokens of a row, to be gathered as candidates.
///
/// Candidates lie in the scratch memory, in id order, until the next ones are gathered or a sample is taken there. The
/// object itself only refers to the row and to that memory: all copies of it share one list.
class candidates {
public:
    /// Of a row in which the scan has `seen` that, at mass_scale(T); `narrow` is the source of scores that are not
    /// floats yet.
    candidates(const row_view& row, deferred_row& narrow, const extremes& seen, float scale,
               workspace& scratch) noexcept
        : row_(row), deferred_(narrow), best_(seen.best), lowest_(seen.lowest), scale_(scale), scratch_(scratch) {}

    // ---- the row ----

    [[nodiscard]] std::size_t size() const noexcept { return row_.size; }
    [[nodiscard]] std::size_t blocks() const noexcept { return blocks_of(row_.size); }
    [[nodiscard]] const std::int32_t* block_best() const noexcept { return row_.block_best; }
    [[nodiscard]] const kept_part& kept() const noexcept { return row_.kept; }
    [[nodiscard]] bool keeps_all() const noexcept { return row_.keeps_all(); }
    [[nodiscard]] std::int32_t best() const noexcept { return best_; }
    [[nodiscard]] float best_logit() const noexcept { return detail::float_of(best_); }
    [[nodiscard]] float lowest_logit() const noexcept { return detail::float_of(lowest_); }
    [[nodiscard]] float scale() const noexcept { return scale_; }

    /// What of the row a cut leaves, all of it there as floats.
    [[nodiscard]] row_view kept_by(const kept_part& cut) const noexcept {
        const row_view result = cut_at(row_, cut);
        deferred_.need(result.kept.score);
        return result;
    }
    /// f(part, begin) for a loop that reads most scores, and each once: of the row that a cut leaves, as deferred_row
    /// has it.
    template <class F>
    void in_parts(const kept_part& cut, std::int32_t low, const F& f) const noexcept {
        deferred_.in_parts(cut_at(row_, cut), low, f);
    }

    /// A score that the k best blocks reach; k is at most the number of blocks.
    [[nodiscard]] std::int32_t reach(std::size_t k) const noexcept {
        return run_kernel<kernels::reach>(row_.block_best, blocks(), k, row_.kept.score, best_);
    }
    /// How many tokens reach it, at most, unless they tie or the best ones are neighbours.
    [[nodiscard]] static std::size_t usual_reach(std::size_t k) noexcept { return 4 * k + kernels::max_sampled; }

    /// How many kept tokens have this score or a better one; gives up beyond `limit`.
    [[nodiscard]] std::size_t count_from(std::int32_t score, std::size_t limit) const noexcept {
        return run_kernel<kernels::count>(kept_by({score}), limit);
    }
    /// Their mass; block_mass() is each block's then.
    [[nodiscard]] std::uint64_t mass_from(std::int32_t score) const noexcept {
        std::uint64_t sum = 0;
        const row_view row = cut_at(row_, {score});
        deferred_.in_parts(row, row.kept.score, [&](const row_view& part, std::size_t begin) noexcept {
            std::uint64_t* masses = block_mass() + begin / block_size;
            sum += run_kernel<kernels::sum_masses>(part, best_logit(), scale_, masses);
            return true;
        });
        return sum;
    }
    /// The mass of what is kept; block_mass() is each block's then.
    [[nodiscard]] std::uint64_t total() const noexcept { return mass_from(row_.kept.score); }

    [[nodiscard]] std::uint64_t mass_at(std::int32_t score) const noexcept {
        return mass_of(detail::float_of(score) - best_logit(), scale_);
    }
    /// The place behind the n-th kept token of this score; 0 if there are fewer. If block_mass is not null, adds the
    /// mass that each has to its block's.
    [[nodiscard]] std::size_t end_of_ties(std::int32_t score, std::uint64_t n, std::uint64_t mass = 0,
                                          std::uint64_t* block_mass = nullptr) const noexcept {
        return run_kernel<kernels::end_of_ties>(kept_by(row_.kept), score, n, mass, block_mass);
    }

    /// Copies max_sampled scores of the row, kept or not; it must have as many.
    void sample(float* to) const noexcept {
        kernels::take_sample(row_.size, to, [this](std::size_t begin, std::size_t count, float* some) noexcept {
            if (deferred_.is_there()) return deferred_.copy(begin, count, some);
            __builtin_memcpy(some, row_.scores + begin, count * sizeof(float));
        });
    }

    // ---- the list ----

    [[nodiscard]] float* scores() const noexcept { return scratch_.spare_scores(); }
    [[nodiscard]] std::int32_t* places() const noexcept { return scratch_.spare_tokens(); }
    [[nodiscard]] std::uint64_t* masses() const noexcept { return scratch_.weights(); }
    [[nodiscard]] std::uint64_t* block_mass() const noexcept { return scratch_.block_mass(); }

    /// Lists the kept tokens with scores in [low, high) and counts them; may stop beyond `limit`.
    [[nodiscard]] std::size_t gather(std::int32_t low, std::size_t limit,
                                     std::int32_t high = detail::ordered_infinity) const noexcept {
        const row_view row = cut_at(row_, {low});
        if (limit < row.size / 32)  // few blocks are read
            return run_kernel<kernels::gather>(deferred_.view(row), high, limit, scores(), places());
        std::size_t found = 0;
        deferred_.in_parts(row, row.kept.score, [&](const row_view& part, std::size_t begin) noexcept {
            const std::size_t before = found;
            found += run_kernel<kernels::gather>(part, high, limit - before, scores() + before, places() + before);
            if (begin != 0) {
                for (std::size_t i = before; i < found; ++i) places()[i] += static_cast<std::int32_t>(begin);
            }
            return found <= limit;
        });
        return found;
    }

    /// The first `count` listed scores as integers, in the same order.
    [[nodiscard]] std::int32_t* order(std::size_t count) const noexcept {
        run_kernel<kernels::order>(scores(), count, scratch_.ordered());
        return scratch_.ordered();
    }

    /// Puts the masses of the first `count` into masses() and returns their sum.
    [[nodiscard]] std::uint64_t weigh(std::size_t count) const noexcept {
        const float* from = scores();  // const, or there would be another loop for the type
        return run_kernel<kernels::masses>(from, count, best_logit(), scale_, masses());
    }

    /// The score among the first `count`, all in `range`, at which they reach the target. By mass they must have been
    /// weighed; masses() is overwritten then.
    [[nodiscard]] score_cut select(std::size_t count, std::uint64_t target, measure by,
                                   const score_range& range) const noexcept {
        return cpu::select(order(count), by == measure::mass ? masses() : nullptr, count, target, range);
    }

    /// The cut there.
    [[nodiscard]] list_cut cut(std::size_t count, std::uint64_t target, measure by,
                               const score_range& range) const noexcept {
        const score_cut found = select(count, target, by, range);
        return {count, found.score, by == measure::mass ? ties_for(found.rest, mass_at(found.score)) : found.rest};
    }

    /// How many tokens of this mass it takes to bring `rest`, at least 1, of the target; they are enough to do so.
    [[nodiscard]] static std::uint64_t ties_for(std::uint64_t rest, std::uint64_t mass) noexcept {
        return mass != 0 ? (rest - 1) / mass + 1 : ~std::uint64_t{0};
    }

    /// Whether fewer tokens than `min_keep` would stay.
    [[nodiscard]] bool leaves_less(const found_cut& found, std::size_t min_keep) const noexcept {
        if (!found.is_list()) return run_kernel<kernels::count>(kept_by(found.row().kept), min_keep) < min_keep;
        const list_cut& cut = found.list();
        std::size_t above = 0, ties = 0;
        for (std::size_t i = 0; i < cut.count; ++i) {
            const std::int32_t score = detail::ordered(scores()[i]);
            above += score > cut.score;
            ties += score == cut.score;
        }
        return above + detail::smaller<std::uint64_t>(ties, cut.ties) < min_keep;
    }

private:
    row_view row_;
    deferred_row& deferred_;
    std::int32_t best_;
    std::int32_t lowest_;
    float scale_;
    workspace& scratch_;
};

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD
