// SPDX-License-Identifier: MIT
//
// The members of the CPU's row that do not depend on the caller's types.
#pragma once

#include <pluck/cpu/cut/candidates.hpp>
#include <pluck/cpu/cut/found_cut.hpp>
#include <pluck/cpu/cut/nucleus.hpp>
#include <pluck/cpu/cut/sort.hpp>
#include <pluck/cpu/cut/top_k.hpp>
#include <pluck/cpu/definitions/adjust.hpp>
#include <pluck/cpu/envelope.hpp>
#include <pluck/cpu/isa/dispatch.hpp>
#include <pluck/cpu/row.hpp>
#include <pluck/cpu/row_view.hpp>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/pick.hpp>
#include <pluck/row/checked.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

#if PLUCK_COMPILED && !PLUCK_COMPILED_SOURCE
#error "pluck: pluck::compiled holds what this header defines; include <pluck/cpu/row.hpp>"
#endif

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_ROW_BUILD {

// ---- the row as adjusters have left it ----

PLUCK_INLINE bool row::settle() noexcept {
    if (state_ != status::ok) return false;
    settled_ = true;
    if (!deferred_.is_there() || !deferred_.scan(scratch_.block_best(), seen_))
        seen_ = run_kernel<kernels::scan>(uncut_.scores, uncut_.size, scratch_.block_best());
    if (seen_.nan) fail(status::nan_logit);
    else if (seen_.best == detail::ordered_infinity) fail(status::pos_inf_logit);
    else if (seen_.best <= -detail::ordered_infinity) fail(status::no_candidate);  // or all were left out
    return state_ == status::ok;
}

// ---- what it knows ----

PLUCK_INLINE float row::best_logit() const noexcept { return detail::float_of(seen_.best); }

PLUCK_INLINE std::size_t row::place_of_best() const noexcept {
    deferred_.need(seen_.best);
    return run_kernel<kernels::place_of_best>(look(), seen_.best);
}

PLUCK_INLINE ranking_key row::best() const noexcept { return {seen_.best, token(place_of_best())}; }

PLUCK_INLINE ranking_key row::at(std::size_t rank) noexcept {
    if (rank == 0) return best();
    if (rank >= max_ranked) return {};
    now();
    if (rank >= ranked_ && !all_ranked_) rank_best(rank + 1);
    return rank < ranked_ ? ranking_key{scratch_.ranking()[rank]} : ranking_key{};
}

PLUCK_INLINE float row::score_of(std::int32_t token) noexcept {
    now();
    return kept_logit(token);
}

PLUCK_INLINE std::size_t row::rank_of(std::int32_t token) noexcept {
    const std::int32_t score = detail::ordered(score_of(token));
    if (score == -detail::ordered_infinity) return count();
    deferred_.need(score);
    row_view better = look();
    better.kept = {score, place_among(uncut_.tokens, uncut_.size, token)};
    return run_kernel<kernels::count>(better, uncut_.size);
}

PLUCK_INLINE std::size_t row::count() noexcept {
    const std::size_t size = now().size;
    return run_kernel<kernels::count>(view(), size);
}

PLUCK_INLINE std::uint64_t row::total() noexcept {
    parts& current = now();
    if (current.total == 0) current.total = kept_tokens().total();
    return current.total;
}

PLUCK_INLINE std::uint64_t row::mass(std::int32_t token) noexcept {
    now();
    return mass_of(kept_logit(token) - best_logit(), mass_scale(temperature_));
}

PLUCK_INLINE bool row::is_whole() const noexcept {
    return uncut_.tokens == nullptr && look().keeps_all() && !cut_pending();
}

/// The masses of a block's tokens; bit i is set if token i of them is kept.
PLUCK_INLINE std::uint64_t row::weigh_block(std::size_t begin, std::uint64_t* masses) noexcept {
    deferred_.need_block(begin);
    const std::size_t end = kernels::block_end(begin, uncut_.size);
    run_kernel<kernels::masses>(uncut_.scores + begin, end - begin, best_logit(), mass_scale(temperature_), masses);
    return kernels::kept_of_block(look(), begin);
}

/// The row once it is cut, with all kept scores as floats.
PLUCK_INLINE row_view row::view() const noexcept {
    deferred_.need(uncut_.kept.score);
    return look();
}
/// The same before either is done.
PLUCK_INLINE row_view row::look() const noexcept {
    return {uncut_.scores, uncut_.size, scratch_.block_best(), uncut_.kept};
}
PLUCK_INLINE candidates row::kept_tokens() noexcept {
    return {look(), deferred_, seen_, mass_scale(temperature_), scratch_};
}

// ---- what moves the cuts and the temperature ----

PLUCK_INLINE bool row::cut_pending() const noexcept { return detail::ordered(pending_p_) < detail::ordered(1.0f); }

PLUCK_INLINE row::parts& row::now() noexcept {
    if (cut_pending()) cut_to(take_cut(nucleus_finder(kept_tokens(), pending_p_, uncut_.total)));
    return uncut_;
}

PLUCK_INLINE found_cut row::take_cut(nucleus_finder&& nucleus) noexcept {
    pending_p_ = 1;
    uncut_.total = 0;  // the masses of the blocks may be gone
    return nucleus.cut();
}

PLUCK_INLINE void row::keep_largest(std::size_t k) noexcept { detail::checked::keep_largest(*this, k); }
PLUCK_INLINE void row::keep_mass(float p, std::size_t min_keep) noexcept {
    detail::checked::keep_mass(*this, p, min_keep);
}
PLUCK_INLINE void row::keep_at_least(float score, std::size_t min_keep) noexcept {
    detail::checked::keep_at_least(*this, score, min_keep);
}
PLUCK_INLINE void row::keep_mass_at_least(std::uint64_t mass) noexcept {
    detail::checked::keep_mass_at_least(*this, mass);
}
PLUCK_INLINE void row::drop_above(ranking_key cut) noexcept { detail::checked::drop_above(*this, cut); }
PLUCK_INLINE void row::scale(double factor) noexcept { detail::checked::scale(*this, factor); }

// ---- the primitives of row/checked.hpp ----

PLUCK_INLINE std::size_t row::max_count() const noexcept { return uncut_.size; }
PLUCK_INLINE std::int32_t row::best_score() const noexcept { return seen_.best; }
PLUCK_INLINE std::int32_t row::lowest_score() const noexcept { return uncut_.kept.score; }
PLUCK_INLINE float row::octaves_per_nat() const noexcept { return mass_scale(temperature_); }

PLUCK_INLINE void row::keep_best() noexcept {
    const std::size_t place = place_of_best();
    scratch_.spare_scores()[0] = uncut_.scores[place];
    scratch_.spare_tokens()[0] = static_cast<std::int32_t>(place);
    adopt(1);
}

PLUCK_INLINE void row::cut_to_largest(std::size_t k) noexcept {
    now();
    cut_to(find_top_k(kept_tokens(), k));
}

/// Mostly all that follows is a draw, which needs no cut.
PLUCK_INLINE void row::keep_nucleus(float p) noexcept {
    now();
    pending_p_ = p;
}

PLUCK_INLINE found_cut row::find_nucleus(float p, std::size_t) noexcept {
    const std::uint64_t total = now().total;
    return take_cut(nucleus_finder(kept_tokens(), p, total));
}

PLUCK_INLINE found_cut row::cut_at_score(std::int32_t score) noexcept {
    now();
    return row_cut{{score}};
}

PLUCK_INLINE bool row::leaves_less(const found_cut& found, std::size_t count) noexcept {
    return kept_tokens().leaves_less(found, count);
}

/// Drops what lies below the cut. What stays is copied if it is little.
PLUCK_INLINE void row::cut_to(const found_cut& found) noexcept {
    if (found.is_list()) {
        const list_cut& list = found.list();
        return adopt(run_kernel<kernels::compact>(scratch_.spare_scores(), scratch_.spare_tokens(), list.count,
                                                  list.score, list.ties));
    }
    const row_view kept = kept_tokens().kept_by(found.row().kept);
    const std::size_t little = uncut_.size / 8;
    if (run_kernel<kernels::count>(kept, little) <= little) return adopt(gather(kept));
    uncut_.kept = kept.kept;
    uncut_.total = found.row().total;
    ranked_ = 0;
    all_ranked_ = false;
}

/// How many tokens, which lie in the spare memory.
PLUCK_INLINE std::size_t row::find_below(ranking_key key) noexcept {
    now();
    const std::size_t gathered = gather(view());
    float* scores = scratch_.spare_scores();
    std::int32_t* places = scratch_.spare_tokens();
    std::size_t kept = 0;
    for (std::size_t i = 0; i < gathered; ++i) {  // in place, behind what is still to be read
        if (ranking_key{scores[i], token(static_cast<std::size_t>(places[i]))} > key) continue;
        scores[kept] = scores[i];
        places[kept++] = places[i];
    }
    return kept;
}

PLUCK_INLINE void row::keep_rest(std::size_t count) noexcept { adopt(count); }

PLUCK_INLINE void row::set_temperature(double t) noexcept {
    parts& current = now();
    temperature_ = t;
    current.total = 0;
}

// ---- what those stand on ----

/// Copies the kept scores and their indices to spare memory, in order, and counts them.
PLUCK_INLINE std::size_t row::gather(const row_view& from) noexcept {
    return run_kernel<kernels::gather>(from, detail::ordered_infinity, from.size, scratch_.spare_scores(),
                                       scratch_.spare_tokens());
}

/// Sorts at least so many of the best tokens, count <= max_ranked: more than asked for, since who asks for a rank asks
/// for the next one, too.
PLUCK_INLINE void row::rank_best(std::size_t count) noexcept {
    std::size_t wanted = 32;
    while (wanted < count) wanted *= 4;
    wanted = detail::smaller(wanted, max_ranked);
    const bool is_all = wanted >= uncut_.size;
    const found_cut cut = is_all ? found_cut(row_cut{uncut_.kept}) : find_top_k(kept_tokens(), wanted);
    uncut_.total = 0;  // the masses of the blocks may be gone
    const std::size_t listed = cut.is_list() ? cut.list().count : gather(kept_tokens().kept_by(cut.row().kept));
    const std::int32_t least = cut.is_list() ? cut.list().score : 1 - detail::ordered_infinity;
    std::uint64_t ties = cut.is_list() ? cut.list().ties : ~std::uint64_t{0};
    std::uint64_t* keys = scratch_.weights();
    ranked_ = 0;
    for (std::size_t i = 0; i < listed; ++i) {
        const std::int32_t score = detail::ordered(scratch_.spare_scores()[i]);
        if (score < least || (score == least && ties == 0)) continue;
        ties -= score == least ? 1 : 0;
        const std::int32_t its_token = token(static_cast<std::size_t>(scratch_.spare_tokens()[i]));
        keys[ranked_++] = ~ranking_key(score, its_token).value;  // the better, the less
    }
    all_ranked_ = is_all || ranked_ < wanted;
    std::uint64_t* ranking = scratch_.ranking();
    sort(keys, ranking, ranked_);
    for (std::size_t i = 0; i < ranked_; ++i) ranking[i] = ~keys[i];
}

/// The first `count` of the copied tokens become the row. There must be at least one.
PLUCK_INLINE void row::adopt(std::size_t count) noexcept {
    const float* scores = scratch_.spare_scores();
    std::int32_t* tokens = scratch_.spare_tokens();
    for (std::size_t i = 0; i < count; ++i) tokens[i] = token(static_cast<std::size_t>(tokens[i]));
    scratch_.swap_spare();
    deferred_.drop();
    uncut_ = {scores, tokens, count, {}, 0};
    pending_p_ = 1;
    ranked_ = 0;
    all_ranked_ = false;
    seen_ = run_kernel<kernels::scan>(scores, count, scratch_.block_best());
}

// ---- what ends it ----

PLUCK_INLINE std::int32_t row::draw(const bits128& uniform) noexcept {
    if (cut_pending()) {
        nucleus_finder nucleus(kept_tokens(), pending_p_, uncut_.total);
        const std::size_t place = nucleus.draw(uniform);
        if (place < uncut_.size) return token(place);
        cut_to(take_cut(std::move(nucleus)));
    }
    std::uint64_t rest = mass_point(uniform, total());
    const std::uint64_t* block_mass = scratch_.block_mass();
    std::size_t block = 0;
    while (rest >= block_mass[block]) rest -= block_mass[block++];
    const std::size_t begin = block * block_size;
    std::uint64_t masses[block_size];
    for (std::uint64_t kept = weigh_block(begin, &masses[0]);; kept &= kept - 1) {
        const auto i = static_cast<std::size_t>(__builtin_ctzll(kept));
        if (rest < masses[i]) return token(begin + i);
        rest -= masses[i];
    }
}

PLUCK_INLINE envelope row::make_envelope() noexcept {
    envelope all{scratch_.weights(), nullptr, blocks_of(uncut_.size)};
    float* best = scratch_.spare_scores();
    if (uncut_.tokens == nullptr && look().keeps_all()) {  // each block is one, also one without mass
        run_kernel<kernels::scores_of>(scratch_.block_best(), all.count, best);
    } else {
        // In a row that is not cut inside a tie, no block has to be read.
        const row_view kept = uncut_.kept.ties_end < uncut_.size ? view() : look();
        all.ids = scratch_.spare_tokens();
        all.count = envelope_of(kept, uncut_.tokens, best, scratch_.spare_tokens());
    }
    const float* scores = best;
    run_kernel<kernels::masses>(scores, all.count, best_logit(), mass_scale(temperature_), all.ends);
    return all;
}

/// A token's logit, -infinity if it is not kept.
PLUCK_INLINE float row::kept_logit(std::int32_t token) const noexcept {
    const std::size_t i = place_among(uncut_.tokens, uncut_.size, token);
    if (i >= uncut_.size) return detail::minus_infinity;
    const float logit = deferred_.is_there() ? deferred_.at(i) : uncut_.scores[i];
    const std::int32_t score = detail::ordered(logit);
    const kept_part& kept = uncut_.kept;
    if (score < kept.score || (score == kept.score && i >= kept.ties_end)) return detail::minus_infinity;
    return logit;
}

PLUCK_INLINE std::int32_t row::draw_by_rejection() noexcept {
    now();
    const envelope all = make_envelope();
    const std::uint64_t area = all.add_up();
    constexpr std::uint32_t together = 16;  // while one waits, another one can go on
    static_assert(max_proposals % together == 0 && together % kernels::masses::together == 0);
    for (std::uint32_t first = 0; first < max_proposals; first += together) {
        std::uint64_t points[together];
        proposal proposals[together];
        float logits[together];
        std::uint64_t masses[together];
        for (std::uint32_t i = 0; i < together; ++i) points[i] = mass_point(random(rejection_purpose, first + i), area);
        all.at(points, proposals);
        for (std::uint32_t i = 0; i < together; ++i) logits[i] = kept_logit(proposals[i].token);
        const float* scores = &logits[0];
        run_kernel<kernels::masses>(scores, std::size_t{together}, best_logit(), mass_scale(temperature_), &masses[0]);
        for (std::uint32_t i = 0; i < together; ++i) {
            if (proposals[i].height < masses[i]) return proposals[i].token;
        }
    }
    return draw(uniform());
}

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD
