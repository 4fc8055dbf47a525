// SPDX-License-Identifier: MIT
//
// What top-p keeps of a row. Mostly a head of the row is enough, and nothing else is looked at; how much the others
// weigh in all need only be known to within bounds. Else a sample says where the cut is.
#pragma once

#include <pluck/cpu/cut/candidates.hpp>
#include <pluck/cpu/cut/draw_between.hpp>
#include <pluck/cpu/cut/found_cut.hpp>
#include <pluck/cpu/cut/heads.hpp>
#include <pluck/cpu/cut/sampled.hpp>
#include <pluck/cpu/cut/total_bounds.hpp>
#include <pluck/cpu/kernels/mass_bounds.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/philox.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_ROW_BUILD {

/// Finds the nucleus of a share p < 1 of the mass: a token of it, or where it ends. To be used once: draw(), and then
/// cut() if that drew nothing, or cut() alone.
class nucleus_finder {
public:
    /// `total` is the row's mass, if it is known; else 0.
    nucleus_finder(const candidates& from, float p, std::uint64_t total) noexcept
        : from_(from), p_(p), heads_(from_, p), total_(from_) {
        if (from_.size() <= head_finder::short_row) return;  // it will be weighed as a whole
        const bool bounded = kernels::chord::fits({from_.best_logit(), from_.scale()});
        if (total == 0 && from_.keeps_all() && from_.size() >= long_row && bounded) return;
        total_.set(total != 0 ? total : from_.total());
    }
    nucleus_finder(const nucleus_finder&) = delete;
    nucleus_finder& operator=(const nucleus_finder&) = delete;

    [[nodiscard]] found_cut cut() noexcept {
        const row_head& head = heads_.head();
        while (std::exchange(undecided_, false) || next_head()) {
            total_.skip_chord_if_wide(head);
            do {
                const kernels::mass_bounds target = targets();
                if (head.mass < target.low) break;
                if (head.mass < target.high) continue;
                const score_cut found = from_.select(head.count, target.low, measure::mass, range());
                const std::uint64_t mass = from_.mass_at(found.score);
                const std::uint64_t ties = candidates::ties_for(found.rest, mass);
                if (ties == candidates::ties_for(found.rest + (target.high - target.low), mass)) {
                    return list_cut{head.count, found.score, ties};
                }
                (void)from_.weigh(head.count);
            } while (total_.refine(head));
        }
        return find_sampled_nucleus(from_, p_, total_.is_exact() ? total_.bounds().low : 0);
    }

    /// The place of a token drawn from what the cut would leave; the row's size if the cut has to be made for that.
    [[nodiscard]] std::size_t draw(const bits128& uniform) noexcept {
        const row_head& head = heads_.head();
        while (next_head()) {
            const std::int32_t* scores = from_.order(head.count);
            do {
                const kernels::mass_bounds target = targets();
                if (head.mass < target.low) break;
                if (head.mass < target.high) continue;
                const std::size_t drawn = draw_between({scores, from_.masses(), head.count, range()}, target.low,
                                                       target.high, uniform, from_.block_mass());
                if (drawn < head.count) return static_cast<std::size_t>(from_.places()[drawn]);
                undecided_ = total_.is_exact();
            } while (total_.refine(head));
            if (undecided_) break;
        }
        return from_.size();
    }

private:
    /// From here on the total mass takes longer than its bounds and what is needed to decide by them.
    static constexpr std::size_t long_row = 4096;

    [[nodiscard]] bool next_head() noexcept {
        if (!heads_.next(total_.known() != total_bounds::knowledge::none)) return false;
        if (heads_.head().is_all) total_.set(heads_.head().mass);
        return true;
    }

    [[nodiscard]] score_range range() const noexcept { return {heads_.head().low, from_.best()}; }

    /// What the masses have to reach down the ranking.
    [[nodiscard]] kernels::mass_bounds targets() const noexcept {
        return {mass_share(p_, total_.bounds().low), mass_share(p_, total_.bounds().high)};
    }

    candidates from_;
    float p_;
    bool undecided_ = false;  ///< the head reaches far enough, but no token was drawn from it
    head_finder heads_;
    total_bounds total_;
};

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD
