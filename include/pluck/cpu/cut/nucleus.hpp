// SPDX-License-Identifier: MIT
//
// What top-p keeps of a row. Mostly the best tokens of the best blocks are enough, and only they have to be looked at;
// how much the others weigh in all need only be known to within bounds. Else the search goes deep.
#pragma once

#include <pluck/cpu/cut/candidates.hpp>
#include <pluck/cpu/cut/draw_between.hpp>
#include <pluck/cpu/cut/sampled.hpp>
#include <pluck/cpu/isa/dispatch.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/philox.hpp>
#include <pluck/workspace.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_ROW_BUILD {

class nucleus_search : public deep_search {
public:
    /// For the share p < 1 of the mass. `total` is the row's, if it is known; else 0.
    nucleus_search(const candidates& row, float p, std::uint64_t total) noexcept : deep_search(row), p_(p) {
        if (row_.size <= fewest) return;
        const bool bounded = kernels::chord::fits({best_logit(), scale_});
        if (total == 0 && row_.keeps_all() && row_.size >= many && bounded) return;
        if (total == 0) total = exact_total();
        known_ = knowledge::exact;
        total_ = {total, total};
    }

    [[nodiscard]] found_cut cut() noexcept {
        while (std::exchange(undecided_, false) || next_head()) {
            // A chord is close enough if its bounds are no further apart than a token of the head weighs: a guess.
            if (known_ == knowledge::nothing && below_ / 16 >= mass_ / gathered_) bound<kernels::quartic>();
            do {
                const mass_bounds target = targets();
                if (mass_ < target.low) break;
                if (mass_ < target.high) continue;
                const score_cut found = select_gathered(gathered_, target.low, scratch_.weights(), {low_, best_});
                const std::uint64_t mass = mass_of_score(found.score);
                const std::uint64_t ties = ties_of(found.rest, mass);
                if (ties == ties_of(found.rest + (target.high - target.low), mass)) {
                    return {gathered_, found.score, ties};
                }
                (void)weigh(gathered_);
            } while (know_better());
        }
        return deep_search::after_mass(p_, known_ == knowledge::exact ? total_.low : 0);
    }

    /// The place of a token drawn from what the cut would leave; row.size if the cut has to be made for that.
    [[nodiscard]] std::size_t draw(const bits128& uniform) noexcept {
        while (next_head()) {
            run_kernel<kernels::order>(scratch_.spare_scores(), gathered_, scratch_.ordered());
            do {
                const mass_bounds target = targets();
                if (mass_ < target.low) break;
                if (mass_ < target.high) continue;
                const std::size_t drawn =
                    draw_between({scratch_.ordered(), scratch_.weights(), gathered_, {low_, best_}}, target.low,
                                 target.high, uniform, scratch_.block_mass());
                if (drawn < gathered_) return static_cast<std::size_t>(scratch_.spare_tokens()[drawn]);
                undecided_ = known_ == knowledge::exact;
            } while (know_better());
            if (undecided_) break;
        }
        return row_.size;
    }

private:
    using mass_bounds = kernels::mass_bounds;

    /// What is known of the total mass.
    enum class knowledge { nothing, roughly, closely, exact };

    /// A row so short is looked at as a whole, this one in any case, that one if its head is not enough: samples have
    /// their own costs.
    static constexpr std::size_t fewest = 7 * block_size;
    static constexpr std::size_t few = 2048;
    static_assert(few >= kernels::max_sampled);
    /// From here on the total mass takes longer than its bounds and what is needed to decide by them.
    static constexpr std::size_t many = 4096;

    static constexpr std::size_t heads = 4;

    /// Gathers and weighs a head of the row that most likely reaches far enough; false if there is none left to try.
    [[nodiscard]] bool next_head() noexcept {
        const std::size_t blocks = blocks_of(row_.size);
        const std::size_t most = limit_of(blocks - blocks / 4);
        while (tried_ < heads && row_.size > fewest) {
            const std::int32_t before = low_;
            low_ = least_of_head(tried_++);
            if (tried_ > 1 && low_ >= before) continue;
            const kernels::sampled_tail tail =
                sampled_ ? sample_below(detail::float_of(low_)) : kernels::sampled_tail{};
            if (tried_ == 1 && sampled_ && is_short(tail)) continue;
            const bool is_long = static_cast<double>(most) + tail.tokens < static_cast<double>(row_.size);
            gathered_ = sampled_ && is_long ? most + 1 : gather(low_, most);
            if (gathered_ > most) {
                tried_ = heads;
                break;
            }
            mass_ = weigh(gathered_);
            below_ = in_masses(tail);
            about_ = mass_ + below_;
            if (known_ == knowledge::nothing && mass_share(p_, about_) > mass_) continue;  // too short a head
            return true;
        }
        if (row_.size > few || tried_ > heads) return false;
        tried_ = heads + 1;
        low_ = row_.kept.score;
        gathered_ = gather(low_, row_.size);
        mass_ = weigh(gathered_);
        known_ = knowledge::exact;
        total_ = {mass_, mass_};
        return true;
    }

    /// The least score of a head. Of the first the blocks tell it, since what weighs most is what samples miss. The
    /// others cut off less than the tail weighs, by a sample: thirteen parts of sixteen, as far as is known then; at
    /// last half of it. Where the total mass is known, a head is not worth a sample.
    [[nodiscard]] std::int32_t least_of_head(std::size_t head) noexcept {
        const std::size_t blocks = blocks_of(row_.size);
        if (head == 0) {
            sampled_ = known_ == knowledge::nothing;
            if (sampled_) take_sample(&sample_[0]);
            return reach_of(std::min<std::size_t>(64, blocks / 8));
        }
        if (!sampled_) return reach_of(head == 1 ? blocks / 2 : blocks - blocks / 4);  // the last, again
        const auto tail = static_cast<double>(about_ - mass_share(p_, about_)) * 0x1p-40;
        return score_before((head < heads - 1 ? 0.8125 : 0.5) * tail);
    }

    /// Whether a head whose tail this is weighs too little, even if it weighs half as much again as the best tokens of
    /// its blocks: then it is not gathered.
    [[nodiscard]] bool is_short(const kernels::sampled_tail& tail) noexcept {
        const double weight =
            run_kernel<kernels::best_powers>(row_.block_best, blocks_of(row_.size), best_logit(), scale_, low_);
        about_ = static_cast<std::uint64_t>((weight + tail.weight) * 0x1p40);
        const double share = detail::ordered(p_) > 0 ? static_cast<double>(p_) : 0;
        return 1.5 * weight * (1 - share) < share * tail.weight;
    }

    /// A score below which so much is left at most, by the sample, and not much less; below low_.
    [[nodiscard]] std::int32_t score_before(double weight) const noexcept {
        float high = detail::float_of(low_);  // more is below
        float step = 1 / scale_;
        float low = high - step;
        for (int octaves = 1; octaves < 64 && sample_below(low).weight > weight; octaves *= 2) {
            high = low;
            step *= 2;
            low -= step;
        }
        for (int halves = 0; halves < 3; ++halves) {
            const float middle = low + (high - low) / 2;
            if (sample_below(middle).weight > weight) high = middle;
            else low = middle;
        }
        return std::max(detail::ordered(low), row_.kept.score);
    }

    [[nodiscard]] kernels::sampled_tail sample_below(float high) const noexcept {
        return run_kernel<kernels::sample_below>(&sample_[0], row_.size, best_logit(), scale_, high);
    }
    [[nodiscard]] static std::uint64_t in_masses(const kernels::sampled_tail& tail) noexcept {
        return static_cast<std::uint64_t>(tail.weight * 0x1p40);
    }

    /// What the masses have to reach down the ranking.
    [[nodiscard]] mass_bounds targets() const noexcept {
        return {mass_share(p_, total_.low), mass_share(p_, total_.high)};
    }

    [[nodiscard]] bool know_better() noexcept {
        switch (known_) {
            case knowledge::nothing: bound<kernels::chord>(); return true;
            case knowledge::roughly: bound<kernels::quartic>(); return true;
            case knowledge::closely: {
                const std::uint64_t total = exact_total();
                known_ = knowledge::exact;
                total_ = {total, total};
                return true;
            }
            case knowledge::exact: break;
        }
        return false;
    }

    /// Bounds of the total mass, of which the head is known.
    template <class Power>
    void bound() noexcept {
        kernels::powers sums{0, 0};
        const float* scores = scratch_.spare_scores();
        narrow_.in_parts(row_, -detail::ordered_infinity, [&](const row_view& part, std::size_t begin) noexcept {
            const kernels::powers some = run_kernel<kernels::sum_powers<Power>>(
                part, best_logit(), detail::float_of(lowest_), scale_, scores, begin == 0 ? gathered_ : 0);
            sums.all += some.all;
            sums.gathered += some.gathered;
            return true;
        });
        const mass_bounds rest = kernels::bounds_of_rest<Power>(sums, row_.size, Power::slack({best_logit(), scale_}));
        total_ = {mass_ + rest.low, mass_ + rest.high};
        known_ = std::is_same_v<Power, kernels::chord> ? knowledge::roughly : knowledge::closely;
    }

    float p_;
    knowledge known_ = knowledge::nothing;
    mass_bounds total_{0, std::numeric_limits<std::uint64_t>::max()};

    float sample_[kernels::max_sampled];
    bool sampled_ = false;

    std::size_t tried_ = 0;     ///< so many heads
    std::uint64_t about_ = 0;   ///< the total mass, by the sample if not known
    std::int32_t low_ = 0;      ///< the least score of the head
    std::size_t gathered_ = 0;  ///< its tokens, in the scratch memory
    std::uint64_t mass_ = 0;    ///< theirs
    std::uint64_t below_ = 0;   ///< what the others weigh, by a sample
    bool undecided_ = false;    ///< it reaches far enough, but no token was drawn from it
};

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD
