// SPDX-License-Identifier: MIT
//
// The natural logarithm of a probability, in integers: libm's log differs from one system to the next.
#pragma once

#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/ranking.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 {

namespace detail {

/// The first 56 binary digits of log2(x / 2^63), for x >= 2^63: a square has twice the logarithm.
[[nodiscard]] PLUCK_HOST_DEVICE constexpr std::uint64_t log2_digits(std::uint64_t x) noexcept {
    std::uint64_t fraction = 0;
    for (int digit = 0; digit < 56; ++digit) {
        const std::uint64_t square = product_high(x, x);  // 62 fraction bits, in [1, 4)
        const std::uint64_t carry = square >> 63;
        fraction = fraction << 1 | carry;
        x = carry ? square : square << 1;
    }
    return fraction;
}

/// log2(x) for x > 0, in units of 2^-56; at most two units below it.
[[nodiscard]] PLUCK_HOST_DEVICE constexpr std::uint64_t log2_fixed(std::uint64_t x) noexcept {
    std::uint64_t exponent = 63;
    for (; x >> 63 == 0; x <<= 1) --exponent;
    return (exponent << 56) + log2_digits(x);
}

/// log2 times ln 2 as a double, rounded once; log2 in units of 2^-56.
[[nodiscard]] PLUCK_HOST_DEVICE constexpr double ln_of_fixed(std::uint64_t log2) noexcept {
    constexpr std::uint64_t ln2 = 0xB17217F7D1CF79ABu;  // with 64 fraction bits
    return static_cast<double>(static_cast<std::int64_t>(product_high(log2, ln2))) * 0x1p-56;
}

}  // namespace detail

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

    const std::uint64_t fraction = detail::log2_digits(x);
    const std::uint64_t minus_log2 = (static_cast<std::uint64_t>(-exponent) << 56) - fraction;
    return -detail::ln_of_fixed(minus_log2);
}

namespace detail {

/// ln(total / 2^40), which is the logarithm of the sum of exp((score - M) / T): of a total mass of 2^40 at least, as
/// that of any row is, to an absolute error below 2^-54.
[[nodiscard]] PLUCK_HOST_DEVICE constexpr double ln_of_mass(std::uint64_t total) noexcept {
    return ln_of_fixed(log2_fixed(total) - (std::uint64_t{mass_bits} << 56));
}

/// The logarithms of the probabilities of a row's tokens, in nats, as every backend reports them: docs/draw.md.
struct log_probabilities {
    float best;          ///< M
    double temperature;  ///< T
    double log_total;    ///< ln_of_mass(Z)

    /// Of a kept token's score, -0 being +0; -infinity of -infinity.
    [[nodiscard]] PLUCK_HOST_DEVICE float operator()(float score) const noexcept {
        const std::int32_t order = ordered(score);
        if (order <= -ordered_infinity) return minus_infinity;
        const double difference = sum(static_cast<double>(float_of(order)), -static_cast<double>(best));
        return nearest_float(sum(quotient(difference, temperature), -log_total));
    }
};

}  // namespace detail

}}  // namespace pluck::v0
