// SPDX-License-Identifier: MIT
//
// The row on the CPU. It starts as a look at the caller's logits, with the best score of each block of 64. A cut copies
// what it keeps, in id order, into scratch memory, which is then the row: every verb sees one dense array of kept
// scores, and the work shrinks with the kept set. Masses are only computed when something asks for them.
#pragma once

#include <pluck/core/config.hpp>
#include <pluck/core/mass.hpp>
#include <pluck/core/philox.hpp>
#include <pluck/core/ranking.hpp>
#include <pluck/core/row.hpp>
#include <pluck/core/status.hpp>
#include <pluck/cpu/dispatch.hpp>
#include <pluck/cpu/load.hpp>
#include <pluck/cpu/select.hpp>
#include <pluck/cpu/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace pluck::inline v0::cpu::inline PLUCK_BUILD {

class row {
public:
    /// A row over `view`, at place `index` of its batch. Reads nothing yet but what must be converted to float.
    /// A null view has no candidate.
    template <class View>
    row(const View& view, workspace& scratch, const randomness& random, std::size_t index) noexcept
        : scratch_(scratch), random_(random), index_(index), size_(view.size) {
        if (size_ > max_vocab) fail(status::row_too_long);
        else if (size_ == 0) fail(status::no_candidate);
        else if (!scratch_.reserve(size_)) fail(status::out_of_memory);
        else scores_ = load(view, scratch_.scores());
        if (state_ == status::ok && scores_ == nullptr) fail(status::no_candidate);
    }

    // ---- adjusters, before settle(); a stage that comes later and moves scores all the same fails the row ----

    /// score = f(score, i) for the token ids[i]; -infinity stays. An id outside the row fails it.
    template <class Ids, class F>
    void edit(const Ids& ids, const F& f) noexcept {
        if (settled_) return fail(status::bad_parameter);
        float* scores = writable();
        std::size_t i = 0;
        for (const auto id : ids) {
            if (!std::in_range<std::uint32_t>(id) || static_cast<std::size_t>(id) >= size_)
                return fail(status::bad_parameter);
            float& score = scores[static_cast<std::size_t>(id)];
            if (core::ordered(score) != -core::ordered_infinity) score = f(score, i);
            ++i;
        }
    }

    /// score = f(score, token) for every token; -infinity stays.
    template <class F>
    void map(const F& f) noexcept {
        if (settled_) return fail(status::bad_parameter);
        float* scores = writable();
        for (std::size_t i = 0; i < size_; ++i) {
            if (core::ordered(scores[i]) == -core::ordered_infinity) continue;
            scores[i] = f(scores[i], static_cast<std::int32_t>(i));
        }
    }

    /// Forbids every token whose bit is 0, whatever its score, NaN included. Bit i % 32 of word i / 32 is token i's;
    /// too few words fail the row, bits past its end are ignored.
    void mask(std::span<const std::uint32_t> words) noexcept {
        if (settled_ || words.size() < (size_ + 31) / 32) return fail(status::bad_parameter);
        float* scores = writable();
        for (std::size_t i = 0; i < size_; ++i) {
            if ((words[i / 32] >> (i % 32) & 1u) == 0) scores[i] = core::minus_infinity;
        }
    }

    /// Classifies the row once the adjusters have run; true if a token can be drawn.
    bool settle() noexcept {
        if (state_ != status::ok) return false;
        settled_ = true;
        const kernels::extremes seen = scan(scores_, size_, scratch_.block_best());
        best_score_ = seen.best;
        if (seen.magnitude > static_cast<std::uint32_t>(core::ordered_infinity)) fail(status::nan_logit);
        else if (seen.best == core::ordered_infinity) fail(status::pos_inf_logit);
        else if (seen.best == -core::ordered_infinity) fail(status::no_candidate);
        return state_ == status::ok;
    }

    // ---- what it knows ----

    [[nodiscard]] std::size_t index() const noexcept { return index_; }
    [[nodiscard]] status state() const noexcept { return state_; }
    [[nodiscard]] double temperature() const noexcept { return temperature_; }
    [[nodiscard]] bits128 uniform() const noexcept { return random_.base; }
    [[nodiscard]] bits128 random(std::uint32_t purpose, std::uint32_t index) const noexcept {
        return random_.bits(purpose, index);
    }

    [[nodiscard]] ranking_key best() const noexcept {
        std::size_t block = 0;
        while (scratch_.block_best()[block] != best_score_) ++block;
        std::size_t i = block * block_size;
        while (core::ordered(scores_[i]) != best_score_) ++i;
        return {best_score_, token(i)};
    }

    [[nodiscard]] std::size_t count() const noexcept {
        if (tokens_ != nullptr) return size_;  // a cut has left candidates alone
        std::size_t candidates = 0;
        for (std::size_t i = 0; i < size_; ++i) candidates += core::ordered(scores_[i]) != -core::ordered_infinity;
        return candidates;
    }

    [[nodiscard]] std::uint64_t total() noexcept {
        if (total_ == 0) total_ = sum_masses(masses());
        return total_;
    }

    /// f(token, score, mass) for each kept token, in id order.
    template <class F>
    void for_each(const F& f) const {
        const float scale = mass_scale(temperature_);
        const float best = core::float_of(best_score_);
        for (std::size_t i = 0; i < size_; ++i) {
            if (core::ordered(scores_[i]) == -core::ordered_infinity) continue;
            f(token(i), scores_[i], mass_of(scores_[i] - best, scale));
        }
    }

    // ---- what moves the cuts and the temperature ----

    void keep_largest(std::size_t k) noexcept {
        if (k >= size_) return;
        if (k <= 1) return narrow(best(), best());
        const ranking_key reach = reach_of(k);
        const std::size_t gathered = gather(reach);
        if (gathered <= k) return narrow(reach, highest);
        narrow(select(scratch_.keys(), gathered, k, unit_weight{}), highest);
    }

    void keep_mass(float p, std::size_t min_keep) noexcept {
        if (core::ordered(p) >= core::ordered(1.0f)) return;
        const ranking_key cut = nucleus_of(p);
        if (min_keep > 1 && gather(cut) < min_keep) return keep_largest(min_keep);
        narrow(cut, highest);
    }

    void keep_at_least(float score, std::size_t min_keep) noexcept {
        const ranking_key reach{core::ordered(score), last_token};
        const ranking_key cut = reach > lowest ? reach : lowest;
        const bool negative_nan = core::ordered(score) < -core::ordered_infinity;
        if (cut > best() || negative_nan) return keep_largest(min_keep);  // also a NaN without a sign
        if (min_keep > 1 && gather(cut) < min_keep) return keep_largest(min_keep);
        narrow(cut, highest);
    }

    void keep_mass_at_least(std::uint64_t mass) noexcept {
        const float scale = mass_scale(temperature_);
        if (mass_of(0.0f, scale) < mass) return keep_largest(1);
        const std::int32_t least = least_score(
            [=](float difference) noexcept { return mass_of(difference, scale) >= mass; });
        keep_at_least(core::float_of(least), 1);
    }

    void drop_above(ranking_key cut) noexcept {
        if (cut >= best()) return;
        bool any = false;
        for (std::size_t i = 0; i < size_ && !any; ++i) {
            any = core::ordered(scores_[i]) != -core::ordered_infinity && key(i) <= cut;
        }
        if (any) narrow(lowest, cut);
    }

    void scale(double factor) noexcept {
        temperature_ = scaled_temperature(temperature_, factor);
        total_ = 0;
    }

    // ---- what ends it ----

    [[nodiscard]] std::int32_t draw(const bits128& uniform) noexcept {
        std::uint64_t rest = mass_point(uniform, total());
        const std::uint64_t* block_mass = scratch_.block_mass();
        std::size_t block = 0;
        while (rest >= block_mass[block]) rest -= block_mass[block++];
        const float scale = mass_scale(temperature_);
        const float best = core::float_of(best_score_);
        for (std::size_t i = block * block_size;; ++i) {
            const std::uint64_t mass = mass_of(scores_[i] - best, scale);
            if (rest < mass) return token(i);
            rest -= mass;
        }
    }

    void fail(status why) noexcept { state_ = why; }

private:
    struct unit_weight {
        [[nodiscard]] constexpr std::uint64_t operator()(ranking_key) const noexcept { return 1; }
    };
    struct mass_weight {
        float best;
        float scale;
        [[nodiscard]] std::uint64_t operator()(ranking_key key) const noexcept {
            return mass_of(key.score() - best, scale);
        }
    };

    static constexpr std::int32_t last_token = std::int32_t{max_vocab};
    static constexpr ranking_key lowest{1 - core::ordered_infinity, last_token};  // any score above -infinity
    static constexpr ranking_key highest{core::ordered_infinity, 0};

    [[nodiscard]] std::int32_t token(std::size_t i) const noexcept {
        return tokens_ != nullptr ? tokens_[i] : static_cast<std::int32_t>(i);
    }
    [[nodiscard]] ranking_key key(std::size_t i) const noexcept { return {scores_[i], token(i)}; }

    [[nodiscard]] mass_pass masses() const noexcept {
        return {scores_,
                size_,
                core::float_of(best_score_),
                mass_scale(temperature_),
                scratch_.block_best(),
                scratch_.block_mass()};
    }

    /// A bound that at least k tokens reach: the k-th best block, when there are as many blocks.
    [[nodiscard]] ranking_key reach_of(std::size_t k) noexcept {
        const std::size_t blocks = blocks_of(size_);
        if (k > blocks) return lowest;
        for (std::size_t block = 0; block < blocks; ++block) {
            scratch_.keys()[block] = {scratch_.block_best()[block], static_cast<std::int32_t>(block)};
        }
        const ranking_key kth = select(scratch_.keys(), blocks, k, unit_weight{});
        const ranking_key reach{kth.ordered_score(), last_token};
        return reach > lowest ? reach : lowest;
    }

    /// Puts the keys at or above `cut` into scratch and counts them.
    [[nodiscard]] std::size_t gather(ranking_key cut) noexcept {
        ranking_key* keys = scratch_.keys();
        std::size_t gathered = 0;
        for (std::size_t begin = 0, block = 0; begin < size_; begin += block_size, ++block) {
            if (scratch_.block_best()[block] < cut.ordered_score()) continue;
            const std::size_t end = kernels::block_end(begin, size_);
            for (std::size_t i = begin; i < end; ++i) {
                keys[gathered] = key(i);
                gathered += keys[gathered] >= cut;
            }
        }
        return gathered;
    }

    /// Where the nucleus ends: masses are dealt into buckets by score, and only the bucket of the cut is looked into.
    [[nodiscard]] ranking_key nucleus_of(float p) noexcept {
        const mass_pass pass = masses();
        kernels::mass_histogram histogram;
        deal_masses(pass, histogram);
        total_ = histogram.total;

        std::uint64_t target = mass_share(p, total_);
        constexpr std::int32_t top_bucket = kernels::mass_buckets - 1;
        std::int32_t bucket = top_bucket;
        for (; histogram.sums[bucket] < target; --bucket) target -= histogram.sums[bucket];

        const auto reaches = [&pass](std::int32_t least) noexcept {
            return [&pass, least](float difference) noexcept {
                return kernels::mass_bucket<core::native_fused>(difference, pass.scale) >= least;
            };
        };
        const std::int32_t low = least_score(reaches(bucket));
        const std::int32_t high = bucket == top_bucket ? core::ordered_infinity : least_score(reaches(bucket + 1));

        ranking_key* keys = scratch_.keys();
        std::size_t inside = 0;
        for (std::size_t begin = 0, block = 0; begin < size_; begin += block_size, ++block) {
            if (pass.block_best[block] < low) continue;
            const std::size_t end = kernels::block_end(begin, size_);
            for (std::size_t i = begin; i < end; ++i) {
                const std::int32_t score = core::ordered(scores_[i]);
                keys[inside] = {score, token(i)};
                inside += score >= low && score < high;
            }
        }
        return select(keys, inside, target, mass_weight{pass.best, pass.scale});
    }

    /// The least ordered score whose difference from the best one satisfies `reaches`, by bisection. It must hold for
    /// the best score, and for every score above one for which it holds.
    template <class Reaches>
    [[nodiscard]] std::int32_t least_score(const Reaches& reaches) const noexcept {
        const float best = core::float_of(best_score_);
        std::int32_t low = -core::ordered_infinity;
        std::int32_t high = best_score_;
        while (low < high) {
            const auto middle = static_cast<std::int32_t>((std::int64_t{low} + high) >> 1);
            if (reaches(core::float_of(middle) - best)) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    /// Makes the tokens between the two cuts the row. At least one must be there.
    void narrow(ranking_key least, ranking_key most) noexcept {
        float* scores = scratch_.scores();
        std::int32_t* tokens = scratch_.tokens();
        std::size_t kept = 0;
        for (std::size_t begin = 0, block = 0; begin < size_; begin += block_size, ++block) {
            if (scratch_.block_best()[block] < least.ordered_score()) continue;
            const std::size_t end = kernels::block_end(begin, size_);
            for (std::size_t i = begin; i < end; ++i) {  // in place or not: a write never overtakes its read
                const ranking_key own = key(i);
                scores[kept] = scores_[i];
                tokens[kept] = own.token();
                kept += own >= least && own <= most;
            }
        }
        scores_ = scores;
        tokens_ = tokens;
        size_ = kept;
        total_ = 0;
        best_score_ = scan(scores_, size_, scratch_.block_best()).best;
    }

    /// The scores as scratch memory of our own: the caller's logits are never written to.
    [[nodiscard]] float* writable() noexcept {
        float* scores = scratch_.scores();
        if (scores_ != scores) {
            for (std::size_t i = 0; i < size_; ++i) scores[i] = scores_[i];
            scores_ = scores;
        }
        return scores;
    }

    workspace& scratch_;
    randomness random_;
    std::size_t index_;
    status state_ = status::ok;
    bool settled_ = false;
    std::int32_t best_score_ = 0;  // ordered

    const float* scores_ = nullptr;         // [size_], the kept scores in id order; -infinity among them until a cut
    const std::int32_t* tokens_ = nullptr;  // [size_], their token ids; none until a cut: then i is token i
    std::size_t size_ = 0;
    double temperature_ = 1.0;
    std::uint64_t total_ = 0;  // 0 until asked for
};

static_assert(row_backend<row>);

}  // namespace pluck::inline v0::cpu::inline PLUCK_BUILD
