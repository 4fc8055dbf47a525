// SPDX-License-Identifier: MIT
//
// Logits of every scalar type by their bits, and what the oracle makes of them.
#pragma once

#include "exact/random_rows.hpp"
#include "exact/splitmix.hpp"
#include "reference/widen.hpp"
#include <pluck/core/scalar.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace exact {

// The bits of a scalar near a float; now and then any bits at all.

[[nodiscard]] inline std::uint32_t float_bits(const float& near, splitmix&) {
    return std::bit_cast<std::uint32_t>(near);
}

[[nodiscard]] inline std::uint16_t bfloat16_bits(const float& near, splitmix& random) {
    if (random.one_in(400)) return static_cast<std::uint16_t>(random.bits());
    return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(near) >> 16);
}

[[nodiscard]] inline std::uint16_t half_bits(const float& near, splitmix& random) {
    if (random.one_in(400)) return static_cast<std::uint16_t>(random.bits());
    const auto bits = std::bit_cast<std::uint32_t>(near);
    const std::uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
    const int e = static_cast<int>(magnitude >> 23) - 127;
    if (e == 128) return static_cast<std::uint16_t>(sign | 0x7c00u | (magnitude & 0x7fffffu) >> 13);
    if (e > 15) return static_cast<std::uint16_t>(sign | 0x7bffu);
    if (e >= -14)
        return static_cast<std::uint16_t>(sign | static_cast<std::uint32_t>(e + 15) << 10 | (magnitude >> 13 & 0x3ffu));
    return static_cast<std::uint16_t>(sign | 0x400u >> std::min(-14 - e, 12));  // a power of two, subnormal or 0
}

/// The double of a float, often moved off it: to the middle of two floats, right beside that, or anywhere between. An
/// infinity becomes a NaN of which no float could hold the payload.
[[nodiscard]] inline std::uint64_t double_bits(const float& near, splitmix& random) {
    if (random.one_in(400)) return random.bits();
    const auto bits = std::bit_cast<std::uint32_t>(near);
    const std::uint32_t magnitude = bits & 0x7fffffffu;
    std::uint64_t wide = std::uint64_t{bits >> 31} << 63;
    if (magnitude >= 0x7f800000u)
        wide |= std::uint64_t{0x7ff} << 52 | std::uint64_t{magnitude & 0x7fffffu} << 29;
    else if (magnitude >= 0x00800000u)
        wide |= (std::uint64_t{magnitude} << 29) + (std::uint64_t{1023 - 127} << 52);
    else if (magnitude != 0)
        wide |= std::bit_cast<std::uint64_t>(static_cast<double>(magnitude) * 0x1p-149);
    constexpr std::uint64_t middle = std::uint64_t{1} << 28;
    const bool keep = magnitude >= 0x7f800000u && !random.one_in(200);
    if (keep || random.one_in(2)) return wide;
    return wide ^ random.one_of({middle, middle - 1, middle + 1, std::uint64_t{1}, random.bits() & (2 * middle - 1)});
}

/// What a test must know of a scalar type: its bits, how to make them, how the oracle widens them.
template <class Scalar>
struct scalar_kind;

template <>
struct scalar_kind<float> {
    static constexpr auto make = float_bits;
    static float widen(std::uint32_t bits) { return std::bit_cast<float>(bits); }
};
template <>
struct scalar_kind<double> {
    static constexpr auto make = double_bits;
    static float widen(std::uint64_t bits) { return oracle::float_from_double(std::bit_cast<double>(bits)); }
};
struct kind_of_half {
    static constexpr auto make = half_bits;
    static float widen(std::uint16_t bits) { return oracle::float_from_half(bits); }
};
struct kind_of_bfloat16 {
    static constexpr auto make = bfloat16_bits;
    static float widen(std::uint16_t bits) { return oracle::float_from_bfloat16(bits); }
};
template <>
struct scalar_kind<pluck::half> : kind_of_half {};
template <>
struct scalar_kind<Eigen::half> : kind_of_half {};
template <>
struct scalar_kind<pluck::bfloat16> : kind_of_bfloat16 {};
template <>
struct scalar_kind<Eigen::bfloat16> : kind_of_bfloat16 {};

template <class Scalar>
using bits_of = decltype(scalar_kind<Scalar>::make(0.0f, std::declval<splitmix&>()));

/// A random row of another type: its bits, and the row as the oracle sees it.
template <class Scalar>
void random_scalars(std::vector<bits_of<Scalar>>& bits, std::vector<float>& widened, std::size_t vocab,
                    splitmix& random) {
    random_row(widened, vocab, random);
    bits.resize(vocab);
    for (std::size_t i = 0; i < vocab; ++i) {
        bits[i] = scalar_kind<Scalar>::make(widened[i], random);
        widened[i] = scalar_kind<Scalar>::widen(bits[i]);
    }
}

}  // namespace exact
