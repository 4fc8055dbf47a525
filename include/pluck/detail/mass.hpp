// SPDX-License-Identifier: MIT
//
// The integer mass of a token: the one piece of arithmetic that decides every draw. Sums of integers do not depend on
// their order, so the same row gives the same token on any machine, thread count, batch and device.
// Fit, error bound and proof of monotonicity: docs/mass.md.
#pragma once

#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/philox.hpp>
#include <pluck/detail/ranking.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 {

/// The best token's mass is 2^40: a token less likely than 2^-40 of it has none.
inline constexpr int mass_bits = 40;

/// The longest row of which no sum of masses exceeds 2^63.
inline constexpr std::size_t max_vocab = std::size_t{1} << 23;

/// T is 0 or within these: beyond them, hardware that flushes subnormals would show in the masses.
inline constexpr double min_temperature = 0x1p-64;
inline constexpr double max_temperature = 0x1p64;

namespace detail {

inline constexpr float magic = 0x1.8p23f;  // x + magic rounds a small x to an integer, held in the low bits
inline constexpr std::int32_t magic_bits = 0x4b400000;
static_assert(bits_as<std::int32_t>(magic) == magic_bits);

}  // namespace detail

/// log2(e) / T as a float: a difference of scores times this is a number of octaves.
[[nodiscard]] PLUCK_HOST_DEVICE inline float mass_scale(double temperature) noexcept {
    return detail::nearest_float(detail::quotient(0x1.71547652b82fep0, temperature));
}

/// T after one more temperature stage: the product, rounded, kept within [min_temperature, max_temperature]. A factor
/// that is not above 0, or is NaN, leaves T alone, since a stage of your own may compute one.
[[nodiscard]] PLUCK_HOST_DEVICE inline double scaled_temperature(double temperature, double factor) noexcept {
    constexpr auto infinity = detail::bits_as<double>(std::uint64_t{0x7ff0000000000000u});
    if (detail::ordered(factor) <= 0 || detail::ordered(factor) > detail::ordered(infinity)) return temperature;
    const double next = detail::product(temperature, factor);
    return next < min_temperature ? min_temperature : next > max_temperature ? max_temperature : next;
}

namespace detail {

/// a * b + c, rounded once, by what this translation unit is compiled for. A loop that is compiled for another
/// instruction set than the rest of the program passes that one's.
struct default_isa {
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE static float fma(float a, float b, float c) noexcept {
        return detail::fma(a, b, c);
    }
};

/// The shift of a mass_word at octave 0: the word has 32 more bits, and q has 24.
inline constexpr std::int32_t mass_word_shift = 32 + 24 - mass_bits;

/// 2^24 2^f, an integer; its coefficients are from docs/mass_fit.py.
struct mass_polynomial {
    static constexpr float c6 = 0x1.3f94f2p+11f;
    static constexpr float c5 = 0x1.5f0a68p+14f;
    static constexpr float c4 = 0x1.3b30acp+17f;
    static constexpr float c3 = 0x1.c6af78p+19f;
    static constexpr float c2 = 0x1.ebfbd8p+21f;
    static constexpr float c1 = 0x1.62e43p+23f;
    static constexpr float c0 = 0x1p+24f;
};

}  // namespace detail

/// A mass before its last bits are shifted out: q is an integer of [2^23, 2^25), and the mass
/// floor(q * 2^(mass_bits - 24) / 2^octave), with an octave of [0, 47].
struct mass_parts {
    float q;
    std::int32_t octave;
};

/// The bits of a difference from which on every mass is 0: it is 0 at 41 octaves down, and the shift is good for up to
/// 47. Of two differences, the one nearer to 0 has the smaller bits. How the quotient is rounded does not matter.
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE std::uint32_t weightless_from(float scale) noexcept {
    return detail::bits_as<std::uint32_t>(-44.0f / scale);
}

/// `weightless` is weightless_from(scale), which a loop computes once.
template <class Isa>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE mass_parts mass_parts_of(float difference, float scale,
                                                                             std::uint32_t weightless) noexcept {
#if !PLUCK_ON_DEVICE
    // Under -ffast-math clang++ drops whatever follows from a known infinity, so this one is hidden from it.
    if (__builtin_constant_p(difference)) difference = detail::opaque(difference);
#endif
    const auto bits = detail::bits_as<std::uint32_t>(difference);
    const float d = detail::bits_as<float>(bits < weightless ? bits : weightless);

    const float shifted = Isa::fma(d, scale, detail::magic);
    const std::int32_t octave = detail::magic_bits - detail::bits_as<std::int32_t>(shifted);  // 0 is the best token's
#if PLUCK_ON_DEVICE
    const float octaves = __fsub_rn(detail::magic, shifted);  // exact, and cheaper there than a conversion
#else
    const auto octaves = static_cast<float>(octave);
#endif
    const float fraction = Isa::fma(d, scale, octaves);  // in [-1/2, 1/2]
    // Without its lowest bit each step of the fraction outweighs the rounding of the polynomial: monotone.
    const float f = detail::bits_as<float>(detail::bits_as<std::uint32_t>(fraction) & ~1u);
    using polynomial = detail::mass_polynomial;
    float p = polynomial::c6;
    p = Isa::fma(p, f, polynomial::c5);
    p = Isa::fma(p, f, polynomial::c4);
    p = Isa::fma(p, f, polynomial::c3);
    p = Isa::fma(p, f, polynomial::c2);
    p = Isa::fma(p, f, polynomial::c1);
    p = Isa::fma(p, f, polynomial::c0);
    return {p, octave};
}

/// The same in integers, as vectors of them shift it: floor(q * 2^32 / 2^shift).
struct mass_word {
    std::uint32_t q;
    std::uint32_t shift;
};

[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE mass_word mass_word_of(const mass_parts& parts) noexcept {
    return {static_cast<std::uint32_t>(static_cast<std::int32_t>(parts.q)),
            static_cast<std::uint32_t>(parts.octave + detail::mass_word_shift)};
}

/// The mass of a token whose score lies `difference` <= 0 from the best one's.
///
/// Definition.   2^40 * 2^(difference * scale), in integers: exactly the steps of docs/draw.md.
/// Parameters.   difference   in nats, <= 0, may be -infinity; not NaN
///               scale        mass_scale(T)
///               weightless   weightless_from(scale), or left out
/// Guarantees.   mass_of(0, scale) == 2^40; never decreases as the difference grows; 0 below 2^-40 or so.
/// Cost.         Eight fused multiply-adds and a shift; free of branches, so that a loop over it vectorises.
template <class Isa = detail::default_isa>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE std::uint64_t mass_of(float difference, float scale,
                                                                          std::uint32_t weightless) noexcept {
    const mass_word word = mass_word_of(mass_parts_of<Isa>(difference, scale, weightless));
    return (std::uint64_t{word.q} << 32) >> word.shift;
}
template <class Isa = detail::default_isa>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE std::uint64_t mass_of(float difference, float scale) noexcept {
    return mass_of<Isa>(difference, scale, weightless_from(scale));
}

/// max(1, ceil(p * total)), exactly: the mass that a nucleus of share p must reach. p is clamped to [0, 1], so that a
/// stage of your own can do no harm.
[[nodiscard]] PLUCK_HOST_DEVICE constexpr std::uint64_t mass_share(float p, std::uint64_t total) noexcept {
    if (detail::ordered(p) <= 0) return 1;
    if (detail::ordered(p) >= detail::ordered(1.0f)) return total != 0 ? total : 1;
    const auto bits = detail::bits_as<std::uint32_t>(p);
    const std::uint32_t exponent = bits >> 23 & 0xffu;
    const std::uint32_t mantissa = (bits & 0x7fffffu) | (exponent != 0 ? 0x800000u : 0u);
    const auto product = static_cast<detail::uint128>(total) * mantissa;  // p = mantissa * 2^-shift
    const int shift = 150 - static_cast<int>(exponent != 0 ? exponent : 1);
    if (shift > 87) return 1;  // the product has at most 64 + 24 bits
    const auto share = static_cast<std::uint64_t>(product >> shift);
    const bool exact = product == static_cast<detail::uint128>(share) << shift;
    return exact && share != 0 ? share : share + 1;
}

/// floor(uniform * total / 2^128): a point of [0, total), which falls into a token's interval in proportion to its
/// mass.
[[nodiscard]] PLUCK_HOST_DEVICE constexpr std::uint64_t mass_point(const bits128& uniform,
                                                                   std::uint64_t total) noexcept {
    const std::uint64_t low = std::uint64_t{uniform.word[1]} << 32 | uniform.word[0];
    const std::uint64_t high = std::uint64_t{uniform.word[3]} << 32 | uniform.word[2];
    const auto carry = detail::product_high(low, total);
    return static_cast<std::uint64_t>((static_cast<detail::uint128>(high) * total + carry) >> 64);
}

}}  // namespace pluck::v0
