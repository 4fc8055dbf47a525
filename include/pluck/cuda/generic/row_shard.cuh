// SPDX-License-Identifier: MIT
//
// A row's scores, spread over a team: sweeps over what is kept, and how warps and blocks tell each other what they
// found. A row starts wide, each block holding a slice; once few tokens are kept each block has a list of all of them,
// and works on it alone, each block the same.
//
// All threads of all blocks of a row call each function together, and all get the same answer, but where "own" says
// not.
#pragma once

#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/generic/source.cuh>
#include <pluck/cuda/geometry.cuh>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/row/interval.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

/// One thread of a row: the one that writes what is written once.
template <class Team>
[[nodiscard]] PLUCK_HOST_DEVICE bool is_first_thread(const Team& team) noexcept {
    return team.block() == 0 && team.thread() == 0;
}

template <class Team, class Source>
class row_shard {
public:
    using team_type = Team;
    using source_type = Source;
    using memory = row_memory<Team>;
    static constexpr std::uint32_t list_row = Team::lanes * quad;  // tokens of the list that a warp reads at once
    static constexpr std::uint32_t threads = Team::threads;
    static_assert(Team::list % list_row == 0);

    /// A block's part of the row, once the row_memory in its shared memory has begun; `slot` is that of the command
    /// that is carried out.
    PLUCK_HOST_DEVICE explicit row_shard(const Team& own_team, std::uint32_t command_slot = 0) noexcept
        : team(own_team),
          slot(command_slot),
          shared(*reinterpret_cast<memory*>(team.room())),
          shape(shared.shape),
          source(shared, team.room()),
          strip_best(reinterpret_cast<std::int32_t*>(team.room() + memory_map<Team>(shape).strip_best)),
          strip_mass(reinterpret_cast<std::uint64_t*>(team.room() + memory_map<Team>(shape).strip_mass)),
          tables_(reinterpret_cast<std::uint64_t*>(team.room() + memory_map<Team>(shape).tables)) {}

    const Team team;
    const std::uint32_t slot;
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
        return position_of(strip * shape.strip_quads + q);
    }

    // ---- how a team exchanges what it found ----

    /// Waits for every thread of the row, or of the block once each block works alone.
    PLUCK_HOST_DEVICE void barrier(progress now) const noexcept {
        if (now.listed()) team.sync();
        else team.sync_all();
    }

    /// Puts one value of each warp, the same in all its lanes, into a table; how many there are is places().
    PLUCK_HOST_DEVICE void gather(std::uint64_t of_warp, std::uint64_t* table, progress now) const noexcept {
        if (now.listed()) {
            if (team.lane() == 0) table[team.warp()] = of_warp;
        } else if (team.lane() < team.blocks()) {
            *team.at(table + team.block() * Team::warps + team.warp(), team.lane()) = of_warp;
        }
        barrier(now);
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
        PLUCK_ROLLED
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
        PLUCK_ROLLED
        for (std::uint32_t i = team.lane(); i < places(now); i += Team::lanes) most = all[i] > most ? all[i] : most;
        return team.warp_max(most);
    }

    /// Where a point of [0, sum of `all` values) falls: which of them, and what of the point is left within it. By a
    /// warp.
    struct location {
        std::uint32_t place;
        std::uint64_t rest;
    };
    [[nodiscard]] PLUCK_HOST_DEVICE location locate(const std::uint64_t* values, std::uint32_t all,
                                                    std::uint64_t point) const noexcept {
        PLUCK_ROLLED
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
            const std::uint32_t lane = detail::first_bit(beyond);
            return {base + lane * quad + static_cast<std::uint32_t>(team.shuffle(i, lane)), team.shuffle(rest, lane)};
        }
        return {all, point};
    }

    /// Tells all what one thread knows, the one for which `mine` holds.
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t broadcast(bool mine, std::uint64_t value,
                                                            progress now) const noexcept {
        std::uint64_t* told = &shared.broadcasts[now.turn];
        if (mine) {
            *told = value;
            PLUCK_ROLLED
            for (std::uint32_t block = 0; !now.listed() && block < team.blocks(); ++block)
                *team.at(told, block) = value;
        }
        barrier(now);
        return *told;
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
        const std::uint32_t first = strip << strip_shift(now);
        const std::uint32_t end = (strip + 1) << strip_shift(now);
        PLUCK_ROLLED
        for (std::uint32_t at = first; at < end; ++at) f(scores_at(now, at), tokens_at(now, at));
    }

    /// The same for each own strip that may have a score of `least` or more; end(strip) after each.
    template <class F, class End>
    PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE void sweep(progress now, std::int32_t least, const F& f,
                                                     const End& end) const noexcept {
        // Two quads of each lane are under way as the two before them are looked at. Each step is there once: hence the
        // first round, which looks at nothing, and the last, which reads nothing.
        const std::uint32_t shift = strip_shift(now);
        const std::uint32_t inside = (std::uint32_t{1} << shift) - 1;  // of a strip
        const auto begin_of = [&](std::uint32_t strip) { return strip == none ? none : strip << shift; };
        reaching_strips coming(*this, now, least);
        std::uint32_t at = none;
        std::uint32_t next = begin_of(coming.take());
        scores first{}, second{};
        PLUCK_ROLLED
        while (at != none || next != none) {
            scores third{}, fourth{};
            if (next != none) {
                third = scores_at(now, next);
                if (shift != 0) fourth = scores_at(now, next + 1);
            }
            if (at != none) {
                f(first, tokens_at(now, at));
                if (shift != 0) f(second, tokens_at(now, at + 1));
                if (((at + 2) & inside) == 0) end(at >> shift);
            }
            at = next, first = third, second = fourth;
            if (next != none && ((next += 2) & inside) == 0) next = begin_of(coming.take());
        }
    }
    template <class F>
    PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE void sweep(progress now, std::int32_t least, const F& f) const noexcept {
        sweep(now, least, f, [](std::uint32_t) {});
    }

    /// f(score, ordered score, token) for each own token within the interval.
    template <class F>
    PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE void each(progress now, const interval& within, const F& f) const noexcept {
        sweep(now, within.low, [&](const scores& some, const tokens& ids) {
            PLUCK_ROLLED
            for (std::uint32_t i = 0; i < quad; ++i) {
                const std::int32_t order = detail::ordered(some.at(i));
                if (within.has(order, ids.at(i))) f(some.at(i), order, ids.at(i));
            }
        });
    }

    /// How many own tokens of the warp are within.
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t own_count(const interval& within, progress now) const noexcept {
        std::uint32_t found = 0;
        sweep(now, within.low, [&](const scores& some, const tokens& ids) {
            for (std::uint32_t i = 0; i < quad; ++i) found += within.has(detail::ordered(some.of[i]), ids.of[i]);
        });
        return team.warp_sum_of_words(found);
    }

private:
    static constexpr std::uint32_t none = ~std::uint32_t{0};

    /// So many doublings of a quad for each lane are a strip: a power of two, and one of the list.
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint32_t strip_shift(progress now) const noexcept {
        return now.listed() ? 0 : detail::first_bit(shape.strip_quads);
    }

    /// The own strips that may have a score of `least` or more, one after the other. Each lane looks at one.
    class reaching_strips {
    public:
        PLUCK_HOST_DEVICE reaching_strips(const row_shard& row, progress now, std::int32_t least) noexcept
            : row_(row), now_(now), least_(least) {
            const span_of mine = row.own_strips(now);
            next_ = mine.begin;
            end_ = mine.end;
        }

        /// The next one; none if there is none.
        [[nodiscard]] PLUCK_HOST_DEVICE std::uint32_t take() noexcept {
            PLUCK_ROLLED
            for (; found_ == 0 && next_ < end_; next_ += Team::lanes) {
                const std::uint32_t own = next_ + row_.team.lane();
                found_ = row_.team.ballot(own < end_ && row_.reaches(now_, own, least_));
            }
            if (found_ == 0) return none;
            const std::uint32_t strip = next_ - Team::lanes + detail::first_bit(found_);
            found_ &= found_ - 1;
            return strip;
        }

    private:
        const row_shard& row_;
        progress now_;
        std::uint32_t next_, end_;
        std::int32_t least_;
        std::uint32_t found_ = 0;  // of the last lanes' worth: the bits of those that are still to come
    };

    // The lane's quad of the strip at / quads of a strip.
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint32_t position_of(std::uint32_t at) const noexcept {
        return (at * Team::lanes + team.lane()) * quad;
    }
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE scores scores_at(progress now,
                                                                         std::uint32_t at) const noexcept {
        if (now.listed()) return *reinterpret_cast<const scores*>(shared.list_score + position_of(at));
        return source.at(position_of(at));
    }
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE tokens tokens_at(progress now,
                                                                         std::uint32_t at) const noexcept {
        if (now.listed()) return *reinterpret_cast<const tokens*>(shared.list_token + position_of(at));
        const std::int32_t first = source.slice.first - static_cast<std::int32_t>(source.slice.pad) +
                                   static_cast<std::int32_t>(position_of(at));
        return {{first, first + 1, first + 2, first + 3}};
    }

    std::uint64_t* const tables_;  // [4][places]
};

}}}  // namespace pluck::v0::cuda
