// SPDX-License-Identifier: MIT
//
// A row's scores, spread over a team: sweeps over what is kept, and how warps and blocks tell each other what they
// found. A row starts wide, each block holding a slice; once few tokens are kept each block has a list of all of them,
// and works on it alone, each block the same.
//
// All threads of all blocks of a row call each function together, and all get the same answer, but where "own" says
// not.
#pragma once

#include <pluck/core/config.hpp>
#include <pluck/core/mass.hpp>
#include <pluck/core/ranking.hpp>
#include <pluck/cuda/geometry.cuh>
#include <pluck/cuda/interval.cuh>
#include <pluck/cuda/memory.cuh>
#include <pluck/cuda/source.cuh>

#include <cstddef>
#include <cstdint>

namespace pluck::inline v0::cuda {

/// Four scores and their tokens, as a sweep hands them out: token(i) is that of score i.
struct run_of_tokens {
    std::int32_t first;
    [[nodiscard]] PLUCK_HOST_DEVICE std::int32_t operator()(std::uint32_t i) const noexcept {
        return first + static_cast<std::int32_t>(i);
    }
};
struct listed_tokens {
    packed<std::int32_t> tokens;
    [[nodiscard]] PLUCK_HOST_DEVICE std::int32_t operator()(std::uint32_t i) const noexcept { return tokens.of[i]; }
};

template <class Team, class Source>
class field {
public:
    using memory = row_memory<Team>;
    static constexpr std::uint32_t list_row = Team::lanes * quad;  // tokens of the list that a warp reads at once
    static constexpr std::uint32_t threads = Team::threads;
    static_assert(Team::list % list_row == 0);

    /// `room` is the block's shared memory, whose row_memory has begun.
    PLUCK_HOST_DEVICE field(const Team& own_team, std::byte* room) noexcept
        : team(own_team),
          shared(*reinterpret_cast<memory*>(room)),
          shape(shared.shape),
          source(shared, room),
          strip_best(reinterpret_cast<std::int32_t*>(room + memory_map<Team>(shape).strip_best)),
          strip_mass(reinterpret_cast<std::uint64_t*>(room + memory_map<Team>(shape).strip_mass)),
          tables_(reinterpret_cast<std::uint64_t*>(room + memory_map<Team>(shape).tables)) {}

    const Team team;
    memory& shared;
    const geometry shape;
    const Source source;
    std::int32_t* const strip_best;   ///< [strips of the row] the best ordered score of each, block by block
    std::uint64_t* const strip_mass;  ///< [strips of the block, or rows of the list]

    [[nodiscard]] PLUCK_HOST_DEVICE std::uint32_t strips() const noexcept { return shape.strips * shape.blocks; }
    [[nodiscard]] PLUCK_HOST_DEVICE std::int32_t* own_best() const noexcept {
        return strip_best + team.block() * shape.strips;
    }
    /// One value of each warp of the row, two of each, so that the next may be written while the last is read.
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t* table(progress now) const noexcept {
        return tables_ + now.turn * shape.blocks * Team::warps;
    }
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t* masses(std::uint32_t turn) const noexcept {
        return tables_ + (2 + turn) * shape.blocks * Team::warps;
    }
    /// The strips all of whose positions are of the slice: of any slice of some length, all but its first and its last.
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint32_t first_inner() const noexcept { return source.slice.pad == 0 ? 0 : 1; }
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint32_t end_of_inner() const noexcept {
        return source.slice.end() / (shape.strip_quads * Team::lanes * quad);
    }
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint32_t position_of(std::uint32_t strip, std::uint32_t q) const noexcept {
        return ((strip * shape.strip_quads + q) * Team::lanes + team.lane()) * quad;
    }

    // ---- how a team talks ----

    /// Waits for every thread of the row, or of the block once each block works alone.
    PLUCK_HOST_DEVICE void meet(progress now) const noexcept {
        if (now.listed())
            team.sync();
        else
            team.sync_all();
    }

    /// Puts one value of each warp, the same in all its lanes, into a table; how many there are is places().
    PLUCK_HOST_DEVICE void gather(std::uint64_t of_warp, std::uint64_t* table, progress now) const noexcept {
        if (now.listed()) {
            if (team.lane() == 0) table[team.warp()] = of_warp;
        } else if (team.lane() < team.blocks()) {
            *team.at(table + team.block() * Team::warps + team.warp(), team.lane()) = of_warp;
        }
        meet(now);
    }
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint32_t places(progress now) const noexcept {
        return now.listed() ? Team::warps : team.blocks() * Team::warps;
    }
    /// This warp's place in a table: places are in the order of tokens.
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint32_t own_place(progress now) const noexcept {
        return now.listed() ? team.warp() : team.block() * Team::warps + team.warp();
    }

    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t sum_of(const std::uint64_t* table, progress now) const noexcept {
        std::uint64_t some = 0;
        for (std::uint32_t i = team.lane(); i < places(now); i += Team::lanes) some += table[i];
        return team.warp_sum(some);
    }
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t sum(std::uint64_t of_warp, progress now) const noexcept {
        gather(of_warp, table(now), now);
        return sum_of(table(now), now);
    }
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t largest(std::uint64_t of_warp, progress now) const noexcept {
        const std::uint64_t* all = table(now);
        gather(of_warp, table(now), now);
        std::uint64_t most = 0;
        for (std::uint32_t i = team.lane(); i < places(now); i += Team::lanes) most = all[i] > most ? all[i] : most;
        return team.warp_max(most);
    }

    /// Where a point of [0, sum of `all` values) falls: which of them, and what of the point is left within it. By a
    /// warp.
    struct landing {
        std::uint32_t place;
        std::uint64_t rest;
    };
    [[nodiscard]] PLUCK_HOST_DEVICE landing land(const std::uint64_t* values, std::uint32_t all,
                                                 std::uint64_t point) const noexcept {
        for (std::uint32_t base = 0; base < all; base += Team::lanes * quad) {  // neighbours to one lane
            std::uint64_t own[quad];
            std::uint64_t sum = 0;
            for (std::uint32_t i = 0; i < quad; ++i) {
                const std::uint32_t place = base + team.lane() * quad + i;
                sum += own[i] = place < all ? values[place] : 0;
            }
            const std::uint64_t end = team.warp_scan(sum);
            const std::uint32_t beyond = team.ballot(end > point);
            if (beyond == 0) {
                point -= team.shuffle(end, Team::lanes - 1);
                continue;
            }
            std::uint64_t rest = point - (end - sum);
            std::uint32_t i = 0;
            while (i + 1 < quad && rest >= own[i]) rest -= own[i++];
            const std::uint32_t lane = core::first_bit(beyond);
            return {base + lane * quad + static_cast<std::uint32_t>(team.shuffle(i, lane)), team.shuffle(rest, lane)};
        }
        return {all, point};
    }

    /// Tells all what one thread knows, the one for which `mine` holds.
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t publish(bool mine, std::uint64_t value, progress now) const noexcept {
        std::uint64_t* slot = &shared.published[now.turn];
        if (mine) {
            *slot = value;
            for (std::uint32_t block = 0; !now.listed() && block < team.blocks(); ++block)
                *team.at(slot, block) = value;
        }
        meet(now);
        return *slot;
    }

    // ---- sweeps ----

    /// A warp's strips: of its slice, or rows of the list.
    [[nodiscard]] PLUCK_HOST_DEVICE span_of own_strips(progress now) const noexcept {
        return {now.listed() ? (now.list + list_row - 1) / list_row : shape.strips, team.warp(), Team::warps};
    }
    /// Whether a strip may have a score of `least` or more.
    [[nodiscard]] PLUCK_HOST_DEVICE bool reaches(progress now, std::uint32_t strip, std::int32_t least) const noexcept {
        return now.listed() || own_best()[strip] >= least;
    }

    /// f(scores, tokens) for each quad of an own strip, lane by lane in the order of tokens. A warp is together in each
    /// call.
    template <class F>
    PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE void each_quad(progress now, std::uint32_t strip, const F& f) const noexcept {
        if (now.listed()) {
            const std::uint32_t position = (strip * Team::lanes + team.lane()) * quad;
            return f(*reinterpret_cast<const scores*>(shared.list_score + position),
                     listed_tokens{*reinterpret_cast<const packed<std::int32_t>*>(shared.list_token + position)});
        }
        for (std::uint32_t q = 0; q < shape.strip_quads; ++q) {
            const std::uint32_t position = position_of(strip, q);
            f(source.at(position), tokens_at(position));
        }
    }

    /// The same for each own strip that may have a score of `least` or more.
    template <class F>
    PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE void sweep(progress now, std::int32_t least, const F& f) const noexcept {
        const span_of mine = own_strips(now);
        if (!now.listed() &&
            shape.strip_quads == 2) {  // as nearly always: the next strip is under way as one is looked at
            std::uint32_t strip = next_reaching(mine.begin, mine.end, least);
            scores first{}, second{};
            if (strip < mine.end) first = source.at(position_of(strip, 0)), second = source.at(position_of(strip, 1));
            while (strip < mine.end) {
                const std::uint32_t next = next_reaching(strip + 1, mine.end, least);
                scores third{}, fourth{};
                if (next < mine.end) third = source.at(position_of(next, 0)), fourth = source.at(position_of(next, 1));
                f(first, tokens_at(position_of(strip, 0)));
                f(second, tokens_at(position_of(strip, 1)));
                strip = next, first = third, second = fourth;
            }
            return;
        }
        for (std::uint32_t strip = mine.begin; strip < mine.end; ++strip)
            if (reaches(now, strip, least)) each_quad(now, strip, f);
    }
    /// The tokens of a quad of the slice.
    [[nodiscard]] PLUCK_HOST_DEVICE run_of_tokens tokens_at(std::uint32_t position) const noexcept {
        return {source.slice.first - static_cast<std::int32_t>(source.slice.pad) + static_cast<std::int32_t>(position)};
    }

    /// f(score, ordered score, token) for each own token within the interval.
    template <class F>
    PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE void each(progress now, const interval& within, const F& f) const noexcept {
        sweep(now, within.low, [&](const scores& some, const auto& token) {
            bool has[quad];
            for (std::uint32_t i = 0; i < quad; ++i) has[i] = within.has(core::ordered(some.of[i]), token(i));
            for (std::uint32_t i = 0; i < quad; ++i)
                if (has[i]) f(some.of[i], core::ordered(some.of[i]), token(i));
        });
    }

    /// How many own tokens of the warp are within.
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t own_count(const interval& within, progress now) const noexcept {
        std::uint32_t found = 0;
        sweep(now, within.low, [&](const scores& some, const auto& token) {
            for (std::uint32_t i = 0; i < quad; ++i) found += within.has(core::ordered(some.of[i]), token(i));
        });
        return team.warp_sum_of_words(found);
    }

private:
    /// The first strip of the slice from this one on that has a score of `least` or more; `end` if none before it has.
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint32_t next_reaching(std::uint32_t strip, std::uint32_t end,
                                                                std::int32_t least) const noexcept {
        while (strip < end && own_best()[strip] < least) ++strip;
        return strip;
    }

    std::uint64_t* const tables_;  // [4][places]
};

}  // namespace pluck::inline v0::cuda
