// SPDX-License-Identifier: MIT
//
// The types that logits come in, and how each becomes a float: exactly where it fits, rounded to nearest where not.
// In integers throughout, since hardware conversions flush subnormals when a program asks it to.
#pragma once

#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 {

/// An IEEE binary16 logit by its bits, for engines that hold raw 16-bit memory.
struct half {
    std::uint16_t bits = 0;
};

/// A bfloat16 logit by its bits: the upper half of a float.
struct bfloat16 {
    std::uint16_t bits = 0;
};

/// How a scalar type becomes a float. Specialise it for a type of your own; eigen.hpp does for Eigen's.
template <class Scalar>
struct scalar_traits;

/// A type that a logit may have. If its bits are those of a half or a bfloat16, its traits may say so by a type
/// `layout`, which is the one or the other: such rows are read faster.
template <class Scalar>
concept logit_scalar = requires(const Scalar& value) {
    { scalar_traits<Scalar>::widen(value) }
    noexcept;
};

template <>
struct scalar_traits<float> {
    [[nodiscard]] PLUCK_HOST_DEVICE static constexpr float widen(float value) noexcept { return value; }
};

template <>
struct scalar_traits<bfloat16> {
    using layout = bfloat16;
    [[nodiscard]] PLUCK_HOST_DEVICE static constexpr float widen(bfloat16 value) noexcept {
        return detail::bits_as<float>(std::uint32_t{value.bits} << 16);
    }
};

template <>
struct scalar_traits<half> {
    using layout = half;
    [[nodiscard]] PLUCK_HOST_DEVICE static constexpr float widen(half value) noexcept {
#if PLUCK_ON_DEVICE
        float wide;  // exact for all, and never flushes: a subnormal half is a normal float
        asm("cvt.f32.f16 %0, %1;" : "=f"(wide) : "h"(value.bits));
        return wide;
#endif
        const std::uint32_t sign = (value.bits & 0x8000u) << 16;
        std::uint32_t mantissa = value.bits & 0x3ffu;
        std::uint32_t exponent = value.bits >> 10 & 0x1fu;
        if (exponent == 0x1f) {
            exponent = 0xff;  // infinity or NaN
        } else if (exponent != 0) {
            exponent += 127 - 15;
        } else if (mantissa != 0) {  // a subnormal half is a normal float
            exponent = 127 - 14;
            for (; (mantissa & 0x400u) == 0; mantissa <<= 1) --exponent;
            mantissa &= 0x3ffu;
        }
        return detail::bits_as<float>(sign | exponent << 23 | mantissa << 13);
    }
};

namespace detail {

/// The same value, also where the processor takes subnormal floats for 0.
[[nodiscard]] PLUCK_HOST_DEVICE constexpr double as_double(float value) noexcept {
    const auto bits = bits_as<std::uint32_t>(value);
    const std::uint64_t sign = std::uint64_t{bits & 0x80000000u} << 32;
    std::uint64_t exponent = bits >> 23 & 0xffu, mantissa = bits & 0x7fffffu;
    if (exponent == 0xff) return bits_as<double>(sign | std::uint64_t{0x7ff} << 52 | mantissa << 29);
    if (exponent == 0) {
        if (mantissa == 0) return bits_as<double>(sign);
        for (exponent = 1; (mantissa & 0x800000u) == 0; mantissa <<= 1) --exponent;
        mantissa &= 0x7fffffu;
    }
    return bits_as<double>(sign | (exponent + 1023 - 127) << 52 | mantissa << 29);
}

}  // namespace detail

template <>
struct scalar_traits<double> {
    /// Rounds to nearest even. A finite value beyond the range of float becomes +-FLT_MAX, not infinity.
    [[nodiscard]] PLUCK_HOST_DEVICE static constexpr float widen(double value) noexcept {
        const auto bits = detail::bits_as<std::uint64_t>(value);
        const auto sign = static_cast<std::uint32_t>(bits >> 32 & 0x80000000u);
        const std::uint64_t mantissa = bits & 0xfffffffffffffu;
        const int exponent = static_cast<int>(bits >> 52 & 0x7ff) - 1023;
        if (exponent == 1024) return detail::bits_as<float>(sign | 0x7f800000u | (mantissa != 0 ? 0x400000u : 0u));
        if (exponent < -150) return detail::bits_as<float>(sign);  // below half of the least subnormal

        // 24 bits of precision stay, fewer below 2^-126; the dropped bits decide the rounding.
        const int dropped = exponent >= -126 ? 29 : 29 + (-126 - exponent);
        const std::uint64_t full = mantissa | 0x10000000000000u;
        const std::uint64_t rest = full & ((std::uint64_t{1} << dropped) - 1);
        const std::uint64_t tie = std::uint64_t{1} << (dropped - 1);
        std::uint64_t rounded = full >> dropped;
        if (rest > tie || (rest == tie && (rounded & 1) != 0)) ++rounded;
        // The hidden bit, or a carry into it, adds 1 to the exponent field.
        const std::uint64_t field = exponent >= -126 ? static_cast<std::uint64_t>(exponent + 126) : 0;
        const std::uint64_t magnitude = (field << 23) + rounded;
        constexpr std::uint64_t largest = 0x7f7fffff;
        return detail::bits_as<float>(sign | static_cast<std::uint32_t>(magnitude < largest ? magnitude : largest));
    }
};

}}  // namespace pluck::v0
