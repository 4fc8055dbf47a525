// SPDX-License-Identifier: MIT
//
// The loops over masses, one by one and summed. As in kernels.hpp, each is a struct whose run() is inlined into one
// function for each instruction set; these for AVX-512 as well, by which they take four fifths of the time.
#pragma once

#include <pluck/core/arithmetic.hpp>
#include <pluck/core/config.hpp>
#include <pluck/core/mass.hpp>
#include <pluck/core/ranking.hpp>
#include <pluck/cpu/kernels.hpp>
#include <pluck/cpu/vectors.hpp>
#include <pluck/cpu/workspace.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck::inline v0::cpu::inline PLUCK_BUILD::kernels {

/// What the masses of a row's scores are relative to.
struct mass_origin {
    float best;
    float scale;
    std::uint32_t weightless;

    PLUCK_ALWAYS_INLINE mass_origin(float best_score, float mass_scale) noexcept
        : best(best_score), scale(mass_scale), weightless(weightless_from(mass_scale)) {}

    template <class Fused>
    [[nodiscard]] PLUCK_ALWAYS_INLINE mass_parts parts_of(float score) const noexcept {
        return mass_parts_of<Fused>(score - best, scale, weightless);
    }

    /// A difference, but none so far down that its octave would not fit.
    [[nodiscard]] PLUCK_ALWAYS_INLINE float weighing_difference(float difference) const noexcept {
        const auto bits = core::bits_as<std::uint32_t>(difference);
        return core::bits_as<float>(bits < weightless ? bits : weightless);
    }

    template <class Fused>
    [[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t mass_of(float score) const noexcept {
        return pluck::mass_of<Fused>(score - best, scale, weightless);
    }

    /// The ordered score below which a block need not be looked into, its best token being 45 octaves down: rounding
    /// moves the scores about the difference, and never one of them past it.
    [[nodiscard]] PLUCK_ALWAYS_INLINE std::int32_t weighing() const noexcept {
        return core::ordered(best - 45.0f / scale);
    }
};

/// The masses of some tokens in two parts. Compilers vectorise such a loop, and what follows from it, apart but not in
/// one; to write and to read the parts takes less than it saves.
template <std::size_t Count>
struct mass_words {
    alignas(64) std::uint32_t q[Count];
    alignas(64) std::uint32_t shift[Count];

    template <class Fused>
    PLUCK_ALWAYS_INLINE void fill(const float* scores, const mass_origin& origin) noexcept {
        for (std::size_t i = 0; i < Count; ++i) {
            const mass_word word = mass_word_of(origin.template parts_of<Fused>(scores[i]));
            q[i] = word.q;
            shift[i] = word.shift;
        }
    }
};

/// The masses of a vector's lanes. q and the shift of two neighbours make one word of 64 bits, so that no lane is
/// unpacked: even and odd tokens have a vector each.
template <class Fused>
class vector_of_masses {
public:
    template <std::size_t Count>
    PLUCK_ALWAYS_INLINE vector_of_masses(const mass_words<Count>& words, std::size_t first) noexcept {
        load_lanes(pairs_, words.q + first);
        load_lanes(shifts_, words.shift + first);
    }

    /// Those of the lanes without bits become 0.
    PLUCK_ALWAYS_INLINE void keep(const ints_of<Fused>& kept) noexcept { pairs_ &= longs_of<Fused>(kept); }

    PLUCK_ALWAYS_INLINE void add_to(longs_of<Fused>& sums) const noexcept {
        longs_of<Fused> some;
        even(some);
        sums += some;
        odd(some);
        sums += some;
    }

    /// Adds all of them to one sum, and those of the lanes with bits to another.
    PLUCK_ALWAYS_INLINE void add_to(longs_of<Fused>& all, longs_of<Fused>& some_of_them,
                                    const ints_of<Fused>& chosen) const noexcept {
        longs_of<Fused> some;
        ints_of<Fused> both;
        even(some);
        pick_neighbours<0>(both, chosen);
        all += some;
        some_of_them += some & longs_of<Fused>(both);
        odd(some);
        pick_neighbours<1>(both, chosen);
        all += some;
        some_of_them += some & longs_of<Fused>(both);
    }

    /// masses[i] = that of lane i.
    PLUCK_ALWAYS_INLINE void store(std::uint64_t* masses) const noexcept {
        longs_of<Fused> evens, odds, first, second;
        even(evens);
        odd(odds);
        if constexpr (lanes_of<Fused> == 8) {
            pick_lanes<0, 4, 1, 5>(first, evens, odds);
            pick_lanes<2, 6, 3, 7>(second, evens, odds);
        } else {
            pick_lanes<0, 8, 1, 9, 2, 10, 3, 11>(first, evens, odds);
            pick_lanes<4, 12, 5, 13, 6, 14, 7, 15>(second, evens, odds);
        }
        __builtin_memcpy(masses, &first, sizeof first);
        __builtin_memcpy(masses + lanes_of<Fused> / 2, &second, sizeof second);
    }

private:
    PLUCK_ALWAYS_INLINE void even(longs_of<Fused>& to) const noexcept {
        to = (pairs_ << 32) >> (shifts_ & 0xffffffffu);
    }
    PLUCK_ALWAYS_INLINE void odd(longs_of<Fused>& to) const noexcept {
        to = (pairs_ & 0xffffffff00000000u) >> (shifts_ >> 32);
    }

    longs_of<Fused> pairs_;
    longs_of<Fused> shifts_;
};

/// All bits of the lanes whose scores are at least this.
template <class Ints>
PLUCK_ALWAYS_INLINE void lanes_reaching(Ints& found, const float* scores, const threshold& least) noexcept {
    load_lanes(found, scores);
    found =
        Ints((found ^ static_cast<std::int32_t>(least.flip)) > least.above) ^ static_cast<std::int32_t>(least.invert);
}

/// The sum of the lanes.
template <class Longs>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t sum_of(const Longs& sums) noexcept {
    std::uint64_t each[sizeof sums / sizeof(std::uint64_t)];
    __builtin_memcpy(each, &sums, sizeof sums);
    std::uint64_t sum = 0;
    for (const std::uint64_t one : each) sum += one;
    return sum;
}

/// The sum of the masses of one block, of all of it or of the scores from `least` on.
template <class Fused, bool All>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t mass_of_block(const float* scores, const mass_origin& origin,
                                                              const threshold& least) noexcept {
    mass_words<block_size> words;
    words.fill<Fused>(scores, origin);
    longs_of<Fused> sums = {};
    for (std::size_t i = 0; i < block_size; i += lanes_of<Fused>) {
        vector_of_masses<Fused> masses(words, i);
        if constexpr (!All) {
            ints_of<Fused> kept;
            lanes_reaching(kept, scores + i, least);
            masses.keep(kept);
        }
        masses.add_to(sums);
    }
    return sum_of(sums);
}

/// The masses of the kept tokens of one block, one by one. A block that has none may not be there as floats.
template <class Fused>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t kept_mass_of(const row_view& row, std::size_t begin,
                                                             const mass_origin& origin) noexcept {
    std::uint64_t sum = 0;
    if (row.block_best[begin / block_size] < least_of_block(row, begin)) return sum;
    for (std::uint64_t kept = kept_of_block<Fused>(row, begin); kept != 0; kept &= kept - 1) {
        sum += origin.mass_of<Fused>(row.scores[begin + static_cast<std::size_t>(__builtin_ctzll(kept))]);
    }
    return sum;
}

/// The kept mass of each block; returns the row's. A block whose best token weighs nothing is not looked at.
struct sum_masses {
    static constexpr bool widest = true;

    template <class Fused>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::uint64_t run(const row_view& from, float best, float scale,
                                                               std::uint64_t* block_mass) noexcept {
        const row_view row = from;  // no store below can change it
        const mass_origin origin(best, scale);
        const std::size_t whole = row.size / block_size;
        std::uint64_t total = 0;
        if (row.keeps_all()) {  // what is not kept weighs nothing
            total = add_blocks<Fused, true>(row, 0, whole, row.kept.score, origin, block_mass);
        } else {  // the ties of the cut stay, up to the block in which they end; then they go
            const std::size_t early = row.kept.ties_end / block_size < whole ? row.kept.ties_end / block_size : whole;
            total = add_blocks<Fused, false>(row, 0, early, row.kept.score, origin, block_mass);
            if (early < whole) {
                block_mass[early] = kept_mass_of<Fused>(row, early * block_size, origin);
                total += block_mass[early];
                total += add_blocks<Fused, false>(row, early + 1, whole, row.kept.score + 1, origin, block_mass);
            }
        }
        if (row.size % block_size != 0) {
            block_mass[whole] = kept_mass_of<Fused>(row, whole * block_size, origin);
            total += block_mass[whole];
        }
        return total;
    }

private:
    /// The same for the whole blocks of [first, last), from a score on.
    template <class Fused, bool All>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::uint64_t add_blocks(const row_view& row, std::size_t first,
                                                                      std::size_t last, std::int32_t score,
                                                                      const mass_origin& origin,
                                                                      std::uint64_t* block_mass) noexcept {
        const threshold least(score);
        const std::int32_t weighing = origin.weighing();
        const std::int32_t from = score > weighing ? score : weighing;
        std::uint64_t total = 0;
        for (std::size_t block = first; block < last;) {
            for (; block < last && row.block_best[block] < from; ++block) block_mass[block] = 0;
            for (; block < last && row.block_best[block] >= from; ++block) {  // without a branch that skips one
                block_mass[block] = mass_of_block<Fused, All>(row.scores + block * block_size, origin, least);
                total += block_mass[block];
            }
        }
        return total;
    }
};

/// A row's mass: what is kept, and all of it.
struct split_mass {
    std::uint64_t kept;
    std::uint64_t all;
};

/// The kept mass of each block; returns the row's, and the mass of all, kept or not. A tie of the cut is kept.
struct split_masses {
    static constexpr bool widest = true;

    template <class Fused>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static split_mass run(const row_view& from, float best, float scale,
                                                            std::uint64_t* block_mass) noexcept {
        const row_view row = from;  // no store below can change it
        const threshold least(row.kept.score);
        const mass_origin origin(best, scale);
        const std::int32_t weighing = origin.weighing();
        longs_of<Fused> all = {};
        split_mass total{0, 0};
        for (std::size_t begin = 0, block = 0; begin < row.size; begin += block_size, ++block) {
            block_mass[block] = 0;
            if (row.block_best[block] < weighing) continue;
            const float* scores = row.scores + begin;
            if (row.size - begin < block_size) {
                const std::uint64_t kept = reaching<Fused>(row.scores, begin, row.size, row.kept.score);
                for (std::size_t i = 0; i < row.size - begin; ++i) {
                    const std::uint64_t mass = origin.mass_of<Fused>(scores[i]);
                    total.all += mass;
                    block_mass[block] += (kept >> i & 1) != 0 ? mass : 0;
                }
            } else {
                mass_words<block_size> words;
                words.fill<Fused>(scores, origin);
                longs_of<Fused> sums = {};
                for (std::size_t i = 0; i < block_size; i += lanes_of<Fused>) {
                    ints_of<Fused> kept;
                    lanes_reaching(kept, scores + i, least);
                    vector_of_masses<Fused>(words, i).add_to(all, sums, kept);
                }
                block_mass[block] = sum_of(sums);
            }
            total.kept += block_mass[block];
        }
        total.all += sum_of(all);
        return total;
    }
};

/// The mass of each score.
struct masses {
    static constexpr bool widest = true;
    static constexpr std::size_t together = 16;

    template <class Fused>
    PLUCK_ALWAYS_INLINE static void run(const float* scores, std::size_t count, float best, float scale,
                                        std::uint64_t* masses) noexcept {
        const mass_origin origin(best, scale);
        std::size_t i = 0;
        for (; i + together <= count; i += together) {
            mass_words<together> words;
            words.fill<Fused>(scores + i, origin);
            for (std::size_t j = 0; j < together; j += lanes_of<Fused>) {
                vector_of_masses<Fused>(words, j).store(masses + i + j);
            }
        }
        for (; i < count; ++i) masses[i] = origin.mass_of<Fused>(scores[i]);
    }
};

/// Of tokens in id order, block by block, the mass of those from the ordered score `certain` on; and which are below
/// that, but not below `possible`, to `places`. Counts them, and gives up after the block in which there are more than
/// `limit`: there must be room for a block more.
struct split_head {
    template <class Fused>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::size_t run(const std::int32_t* scores, const std::uint64_t* masses,
                                                             std::size_t count, std::int32_t certain,
                                                             std::int32_t possible, std::uint64_t* block_mass,
                                                             std::size_t limit, std::uint32_t* places) noexcept {
        std::size_t found = 0;
        for (std::size_t begin = 0; begin < count && found <= limit; begin += block_size) {
            std::uint64_t sum = 0;
            if (count - begin >= block_size) {
                for (std::size_t i = begin; i < begin + block_size; ++i) {
                    sum += masses[i] & (std::uint64_t{0} - std::uint64_t{scores[i] >= certain});
                }
            } else {
                for (std::size_t i = begin; i < count; ++i) sum += scores[i] >= certain ? masses[i] : 0;
            }
            block_mass[begin / block_size] = sum;
            const std::uint64_t above = blocks_reaching<Fused>(scores, begin, count, certain);
            for (std::uint64_t left = blocks_reaching<Fused>(scores, begin, count, possible) & ~above; left != 0;
                 left &= left - 1) {
                places[found++] = static_cast<std::uint32_t>(begin) + static_cast<std::uint32_t>(__builtin_ctzll(left));
            }
        }
        return found;
    }
};

/// A sample: so many tokens each from as many places, at random distances, since rows may have periods.
inline constexpr std::size_t sampled_places = 128;
inline constexpr std::size_t sampled_neighbours = 16;
inline constexpr std::size_t most_sampled = sampled_places * sampled_neighbours;

/// Where the places of a sample begin, one after the other, in a row of most_sampled tokens or more.
class sample_places {
public:
    PLUCK_ALWAYS_INLINE explicit sample_places(std::size_t size) noexcept : stride_(size / sampled_places) {}

    [[nodiscard]] PLUCK_ALWAYS_INLINE std::size_t next() noexcept {
        random_ = random_ * 1664525 + 1013904223;  // any will do; this one is from Numerical Recipes, chapter 7
        const std::size_t begin = begin_ + ((std::uint64_t{random_} * (stride_ - sampled_neighbours + 1)) >> 32);
        begin_ += stride_;
        return begin;
    }

private:
    std::size_t stride_;
    std::size_t begin_ = 0;
    std::uint32_t random_ = 1;
};

}  // namespace pluck::inline v0::cpu::inline PLUCK_BUILD::kernels
