// SPDX-License-Identifier: MIT
//
// The natural logarithm of a probability, in integers: libm's log differs from one system to the next.
#pragma once

#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 {

/// log(m) for a float m in (0, 1], to an absolute error below 2^-54; the same bits on every machine.
///
/// Definition.   Write m = s 2^e with s in [1, 2). Squaring s yields the binary digits of log2(s) one by one, 56 of
///               them; the result is that times ln 2, rounded once to double. docs/draw.md has it step by step.
/// Non-finite.   -infinity for 0, NaN outside of [0, 1].
/// Cost.         56 multiplications; once per draw at most.
[[nodiscard]] PLUCK_HOST_DEVICE constexpr double log_of(float m) noexcept {
    const auto bits = detail::bits_as<std::uint32_t>(m);
    if (bits == 0) return detail::bits_as<double>(std::uint64_t{0xfff0000000000000u});
    if (bits > 0x3f800000u) return detail::bits_as<double>(std::uint64_t{0x7ff8000000000000u});  // also NaN and < 0
    std::uint64_t x = bits & 0x7fffffu;
    int exponent = static_cast<int>(bits >> 23) - 127;
    if (bits >> 23) x |= 0x800000u;  // normal: the hidden bit
    else exponent = -126;
    x <<= 40;
    for (; x >> 63 == 0; x <<= 1) --exponent;  // subnormal: bring the leading bit to the top

    std::uint64_t fraction = 0;
    for (int digit = 0; digit < 56; ++digit) {
        const std::uint64_t square = detail::product_high(x, x);  // 62 fraction bits, in [1, 4)
        const std::uint64_t carry = square >> 63;
        fraction = fraction << 1 | carry;
        x = carry ? square : square << 1;
    }
    const std::uint64_t minus_log2 = (static_cast<std::uint64_t>(-exponent) << 56) - fraction;
    constexpr std::uint64_t ln2 = 0xB17217F7D1CF79ABu;  // ln 2 with 64 fraction bits
    return -(static_cast<double>(static_cast<std::int64_t>(detail::product_high(minus_log2, ln2))) * 0x1p-56);
}

namespace detail {

/// log(mass / total) in nats, as every backend reports it: the share and its logarithm are each rounded to float.
[[nodiscard]] PLUCK_HOST_DEVICE inline float log_share(std::uint64_t mass, std::uint64_t total) noexcept {
    const double share = quotient(static_cast<double>(mass), static_cast<double>(total));
    return nearest_float(log_of(nearest_float(share)));
}

}  // namespace detail

}}  // namespace pluck::v0
