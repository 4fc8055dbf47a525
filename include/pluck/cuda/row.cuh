// SPDX-License-Identifier: MIT
//
// The row on a device: the same primitives as the CPU's row, answered by all threads of one or more blocks together.
// Its algorithm is plain C++ over a team (team.cuh), so that a team of std::threads runs this very source in the tests.
#pragma once

#include <pluck/core/config.hpp>
#include <pluck/core/log.hpp>
#include <pluck/core/mass.hpp>
#include <pluck/core/philox.hpp>
#include <pluck/core/ranking.hpp>
#include <pluck/core/row.hpp>
#include <pluck/core/status.hpp>
#include <pluck/cuda/darts.cuh>
#include <pluck/cuda/field.cuh>
#include <pluck/cuda/select.cuh>

#include <cstddef>
#include <cstdint>

namespace pluck::inline v0::cuda {

template <class Team, class Source>
class row {
public:
    using fields = field<Team, Source>;

    /// A row at place `index` of its batch. The team's memory holds the randomness already.
    PLUCK_HOST_DEVICE row(const fields& scores, std::size_t index) noexcept : field_(scores), index_(index) {
        if (scores.shape.vocab == 0) fail(status::no_candidate);
        if (scores.shape.vocab > max_vocab) fail(status::row_too_long);
    }

    // ---- adjusters, before settle(); a stage that comes later and moves scores all the same fails the row ----

    /// score = f(score, i) for the token ids[i], in order; -infinity stays. An id outside of the row fails it.
    template <class Ids, class F>
    PLUCK_HOST_DEVICE void edit(const Ids& ids, const F& f) noexcept {
        if (!editable()) return;
        std::size_t i = 0;
        for (const auto id : ids) {  // every thread looks at all of them, and moves those whose token is its own
            const auto wide = static_cast<std::int64_t>(id);
            if (wide < 0 || wide >= std::int64_t{field_.shape.vocab}) return fail(status::bad_parameter);
            const auto token = static_cast<std::int32_t>(wide);
            if (field_.owns(token) && field_.position_of(token) % Team::threads == field_.team.thread())
                move(field_.position_of(token), [&](float score) { return f(score, i); });
            ++i;
        }
        field_.team.sync();
    }

    /// score = f(score, token) for every token; -infinity stays.
    template <class F>
    PLUCK_HOST_DEVICE void map(const F& f) noexcept {
        if (!editable()) return;
        each_own([&](std::uint32_t position, std::int32_t token) {
            move(position, [&](float score) { return f(score, token); });
        });
    }

    /// Forbids every token whose bit is 0, NaN included; bit i % 32 of words[i / 32] is token i's.
    template <class Words>
    PLUCK_HOST_DEVICE void mask(const Words& words) noexcept {
        if (!editable()) return;
        if (words.size() < (field_.shape.vocab + 31) / 32) return fail(status::bad_parameter);
        each_own([&](std::uint32_t position, std::int32_t token) {
            if ((words[static_cast<std::uint32_t>(token) / 32] >> (token % 32) & 1u) == 0) forbid(position);
        });
    }

    /// Reads and classifies the row; true if a token can be drawn.
    PLUCK_HOST_DEVICE bool settle() noexcept {
        if (state_ != status::ok) return false;
        settled_ = true;
        const auto seen = field_.scan(copied_, now_.next());
        best_score_ = seen.best;
        if (seen.nan) fail(status::nan_logit);
        else if (seen.best == core::ordered_infinity) fail(status::pos_inf_logit);
        else if (seen.best == -core::ordered_infinity) fail(status::no_candidate);
        return state_ == status::ok;
    }

    // ---- what it knows ----

    [[nodiscard]] PLUCK_HOST_DEVICE std::size_t index() const noexcept { return index_; }
    [[nodiscard]] PLUCK_HOST_DEVICE status state() const noexcept { return state_; }
    [[nodiscard]] PLUCK_HOST_DEVICE double temperature() const noexcept { return temperature_; }
    [[nodiscard]] PLUCK_HOST_DEVICE bits128 uniform() const noexcept { return field_.shared.random.base; }
    [[nodiscard]] PLUCK_HOST_DEVICE bits128 random(std::uint32_t purpose, std::uint32_t i) const noexcept {
        return field_.shared.random.bits(purpose, i);
    }

    [[nodiscard]] PLUCK_HOST_DEVICE ranking_key best() noexcept {
        if (best_token_ < 0) {
            interval tied = kept_;
            tied.raise(best_score_);
            best_token_ = ranking_key{field_.best_of(tied, now_.next())}.token();
        }
        return {best_score_, best_token_};
    }

    [[nodiscard]] PLUCK_HOST_DEVICE std::size_t count() noexcept { return field_.count(kept_, now_.next()); }

    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t total() noexcept {
        if (total_ == 0) {
            total_ = field_.mass(kept_, lightest(), whole_, masses(), now_.next());
            masses_turn_ = now_.turn;
        }
        return total_;
    }

    /// The natural logarithm of the probability with which the row draws a token that it keeps.
    [[nodiscard]] PLUCK_HOST_DEVICE float log_probability(std::int32_t token) noexcept {
        const std::uint64_t all = total();
        const weighing weight = masses();
        bool mine = false;
        std::uint64_t mass = 0;
        field_.each(now_, kept_, [&](float score, std::int32_t, std::int32_t own) {
            if (own == token) mine = true, mass = weight(score);
        });
        mass = field_.publish(mine, mass, now_.next());
        const double share = core::quotient(static_cast<double>(mass), static_cast<double>(all));
        return core::nearest_float(log_of(core::nearest_float(share)));
    }

    /// f(token, kept, mass) for each token of the own slice; the mass of one that is not kept means nothing.
    template <class F>
    PLUCK_HOST_DEVICE void for_each_own(const F& f) const noexcept {
        const weighing weight = masses();
        field_.each_of_slice([&](float score, std::int32_t token) {
            f(token, kept_.has(core::ordered(score), token), weight(score));
        });
    }
    [[nodiscard]] PLUCK_HOST_DEVICE const Team& team() const noexcept { return field_.team; }
    /// Whether each block has a list of what is kept, and works alone.
    [[nodiscard]] PLUCK_HOST_DEVICE bool listed() const noexcept { return now_.listed(); }

    // ---- what moves the cuts and the temperature ----

    PLUCK_HOST_DEVICE void keep_largest(std::size_t k) noexcept {
        if (k >= field_.shape.vocab) return;
        if (k <= 1) return keep_from(best());
        interval within = kept_;
        const auto target = static_cast<std::uint32_t>(k);
        if (!now_.listed()) {
            if (!dropped_ && target <= field_.strips()) within.raise(reach(field_, target, best_score_));
            const std::uint32_t listed = field_.list(within, now_.next());
            if (listed <= Team::list) {
                narrow(within, listed);
                if (listed <= target) return;
            }
        }
        constexpr float bins_per_nat = 32.0f;  // the scores of models span some 30 nats; any number would do
        // A cut ends at a barrier, so that it does not matter whose turn it was last.
        keep_from(ranking_key{cut(field_, within, best_score_, bins_per_nat, target, ones(), now_)});
    }

    PLUCK_HOST_DEVICE void keep_mass(float p, std::size_t min_keep) noexcept {
        if (core::ordered(p) >= core::ordered(1.0f)) return;
        const std::uint64_t target = mass_share(p, total());
        if (!now_.listed()) {
            // Mostly the best strips hold the whole nucleus, and only their best tokens have to be looked at.
            interval head = kept_;
            if (!dropped_) head.raise(reach(field_, field_.shape.head, best_score_));
            const std::uint32_t listed = field_.list(head, now_.next());
            if (listed <= Team::list) {
                const interval before = kept_;
                const bool was_whole = whole_;
                narrow(head, listed);
                if (total() < target || listed < min_keep) widen(before, was_whole);
            }
        }
        const weighing weight = masses();
        const float bins_per_nat = weight.scale * (static_cast<float>(Team::bins) / mass_bits);
        const ranking_key least{cut(field_, kept_, best_score_, bins_per_nat, target, weight, now_)};
        if (min_keep > 1 && field_.count({least, kept_.most()}, now_.next()) < min_keep) return keep_largest(min_keep);
        keep_from(least);
    }

    PLUCK_HOST_DEVICE void keep_at_least(float score, std::size_t min_keep) noexcept {
        const std::int32_t least = core::ordered(score);
        const bool negative_nan = least < -core::ordered_infinity;
        if (least > best_score_ || negative_nan) return keep_largest(min_keep);  // also a NaN without a sign
        if (least <= kept_.low) return;
        const ranking_key cut{least, last_token};
        if (min_keep > 1 && field_.count({cut, kept_.most()}, now_.next()) < min_keep) return keep_largest(min_keep);
        keep_from(cut);
    }

    PLUCK_HOST_DEVICE void keep_mass_at_least(std::uint64_t mass) noexcept {
        const weighing weight = masses();
        if (weight(weight.best) < mass) return keep_largest(1);
        keep_at_least(core::float_of(least_score(field_.team, best_score_, [&](float score) { return weight(score) >= mass; })), 1);
    }

    PLUCK_HOST_DEVICE void drop_above(ranking_key cut) noexcept {
        if (cut.value >= best().value) return;
        interval rest = kept_;
        rest.high = cut.ordered_score();
        rest.high_token = static_cast<std::uint32_t>(cut.token());
        const ranking_key top{field_.best_of(rest, now_.next())};
        if (top.value == 0) return;
        kept_ = rest;
        best_score_ = top.ordered_score();
        best_token_ = top.token();
        dropped_ = true;
        changed();
    }

    PLUCK_HOST_DEVICE void scale(double factor) noexcept {
        temperature_ = scaled_temperature(temperature_, factor);
        total_ = 0;
    }

    // ---- what ends it ----

    [[nodiscard]] PLUCK_HOST_DEVICE std::int32_t draw(const bits128& uniform) noexcept {
        const std::uint64_t point = mass_point(uniform, total());
        return field_.token_at(point, kept_, lightest(), masses(), field_.shared.masses[masses_turn_], now_.next());
    }

    [[nodiscard]] PLUCK_HOST_DEVICE std::int32_t throw_darts() noexcept {
        progress now = now_;
        const std::int32_t token = thrown_darts(field_, kept_, masses(), now);
        now_ = now;
        return token >= 0 ? token : draw(uniform());
    }

    PLUCK_HOST_DEVICE void fail(status why) noexcept { state_ = why; }

private:
    [[nodiscard]] PLUCK_HOST_DEVICE weighing masses() const noexcept {
        return {true, core::float_of(best_score_), mass_scale(temperature_)};
    }
    [[nodiscard]] PLUCK_HOST_DEVICE weighing ones() const noexcept { return {false, 0, 0}; }
    /// An ordered score below which nothing has any mass, or is kept.
    [[nodiscard]] PLUCK_HOST_DEVICE std::int32_t lightest() const noexcept {
        const weighing weight = masses();
        const std::int32_t floor = core::ordered(core::sum(weight.best, -44.0f / weight.scale));  // as in mass.hpp
        return floor > kept_.low ? floor : kept_.low;
    }
    PLUCK_HOST_DEVICE void changed() noexcept {
        total_ = 0;
        whole_ = false;
    }
    PLUCK_HOST_DEVICE void keep_from(ranking_key cut) noexcept {
        if (cut.value <= kept_.least().value) return;
        kept_.low = cut.ordered_score();
        kept_.low_token = static_cast<std::uint32_t>(cut.token());
        changed();
    }
    /// From now on the row is its list.
    PLUCK_HOST_DEVICE void narrow(const interval& within, std::uint32_t listed) noexcept {
        kept_ = within;
        now_.list = listed;
        changed();
    }

    PLUCK_HOST_DEVICE void widen(const interval& kept, bool whole) noexcept {
        kept_ = kept;
        now_.list = progress::wide;
        total_ = 0;
        whole_ = whole;
    }

    [[nodiscard]] PLUCK_HOST_DEVICE bool editable() noexcept {
        if constexpr (Source::writable) {
            if (!settled_) {
                if (!copied_) field_.copy();
                copied_ = true;
                return true;
            }
        }
        fail(status::bad_parameter);
        return false;
    }
    template <class F>
    PLUCK_HOST_DEVICE void move(std::uint32_t position, const F& f) noexcept {
        if constexpr (Source::writable) {
            const float score = field_.source.one(position);
            if (core::ordered(score) != -core::ordered_infinity) field_.source.set(position, f(score));
        }
    }
    PLUCK_HOST_DEVICE void forbid(std::uint32_t position) noexcept {
        if constexpr (Source::writable) field_.source.set(position, core::minus_infinity);
    }
    template <class F>
    PLUCK_HOST_DEVICE void each_own(const F& f) noexcept {
        const auto& slice = field_.source.slice();
        for (std::uint32_t i = field_.team.thread(); i < slice.size; i += Team::threads)
            f(slice.pad + i, slice.first + static_cast<std::int32_t>(i));
        field_.team.sync();
    }

    const fields& field_;
    progress now_;
    std::size_t index_;
    interval kept_;
    double temperature_ = 1.0;
    std::uint64_t total_ = 0;       // 0 until asked for
    std::int32_t best_score_ = 0;   // ordered
    std::int32_t best_token_ = -1;  // until asked for
    std::uint32_t masses_turn_ = 0;  // of the tables that total() has filled
    status state_ = status::ok;
    bool settled_ = false;
    bool copied_ = false;
    bool whole_ = true;     // nothing was cut
    bool dropped_ = false;  // from above: the best scores of strips may be of tokens that are not kept
};

}  // namespace pluck::inline v0::cuda
