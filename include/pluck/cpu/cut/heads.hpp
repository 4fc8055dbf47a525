// SPDX-License-Identifier: MIT
//
// Heads of a row: so many of its best tokens as most likely hold a nucleus. The best scores of the blocks and a sample
// tell how far down to gather.
#pragma once

#include <pluck/cpu/cut/candidates.hpp>
#include <pluck/cpu/isa/dispatch.hpp>
#include <pluck/cpu/kernels/subsample.hpp>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_ROW_BUILD {

/// All tokens of a row down to a score, listed and weighed.
struct row_head {
    std::int32_t low = 0;     ///< that score
    std::size_t count = 0;    ///< so many candidates
    std::uint64_t mass = 0;   ///< theirs
    std::uint64_t below = 0;  ///< what the others weigh, by a sample; 0 without one
    bool is_all = false;      ///< there are no others
};

/// Finds heads that may hold the share p of the mass, each down to a lower score.
class head_finder {
public:
    /// The only head of a row so short is all of it: samples have their own costs.
    static constexpr std::size_t short_row = 7 * block_size;

    head_finder(const candidates& from, float p) noexcept
        : from_(from), p_(p), next_(from.size() > short_row ? step::first : step::all) {}

    /// Gathers the next head; false if none is left that is worth a try. Where the total mass is not known, a sample
    /// judges them, and those that it finds too short are passed over; the chord must fit the row then.
    [[nodiscard]] bool next(bool total_known) noexcept {
        while (next_ != step::none) {
            const step now = next_;
            next_ = after(now);
            if (gather(now, total_known)) return true;
        }
        return false;
    }

    [[nodiscard]] const row_head& head() const noexcept { return head_; }

private:
    /// Which head to gather. Without a sample there is no fourth.
    enum class step { first, second, third, fourth, all, none };

    /// A row so short is gathered as a whole if its heads are not enough.
    static constexpr std::size_t medium_row = 2048;
    static_assert(medium_row >= kernels::max_sampled);

    [[nodiscard]] step after(step now) const noexcept {
        return now == step::third && !sampled_ ? step::all : static_cast<step>(static_cast<int>(now) + 1);
    }

    /// False if the head goes no further down than the one before, is too short, or too long: then all later ones are.
    [[nodiscard]] bool gather(step now, bool total_known) noexcept {
        if (now == step::all) return gather_all();
        if (now == step::first && !total_known) {
            sampled_ = true;
            from_.sample(&sample_[0]);
        }
        const std::int32_t before = head_.low;
        head_.low = low_of(now);
        if (now != step::first && head_.low >= before) return false;
        kernels::sampled_tail tail{};
        if (sampled_) tail = tail_below(detail::float_of(head_.low));
        if (sampled_ && now == step::first && is_short(tail)) return false;

        const std::size_t blocks = from_.blocks();
        const std::size_t limit = candidates::usual_reach(blocks - blocks / 4);
        const bool is_long = sampled_ && static_cast<double>(limit) + tail.tokens < static_cast<double>(from_.size());
        if (!is_long) head_.count = from_.gather(head_.low, limit);
        if (is_long || head_.count > limit) {
            next_ = step::all;
            return false;
        }
        head_.mass = from_.weigh(head_.count);
        head_.below = static_cast<std::uint64_t>(tail.weight * 0x1p40);
        about_ = head_.mass + head_.below;
        return total_known || mass_share(p_, about_) <= head_.mass;
    }

    [[nodiscard]] bool gather_all() noexcept {
        if (from_.size() > medium_row) return false;
        head_.count = from_.gather(from_.kept().score, from_.size());
        head_.low = from_.kept().score;
        if (head_.count <= 2 * block_size) {
            // As of what top-k has left: where it begins, so that a range divides it where it has tokens. Of a longer
            // one that takes more than it saves.
            head_.low = from_.best();
            const std::int32_t* scores = from_.order(head_.count);
            for (std::size_t i = 0; i < head_.count; ++i) head_.low = detail::smaller(head_.low, scores[i]);
        }
        head_.mass = from_.weigh(head_.count);
        head_.is_all = true;
        return true;
    }

    /// The least score of a head. Of the first the blocks tell it, since what weighs most is what samples miss. The
    /// others leave less below them than the tail weighs, by the sample: thirteen parts of sixteen, as far as is known
    /// then; the last one half of it. Where the total mass is known, a head is not worth a sample.
    [[nodiscard]] std::int32_t low_of(step now) const noexcept {
        const std::size_t blocks = from_.blocks();
        if (now == step::first) return from_.reach(detail::smaller<std::size_t>(64, blocks / 8));
        if (!sampled_) return from_.reach(now == step::second ? blocks / 2 : blocks - blocks / 4);
        const auto tail = static_cast<double>(about_ - mass_share(p_, about_)) * 0x1p-40;
        return score_before((now == step::fourth ? 0.5 : 0.8125) * tail);
    }

    /// Whether the first head, with this tail, weighs too little even if it weighs half as much again as the best
    /// tokens of its blocks: then it is not gathered.
    [[nodiscard]] bool is_short(const kernels::sampled_tail& tail) noexcept {
        const double weight = run_kernel<kernels::best_powers>(from_.block_best(), from_.blocks(), from_.best_logit(),
                                                               from_.scale(), head_.low);
        about_ = static_cast<std::uint64_t>((weight + tail.weight) * 0x1p40);
        const double share = detail::ordered(p_) > 0 ? static_cast<double>(p_) : 0;
        return 1.5 * weight * (1 - share) < share * tail.weight;
    }

    /// A score below the head before which so much is left at most, by the sample, and not much less.
    [[nodiscard]] std::int32_t score_before(double weight) const noexcept {
        float high = detail::float_of(head_.low);  // more is below
        float down = 1 / from_.scale();
        float low = high - down;
        for (int octaves = 1; octaves < 64 && tail_below(low).weight > weight; octaves *= 2) {
            high = low;
            down *= 2;
            low -= down;
        }
        for (int halves = 0; halves < 3; ++halves) {
            const float middle = low + (high - low) / 2;
            if (tail_below(middle).weight > weight) high = middle;
            else low = middle;
        }
        return detail::larger(detail::ordered(low), from_.kept().score);
    }

    [[nodiscard]] kernels::sampled_tail tail_below(float high) const noexcept {
        return run_kernel<kernels::sample_below>(&sample_[0], from_.size(), from_.best_logit(), from_.scale(), high);
    }

    const candidates& from_;
    float p_;
    step next_;
    row_head head_;
    std::uint64_t about_ = 0;  ///< the total mass, by the sample
    bool sampled_ = false;
    float sample_[kernels::max_sampled];
};

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD
