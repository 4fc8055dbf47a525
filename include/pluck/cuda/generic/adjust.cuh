// SPDX-License-Identifier: MIT
//
// How all threads of a block move the scores of its slice together: what adjusters ask of the row.
#pragma once

#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/generic/source.cuh>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

/// score = f(score) at a position; -infinity stays.
template <class Source, class F>
PLUCK_HOST_DEVICE void move_score(const Source& source, std::uint32_t position, const F& f) noexcept {
    if constexpr (Source::writable) {
        const float score = source.one(position);
        if (!detail::is_minus_infinity(score)) source.set(position, f(score));
    }
}

/// f(position, token) for each token of the slice, each by one thread.
template <class Team, class Source, class F>
PLUCK_HOST_DEVICE void each_of_slice(const Team& team, const Source& source, const F& f) noexcept {
    for (std::uint32_t i = team.thread(); i < source.slice.size; i += Team::threads)
        f(source.slice.pad + i, source.slice.first + static_cast<std::int32_t>(i));
}

/// score = f(score, i) for the token ids[i], for each i; an id that occurs twice is edited twice, in order. False, for
/// all threads alike, if an id lies outside of the row, whose scores then mean nothing any more.
///
/// Each thread takes one id of as many as there are threads, and round by round the next ones. Where a token occurs
/// more than once in a round, the thread of its first id edits it for all of them.
template <class Team, class Source, class Ids, class F>
[[nodiscard]] PLUCK_HOST_DEVICE bool edit_scores(const Team& team, row_memory<Team>& memory, const Source& source,
                                                 const Ids& ids, const F& f) noexcept {
    const auto first = ids.begin();
    const auto count = static_cast<std::size_t>(ids.end() - first);
    const std::int64_t vocab = memory.shape.vocab;
    const std::uint32_t thread = team.thread();
    if (thread == 0) memory.ids_outside = 0;
    for (std::size_t base = 0; base < count; base += Team::threads) {
        const auto here = static_cast<std::uint32_t>(count - base < Team::threads ? count - base : Team::threads);
        team.sync();  // nobody looks at the last round any more
        std::int32_t own = -1;
        if (thread < here) {
            const auto id = static_cast<std::int64_t>(first[static_cast<std::ptrdiff_t>(base + thread)]);
            if (id >= 0 && id < vocab) own = static_cast<std::int32_t>(id);
            else (void)team.add(&memory.ids_outside, 1);
        }
        memory.round[thread] = own;
        team.sync();
        if (memory.ids_outside != 0) return false;
        if (own < 0 || !source.slice.owns(own)) continue;
        const auto* round = reinterpret_cast<const tokens*>(memory.round);
        bool is_first = true;
        PLUCK_ROLLED
        for (std::uint32_t at = 0; at < thread && is_first; at += quad) {
            const tokens some = round[at / quad];
            for (std::uint32_t i = 0; i < quad; ++i) is_first = is_first && (at + i >= thread || some.of[i] != own);
        }
        if (!is_first) continue;
        PLUCK_ROLLED
        for (std::uint32_t at = thread / quad * quad; at < here; at += quad) {
            const tokens some = round[at / quad];
            PLUCK_ROLLED
            for (std::uint32_t i = 0; i < quad; ++i) {
                if (at + i < thread || at + i >= here || some.at(i) != own) continue;
                move_score(source, source.slice.position_of(own), [&](float score) { return f(score, base + at + i); });
            }
        }
    }
    team.sync();
    return true;
}

/// score = f(score, i) for the token ids[i]; -infinity for every other one. False, for all threads alike, if an id lies
/// outside of the row or is not above the one before it.
template <class Team, class Source, class Ids, class F>
[[nodiscard]] PLUCK_HOST_DEVICE bool select_scores(const Team& team, row_memory<Team>& memory, const Source& source,
                                                   const Ids& ids, const F& f) noexcept {
    const auto first = ids.begin();
    const auto count = static_cast<std::size_t>(ids.end() - first);
    const auto id_at = [&](std::size_t i) { return static_cast<std::int64_t>(first[static_cast<std::ptrdiff_t>(i)]); };
    if (team.thread() == 0) memory.ids_outside = 0;
    team.sync();
    for (std::size_t i = team.thread(); i < count; i += Team::threads) {
        const std::int64_t before = i == 0 ? -1 : id_at(i - 1);
        if (id_at(i) <= before || id_at(i) >= std::int64_t{memory.shape.vocab}) (void)team.add(&memory.ids_outside, 1);
    }
    team.sync();
    if (memory.ids_outside != 0) return false;
    each_of_slice(team, source, [&](std::uint32_t position, std::int32_t token) {
        std::size_t place = 0;  // the first that is not below the token
        for (std::size_t left = count; left > 0;) {
            const std::size_t half = left / 2;
            const bool below = id_at(place + half) < token;
            place += below ? half + 1 : 0;
            left = below ? left - half - 1 : half;
        }
        if constexpr (Source::writable) {
            const bool is_selected = place < count && id_at(place) == token;
            source.set(position, is_selected ? f(source.one(position), place) : detail::minus_infinity);
        }
    });
    team.sync();
    return true;
}

}}}  // namespace pluck::v0::cuda
