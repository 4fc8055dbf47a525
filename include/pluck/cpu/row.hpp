// SPDX-License-Identifier: MIT
//
// The row on the CPU. It starts as a look at the caller's logits, with the best score of each block of 64. A cut that
// keeps little copies it, in id order, into scratch memory, which is then the row, so that the work shrinks with the
// kept set; one that keeps much only notes where it lies. Masses are only computed when something asks for them, and a
// nucleus is only cut then.
#pragma once

#include <pluck/cpu/cut/nucleus.hpp>
#include <pluck/cpu/cut/top_k.hpp>
#include <pluck/cpu/envelope.hpp>
#include <pluck/cpu/isa/dispatch.hpp>
#include <pluck/cpu/load.hpp>
#include <pluck/cpu/narrow.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/philox.hpp>
#include <pluck/detail/randomness.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/pick.hpp>
#include <pluck/row/concept.hpp>
#include <pluck/workspace.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <utility>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_BUILD {

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
        else read(view);
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
            if (detail::ordered(score) != -detail::ordered_infinity) score = f(score, i);
            ++i;
        }
    }

    /// score = f(score, token) for every token; -infinity stays.
    template <class F>
    void map(const F& f) noexcept {
        if (settled_) return fail(status::bad_parameter);
        float* scores = writable();
        for (std::size_t i = 0; i < size_; ++i) {
            if (detail::ordered(scores[i]) == -detail::ordered_infinity) continue;
            scores[i] = f(scores[i], static_cast<std::int32_t>(i));
        }
    }

    /// Forbids every token whose bit is 0, whatever its score, NaN included. Bit i % 32 of word i / 32 is token i's;
    /// too few words fail the row, bits past its end are ignored.
    void mask(std::span<const std::uint32_t> words) noexcept {
        if (settled_ || words.size() < (size_ + 31) / 32) return fail(status::bad_parameter);
        float* scores = writable();
        for (std::size_t i = 0; i < size_; ++i) {
            if ((words[i / 32] >> (i % 32) & 1u) == 0) scores[i] = detail::minus_infinity;
        }
    }

    /// Classifies the row once the adjusters have run; true if a token can be drawn.
    bool settle() noexcept {
        if (state_ != status::ok) return false;
        settled_ = true;
        seen_ = narrow_.is_there() ? narrow_.scan(scratch_.block_best())
                                   : run_kernel<kernels::scan>(scores_, size_, scratch_.block_best());
        if (seen_.nan) fail(status::nan_logit);
        else if (seen_.best == detail::ordered_infinity) fail(status::pos_inf_logit);
        else if (seen_.best == -detail::ordered_infinity) fail(status::no_candidate);
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

    [[nodiscard]] ranking_key best() const noexcept { return {seen_.best, token(place_of_best())}; }

    [[nodiscard]] std::size_t count() noexcept {
        apply_pending();
        return run_kernel<kernels::count>(view(), size_);
    }

    [[nodiscard]] std::uint64_t total() noexcept {
        apply_pending();
        if (total_ == 0) total_ = search().exact_total();
        return total_;
    }

    /// f(token, score, mass) for each kept token, in id order.
    template <class F>
    void for_each(const F& f) {
        apply_pending();
        const float scale = mass_scale(temperature_);
        const row_view kept_row = view();
        for (std::size_t begin = 0; begin < size_; begin += block_size) {
            if (kept_row.block_best[begin / block_size] < kept_row.kept.score) continue;
            for (std::uint64_t kept = kernels::kept_of_block(kept_row, begin); kept != 0; kept &= kept - 1) {
                const std::size_t i = begin + first_of(kept);
                f(token(i), scores_[i], mass_of(scores_[i] - best_logit(), scale));
            }
        }
    }

    // ---- what moves the cuts and the temperature ----

    void keep_largest(std::size_t k) noexcept {
        if (k >= size_) return;
        if (k <= 1) return keep_best();
        apply_pending();
        cut(token_search(search()).after_tokens(k));
    }

    void keep_mass(float p, std::size_t min_keep) noexcept {
        apply_pending();
        if (detail::ordered(p) >= detail::ordered(1.0f)) return;
        if (min_keep <= 1) {  // mostly all that follows is a draw, which needs no cut
            pending_p_ = p;
            return;
        }
        const found_cut nucleus = take_cut(nucleus_search(search(), p, total_));
        if (search().leaves_less(nucleus, min_keep)) return keep_largest(min_keep);
        cut(nucleus);
    }

    void keep_at_least(float score, std::size_t min_keep) noexcept {
        const std::int32_t least = detail::ordered(score);
        const bool negative_nan = least < -detail::ordered_infinity;
        if (least > seen_.best || negative_nan) return keep_largest(min_keep);  // also a NaN without a sign
        if (least <= kept_.score) return;
        apply_pending();
        const found_cut found{.kept = {least}};
        if (min_keep > 1 && search().leaves_less(found, min_keep)) return keep_largest(min_keep);
        cut(found);
    }

    void keep_mass_at_least(std::uint64_t mass) noexcept {
        const float scale = mass_scale(temperature_);
        if (mass_of(0.0f, scale) < mass) return keep_largest(1);
        const std::int32_t least =
            least_score(seen_.best, [=](float difference) noexcept { return mass_of(difference, scale) >= mass; });
        keep_at_least(detail::float_of(least), 1);
    }

    void drop_above(ranking_key cut) noexcept {
        if (cut >= best()) return;
        apply_pending();
        const std::size_t gathered = gather(view());
        float* scores = scratch_.spare_scores();
        std::int32_t* places = scratch_.spare_tokens();
        std::size_t kept = 0;
        for (std::size_t i = 0; i < gathered; ++i) {  // in place, behind what is still to be read
            if (ranking_key{scores[i], token(static_cast<std::size_t>(places[i]))} > cut) continue;
            scores[kept] = scores[i];
            places[kept++] = places[i];
        }
        if (kept != 0) adopt(kept);
    }

    void scale(double factor) noexcept {
        apply_pending();
        temperature_ = scaled_temperature(temperature_, factor);
        total_ = 0;
    }

    // ---- what ends it ----

    [[nodiscard]] std::int32_t draw(const bits128& uniform) noexcept {
        if (cut_pending()) {
            nucleus_search nucleus(search(), pending_p_, total_);
            const std::size_t place = nucleus.draw(uniform);
            if (place < size_) return token(place);
            cut(take_cut(std::move(nucleus)));
        }
        std::uint64_t rest = mass_point(uniform, total());
        const std::uint64_t* block_mass = scratch_.block_mass();
        std::size_t block = 0;
        while (rest >= block_mass[block]) rest -= block_mass[block++];
        const std::size_t begin = block * block_size;
        narrow_.need_block(begin);
        std::uint64_t masses[block_size];
        run_kernel<kernels::masses>(scores_ + begin, kernels::block_end(begin, size_) - begin, best_logit(),
                                    mass_scale(temperature_), &masses[0]);
        for (std::uint64_t kept = kernels::kept_of_block(look(), begin);; kept &= kept - 1) {
            const std::uint64_t mass = masses[first_of(kept)];
            if (rest < mass) return token(begin + first_of(kept));
            rest -= mass;
        }
    }

    [[nodiscard]] std::int32_t draw_by_rejection() noexcept {
        apply_pending();
        const envelope all = make_envelope();
        const std::uint64_t area = all.add_up();
        constexpr std::uint32_t together = 16;  // while one waits, another one can go on
        static_assert(max_proposals % together == 0 && together % kernels::masses::together == 0);
        for (std::uint32_t first = 0; first < max_proposals; first += together) {
            std::uint64_t points[together];
            proposal hits[together];
            float logits[together];
            std::uint64_t masses[together];
            for (std::uint32_t i = 0; i < together; ++i)
                points[i] = mass_point(random(rejection_purpose, first + i), area);
            all.at(points, hits);
            for (std::uint32_t i = 0; i < together; ++i) logits[i] = kept_logit(hits[i].token);
            run_kernel<kernels::masses>(&logits[0], std::size_t{together}, best_logit(), mass_scale(temperature_),
                                        &masses[0]);
            for (std::uint32_t i = 0; i < together; ++i) {
                if (hits[i].height < masses[i]) return hits[i].token;
            }
        }
        return draw(uniform());
    }

    void fail(status why) noexcept { state_ = why; }

private:
    [[nodiscard]] static std::size_t first_of(std::uint64_t bits) noexcept {
        return static_cast<std::size_t>(__builtin_ctzll(bits));
    }
    [[nodiscard]] std::int32_t token(std::size_t i) const noexcept {
        return tokens_ != nullptr ? tokens_[i] : static_cast<std::int32_t>(i);
    }
    [[nodiscard]] float best_logit() const noexcept { return detail::float_of(seen_.best); }
    /// The row as it is cut, with all that is kept there as floats.
    [[nodiscard]] row_view view() const noexcept {
        narrow_.need(kept_.score);
        return look();
    }
    /// The same before that has been seen to.
    [[nodiscard]] row_view look() const noexcept { return {scores_, size_, scratch_.block_best(), kept_}; }
    [[nodiscard]] row_search search() noexcept { return {look(), narrow_, seen_, mass_scale(temperature_), scratch_}; }

    /// Whether a nucleus is still to be cut.
    [[nodiscard]] bool cut_pending() const noexcept { return detail::ordered(pending_p_) < detail::ordered(1.0f); }
    void apply_pending() noexcept {
        if (cut_pending()) cut(take_cut(nucleus_search(search(), pending_p_, total_)));
    }
    [[nodiscard]] found_cut take_cut(nucleus_search&& nucleus) noexcept {
        pending_p_ = 1;
        total_ = 0;  // the masses of the blocks may be gone
        return nucleus.cut();
    }

    [[nodiscard]] std::size_t place_of_best() const noexcept {
        narrow_.need(seen_.best);
        return run_kernel<kernels::place_of_best>(look(), seen_.best);
    }

    [[nodiscard]] envelope make_envelope() noexcept {
        envelope all{scratch_.weights(), nullptr, blocks_of(size_)};
        float* best = scratch_.spare_scores();
        if (tokens_ == nullptr && look().keeps_all()) {  // each block is one, be it without height
            run_kernel<kernels::scores_of>(scratch_.block_best(), all.count, best);
        } else {
            // Of a row that is not cut inside a tie, no block has to be looked into.
            const row_view kept = kept_.ties_end < size_ ? view() : look();
            all.ids = scratch_.spare_tokens();
            all.count = envelope_of(kept, tokens_, best, scratch_.spare_tokens());
        }
        run_kernel<kernels::masses>(best, all.count, best_logit(), mass_scale(temperature_), all.ends);
        return all;
    }

    /// A token's logit, -infinity if it is not kept.
    [[nodiscard]] float kept_logit(std::int32_t token) const noexcept {
        const std::size_t i = place_among(tokens_, size_, token);
        if (i >= size_) return detail::minus_infinity;
        const float logit = narrow_.is_there() ? narrow_.at(i) : scores_[i];
        const std::int32_t score = detail::ordered(logit);
        if (score < kept_.score || (score == kept_.score && i >= kept_.ties_end)) return detail::minus_infinity;
        return logit;
    }

    /// Puts the kept scores and their places aside, in order, and counts them.
    [[nodiscard]] std::size_t gather(const row_view& from) noexcept {
        return run_kernel<kernels::gather>(from, detail::ordered_infinity, size_, scratch_.spare_scores(),
                                           scratch_.spare_tokens());
    }

    /// Drops what lies below the cut. To copy what stays pays where that is little.
    void cut(const found_cut& found) noexcept {
        if (found.gathered != 0) {
            return adopt(run_kernel<kernels::compact>(scratch_.spare_scores(), scratch_.spare_tokens(), found.gathered,
                                                      found.score, found.ties));
        }
        const row_view kept = search().cut_row(found);
        const std::size_t little = size_ / 8;
        if (run_kernel<kernels::count>(kept, little) <= little) return adopt(gather(kept));
        kept_ = kept.kept;
        total_ = found.total;
    }

    void keep_best() noexcept {
        const std::size_t place = place_of_best();
        scratch_.spare_scores()[0] = scores_[place];
        scratch_.spare_tokens()[0] = static_cast<std::int32_t>(place);
        adopt(1);
    }

    /// Makes the first of what was put aside the row. At least one token must be there.
    void adopt(std::size_t count) noexcept {
        const float* scores = scratch_.spare_scores();
        std::int32_t* tokens = scratch_.spare_tokens();
        for (std::size_t i = 0; i < count; ++i) tokens[i] = token(static_cast<std::size_t>(tokens[i]));
        scratch_.swap_spare();
        narrow_.drop();
        scores_ = scores;
        tokens_ = tokens;
        size_ = count;
        kept_ = {};
        pending_p_ = 1;
        total_ = 0;
        seen_ = run_kernel<kernels::scan>(scores_, size_, scratch_.block_best());
    }

    /// The scores as scratch memory of our own: the caller's logits are never written to.
    [[nodiscard]] float* writable() noexcept {
        float* scores = scratch_.scores();
        narrow_.need_all();
        if (scores_ != scores) {
            for (std::size_t i = 0; i < size_; ++i) scores[i] = scores_[i];
            scores_ = scores;
        }
        return scores;
    }

    /// 16-bit logits side by side stay what they are; all else becomes floats, if it is none.
    template <class View>
    void read(const View& view) noexcept {
        if constexpr (narrow_view<View>) {
            if (narrow_.read(view, scratch_.scores())) {
                scores_ = scratch_.scores();
                return;
            }
        }
#if PLUCK_EXCEPTIONS
        if constexpr (!noexcept(load(view, scratch_.scores()))) {  // an expression may have parts that need memory
            try {
                scores_ = load(view, scratch_.scores());
            } catch (const std::bad_alloc&) {
                fail(status::out_of_memory);
            }
            return;
        }
#endif
        scores_ = load(view, scratch_.scores());
    }

    workspace& scratch_;
    randomness random_;
    std::size_t index_;
    status state_ = status::ok;
    bool settled_ = false;
    kernels::extremes seen_;

    const float* scores_ = nullptr;         // [size_], in id order; what was not kept may be among them
    const std::int32_t* tokens_ = nullptr;  // [size_], their token ids; none until a cut copies: then i is token i
    kept_part kept_;                        // which of them are kept
    mutable narrow_row narrow_;             // whence scores come that nothing has looked at yet
    std::size_t size_ = 0;
    double temperature_ = 1.0;
    std::uint64_t total_ = 0;  // 0 until asked for; the mass before the nucleus is cut
    float pending_p_ = 1;      // of it, in the nucleus that is still to be cut; 1: there is none
};

static_assert(row_backend<row>);

}}}}  // namespace pluck::v0::cpu::PLUCK_BUILD
