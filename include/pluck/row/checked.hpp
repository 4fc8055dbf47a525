// SPDX-License-Identifier: MIT
//
// The edge cases of a row's verbs, decided once for all backends: what is out of range, NaN, or would empty the row. A
// backend's verb hands its arguments to the function of the same name here, and gets back, as calls of its primitives,
// arguments that mean something.
//
//     void keep_largest(std::size_t k) noexcept { detail::checked::keep_largest(*this, k); }
//
// Its primitives, which may be private if `detail::checked` is a friend:
//
//     max_count()            a number of tokens that the row does not exceed
//     best_score()           ordered; lowest_score() an ordered score below which no token is kept
//     octaves_per_nat()      mass_scale(T)
//     keep_best()            the best token alone
//     cut_to_largest(k)      the first k of the ranking, 1 < k < max_count()
//     find_nucleus(p, n)     the cut at which the mass reaches the share p, 0 <= p < 1; the row still has n tokens
//                            then, if it had as many
//     keep_nucleus(p)        optional: cuts there, now or later
//     cut_at_score(s)        the cut at an ordered score, lowest_score() < s <= best_score()
//     leaves_less(cut, n)    whether the cut leaves fewer than n tokens, n > 1
//     cut_to(cut)            cuts
//     find_below(key)        what of the row is not ranked before a key; converts to bool, false if that is nothing
//     keep_rest(rest)        keeps that
//     set_temperature(t)     within [min_temperature, max_temperature]
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/row/least_score.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace detail {

struct checked {
    /// k = 0 counts as 1.
    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE static void keep_largest(Row& row, std::size_t k) noexcept {
        if (k >= row.max_count()) return;
        if (k <= 1) return row.keep_best();
        row.cut_to_largest(k);
    }

    /// p >= 1, infinity or a NaN without a sign keeps all; p < 0 or a NaN with one counts as 0.
    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE static void keep_mass(Row& row, float p, std::size_t min_keep) noexcept {
        if (ordered(p) >= ordered(1.0f)) return;
        if (ordered(p) < 0) p = 0;
        if constexpr (requires { row.keep_nucleus(p); }) {
            if (min_keep <= 1) return row.keep_nucleus(p);
        }
        cut_unless_less(row, row.find_nucleus(p, min_keep), min_keep);
    }

    /// A score that no token reaches, or any NaN, leaves the first min_keep tokens, or the best one.
    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE static void keep_at_least(Row& row, float score, std::size_t min_keep) noexcept {
        const std::int32_t least = ordered(score);  // a NaN is above infinity, or with a sign below -infinity
        if (least > row.best_score() || least < -ordered_infinity) return row.keep_largest(min_keep);
        if (least <= row.lowest_score()) return;
        cut_unless_less(row, row.cut_at_score(least), min_keep);
    }

    /// More mass than any token has leaves the best one.
    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE static void keep_mass_at_least(Row& row, std::uint64_t mass) noexcept {
        const float scale = row.octaves_per_nat();
        const float best = float_of(row.best_score());
        if (mass_of(best - best, scale) < mass) return row.keep_largest(1);
        const auto enough = [&](float score) { return mass_of(score - best, scale) >= mass; };
        row.keep_at_least(float_of(least_score(row.best_score(), best, enough)), 1);
    }

    /// Does nothing if nothing would be left.
    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE static void drop_above(Row& row, ranking_key cut) noexcept {
        if (cut.value >= row.best().value) return;
        const auto rest = row.find_below(cut);
        if (rest) row.keep_rest(rest);
    }

    /// A factor that is not above 0, or is NaN, leaves T alone.
    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE static void scale(Row& row, double factor) noexcept {
        row.set_temperature(scaled_temperature(row.temperature(), factor));
    }

private:
    PLUCK_ANY_ROW
    template <class Row, class Cut>
    PLUCK_HOST_DEVICE static void cut_unless_less(Row& row, const Cut& cut, std::size_t min_keep) noexcept {
        if (min_keep > 1 && row.leaves_less(cut, min_keep)) return row.keep_largest(min_keep);
        row.cut_to(cut);
    }
};

}}}  // namespace pluck::v0::detail
