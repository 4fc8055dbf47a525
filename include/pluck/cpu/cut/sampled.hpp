// SPDX-License-Identifier: MIT
//
// Where a cut lies that is anywhere in a row: it is sought in a sample, and what the sample says is then proven, or
// corrected.
#pragma once

#include <pluck/cpu/cut/candidates.hpp>
#include <pluck/cpu/cut/select.hpp>
#include <pluck/cpu/isa/dispatch.hpp>
#include <pluck/cpu/kernels/subsample.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/workspace.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_ROW_BUILD {

/// Of rows of max_sampled tokens or more.
class deep_search : public candidates {
public:
    explicit deep_search(const candidates& row) noexcept : candidates(row) {}

    /// The cut after the k best tokens, or after all, if there are no more.
    [[nodiscard]] found_cut after_tokens(std::size_t k) noexcept {
        const auto share = static_cast<double>(k) / static_cast<double>(row_.size);
        return find<counted>(k, guess<counted>(share));
    }

    /// The cut after the share p < 1 of the mass. `total` is the row's, if it is known; else 0.
    [[nodiscard]] found_cut after_mass(float p, std::uint64_t total) noexcept {
        const guessed about = guess<weighed>(detail::ordered(p) > 0 ? static_cast<double>(p) : 0);  // of a NaN, too
        if (total == 0 && row_.keeps_all() && about.many) {
            row_view split_row = row_;
            split_row.kept = {about.scores.high + 1};
            known_ = {about.scores.high + 1, 0};
            narrow_.in_parts(split_row, -detail::ordered_infinity,
                             [&](const row_view& part, std::size_t begin) noexcept {
                                 const kernels::split_mass mass = run_kernel<kernels::split_masses>(
                                     part, best_logit(), scale_, scratch_.block_mass() + begin / block_size);
                                 known_.weight += mass.kept;
                                 total += mass.all;
                                 return true;
                             });
        } else if (total == 0) {
            total = exact_total();
        }
        return find<weighed>(mass_share(p, total), about);
    }

protected:
    /// More tokens do not reach the k-th best block, unless they tie or the best ones are neighbours.
    [[nodiscard]] static std::size_t limit_of(std::size_t k) noexcept { return 4 * k + kernels::max_sampled; }

    /// Copies the kept ones of the sample to spare_scores and counts them.
    [[nodiscard]] std::size_t sample() noexcept {
        float* scores = scratch_.spare_scores();
        take_sample(scores);
        std::size_t found = 0;
        for (std::size_t i = 0; i < kernels::max_sampled; ++i) {  // in place
            scores[found] = scores[i];
            found += detail::ordered(scores[found]) >= row_.kept.score;
        }
        return found;
    }

private:
    struct counted {};
    struct weighed {};
    template <class Weight>
    static constexpr bool weighs = std::is_same_v<Weight, weighed>;

    /// Where a cut may be.
    struct guessed {
        score_range scores;  ///< within those of the row
        bool many;           ///< whether more is kept than is worth a copy
    };

    /// What a sample says of the cut at a share of the tokens, kept or not, or of the kept mass. Where so many tokens
    /// are alike that they would be much to look at, the one score at which it most likely is.
    template <class Weight>
    [[nodiscard]] guessed guess(double share) noexcept {
        const std::size_t count = sample();
        const score_range all{row_.kept.score, best_};
        const auto most = static_cast<double>(kernels::max_sampled);
        double sum = static_cast<double>(count);
        if (weighs<Weight>) sum = static_cast<double>(weigh(count));
        const double wanted = share * (weighs<Weight> ? sum : most);
        if (count == 0 || sum == 0) return {all, true};
        const std::int32_t middle = sampled_cut<Weight>(count, wanted);

        // How far a sample strays: what is on one side of the cut counts by the share of the other.
        const double head = std::min(wanted / sum, 1.0);
        double variance = 0;
        double above = 0;
        double alike = 0;
        const float* scores = scratch_.spare_scores();
        if (weighs<Weight>) (void)weigh(count);
        for (std::size_t i = 0; i < count; ++i) {
            const std::int32_t score = detail::ordered(scores[i]);
            const double part = score >= middle ? 1 - head : head;
            const double weight =
                weighs<Weight> ? static_cast<double>(static_cast<std::int64_t>(scratch_.weights()[i])) : 1;
            variance += part * part * weight * weight;
            above += score > middle ? 1 : 0;
            alike += score == middle ? 1 : 0;
        }
        const bool many = above + alike / 2 > most / 8;
        if (alike > most / 64) return {{middle, middle}, true};
        const double margin = 3 * std::sqrt(variance);
        score_range range = all;
        if (wanted + margin < sum) range.low = sampled_cut<Weight>(count, wanted + margin);
        if (many && wanted - margin >= 1) range.high = sampled_cut<Weight>(count, wanted - margin);
        return {range, many};
    }

    /// Where the sample in spare_scores reaches a target.
    template <class Weight>
    [[nodiscard]] std::int32_t sampled_cut(std::size_t count, double target) noexcept {
        if (weighs<Weight>) (void)weigh(count);
        return select_gathered(count, std::max(static_cast<std::uint64_t>(target), std::uint64_t{1}),
                               weighs<Weight> ? scratch_.weights() : nullptr, {row_.kept.score, best_})
            .score;
    }

    /// The weight of the kept scores from here on.
    struct weight_from {
        std::int32_t score;
        std::uint64_t weight;
    };
    template <class Weight>
    [[nodiscard]] weight_from weight_of(std::int32_t score) noexcept {
        if constexpr (weighs<Weight>) {
            known_ = {score, mass_from(score)};
            return known_;
        } else {
            return {score, run_kernel<kernels::count>(row_from(score), row_.size)};
        }
    }

    /// The cut at which the tokens, or their masses, reach the target.
    template <class Weight>
    [[nodiscard]] found_cut find(std::uint64_t target, const guessed& about) noexcept {
        std::int32_t low = row_.kept.score;  // the cut is at this score or above it, if there is one
        weight_from high = {best_ + 1, 0};   // and below this one, which so much has reached
        const auto compare = [&](const weight_from& here) noexcept {
            if (here.weight >= target) low = here.score;
            else high = here;
        };
        if (about.many) {
            const std::int32_t guess = about.scores.high + 1;
            compare(known_.score == guess ? known_ : weight_of<Weight>(guess));
        }
        std::int32_t from = std::max(low, std::min(about.scores.low, high.score - 1));
        if (high.score == from + 1) {  // all of the question is which of the tokens that have one score are kept
            const std::uint64_t mass = mass_of_score(from);
            const std::uint64_t rest = target - high.weight;
            const std::uint64_t ties = weighs<Weight> ? ties_of(rest, mass) : rest;
            const bool add = weighs<Weight> && known_.score == high.score;
            const std::size_t end = end_of_ties(from, ties, mass, add ? scratch_.block_mass() : nullptr);
            if (end != 0) return {.kept = {from, end}, .total = add ? high.weight + ties * mass : 0};
            if (from == low) return {.kept = row_.kept};  // there are no more
            compare(weight_of<Weight>(from));
            from = low;
        }
        for (;; from = low) {
            const std::size_t gathered = gather(from, row_.size, high.score);
            const std::uint64_t inside = weighs<Weight> ? weigh(gathered) : gathered;
            if (high.weight + inside >= target) {
                const found_cut found =
                    among_gathered(gathered, target - high.weight, weighs<Weight> ? scratch_.weights() : nullptr,
                                   {from, high.score - 1});
                if (high.score > best_) return found;
                const bool add = weighs<Weight> && known_.score == high.score;
                if (add) (void)weigh(gathered);
                return in_the_row(found, add, high.weight);
            }
            if (from == low) return {.kept = row_.kept};  // there are no more
            high = {from, high.weight + inside};
        }
    }

    /// What was found among the tokens of a middle part of the row, as a cut of the row. If asked for, adds the masses
    /// of those that stay to those of their blocks, and to the mass above.
    [[nodiscard]] found_cut in_the_row(const found_cut& middle, bool add, std::uint64_t above) noexcept {
        const float* scores = scratch_.spare_scores();
        const std::int32_t* places = scratch_.spare_tokens();
        const std::uint64_t* masses = scratch_.weights();
        std::uint64_t* block_mass = scratch_.block_mass();
        found_cut found{.kept = {middle.score, row_.size}};
        std::uint64_t ties = middle.ties;
        for (std::size_t i = 0; i < middle.gathered; ++i) {
            const std::int32_t score = detail::ordered(scores[i]);
            const auto place = static_cast<std::size_t>(places[i]);
            if (score == middle.score && ties != 0 && --ties == 0) found.kept.ties_end = place + 1;
            else if (score == middle.score && ties == 0) continue;
            if (!add || score < middle.score) continue;
            block_mass[place / block_size] += masses[i];
            above += masses[i];
        }
        if (add) found.total = above;
        return found;
    }

    /// Of which scores block_mass is, and what they weigh in all; nothing at first.
    weight_from known_{detail::ordered_infinity, 0};
};

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD
