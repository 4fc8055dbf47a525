// SPDX-License-Identifier: MIT
//
// A row's scores, spread over a team: the first read, sweeps over what is kept, and how warps and blocks tell each other
// what they found. A row starts wide, each block holding a slice; once few tokens are kept each block has a list of all
// of them, and works on it alone, each block the same.
//
// A field never changes, so that one serves a whole block; what does change is handed in: whether the row is a list, and
// whose turn it is of memory that is there twice. All threads of all blocks of a row call each function together, and
// all get the same answer, but where "own" says not.
#pragma once

#include <pluck/core/config.hpp>
#include <pluck/core/mass.hpp>
#include <pluck/core/ranking.hpp>
#include <pluck/cuda/geometry.cuh>
#include <pluck/cuda/interval.cuh>
#include <pluck/cuda/source.cuh>

#include <cstdint>
#include <utility>

namespace pluck::inline v0::cuda {

/// What a token weighs: its mass, or 1.
struct weighing {
    bool by_mass;
    float best;
    float scale;
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE std::uint64_t operator()(float score) const noexcept {
        return by_mass ? mass_of(score - best, scale) : 1;
    }
};

/// What changes of a field: how many tokens the list has, if the row is one, and which of two tables is next.
struct progress {
    static constexpr std::uint32_t wide = ~std::uint32_t{0};
    std::uint32_t list = wide;
    std::uint32_t turn = 0;

    [[nodiscard]] PLUCK_HOST_DEVICE bool listed() const noexcept { return list != wide; }
    PLUCK_HOST_DEVICE progress next() noexcept {
        turn ^= 1;
        return *this;
    }
};

/// Four scores and their tokens, as a sweep hands them out: token(i) is that of score i.
struct run_of_tokens {
    std::int32_t first;
    [[nodiscard]] PLUCK_HOST_DEVICE std::int32_t operator()(std::uint32_t i) const noexcept {
        return first + static_cast<std::int32_t>(i);
    }
};
struct listed_tokens {
    const std::int32_t* tokens;
    [[nodiscard]] PLUCK_HOST_DEVICE std::int32_t operator()(std::uint32_t i) const noexcept { return tokens[i]; }
};

/// The consecutive things, of `all`, that are this warp's of `warps`.
struct span_of {
    std::uint32_t begin, end;
    PLUCK_HOST_DEVICE span_of(std::uint32_t all, std::uint32_t warp, std::uint32_t warps) noexcept {
        const std::uint32_t each = (all + warps - 1) / warps;
        begin = warp * each < all ? warp * each : all;
        end = all - begin < each ? all : begin + each;
    }
};

template <class Team, class Source>
class field {
public:
    using memory = row_memory<Team>;

    /// `room` is for the best scores of all strips.
    PLUCK_HOST_DEVICE field(const Team& own_team, const Source& own_scores, memory& own_memory, std::int32_t* room,
                            const geometry& layout) noexcept
        : team(own_team), source(own_scores), shared(own_memory), strip_best(room), shape(layout) {}

    const Team team;
    const Source source;
    memory& shared;
    /// [strips()] the best ordered score of each, block by block.
    std::int32_t* const strip_best;
    const geometry shape;

    [[nodiscard]] PLUCK_HOST_DEVICE std::uint32_t strips() const noexcept { return shape.strips * shape.blocks; }

    // ---- how a team talks ----

    /// Waits for every thread of the row, or of the block once each block works alone.
    PLUCK_HOST_DEVICE void meet(progress now) const noexcept {
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
        gather(of_warp, shared.table[now.turn], now);
        return sum_of(shared.table[now.turn], now);
    }
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t largest(std::uint64_t of_warp, progress now) const noexcept {
        const std::uint64_t* table = shared.table[now.turn];
        gather(of_warp, shared.table[now.turn], now);
        std::uint64_t most = 0;
        for (std::uint32_t i = team.lane(); i < places(now); i += Team::lanes) most = table[i] > most ? table[i] : most;
        return team.warp_max(most);
    }

    /// Where a point of [0, sum of a table) falls: the place, and what of the point is left within it.
    struct landing {
        std::uint32_t place;
        std::uint64_t rest;
    };
    [[nodiscard]] PLUCK_HOST_DEVICE landing land(const std::uint64_t* table, std::uint64_t point,
                                                 progress now) const noexcept {
        const std::uint32_t all = places(now);
        for (std::uint32_t base = 0; base < all; base += Team::lanes) {
            const std::uint32_t i = base + team.lane();
            const std::uint64_t own = i < all ? table[i] : 0;
            const std::uint64_t end = team.warp_scan(own);
            const std::uint32_t beyond = team.ballot(end > point);
            if (beyond != 0) {
                const std::uint32_t lane = core::first_bit(beyond);
                return {base + lane, point - team.shuffle(end - own, lane)};
            }
            point -= team.shuffle(end, Team::lanes - 1);
        }
        return {all, point};
    }

    /// Tells all what one thread knows, the one for which `mine` holds.
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t publish(bool mine, std::uint64_t value, progress now) const noexcept {
        std::uint64_t* slot = &shared.published[now.turn];
        if (mine) {
            *slot = value;
            for (std::uint32_t block = 0; !now.listed() && block < team.blocks(); ++block) *team.at(slot, block) = value;
        }
        meet(now);
        return *slot;
    }

    // ---- the first read ----

    /// Copies the row as it is, for stages that move scores; each block its slice.
    PLUCK_HOST_DEVICE void copy() const noexcept {
        const std::uint32_t end = source.slice().pad + source.slice().size;
        for (std::uint32_t position = team.thread() * quad; position < end; position += Team::threads * quad)
            (void)source.keep(position, source.fetch(position));
        team.sync();
    }

    struct extremes {
        std::int32_t best;  ///< ordered
        bool nan;
    };

    /// The best score of the row and of each strip of it. Reads the caller's memory, unless copy() has done so.
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL extremes scan(bool copied, progress now) const noexcept {
        std::int32_t best = -core::ordered_infinity;
        std::uint32_t worst = 0;
        const span_of mine(shape.strips, team.warp(), Team::warps);
        std::int32_t* const own_best = strip_best + team.block() * shape.strips;
        for (std::uint32_t strip = mine.begin; strip < mine.end; strip += at_once) {
            std::int32_t most[at_once];
            for (std::uint32_t s = 0; s < at_once; ++s) most[s] = lowest_bits;
            for (std::uint32_t q = 0; q < shape.strip_quads; ++q) {
                packed_quad fetched[at_once];
                for (std::uint32_t s = 0; s < at_once; ++s)  // all loads are under way before the first is looked at
                    if (!copied && strip + s < mine.end) fetched[s] = source.fetch(position_of(strip + s, q));
                for (std::uint32_t s = 0; s < at_once; ++s) {
                    if (strip + s >= mine.end) continue;
                    const std::uint32_t position = position_of(strip + s, q);
                    const scores some = copied ? source.at(position) : source.keep(position, fetched[s]);
                    for (std::uint32_t i = 0; i < quad; ++i) {
                        const auto bits = core::bits_as<std::uint32_t>(some.of[i]);
                        worst = bits > worst ? bits : worst;
                        // Orders as the float does, but for -0, which comes directly below +0.
                        const auto order = static_cast<std::int32_t>(
                            bits ^ (static_cast<std::uint32_t>(static_cast<std::int32_t>(bits) >> 31) & 0x7fffffffu));
                        most[s] = order > most[s] ? order : most[s];
                    }
                }
            }
            for (std::uint32_t s = 0; s < at_once && strip + s < mine.end; ++s) {
                const std::int32_t order = team.warp_max(most[s]);
                const std::int32_t score = order < 0 ? order + 1 : order;
                if (team.lane() == 0) own_best[strip + s] = score;
                best = score > best ? score : best;
            }
        }
        share_strips(mine);
        // Both in one value: every NaN with a sign is beyond -infinity as an unsigned number.
        const bool negative_nan = team.ballot(worst > core::bits_as<std::uint32_t>(core::minus_infinity)) != 0;
        const std::uint64_t all = largest((negative_nan ? std::uint64_t{1} << 32 : 0) |
                                          (static_cast<std::uint32_t>(best) ^ 0x80000000u), now);
        const auto best_of_row = static_cast<std::int32_t>(static_cast<std::uint32_t>(all) ^ 0x80000000u);
        return {best_of_row, all >> 32 != 0 || best_of_row > core::ordered_infinity};
    }

    // ---- sweeps ----

    /// f(scores, tokens) for each quad that may have a score of `least` or more; own ones, lane by lane in the order of
    /// tokens. A warp is together in each call.
    template <class F>
    PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE void sweep(progress now, std::int32_t least, const F& f) const noexcept {
        if (now.listed()) {
            const span_of mine((now.list + list_row - 1) / list_row, team.warp(), Team::warps);
            for (std::uint32_t row = mine.begin; row < mine.end; ++row) {
                const std::uint32_t position = (row * Team::lanes + team.lane()) * quad;
                f(*reinterpret_cast<const scores*>(shared.list_score + position), listed_tokens{shared.list_token + position});
            }
            return;
        }
        const span_of mine(shape.strips, team.warp(), Team::warps);
        const std::int32_t* best = strip_best + team.block() * shape.strips;
        const auto offset = source.slice().first - static_cast<std::int32_t>(source.slice().pad);
        for (std::uint32_t strip = mine.begin; strip < mine.end; ++strip) {
            if (best[strip] < least) continue;
            for (std::uint32_t q = 0; q < shape.strip_quads; ++q) {
                const std::uint32_t position = position_of(strip, q);
                f(source.at(position), run_of_tokens{offset + static_cast<std::int32_t>(position)});
            }
        }
    }

    /// f(score, ordered score, token) for each own token within the interval.
    template <class F>
    PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE void each(progress now, const interval& within, const F& f) const noexcept {
        sweep(now, within.low, [&](const scores& some, const auto& token) {
            for (std::uint32_t i = 0; i < quad; ++i) {
                const std::int32_t score = core::ordered(some.of[i]);
                if (within.has(score, token(i))) f(some.of[i], score, token(i));
            }
        });
    }

    /// f(score, token) for each token of the own slice, whether the row is wide or not.
    template <class F>
    PLUCK_HOST_DEVICE void each_of_slice(const F& f) const noexcept {
        const auto& slice = source.slice();
        for (std::uint32_t i = team.thread(); i < slice.size; i += Team::threads)
            f(source.one(slice.pad + i), slice.first + static_cast<std::int32_t>(i));
    }

    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::uint32_t count(interval within, progress now) const noexcept {
        return static_cast<std::uint32_t>(sum(own_count(within, now), now));
    }

    /// The best token's key of an interval; 0 if it is empty.
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::uint64_t best_of(interval within, progress now) const noexcept {
        std::uint64_t most = 0;
        each(now, within, [&](float, std::int32_t score, std::int32_t token) {
            const std::uint64_t key = ranking_key(score, token).value;
            most = key > most ? key : most;
        });
        return largest(team.warp_max(most), now);
    }

    /// The mass of an interval; each warp's own is in shared.masses[now.turn]. `all`: nothing was cut.
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::uint64_t mass(interval within, std::int32_t lightest, bool all,
                                                                         weighing weight, progress now) const noexcept {
        std::uint64_t own = 0;
        sweep(now, lightest, [&](const scores& some, const auto& token) {
            for (std::uint32_t i = 0; i < quad; ++i) {
                const std::uint64_t mass = mass_of(some.of[i] - weight.best, weight.scale);
                own += all || within.has(core::ordered(some.of[i]), token(i)) ? mass : 0;
            }
        });
        gather(team.warp_sum(own), shared.masses[now.turn], now);
        return sum_of(shared.masses[now.turn], now);
    }

    /// The token whose mass, of those in the interval, holds a point of [0, mass()); `masses` is what mass() has left.
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::int32_t token_at(std::uint64_t point, interval within,
                                                                            std::int32_t lightest, weighing weight,
                                                                            const std::uint64_t* masses,
                                                                            progress now) const noexcept {
        const landing landed = land(masses, point, now);
        std::uint64_t rest = landed.rest;
        bool mine = false;
        std::int32_t drawn = -1;
        if (landed.place == own_place(now)) {
            sweep(now, lightest, [&](const scores& some, const auto& token) {
                std::uint64_t mass[quad];
                std::uint64_t sum = 0;
                for (std::uint32_t i = 0; i < quad; ++i) {
                    const bool kept = within.has(core::ordered(some.of[i]), token(i));
                    sum += mass[i] = kept ? mass_of(some.of[i] - weight.best, weight.scale) : 0;
                }
                const std::uint64_t end = team.warp_scan(sum);
                std::uint64_t before = end - sum;
                if (rest >= before && rest < end) {  // for one lane in one call only
                    for (std::uint32_t i = 0; i < quad; before += mass[i++])
                        if (rest >= before && rest - before < mass[i]) drawn = token(i);
                    mine = true;
                }
                rest -= team.shuffle(end, Team::lanes - 1);  // once found, it wraps round and stays out of reach
            });
        }
        return static_cast<std::int32_t>(publish(mine, static_cast<std::uint32_t>(drawn), now));
    }

    /// Lists the tokens within an interval for every block, in the order of ids, if there is room for them; how many
    /// there are.
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::uint32_t list(interval within, progress now) const noexcept {
        const std::uint64_t* table = shared.table[now.turn];
        gather(own_count(within, now), shared.table[now.turn], now);
        std::uint64_t before = 0, all = 0;
        for (std::uint32_t i = team.lane(); i < places(now); i += Team::lanes) {
            all += table[i];
            if (i < own_place(now)) before += table[i];
        }
        const auto total = static_cast<std::uint32_t>(team.warp_sum(all));
        if (total > Team::list) return total;
        write_list(within, static_cast<std::uint32_t>(team.warp_sum(before)), now);
        const std::uint32_t full = (total + list_row - 1) / list_row * list_row;
        for (std::uint32_t i = total + team.thread(); i < full; i += Team::threads)
            shared.list_score[i] = core::minus_infinity, shared.list_token[i] = last_token;
        team.sync_all();
        return total;
    }

    [[nodiscard]] PLUCK_HOST_DEVICE bool owns(std::int32_t token) const noexcept {
        return static_cast<std::uint32_t>(token - source.slice().first) < source.slice().size;
    }
    /// The position of a token of the own slice.
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint32_t position_of(std::int32_t token) const noexcept {
        return static_cast<std::uint32_t>(token - source.slice().first) + source.slice().pad;
    }

private:
    using packed_quad = decltype(std::declval<const Source&>().fetch(0));
    static constexpr std::uint32_t at_once = 4;  // strips whose loads are under way together
    static constexpr std::uint32_t list_row = Team::lanes * quad;
    static constexpr std::int32_t lowest_bits = std::int32_t{-0x7fffffff} - 1;
    static_assert(Team::list % list_row == 0);

    [[nodiscard]] PLUCK_HOST_DEVICE std::uint32_t position_of(std::uint32_t strip, std::uint32_t q) const noexcept {
        return ((strip * shape.strip_quads + q) * Team::lanes + team.lane()) * quad;
    }

    /// Tells the other blocks the best scores of own strips. They are told first when all of them are there.
    PLUCK_HOST_DEVICE void share_strips(const span_of& mine) const noexcept {
        if (team.blocks() == 1) return;
        team.wait_for_start();
        team.warp_sync();
        std::int32_t* best = strip_best + team.block() * shape.strips + mine.begin;
        const std::uint32_t count = mine.end - mine.begin;
        for (std::uint32_t i = team.lane(); i < count * team.blocks(); i += Team::lanes) {
            const std::uint32_t block = i / count;
            if (block != team.block()) *team.at(best + i % count, block) = best[i % count];
        }
    }

    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t own_count(const interval& within, progress now) const noexcept {
        std::uint32_t found = 0;
        each(now, within, [&](float, std::int32_t, std::int32_t) { ++found; });
        return team.warp_sum(std::uint64_t{found});
    }

    PLUCK_HOST_DEVICE void write_list(const interval& within, std::uint32_t next, progress now) const noexcept {
        sweep(now, within.low, [&](const scores& some, const auto& token) {
            const std::uint32_t below = (std::uint32_t{1} << team.lane()) - 1;
            std::uint32_t place = next;
            bool kept[quad];
            for (std::uint32_t i = 0; i < quad; ++i) {
                kept[i] = within.has(core::ordered(some.of[i]), token(i));
                const std::uint32_t lanes = team.ballot(kept[i]);
                place += core::count_bits(lanes & below);
                next += core::count_bits(lanes);
            }
            for (std::uint32_t i = 0; i < quad; ++i) {
                if (!kept[i]) continue;
                for (std::uint32_t block = 0; block < team.blocks(); ++block) {
                    *team.at(shared.list_score + place, block) = some.of[i];
                    *team.at(shared.list_token + place, block) = token(i);
                }
                ++place;
            }
        });
    }
};

}  // namespace pluck::inline v0::cuda
