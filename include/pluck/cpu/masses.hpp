// SPDX-License-Identifier: MIT
//
// The loops over masses: exact ones, one by one and summed, and sums between bounds, which take half the time. As in
// kernels.hpp, each is a struct whose run() is inlined into one function for each instruction set.
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

/// The bits of a difference of scores, from which on nothing weighs anything: 44 octaves, as mass_parts_of has it. Of
/// two negative floats the lower one has the larger bits.
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint32_t weightless_from(float scale) noexcept {
    return core::bits_as<std::uint32_t>(-44.0f / scale);
}

/// Whether a block whose best ordered score is this has no mass at all.
[[nodiscard]] PLUCK_ALWAYS_INLINE bool is_weightless(std::int32_t block_best, float best,
                                                     std::uint32_t weightless) noexcept {
    return core::bits_as<std::uint32_t>(core::float_of(block_best) - best) >= weightless;
}

/// The masses of eight tokens. q and the shift of two neighbours make one word of 64 bits, so that no lane is unpacked:
/// even and odd tokens have a vector each.
template <class Fused>
struct eight_masses {
    longs pairs;
    longs shifts;

    PLUCK_ALWAYS_INLINE eight_masses(const float* scores, float best, float scale) noexcept {
        std::uint32_t q[lanes];
        std::uint32_t shift[lanes];
        for (std::size_t i = 0; i < lanes; ++i) {
            const mass_parts parts = mass_parts_of<Fused>(scores[i] - best, scale);
            q[i] = parts.q;
            shift[i] = parts.shift;
        }
        load_lanes(pairs, q);
        load_lanes(shifts, shift);
    }

    PLUCK_ALWAYS_INLINE void even(longs& to) const noexcept { to = (pairs << 32) >> (shifts & 0xffffffffu); }
    PLUCK_ALWAYS_INLINE void odd(longs& to) const noexcept { to = (pairs & 0xffffffff00000000u) >> (shifts >> 32); }
};

/// All bits of the lanes whose scores are at least this, of eight.
PLUCK_ALWAYS_INLINE void lanes_reaching(ints& found, const float* scores, const threshold& least) noexcept {
    load_lanes(found, scores);
    found =
        ints((found ^ static_cast<std::int32_t>(least.flip)) > least.above) ^ static_cast<std::int32_t>(least.invert);
}

/// The sum of the masses of one block, of all of it or of the scores from `least` on.
template <class Fused, bool All>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t mass_of_block(const float* scores, float best, float scale,
                                                              const threshold& least) noexcept {
    longs sums = {};
    for (std::size_t i = 0; i < block_size; i += lanes) {
        eight_masses<Fused> masses(scores + i, best, scale);
        if constexpr (!All) {
            ints kept;
            lanes_reaching(kept, scores + i, least);
            masses.pairs &= longs(kept);
        }
        longs some;
        masses.even(some);
        sums += some;
        masses.odd(some);
        sums += some;
    }
    return sums[0] + sums[1] + sums[2] + sums[3];
}

/// The kept mass of each block; returns the row's. A block whose best token weighs nothing is not looked at.
struct sum_masses {
    template <class Fused>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::uint64_t run(const row_view& row, float best, float scale,
                                                               std::uint64_t* block_mass) noexcept {
        const bool all = row.kept.score == kept_part{}.score;  // what is not kept then weighs nothing
        const threshold early(row.kept.score);                 // the ties of the cut stay, or go
        const threshold late(row.kept.score + 1);
        const std::uint32_t weightless = weightless_from(scale);
        std::uint64_t total = 0;
        for (std::size_t begin = 0, block = 0; begin < row.size; begin += block_size, ++block) {
            block_mass[block] = 0;
            if (row.block_best[block] < least_of_block(row, begin)) continue;
            if (is_weightless(row.block_best[block], best, weightless)) continue;
            const float* scores = row.scores + begin;
            const bool whole = row.size - begin >= block_size;
            std::uint64_t sum = 0;
            if (whole && all) {
                sum = mass_of_block<Fused, true>(scores, best, scale, early);
            } else if (whole && begin + block_size <= row.kept.ties_end) {
                sum = mass_of_block<Fused, false>(scores, best, scale, early);
            } else if (whole && begin >= row.kept.ties_end) {
                sum = mass_of_block<Fused, false>(scores, best, scale, late);
            } else {
                for (std::uint64_t kept = kept_of_block<Fused>(row, begin); kept != 0; kept &= kept - 1) {
                    sum += mass_of<Fused>(scores[__builtin_ctzll(kept)] - best, scale);
                }
            }
            block_mass[block] = sum;
            total += sum;
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
    template <class Fused>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static split_mass run(const row_view& row, float best, float scale,
                                                            std::uint64_t* block_mass) noexcept {
        const threshold least(row.kept.score);
        const std::uint32_t weightless = weightless_from(scale);
        longs all = {};
        split_mass total{0, 0};
        for (std::size_t begin = 0, block = 0; begin < row.size; begin += block_size, ++block) {
            block_mass[block] = 0;
            if (is_weightless(row.block_best[block], best, weightless)) continue;
            const float* scores = row.scores + begin;
            if (row.size - begin < block_size) {
                const std::uint64_t kept = reaching<Fused>(row.scores, begin, row.size, row.kept.score);
                for (std::size_t i = 0; i < row.size - begin; ++i) {
                    const std::uint64_t mass = mass_of<Fused>(scores[i] - best, scale);
                    total.all += mass;
                    block_mass[block] += (kept >> i & 1) != 0 ? mass : 0;
                }
            } else {
                longs sums = {};
                for (std::size_t i = 0; i < block_size; i += lanes) {
                    eight_masses<Fused> masses(scores + i, best, scale);
                    ints kept;
                    lanes_reaching(kept, scores + i, least);
                    longs some;
                    ints both;
                    masses.even(some);
                    pick_lanes<0, 0, 2, 2, 4, 4, 6, 6>(both, kept, kept);
                    all += some;
                    sums += some & longs(both);
                    masses.odd(some);
                    pick_lanes<1, 1, 3, 3, 5, 5, 7, 7>(both, kept, kept);
                    all += some;
                    sums += some & longs(both);
                }
                block_mass[block] = sums[0] + sums[1] + sums[2] + sums[3];
            }
            total.kept += block_mass[block];
        }
        total.all += all[0] + all[1] + all[2] + all[3];
        return total;
    }
};

/// The mass of each score.
struct masses {
    template <class Fused>
    PLUCK_ALWAYS_INLINE static void run(const float* scores, std::size_t count, float best, float scale,
                                        std::uint64_t* masses) noexcept {
        std::size_t i = 0;
        for (; i + lanes <= count; i += lanes) {
            const eight_masses<Fused> some(scores + i, best, scale);
            longs even, odd, mixed;
            some.even(even);
            some.odd(odd);
            pick_lanes<0, 4, 1, 5>(mixed, even, odd);
            __builtin_memcpy(masses + i, &mixed, sizeof mixed);
            pick_lanes<2, 6, 3, 7>(mixed, even, odd);
            __builtin_memcpy(masses + i + lanes / 2, &mixed, sizeof mixed);
        }
        for (; i < count; ++i) masses[i] = mass_of<Fused>(scores[i] - best, scale);
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

/// The mass of the tokens of a sample that are below `high`, kept or not.
struct sample_mass {
    template <class Fused>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::uint64_t run(const float* scores, std::size_t size, float best,
                                                               float scale, std::int32_t high) noexcept {
        const threshold from(high);
        longs sums = {};
        sample_places place(size);
        for (std::size_t i = 0; i < sampled_places; ++i) {
            const float* some = scores + place.next();
            for (std::size_t j = 0; j < sampled_neighbours; j += lanes) {
                eight_masses<Fused> masses(some + j, best, scale);
                ints above;
                lanes_reaching(above, some + j, from);
                masses.pairs &= longs(~above);
                longs each;
                masses.even(each);
                sums += each;
                masses.odd(each);
                sums += each;
            }
        }
        return sums[0] + sums[1] + sums[2] + sums[3];
    }
};

/// What a sum of masses is at least and at most.
struct mass_bounds {
    std::uint64_t low;
    std::uint64_t high;
};

/// 2^(d * scale) of eight d, down to 44 octaves, as the bits of floats: mass / 2^40, before its last bits are shifted
/// out, lies between `least` and `most` of it.
///
/// chord      Between two powers of 2, on the line from the one to the other: what the bits of a float mean as a
/// number.
///            2^f / (1 + f) lies between 0.94207, at f = 1 / log(2) - 1, and 1; the bits lose their last seven, 8e-6.
/// quartic    A polynomial of degree 4 for the same fraction as the mass's own, within 2.8e-6 of it.
/// Both were held to mass_of: tests/unit/cpu/masses_test.cpp, over every fraction and every difference there is.
struct chord {
    static constexpr double least = 0.942;       ///< mass / 2^40 is at least that of it
    static constexpr double most = 1 + 0x1p-16;  ///< and at most this

    template <class Fused>
    PLUCK_ALWAYS_INLINE static void of(const float* d, float scale, std::uint32_t* bits) noexcept {
        for (std::size_t i = 0; i < lanes; ++i) {
            // 2^23 times the exponent of a float, and its bias: the fraction falls where the mantissa is.
            const float power = Fused::of(d[i], 0x1p23f * scale, 127 * 0x1p23f);
            bits[i] = static_cast<std::uint32_t>(static_cast<std::int32_t>(power));
        }
    }
};

struct quartic {
    static constexpr double least = 1 - 0x1.8p-19;
    static constexpr double most = 1 + 0x1.8p-19;

    template <class Fused>
    PLUCK_ALWAYS_INLINE static void of(const float* d, float scale, std::uint32_t* bits) noexcept {
        float shifted[lanes];
        for (std::size_t i = 0; i < lanes; ++i) shifted[i] = Fused::of(d[i], scale, core::magic);
        asm("" : "+m"(shifted));  // or -ffast-math takes the magic off again: then nothing was rounded
        for (std::size_t i = 0; i < lanes; ++i) {
            const float f = Fused::of(d[i], scale, core::magic - shifted[i]);
            float p = 0x1.3997d6p-7f;  // the polynomial of the least relative error on [-1/2, 1/2], by Remez
            p = Fused::of(p, f, 0x1.ca144p-5f);
            p = Fused::of(p, f, 0x1.ec06dap-3f);
            p = Fused::of(p, f, 0x1.62e0dcp-1f);
            p = Fused::of(p, f, 0x1.ffffe8p-1f);
            // Of the magic nothing is left when the octave has moved to where the exponent is.
            bits[i] = core::bits_as<std::uint32_t>(p) + (core::bits_as<std::uint32_t>(shifted[i]) << 23);
        }
    }
};

/// Bounds of the mass of all scores, kept or not, whose difference from the best one is below that of `high`.
///
/// A lane adds up the eight numbers of a block as floats, in whichever order a compiler chooses, and sixteen such sums
/// one after the other: all of one sign, right to (7 + 15) * 2^-24 of itself. Doubles add up the rest, right to 2^20 *
/// 2^-53. Each mass lacks less than 1 to the number that is its bound, since it is an integer; and so does 0 to that of
/// a score which is left out.
template <class Power>
struct bound_masses {
    template <class Fused>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static mass_bounds run(const row_view& row, float best, float scale,
                                                             float high) noexcept {
        constexpr std::size_t together = 16;
        const std::uint32_t weightless = weightless_from(scale);
        // The bits of negative differences grow downwards from those of -0, and 0 is below them. Counted from those of
        // `high` on, what lies above wraps around, to where nothing weighs anything.
        const std::uint32_t above = (core::bits_as<std::uint32_t>(high - best) | 0x80000000u) + 1;
        const std::uint32_t from = above < weightless ? above : weightless;
        const std::uint32_t most = weightless - from;
        std::uint64_t exact = 0;  // of the last block, if it is no whole one
        double sum = 0;
        floats some = {};
        std::size_t added = 0;
        for (std::size_t begin = 0, block = 0; begin < row.size; begin += block_size, ++block) {
            if (is_weightless(row.block_best[block], best, weightless)) continue;
            const float* scores = row.scores + begin;
            if (row.size - begin < block_size) {
                for (; begin < row.size; ++begin) {
                    const float difference = row.scores[begin] - best;
                    if (core::bits_as<std::uint32_t>(difference) >= from) exact += mass_of<Fused>(difference, scale);
                }
                break;
            }
            floats in_block = {};
            for (std::size_t i = 0; i < block_size; i += lanes) {
                float differences[lanes];
                for (std::size_t lane = 0; lane < lanes; ++lane) {
                    const std::uint32_t down = core::bits_as<std::uint32_t>(scores[i + lane] - best) - from;
                    differences[lane] = core::bits_as<float>((down < most ? down : most) + from);
                }
                std::uint32_t bits[lanes];
                Power::template of<Fused>(differences, scale, bits);
                floats powers;
                load_lanes(powers, bits);
                in_block += powers;
            }
            some += in_block;
            asm("" : "+m"(some));  // a sum of its own, whatever -ffast-math may do to those within the block
            if (++added % together == 0) move(sum, some);
        }
        move(sum, some);
        constexpr double rounding = 0x1p-19;  // 22 * 2^-24, and what the doubles lose
        const double at_least = sum * 0x1p40 * (Power::least * (1 - rounding)) - static_cast<double>(row.size);
        const double at_most = sum * 0x1p40 * (Power::most * (1 + rounding)) + 1;
        return {exact + (at_least > 0 ? static_cast<std::uint64_t>(at_least) : 0),
                exact + static_cast<std::uint64_t>(at_most)};
    }

private:
    PLUCK_ALWAYS_INLINE static void move(double& to, floats& from) noexcept {
        for (std::size_t lane = 0; lane < lanes; ++lane) to += static_cast<double>(from[lane]);
        from = floats{};
    }
};

}  // namespace pluck::inline v0::cpu::inline PLUCK_BUILD::kernels
