// SPDX-License-Identifier: MIT
//
// The bits of logits of every scalar type, made from floats.
#pragma once

#include "exact/splitmix.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

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
/// infinity becomes a NaN whose payload no float could hold.
[[nodiscard]] inline std::uint64_t double_bits(const float& near, splitmix& random) {
    if (random.one_in(400)) return random.bits();
    const auto bits = std::bit_cast<std::uint32_t>(near);
    const std::uint32_t magnitude = bits & 0x7fffffffu;
    std::uint64_t wide = std::uint64_t{bits >> 31} << 63;
    if (magnitude >= 0x7f800000u) wide |= std::uint64_t{0x7ff} << 52 | std::uint64_t{magnitude & 0x7fffffu} << 29;
    else if (magnitude >= 0x00800000u) wide |= (std::uint64_t{magnitude} << 29) + (std::uint64_t{1023 - 127} << 52);
    else if (magnitude != 0) wide |= std::bit_cast<std::uint64_t>(static_cast<double>(magnitude) * 0x1p-149);
    constexpr std::uint64_t middle = std::uint64_t{1} << 28;
    const bool keep = magnitude >= 0x7f800000u && !random.one_in(200);
    if (keep || random.one_in(2)) return wide;
    return wide ^ random.one_of({middle, middle - 1, middle + 1, std::uint64_t{1}, random.bits() & (2 * middle - 1)});
}

}  // namespace exact
