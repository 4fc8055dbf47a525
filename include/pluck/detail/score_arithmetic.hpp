// SPDX-License-Identifier: MIT
//
// The arithmetic of adjusters: an exact result, rounded to float once, on every machine and whatever the processor does
// with subnormals. A finite one beyond the floats becomes the largest; +infinity and NaN stay what they are.
#pragma once

#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/detail/scalar.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 { namespace detail {

/// Whether x is a number: neither NaN nor infinite.
[[nodiscard]] PLUCK_HOST_DEVICE constexpr bool is_finite(float x) noexcept {
    return ordered(x) < ordered_infinity && ordered(x) > -ordered_infinity;
}

[[nodiscard]] PLUCK_HOST_DEVICE constexpr bool has_magnitude(float x, float least, float most) noexcept {
    const auto low = bits_as<std::uint32_t>(least), high = bits_as<std::uint32_t>(most);
    return (bits_as<std::uint32_t>(x) & 0x7fffffffu) - low <= high - low;
}

/// A sum of two such is 0 or a multiple of 2^-123, and finite: then no flag of the processor changes it.
[[nodiscard]] PLUCK_HOST_DEVICE inline bool sums_as_float(float x) noexcept {
    return has_magnitude(x, 0x1p-100f, 0x1p126f);
}

[[nodiscard]] PLUCK_HOST_DEVICE inline float score_plus(float score, float change) noexcept {
    if (sums_as_float(score) && sums_as_float(change)) return sum(score, change);
    return scalar_traits<double>::widen(sum(as_double(score), as_double(change)));
}

/// On the host: whether products and quotients of such are normal floats. Then no flag of the processor changes them,
/// and one rounding gives what rounding to double and then to float does, since a double has more than twice the bits.
[[nodiscard]] PLUCK_TAGGED inline bool scales_as_float(float x) noexcept { return has_magnitude(x, 0x1p-60f, 0x1p60f); }

/// On the host: whether a product or quotient of two such, and what then comes of it by adding such and products of
/// such with whole numbers below 2^32, are 0 or normal floats: multiples of 2^-103, and below 2^82.
[[nodiscard]] PLUCK_TAGGED inline bool is_moderate(float x) noexcept { return has_magnitude(x, 0x1p-40f, 0x1p40f); }

[[nodiscard]] PLUCK_HOST_DEVICE inline float score_times(float score, float factor) noexcept {
#if !PLUCK_ON_DEVICE
    if (scales_as_float(score) && scales_as_float(factor)) return opaque(opaque(score) * opaque(factor));
#endif
    return scalar_traits<double>::widen(product(as_double(score), as_double(factor)));
}

[[nodiscard]] PLUCK_HOST_DEVICE inline float score_over(float score, float divisor) noexcept {
#if !PLUCK_ON_DEVICE
    if (scales_as_float(score) && scales_as_float(divisor)) return opaque(opaque(score) / opaque(divisor));
#endif
    return scalar_traits<double>::widen(quotient(as_double(score), as_double(divisor)));
}

/// What a bias makes of a score that is not -infinity. A bias of -infinity forbids the token, NaN or not.
[[nodiscard]] PLUCK_HOST_DEVICE inline float biased(float score, float bias) noexcept {
    if (sums_as_float(score) && sums_as_float(bias)) return sum(score, bias);
    if (ordered(bias) == 0) return score;
    if (is_minus_infinity(bias)) return bias;
    return score_plus(score, bias);
}

/// base^n by n products of doubles from left to right, for base >= 0; FLT_MAX once one is that much, and 0 once one is
/// below 2^-100, which takes nothing from 1.
[[nodiscard]] PLUCK_HOST_DEVICE inline double power(float base, std::uint32_t n) noexcept {
    constexpr std::int64_t largest = 0x47efffffe0000000;  // FLT_MAX as a double
    constexpr std::int64_t least = 0x39b0000000000000;    // 2^-100
    if (ordered(base) == ordered(1.0f)) return 1;
    double result = 1;
    for (std::uint32_t i = 0; i < n; ++i) {
        result = product(result, as_double(base));
        const auto bits = static_cast<std::int64_t>(bits_as<std::uint64_t>(result));
        if (bits >= largest) return bits_as<double>(static_cast<std::uint64_t>(largest));
        if (bits < least) return 0;
    }
    return result;
}

}}}  // namespace pluck::v0::detail
