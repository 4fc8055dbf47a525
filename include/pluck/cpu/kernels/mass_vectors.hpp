// SPDX-License-Identifier: MIT
//
// Masses by vectors: what they are relative to, and those of several vectors at a time.
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
    template <std::size_t... N>
    PLUCK_ALWAYS_INLINE void weigh(const float* scores, const mass_origin& origin, std::index_sequence<N...>) noexcept {
        const floats scale = origin.scale + floats{};
        const floats magic = detail::magic + floats{};
        floats d[Vectors], shifted[Vectors], f[Vectors], p[Vectors];
        ((load_lanes(d[N], scores + N * lanes_of<Isa>), d[N] -= origin.best, lower_bits(d[N], origin.weightless)), ...);
        ((shifted[N] = d[N], fma_lanes<Isa>(shifted[N], scale, magic)), ...);
        ((octave_of(p[N], shifted[N]), f[N] = d[N], fma_lanes<Isa>(f[N], scale, p[N])), ...);
        ((f[N] = floats(ints(f[N]) & ~1), p[N] = polynomial::c6 + floats{}), ...);
        (fma_lanes<Isa>(p[N], f[N], polynomial::c5 + floats{}), ...);
        (fma_lanes<Isa>(p[N], f[N], polynomial::c4 + floats{}), ...);
        (fma_lanes<Isa>(p[N], f[N], polynomial::c3 + floats{}), ...);
        (fma_lanes<Isa>(p[N], f[N], polynomial::c2 + floats{}), ...);
        (fma_lanes<Isa>(p[N], f[N], polynomial::c1 + floats{}), ...);
        (fma_lanes<Isa>(p[N], f[N], polynomial::c0 + floats{}), ...);
        ((pairs_[N] = longs(__builtin_convertvector(p[N], ints)),
          shifts_[N] = longs(detail::magic_bits + detail::mass_word_shift - ints(shifted[N]))),
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

    template <std::size_t... N>
    PLUCK_ALWAYS_INLINE void keep(const float* scores, const threshold& least, std::index_sequence<N...>) noexcept {
        ints kept;
        ((lanes_reaching(kept, scores + N * lanes_of<Isa>, least), pairs_[N] &= longs(kept)), ...);
    }

    template <std::size_t... N>
    PLUCK_ALWAYS_INLINE void add_to(longs& sums, std::index_sequence<N...>) const noexcept {
        longs some;
        ((even<N>(some), sums += some, odd<N>(some), sums += some), ...);
    }

    template <std::size_t... N>
    PLUCK_ALWAYS_INLINE void add_to(longs& all, longs& kept, const float* scores, const threshold& least,
                                    std::index_sequence<N...>) const noexcept {
        longs some;
        ints reaching, both;
        ((lanes_reaching(reaching, scores + N * lanes_of<Isa>, least), even<N>(some), all += some,
          pick_neighbours<0>(both, reaching), kept += some & longs(both), odd<N>(some), all += some,
          pick_neighbours<1>(both, reaching), kept += some & longs(both)),
         ...);
    }

    template <std::size_t... N>
    PLUCK_ALWAYS_INLINE void store(std::uint64_t* masses, std::index_sequence<N...>) const noexcept {
        (store_one<N>(masses + N * lanes_of<Isa>), ...);
    }
    template <std::size_t N>
    PLUCK_ALWAYS_INLINE void store_one(std::uint64_t* masses) const noexcept {
        longs evens, odds, first, second;
        even<N>(evens);
        odd<N>(odds);
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

    template <std::size_t N>
    PLUCK_ALWAYS_INLINE void even(longs& to) const noexcept {
        half<N, first_is_low>(to);
    }
    template <std::size_t N>
    PLUCK_ALWAYS_INLINE void odd(longs& to) const noexcept {
        half<N, !first_is_low>(to);
    }
    template <std::size_t N, bool Low>
    PLUCK_ALWAYS_INLINE void half(longs& to) const noexcept {
        if constexpr (Low) to = (pairs_[N] << 32) >> (shifts_[N] & 0xffffffffu);
        else to = (pairs_[N] & 0xffffffff00000000u) >> (shifts_[N] >> 32);
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

}}}}}  // namespace pluck::v0::cpu::PLUCK_BUILD::kernels
