// SPDX-License-Identifier: MIT
//
// A cut that may be anywhere in a row: a sample says where it most likely is, and that is then proven or corrected.
#pragma once

#include <pluck/cpu/cut/candidates.hpp>
#include <pluck/cpu/cut/found_cut.hpp>
#include <pluck/cpu/cut/select.hpp>
#include <pluck/cpu/isa/dispatch.hpp>
#include <pluck/cpu/kernels/masses.hpp>
#include <pluck/cpu/kernels/subsample.hpp>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/workspace.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_ROW_BUILD {

/// Finds where the tokens, or their masses, reach a target; in a row of max_sampled tokens or more.
template <measure By>
class sampled_finder {
public:
    explicit sampled_finder(const candidates& from) noexcept : from_(from) {}

    /// Where a cut may be.
    struct guess {
        score_range scores;  ///< within those of the row
        bool many;           ///< whether more is kept than is worth a copy
    };

    /// What a sample says of the cut at a share of the tokens, kept or not, or of the kept mass. Where so many tokens
    /// are alike that they would be much to look at, the one score at which it most likely is.
    [[nodiscard]] guess guess_at(double share) noexcept {
        const std::size_t count = sample();
        const score_range all{from_.kept().score, from_.best()};
        constexpr auto sampled = static_cast<double>(kernels::max_sampled);
        const double sum = static_cast<double>(by_mass ? from_.weigh(count) : count);
        const double wanted = share * (by_mass ? sum : sampled);
        if (count == 0 || sum == 0) return {all, true};
        const std::int32_t middle = sampled_cut(count, wanted);

        // How far a sample strays: what is on one side of the cut counts by the share of the other.
        const double head = detail::smaller(wanted / sum, 1.0);
        double variance = 0;
        double above = 0;
        double alike = 0;
        const float* scores = from_.scores();
        if (by_mass) (void)from_.weigh(count);
        for (std::size_t i = 0; i < count; ++i) {
            const std::int32_t score = detail::ordered(scores[i]);
            const double part = score >= middle ? 1 - head : head;
            const double weight = by_mass ? static_cast<double>(static_cast<std::int64_t>(from_.masses()[i])) : 1;
            variance += part * part * weight * weight;
            above += score > middle ? 1 : 0;
            alike += score == middle ? 1 : 0;
        }
        const bool many = above + alike / 2 > sampled / 8;
        if (alike > sampled / 64) return {{middle, middle}, true};
        const double margin = 3 * std::sqrt(variance);
        score_range range = all;
        if (wanted + margin < sum) range.low = sampled_cut(count, wanted + margin);
        if (many && wanted - margin >= 1) range.high = sampled_cut(count, wanted - margin);
        return {range, many};
    }

    /// Weighs a row that keeps all and returns its total; finds out in the same pass what is above the guess.
    [[nodiscard]] std::uint64_t total_beside(const guess& about) noexcept {
        const std::int32_t above = about.scores.high + 1;
        std::uint64_t total = 0;
        weighed_ = {above, 0};
        from_.in_parts({above}, -detail::ordered_infinity, [&](const row_view& part, std::size_t begin) noexcept {
            const kernels::split_mass mass = run_kernel<kernels::split_masses>(part, from_.best_logit(), from_.scale(),
                                                                               from_.block_mass() + begin / block_size);
            weighed_.weight += mass.kept;
            total += mass.all;
            return true;
        });
        return total;
    }

    /// The cut at which the target is reached, or what the row keeps if it never is.
    [[nodiscard]] found_cut find(std::uint64_t target, const guess& about) noexcept {
        std::int32_t low = from_.kept().score;     // the cut is at this score or above it, if there is one
        weight_from high = {from_.best() + 1, 0};  // and below this one, which so much has reached
        const auto compare = [&](const weight_from& here) noexcept {
            if (here.weight >= target) low = here.score;
            else high = here;
        };
        if (about.many) {
            const std::int32_t guessed = about.scores.high + 1;
            compare(weighed_.score == guessed ? weighed_ : weight_of(guessed));
        }
        std::int32_t from = detail::larger(low, detail::smaller(about.scores.low, high.score - 1));
        if (high.score == from + 1) {  // the only question is which of the tokens with this score are kept
            const std::uint64_t mass = from_.mass_at(from);
            const std::uint64_t rest = target - high.weight;
            const std::uint64_t ties = by_mass ? candidates::ties_for(rest, mass) : rest;
            const bool add = by_mass && weighed_.score == high.score;
            const std::size_t end = from_.end_of_ties(from, ties, mass, add ? from_.block_mass() : nullptr);
            if (end != 0) return row_cut{{from, end}, add ? high.weight + ties * mass : 0};
            if (from == low) return row_cut{from_.kept()};  // there are no more
            compare(weight_of(from));
            from = low;
        }
        for (;; from = low) {
            const std::size_t count = from_.gather(from, from_.size(), high.score);
            const std::uint64_t inside = by_mass ? from_.weigh(count) : count;
            if (high.weight + inside >= target) {
                const list_cut found = from_.cut(count, target - high.weight, By, {from, high.score - 1});
                if (high.score > from_.best()) return found;
                const bool add = by_mass && weighed_.score == high.score;
                if (add) (void)from_.weigh(count);
                return in_the_row(found, add, high.weight);
            }
            if (from == low) return row_cut{from_.kept()};  // there are no more
            high = {from, high.weight + inside};
        }
    }

private:
    static constexpr bool by_mass = By == measure::mass;

    /// The weight of the kept tokens from a score on: their number, or their mass.
    struct weight_from {
        std::int32_t score;
        std::uint64_t weight;
    };

    [[nodiscard]] weight_from weight_of(std::int32_t score) noexcept {
        if constexpr (by_mass) {
            weighed_ = {score, from_.mass_from(score)};
            return weighed_;
        } else {
            return {score, from_.count_from(score, from_.size())};
        }
    }

    /// Lists the kept scores of the sample and counts them.
    [[nodiscard]] std::size_t sample() noexcept {
        float* scores = from_.scores();
        from_.sample(scores);
        std::size_t found = 0;
        for (std::size_t i = 0; i < kernels::max_sampled; ++i) {  // in place
            scores[found] = scores[i];
            found += detail::ordered(scores[found]) >= from_.kept().score;
        }
        return found;
    }

    /// Where the listed sample reaches a target.
    [[nodiscard]] std::int32_t sampled_cut(std::size_t count, double target) noexcept {
        if (by_mass) (void)from_.weigh(count);
        return from_
            .select(count, detail::larger(static_cast<std::uint64_t>(target), std::uint64_t{1}), By,
                    {from_.kept().score, from_.best()})
            .score;
    }

    /// A cut of the listed middle part of the row, as a cut of the row. If asked for, adds the masses of those that
    /// stay to their blocks', and to the mass above.
    [[nodiscard]] row_cut in_the_row(const list_cut& middle, bool add, std::uint64_t above) noexcept {
        const float* scores = from_.scores();
        const std::int32_t* places = from_.places();
        const std::uint64_t* masses = from_.masses();
        std::uint64_t* block_mass = from_.block_mass();
        row_cut found{{middle.score, from_.size()}};
        std::uint64_t ties = middle.ties;
        for (std::size_t i = 0; i < middle.count; ++i) {
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

    const candidates& from_;
    /// What was weighed last, which is also what block_mass holds; nothing at first: a cut may be sought above the
    /// largest float, at infinity, but no further up.
    weight_from weighed_{detail::ordered_infinity + 1, 0};
};

/// The cut after the k best tokens, or after all if there are no more.
[[nodiscard]] inline found_cut find_sampled_top_k(const candidates& from, std::size_t k) noexcept {
    sampled_finder<measure::tokens> finder(from);
    return finder.find(k, finder.guess_at(static_cast<double>(k) / static_cast<double>(from.size())));
}

/// The cut after the share p < 1 of the mass. `total` is the row's, if it is known; else 0.
[[nodiscard]] inline found_cut find_sampled_nucleus(const candidates& from, float p, std::uint64_t total) noexcept {
    sampled_finder<measure::mass> finder(from);
    const auto about = finder.guess_at(detail::ordered(p) > 0 ? static_cast<double>(p) : 0);  // a NaN is 0, too
    if (total == 0) total = from.keeps_all() && about.many ? finder.total_beside(about) : from.total();
    return finder.find(mass_share(p, total), about);
}

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD
