// SPDX-License-Identifier: MIT
//
// The loops over masses, one by one and summed. As in blocks.hpp, each is a struct whose run() is inlined into one
// function for each instruction set.
#pragma once

#include <pluck/cpu/isa/vectors.hpp>
#include <pluck/cpu/kernels/blocks.hpp>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_BUILD { namespace kernels {

/// What the masses of a row's scores are relative to: its best score and the temperature.
struct mass_origin {
    float best;
    float scale;
    std::uint32_t weightless;

    PLUCK_ALWAYS_INLINE mass_origin(float best_score, float mass_scale) noexcept
        : best(best_score), scale(mass_scale), weightless(weightless_from(mass_scale)) {}

    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE mass_parts parts_of(float score) const noexcept {
        return mass_parts_of<Isa>(score - best, scale, weightless);
    }

    /// The difference from the best score, clamped so that its octave fits the shift.
    [[nodiscard]] PLUCK_ALWAYS_INLINE float weighing_difference(float difference) const noexcept {
        const auto bits = detail::bits_as<std::uint32_t>(difference);
        return detail::bits_as<float>(bits < weightless ? bits : weightless);
    }

    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t mass_of(float score) const noexcept {
        return pluck::mass_of<Isa>(score - best, scale, weightless);
    }

    /// The ordered score below which a block need not be read: its best token is 45 octaves down. Rounding moves scores
    /// near that difference, and none of them across it.
    [[nodiscard]] PLUCK_ALWAYS_INLINE std::int32_t weighing() const noexcept {
        return detail::ordered(best - 45.0f / scale);
    }
};

/// Sets all bits of the lanes whose scores are at least this.
template <class Ints>
PLUCK_ALWAYS_INLINE void lanes_reaching(Ints& found, const float* scores, const threshold& least) noexcept {
    load_lanes(found, scores);
    found =
        Ints((found ^ static_cast<std::int32_t>(least.flip)) > least.above) ^ static_cast<std::int32_t>(least.invert);
}

/// The masses of several vectors side by side. They take each step together: one alone would wait for its chain of
/// fused multiply-adds, and compilers emit one after the other. q and the shift of two neighbours make one word of 64
/// bits, so that no lane is unpacked: even and odd tokens have a vector each.
template <class Isa, std::size_t Vectors>
class vectors_of_masses {
public:
    static constexpr std::size_t tokens = Vectors * lanes_of<Isa>;

    PLUCK_ALWAYS_INLINE vectors_of_masses(const float* scores, const mass_origin& origin) noexcept {
        weigh(scores, origin, each());
    }

    /// Masses of scores below `least` become 0.
    PLUCK_ALWAYS_INLINE void keep(const float* scores, const threshold& least) noexcept { keep(scores, least, each()); }

    PLUCK_ALWAYS_INLINE void add_to(longs_of<Isa>& sums) const noexcept { add_to(sums, each()); }

    /// Adds all masses to one sum, and those of scores from `least` on to another.
    PLUCK_ALWAYS_INLINE void add_to(longs_of<Isa>& all, longs_of<Isa>& kept, const float* scores,
                                    const threshold& least) const noexcept {
        add_to(all, kept, scores, least, each());
    }

    /// masses[i] = the mass of scores[i].
    PLUCK_ALWAYS_INLINE void store(std::uint64_t* masses) const noexcept { store(masses, each()); }

private:
    using each = std::make_index_sequence<Vectors>;
    using floats = floats_of<Isa>;
    using ints = ints_of<Isa>;
    using longs = longs_of<Isa>;
    using polynomial = detail::mass_polynomial;

    /// The steps of mass_parts_of() and mass_word_of().
    template <std::size_t... I>
    PLUCK_ALWAYS_INLINE void weigh(const float* scores, const mass_origin& origin, std::index_sequence<I...>) noexcept {
        const floats scale = origin.scale + floats{};
        const floats magic = detail::magic + floats{};
        floats d[Vectors], shifted[Vectors], f[Vectors], p[Vectors];
        ((load_lanes(d[I], scores + I * lanes_of<Isa>), d[I] -= origin.best, lower_bits(d[I], origin.weightless)), ...);
        ((shifted[I] = d[I], fma_lanes<Isa>(shifted[I], scale, magic)), ...);
        ((octave_of(p[I], shifted[I]), f[I] = d[I], fma_lanes<Isa>(f[I], scale, p[I])), ...);
        ((f[I] = floats(ints(f[I]) & ~1), p[I] = polynomial::c6 + floats{}), ...);
        (fma_lanes<Isa>(p[I], f[I], polynomial::c5 + floats{}), ...);
        (fma_lanes<Isa>(p[I], f[I], polynomial::c4 + floats{}), ...);
        (fma_lanes<Isa>(p[I], f[I], polynomial::c3 + floats{}), ...);
        (fma_lanes<Isa>(p[I], f[I], polynomial::c2 + floats{}), ...);
        (fma_lanes<Isa>(p[I], f[I], polynomial::c1 + floats{}), ...);
        (fma_lanes<Isa>(p[I], f[I], polynomial::c0 + floats{}), ...);
        ((pairs_[I] = longs(__builtin_convertvector(p[I], ints)),
          shifts_[I] = longs(detail::magic_bits + detail::mass_word_shift - ints(shifted[I]))),
         ...);
    }

    PLUCK_ALWAYS_INLINE static void lower_bits(floats& difference, std::uint32_t weightless) noexcept {
        const typename vectors_of<Isa>::uints most = weightless - typename vectors_of<Isa>::uints{};
        const auto bits = typename vectors_of<Isa>::uints(difference);
        difference = floats(bits < most ? bits : most);
    }

    PLUCK_ALWAYS_INLINE static void octave_of(floats& octave, const floats& shifted) noexcept {
        if constexpr (has_fma_lanes<Isa>) {
            octave = detail::magic - shifted;  // by way of an instruction, -ffast-math does not know what that would be
        } else {
            octave = __builtin_convertvector(detail::magic_bits - ints(shifted), floats);
        }
    }

    template <std::size_t... I>
    PLUCK_ALWAYS_INLINE void keep(const float* scores, const threshold& least, std::index_sequence<I...>) noexcept {
        ints kept;
        ((lanes_reaching(kept, scores + I * lanes_of<Isa>, least), pairs_[I] &= longs(kept)), ...);
    }

    template <std::size_t... I>
    PLUCK_ALWAYS_INLINE void add_to(longs& sums, std::index_sequence<I...>) const noexcept {
        longs some;
        ((even<I>(some), sums += some, odd<I>(some), sums += some), ...);
    }

    template <std::size_t... I>
    PLUCK_ALWAYS_INLINE void add_to(longs& all, longs& kept, const float* scores, const threshold& least,
                                    std::index_sequence<I...>) const noexcept {
        longs some;
        ints reaching, both;
        ((lanes_reaching(reaching, scores + I * lanes_of<Isa>, least), even<I>(some), all += some,
          pick_neighbours<0>(both, reaching), kept += some & longs(both), odd<I>(some), all += some,
          pick_neighbours<1>(both, reaching), kept += some & longs(both)),
         ...);
    }

    template <std::size_t... I>
    PLUCK_ALWAYS_INLINE void store(std::uint64_t* masses, std::index_sequence<I...>) const noexcept {
        (store_one<I>(masses + I * lanes_of<Isa>), ...);
    }
    template <std::size_t I>
    PLUCK_ALWAYS_INLINE void store_one(std::uint64_t* masses) const noexcept {
        longs evens, odds, first, second;
        even<I>(evens);
        odd<I>(odds);
        if constexpr (lanes_of<Isa> == 8) {
            pick_lanes<0, 4, 1, 5>(first, evens, odds);
            pick_lanes<2, 6, 3, 7>(second, evens, odds);
        } else {
            pick_lanes<0, 8, 1, 9, 2, 10, 3, 11>(first, evens, odds);
            pick_lanes<4, 12, 5, 13, 6, 14, 7, 15>(second, evens, odds);
        }
        __builtin_memcpy(masses, &first, sizeof first);
        __builtin_memcpy(masses + lanes_of<Isa> / 2, &second, sizeof second);
    }

    template <std::size_t I>
    PLUCK_ALWAYS_INLINE void even(longs& to) const noexcept {
        half<I, first_is_low>(to);
    }
    template <std::size_t I>
    PLUCK_ALWAYS_INLINE void odd(longs& to) const noexcept {
        half<I, !first_is_low>(to);
    }
    template <std::size_t I, bool Low>
    PLUCK_ALWAYS_INLINE void half(longs& to) const noexcept {
        if constexpr (Low) to = (pairs_[I] << 32) >> (shifts_[I] & 0xffffffffu);
        else to = (pairs_[I] & 0xffffffff00000000u) >> (shifts_[I] >> 32);
    }

    longs pairs_[Vectors];
    longs shifts_[Vectors];
};

/// The same, one token at a time.
template <class Isa, std::size_t Vectors>
requires plain<Isa>
class vectors_of_masses<Isa, Vectors> {
public:
    static constexpr std::size_t tokens = Vectors * lanes_of<Isa>;

    PLUCK_ALWAYS_INLINE vectors_of_masses(const float* scores, const mass_origin& origin) noexcept {
        for (std::size_t i = 0; i < tokens; ++i) masses_[i] = origin.mass_of<Isa>(scores[i]);
    }

    PLUCK_ALWAYS_INLINE void keep(const float* scores, const threshold& least) noexcept {
        for (std::size_t i = 0; i < tokens; ++i) masses_[i] &= reaches(scores[i], least);
    }

    PLUCK_ALWAYS_INLINE void add_to(longs_of<Isa>& sums) const noexcept {
        std::uint64_t sum = 0;
        for (const std::uint64_t mass : masses_) sum += mass;
        sums[0] += sum;
    }

    PLUCK_ALWAYS_INLINE void add_to(longs_of<Isa>& all, longs_of<Isa>& kept, const float* scores,
                                    const threshold& least) const noexcept {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < tokens; ++i) sum += masses_[i] & reaches(scores[i], least);
        kept[0] += sum;
        add_to(all);
    }

    PLUCK_ALWAYS_INLINE void store(std::uint64_t* masses) const noexcept {
        __builtin_memcpy(masses, &masses_[0], sizeof masses_);
    }

private:
    /// All bits set, or none.
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::uint64_t reaches(float score, const threshold& least) noexcept {
        const auto bits = static_cast<std::int32_t>(detail::bits_as<std::uint32_t>(score) ^ least.flip);
        return std::uint64_t{0} - std::uint64_t{(bits > least.above) != (least.invert != 0)};
    }

    std::uint64_t masses_[tokens];
};

/// As many vectors as hide each other's latency: those of a block, or of half a block.
template <class Isa>
using some_masses = vectors_of_masses<Isa, 4>;

/// The sum of the lanes.
template <class Longs>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t sum_of(const Longs& sums) noexcept {
    std::uint64_t each[sizeof sums / sizeof(std::uint64_t)];
    __builtin_memcpy(each, &sums, sizeof sums);
    std::uint64_t sum = 0;
    for (const std::uint64_t one : each) sum += one;
    return sum;
}

/// The sum of the masses of one block: of all of it, or of the scores from `least` on.
template <class Isa, bool All>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t mass_of_block(const float* scores, const mass_origin& origin,
                                                              const threshold& least) noexcept {
    longs_of<Isa> sums = {};
    for (std::size_t i = 0; i < block_size; i += some_masses<Isa>::tokens) {
        some_masses<Isa> masses(scores + i, origin);
        if constexpr (!All) masses.keep(scores + i, least);
        masses.add_to(sums);
    }
    return sum_of(sums);
}

/// The masses of the kept tokens of one block, one by one.
template <class Isa>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t kept_mass_of(const row_view& row, std::size_t begin,
                                                             const mass_origin& origin) noexcept {
    std::uint64_t sum = 0;
    if (row.block_best[begin / block_size] < least_of_block(row.kept, begin)) return sum;
    for (std::uint64_t kept = kept_of_block<Isa>(row, begin); kept != 0; kept &= kept - 1) {
        sum += origin.mass_of<Isa>(row.scores[begin + static_cast<std::size_t>(__builtin_ctzll(kept))]);
    }
    return sum;
}

/// The kept mass of each block; returns the row's. A block whose best token has no mass is not read.
struct sum_masses {
    static constexpr bool uses_avx512 = true;

    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::uint64_t run(const row_view& from, float best, float scale,
                                                               std::uint64_t* block_mass) noexcept {
        const row_view row = from;  // no store below can change it
        const mass_origin origin(best, scale);
        const std::size_t whole = row.size / block_size;
        std::uint64_t total = 0;
        if (row.keeps_all()) {  // what is not kept weighs nothing
            total = add_blocks<Isa, true>(row, 0, whole, row.kept.score, origin, block_mass);
        } else {  // the ties of the cut stay, up to the block in which they end; then they go
            const std::size_t early = row.kept.ties_end / block_size < whole ? row.kept.ties_end / block_size : whole;
            std::size_t first = 0;
            std::int32_t score = row.kept.score;
            for (std::size_t last = early;; last = whole, ++score) {
                total += add_blocks<Isa, false>(row, first, last, score, origin, block_mass);
                if (last == whole) break;
                block_mass[last] = kept_mass_of<Isa>(row, last * block_size, origin);
                total += block_mass[last];
                first = last + 1;
            }
        }
        if (row.size % block_size != 0) {
            block_mass[whole] = kept_mass_of<Isa>(row, whole * block_size, origin);
            total += block_mass[whole];
        }
        return total;
    }

private:
    /// The same for the whole blocks of [first, last), for scores from `from` on.
    template <class Isa, bool All>
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
                block_mass[block] = mass_of_block<Isa, All>(row.scores + block * block_size, origin, least);
                total += block_mass[block];
            }
        }
        return total;
    }
};

/// A row's mass: that of the kept tokens, and that of all.
struct split_mass {
    std::uint64_t kept;
    std::uint64_t all;
};

/// The kept mass of each block; returns the row's, and the mass of all, kept or not. Ties of the cut count as kept.
struct split_masses {
    static constexpr bool uses_avx512 = true;

    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static split_mass run(const row_view& from, float best, float scale,
                                                            std::uint64_t* block_mass) noexcept {
        const row_view row = from;  // no store below can change it
        const threshold least(row.kept.score);
        const mass_origin origin(best, scale);
        const std::int32_t weighing = origin.weighing();
        longs_of<Isa> all = {};
        split_mass total{0, 0};
        for (std::size_t begin = 0, block = 0; begin < row.size; begin += block_size, ++block) {
            block_mass[block] = 0;
            if (row.block_best[block] < weighing) continue;
            if (row.size - begin < block_size) {
                const std::uint64_t kept = reaching<Isa>(row.scores, begin, row.size, row.kept.score);
                for (std::size_t i = begin; i < row.size; ++i) {
                    const std::uint64_t mass = origin.mass_of<Isa>(row.scores[i]);
                    total.all += mass;
                    block_mass[block] += (kept >> (i - begin) & 1) != 0 ? mass : 0;
                }
            } else {
                const float* scores = row.scores + begin;
                longs_of<Isa> sums = {};
                for (std::size_t i = 0; i < block_size; i += some_masses<Isa>::tokens) {
                    const some_masses<Isa> masses(scores + i, origin);
                    masses.add_to(all, sums, scores + i, least);
                }
                block_mass[block] = sum_of(sums);
            }
            total.kept += block_mass[block];
        }
        total.all += sum_of(all);
        return total;
    }
};

/// The mass of each score; returns their sum.
struct masses {
    static constexpr bool uses_avx512 = true;
    static constexpr std::size_t together = 16;

    template <class Isa>
    PLUCK_ALWAYS_INLINE static std::uint64_t run(const float* scores, std::size_t count, float best, float scale,
                                                 std::uint64_t* masses) noexcept {
        const mass_origin origin(best, scale);
        longs_of<Isa> sums = {};
        std::size_t i = 0;
        for (; i + some_masses<Isa>::tokens <= count; i += some_masses<Isa>::tokens) {
            const some_masses<Isa> some(scores + i, origin);
            some.store(masses + i);
            some.add_to(sums);
        }
        using fewer_masses = vectors_of_masses<Isa, together / lanes_of<Isa>>;
        for (; i + together <= count; i += together) {
            const fewer_masses some(scores + i, origin);
            some.store(masses + i);
            some.add_to(sums);
        }
        std::uint64_t sum = sum_of(sums);
        for (; i < count; ++i) sum += masses[i] = origin.mass_of<Isa>(scores[i]);
        return sum;
    }
};

/// Of tokens in id order, block by block: the mass of those from the ordered score `certain` on. Writes the indices of
/// those below that, but not below `possible`, to `places`, and counts them; gives up after the block in which there
/// are more than `limit`, so `places` needs room for one more block.
struct split_head {
    template <class Isa>
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
            const std::uint64_t above = blocks_reaching<Isa>(scores, begin, count, certain);
            for (std::uint64_t left = blocks_reaching<Isa>(scores, begin, count, possible) & ~above; left != 0;
                 left &= left - 1) {
                places[found++] = static_cast<std::uint32_t>(begin) + static_cast<std::uint32_t>(__builtin_ctzll(left));
            }
        }
        return found;
    }
};

}}}}}  // namespace pluck::v0::cpu::PLUCK_BUILD::kernels
