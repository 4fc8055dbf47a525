// SPDX-License-Identifier: MIT
//
// How adjusters move the scores of the CPU's row.
#pragma once

#include <pluck/cpu/envelope.hpp>
#include <pluck/cpu/isa/dispatch.hpp>
#include <pluck/cpu/row.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/pick.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

#if PLUCK_COMPILED && !PLUCK_COMPILED_SOURCE
#error "pluck: pluck::compiled holds what this header defines; include <pluck/cpu/row.hpp>"
#endif

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_ROW_BUILD {

PLUCK_INLINE void row::mask(std::span<const std::uint32_t> words) noexcept {
    if (settled_) return fail(status::bad_parameter);
    if (uncut_.tokens != nullptr) {
        float* scores = scratch_.scores();
        for (std::size_t i = 0; i < uncut_.size; ++i) {
            const auto id = static_cast<std::size_t>(uncut_.tokens[i]);
            const bool allowed = id / 32 < words.size() && (words[id / 32] >> (id % 32) & 1u) != 0;
            if (!allowed) scores[i] = detail::minus_infinity;
        }
        return;
    }
    float* scores = scratch_.scores();
    if (!deferred_.is_there()) deferred_.read(uncut_.scores, vocab_, scores);  // which they may lie at already
    uncut_.scores = scores;
    if (deferred_.forbid(words, scratch_.forbidden()) <= vocab_ / 8)  // the few that are left are the row
        leave(deferred_.gather_allowed(scratch_.spare_scores(), scratch_.spare_tokens()));
}

PLUCK_INLINE std::size_t row::place_in_list(std::int32_t token) const noexcept {
    const std::size_t i = place_among(uncut_.tokens, uncut_.size, token);
    return i < uncut_.size ? i : nowhere;
}

/// A token's score as adjusters have left it so far.
PLUCK_INLINE float row::unsettled(std::int32_t token) const noexcept {
    const std::size_t i = place_of(token);
    if (i == nowhere) return detail::minus_infinity;
    return deferred_.is_there() ? deferred_.at(i) : uncut_.scores[i];
}

/// Where scores are moved to, in scratch memory. The caller's logits stay: the row is deferred, if it was not.
PLUCK_INLINE float* row::edited() noexcept {
    float* scores = scratch_.scores();
    if (uncut_.scores != scores) deferred_.read(uncut_.scores, uncut_.size, scores);
    uncut_.scores = scores;
    if (deferred_.is_there()) deferred_.begin_edits(scratch_.marks(), scratch_.spare_tokens(), scratch_.spare_scores());
    return scores;
}

/// The first `count` tokens in the spare memory, which are in id order, are all that is left.
PLUCK_INLINE void row::leave(std::size_t count) noexcept {
    scratch_.swap_spare();
    deferred_.drop();
    uncut_.scores = scratch_.scores();
    uncut_.tokens = scratch_.tokens();
    uncut_.size = count;
}

/// Moves the scores to scratch memory, to be written to.
PLUCK_INLINE float* row::writable() noexcept {
    float* scores = scratch_.scores();
    deferred_.need_all();
    if (uncut_.scores != scores) {
        for (std::size_t i = 0; i < uncut_.size; ++i) scores[i] = uncut_.scores[i];
        uncut_.scores = scores;
    }
    return scores;
}

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD
