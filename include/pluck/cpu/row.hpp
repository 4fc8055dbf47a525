// SPDX-License-Identifier: MIT
//
// The row on the CPU. It starts as a look at the caller's logits, with the best score of each block of 64. A cut that
// keeps little copies it, in id order, into scratch memory, which is then the row, so that the work shrinks with the
// kept set; one that keeps much only notes where it lies. Masses are only computed when something asks for them.
#pragma once

#include <pluck/core/config.hpp>
#include <pluck/core/mass.hpp>
#include <pluck/core/philox.hpp>
#include <pluck/core/ranking.hpp>
#include <pluck/core/row.hpp>
#include <pluck/core/status.hpp>
#include <pluck/cpu/boards.hpp>
#include <pluck/cpu/dispatch.hpp>
#include <pluck/cpu/load.hpp>
#include <pluck/cpu/select.hpp>
#include <pluck/cpu/workspace.hpp>

#include <algorithm>
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
        const kernels::extremes seen = run_kernel<kernels::scan>(scores_, size_, scratch_.block_best());
        best_score_ = seen.best;
        if (seen.nan) fail(status::nan_logit);
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

    [[nodiscard]] ranking_key best() const noexcept { return {best_score_, token(place_of_best())}; }

    [[nodiscard]] std::size_t count() const noexcept { return run_kernel<kernels::count>(view()); }

    [[nodiscard]] std::uint64_t total() noexcept {
        if (total_ == 0) {
            total_ = run_kernel<kernels::sum_masses>(view(), best_logit(), mass_scale(temperature_),
                                                     scratch_.block_mass());
        }
        return total_;
    }

    /// f(token, score, mass) for each kept token, in id order.
    template <class F>
    void for_each(const F& f) const {
        const float scale = mass_scale(temperature_);
        for (std::size_t begin = 0; begin < size_; begin += block_size) {
            for (std::uint64_t kept = kernels::kept_of_block(view(), begin); kept != 0; kept &= kept - 1) {
                const std::size_t i = begin + first_of(kept);
                f(token(i), scores_[i], mass_of(scores_[i] - best_logit(), scale));
            }
        }
    }

    // ---- what moves the cuts and the temperature ----

    void keep_largest(std::size_t k) noexcept {
        if (k >= size_) return;
        if (k <= 1) return adopt(lowest, gather(view_from(best())));
        const std::size_t gathered = gather(view_from(reach_of(k)));
        adopt(gathered <= k ? lowest : select(keys_of(gathered), nullptr, gathered, k), gathered);
    }

    void keep_mass(float p, std::size_t min_keep) noexcept {
        if (core::ordered(p) >= core::ordered(1.0f)) return;
        const std::uint64_t target = mass_share(p, total());
        // Mostly the best tokens of the best blocks are enough, and only they have to be ranked; of a short row, all.
        const std::size_t blocks = blocks_of(size_);
        const std::size_t limit = size_ / 8 + 512;
        for (const std::size_t k : {std::size_t{128}, blocks - blocks / 4}) {
            if (k > blocks && size_ > limit) continue;
            const std::size_t gathered = gather(view_from(reach_of(k)), limit);
            if (gathered > limit) break;
            if (weigh(gathered) < target) continue;
            const ranking_key cut = select(keys_of(gathered), scratch_.weights(), gathered, target);
            if (min_keep > 1 && reaching(cut, gathered) < min_keep) return keep_largest(min_keep);
            return adopt(cut, gathered);
        }
        const ranking_key cut = nucleus_of(target);
        if (min_keep > 1 && run_kernel<kernels::count>(view_from(cut)) < min_keep) return keep_largest(min_keep);
        narrow(cut);
    }

    void keep_at_least(float score, std::size_t min_keep) noexcept {
        const std::int32_t least = core::ordered(score);
        const bool negative_nan = least < -core::ordered_infinity;
        if (least > best_score_ || negative_nan) return keep_largest(min_keep);  // also a NaN without a sign
        if (least <= kept_.score) return;
        const ranking_key cut{least, last_token};
        if (min_keep > 1 && run_kernel<kernels::count>(view_from(cut)) < min_keep) return keep_largest(min_keep);
        narrow(cut);
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
        const std::size_t gathered = gather(view());
        const float* scores = scratch_.spare_scores();
        for (std::size_t i = 0; i < gathered; ++i) {
            if (ranking_key(scores[i], token_at(i)) <= cut) return adopt(lowest, gathered, cut);
        }
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
        const std::size_t begin = block * block_size;
        std::uint64_t masses[block_size];
        run_kernel<kernels::masses>(scores_ + begin, kernels::block_end(begin, size_) - begin, best_logit(),
                                    mass_scale(temperature_), &masses[0]);
        for (std::uint64_t kept = kernels::kept_of_block(view(), begin);; kept &= kept - 1) {
            const std::uint64_t mass = masses[first_of(kept)];
            if (rest < mass) return token(begin + first_of(kept));
            rest -= mass;
        }
    }

    [[nodiscard]] std::int32_t throw_darts() noexcept {
        const boards all{scratch_.weights(), scratch_.spare_tokens(),
                         boards_of(view(), tokens_, scratch_.spare_scores(), scratch_.spare_tokens())};
        run_kernel<kernels::masses>(scratch_.spare_scores(), all.count, best_logit(), mass_scale(temperature_),
                                    all.ends);
        const std::uint64_t area = all.add_up();
        for (std::uint32_t dart = 0; dart < most_darts; ++dart) {
            const board_hit hit = all.at(mass_point(random(dart_purpose, dart), area));
            const std::size_t place = place_of(hit.token);
            if (place < size_ && hit.height < mass_at(place)) return hit.token;
        }
        return draw(uniform());
    }

    void fail(status why) noexcept { state_ = why; }

private:
    static constexpr std::int32_t last_token = std::int32_t{max_vocab};
    static constexpr ranking_key lowest{1 - core::ordered_infinity, last_token};  // any score above -infinity
    static constexpr ranking_key highest{core::ordered_infinity, 0};

    [[nodiscard]] static std::size_t first_of(std::uint64_t bits) noexcept {
        return static_cast<std::size_t>(__builtin_ctzll(bits));
    }
    [[nodiscard]] std::int32_t token(std::size_t i) const noexcept {
        return tokens_ != nullptr ? tokens_[i] : static_cast<std::int32_t>(i);
    }
    [[nodiscard]] float best_logit() const noexcept { return core::float_of(best_score_); }
    [[nodiscard]] row_view view() const noexcept { return {scores_, size_, scratch_.block_best(), kept_}; }

    /// What the row would be if it was cut here as well.
    [[nodiscard]] row_view view_from(ranking_key cut) const noexcept {
        row_view cut_row = view();
        const std::int32_t score = cut.ordered_score();
        if (score < kept_.score) return cut_row;
        std::size_t ties_end = static_cast<std::size_t>(cut.token()) + 1;
        if (tokens_ != nullptr) {
            ties_end = static_cast<std::size_t>(std::upper_bound(tokens_, tokens_ + size_, cut.token()) - tokens_);
        }
        if (score > kept_.score || ties_end < kept_.ties_end) cut_row.kept = {score, ties_end};
        return cut_row;
    }

    /// A cut that at least k tokens reach, by the k-th best block, when there are as many blocks.
    [[nodiscard]] ranking_key reach_of(std::size_t k) const noexcept {
        const std::size_t blocks = blocks_of(size_);
        if (k > blocks) return lowest;
        return {run_kernel<kernels::reach>(scratch_.block_best(), blocks, k, kept_.score, best_score_), last_token};
    }

    [[nodiscard]] std::size_t place_of_best() const noexcept {
        std::size_t block = 0;
        while (scratch_.block_best()[block] != best_score_) ++block;
        return block * block_size +
               first_of(kernels::reaching(scores_, block * block_size, size_, best_score_));
    }

    /// The mass at a place, 0 if it is not kept.
    [[nodiscard]] std::uint64_t mass_at(std::size_t i) const noexcept {
        const std::int32_t score = core::ordered(scores_[i]);
        if (score < kept_.score || (score == kept_.score && i >= kept_.ties_end)) return 0;
        std::uint64_t mass;
        run_kernel<kernels::masses>(scores_ + i, std::size_t{1}, best_logit(), mass_scale(temperature_), &mass);
        return mass;
    }

    /// The place of a token, size_ if the row has it not.
    [[nodiscard]] std::size_t place_of(std::int32_t token) const noexcept {
        if (tokens_ == nullptr) return static_cast<std::size_t>(token);
        const std::int32_t* found = std::lower_bound(tokens_, tokens_ + size_, token);
        return found != tokens_ + size_ && *found == token ? static_cast<std::size_t>(found - tokens_) : size_;
    }

    /// Puts the kept scores below `high` and their places aside, in order, and counts them; may stop beyond `limit`.
    [[nodiscard]] std::size_t gather(const row_view& from, std::size_t limit = max_vocab,
                                     std::int32_t high = core::ordered_infinity) noexcept {
        return run_kernel<kernels::gather>(from, high, limit, scratch_.spare_scores(), scratch_.spare_tokens());
    }

    // ---- on what was gathered ----

    [[nodiscard]] std::int32_t token_at(std::size_t i) const noexcept {
        return token(static_cast<std::size_t>(scratch_.spare_tokens()[i]));
    }
    [[nodiscard]] ranking_key* keys_of(std::size_t gathered) noexcept {
        ranking_key* keys = scratch_.keys();
        const float* scores = scratch_.spare_scores();
        for (std::size_t i = 0; i < gathered; ++i) keys[i] = {scores[i], token_at(i)};
        return keys;
    }
    [[nodiscard]] std::uint64_t weigh(std::size_t gathered) noexcept {
        std::uint64_t* weights = scratch_.weights();
        run_kernel<kernels::masses>(scratch_.spare_scores(), gathered, best_logit(), mass_scale(temperature_), weights);
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < gathered; ++i) sum += weights[i];
        return sum;
    }
    [[nodiscard]] std::size_t reaching(ranking_key cut, std::size_t gathered) const noexcept {
        const float* scores = scratch_.spare_scores();
        std::size_t found = 0;
        for (std::size_t i = 0; i < gathered; ++i) found += ranking_key(scores[i], token_at(i)) >= cut;
        return found;
    }

    /// Makes what was gathered, between the two cuts, the row. At least one token must be there.
    void adopt(ranking_key least, std::size_t gathered, ranking_key most = highest) noexcept {
        float* scores = scratch_.spare_scores();
        std::int32_t* tokens = scratch_.spare_tokens();
        std::size_t kept = 0;
        for (std::size_t i = 0; i < gathered; ++i) {  // in place: a write never overtakes its read
            const ranking_key own{scores[i], token_at(i)};
            scores[kept] = scores[i];
            tokens[kept] = own.token();
            kept += own >= least && own <= most;
        }
        scratch_.swap_spare();
        scores_ = scores;
        tokens_ = tokens;
        size_ = kept;
        kept_ = {};
        total_ = 0;
        best_score_ = run_kernel<kernels::scan>(scores_, size_, scratch_.block_best()).best;
    }

    /// Drops what lies below the cut. To copy what stays pays where that is little.
    void narrow(ranking_key cut) noexcept {
        const row_view cut_row = view_from(cut);
        if (run_kernel<kernels::count>(cut_row) <= size_ / 8) return adopt(lowest, gather(cut_row));
        kept_ = cut_row.kept;
        total_ = 0;
    }

    /// Where a wide nucleus ends: masses are dealt into buckets by score, and only the bucket of the cut is looked into.
    [[nodiscard]] ranking_key nucleus_of(std::uint64_t target) noexcept {
        const float scale = mass_scale(temperature_);
        kernels::mass_histogram histogram;
        run_kernel<kernels::deal_masses>(view(), best_logit(), scale, &histogram);

        constexpr std::int32_t top_bucket = kernels::mass_buckets - 1;
        std::int32_t bucket = top_bucket;
        for (; histogram.sums[bucket] < target; --bucket) target -= histogram.sums[bucket];

        const auto reaches = [scale](std::int32_t least) noexcept {
            return [=](float difference) noexcept {
                return kernels::mass_bucket<core::native_fused>(difference, scale) >= least;
            };
        };
        const std::int32_t low = least_score(reaches(bucket));
        const std::int32_t high = bucket == top_bucket ? core::ordered_infinity : least_score(reaches(bucket + 1));
        const std::size_t inside = gather(view_from({low, last_token}), max_vocab, high);
        (void)weigh(inside);
        return select(keys_of(inside), scratch_.weights(), inside, target);
    }

    /// The least ordered score whose difference from the best one satisfies `reaches`, by bisection. It must hold for
    /// the best score, and for every score above one for which it holds.
    template <class Reaches>
    [[nodiscard]] std::int32_t least_score(const Reaches& reaches) const noexcept {
        std::int32_t low = -core::ordered_infinity;
        std::int32_t high = best_score_;
        while (low < high) {
            const auto middle = static_cast<std::int32_t>((std::int64_t{low} + high) >> 1);
            if (reaches(core::float_of(middle) - best_logit())) high = middle;
            else low = middle + 1;
        }
        return low;
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

    const float* scores_ = nullptr;         // [size_], in id order; what was not kept may be among them
    const std::int32_t* tokens_ = nullptr;  // [size_], their token ids; none until a cut copies: then i is token i
    kept_part kept_;                        // which of them are kept
    std::size_t size_ = 0;
    double temperature_ = 1.0;
    std::uint64_t total_ = 0;  // 0 until asked for
};

static_assert(row_backend<row>);

}  // namespace pluck::inline v0::cpu::inline PLUCK_BUILD
