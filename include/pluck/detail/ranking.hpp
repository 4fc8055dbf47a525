// SPDX-License-Identifier: MIT
//
// The ranking: a strict total order of a row's tokens, score descending, then token id ascending, as integers.
// Integers, because -ffast-math and denormals-are-zero change what float comparisons say.
#pragma once

#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>

#include <compare>
#include <cstdint>

namespace pluck { inline namespace v0 {

namespace detail {

inline constexpr std::int32_t ordered_infinity = 0x7f800000;

/// An integer that orders as the float does; -0 and +0 give 0. NaNs fall outside [-ordered_infinity, ordered_infinity].
/// On the host without a branch, since no predictor knows the signs of logits; a device has none there, and needs a
/// register less by the other form.
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE constexpr std::int32_t ordered_bits(std::uint32_t bits) noexcept {
    const auto magnitude = static_cast<std::int32_t>(bits & 0x7fffffffu);
#if PLUCK_ON_DEVICE
    return static_cast<std::int32_t>(bits) < 0 ? -magnitude : magnitude;
#else
    const std::int32_t sign = static_cast<std::int32_t>(bits) >> 31;
    return (magnitude ^ sign) - sign;
#endif
}

[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE constexpr std::int32_t ordered(float value) noexcept {
    return ordered_bits(bits_as<std::uint32_t>(value));
}

[[nodiscard]] PLUCK_HOST_DEVICE constexpr std::int64_t ordered(double value) noexcept {
    const auto bits = bits_as<std::uint64_t>(value);
    const auto magnitude = static_cast<std::int64_t>(bits & 0x7fffffffffffffffu);
    return static_cast<std::int64_t>(bits) < 0 ? -magnitude : magnitude;
}

/// low <= value <= high, false for NaN, whatever the flags of the compiler.
template <class Float>
[[nodiscard]] PLUCK_HOST_DEVICE constexpr bool in_range(Float value, Float low, Float high) noexcept {
    return ordered(value) >= ordered(low) && ordered(value) <= ordered(high);
}

/// The float of an ordered integer, bit for bit, except that -0 becomes +0.
[[nodiscard]] PLUCK_HOST_DEVICE constexpr float float_of(std::int32_t ordered_score) noexcept {
    const auto magnitude = static_cast<std::uint32_t>(ordered_score < 0 ? -ordered_score : ordered_score);
    return bits_as<float>(magnitude | (ordered_score < 0 ? 0x80000000u : 0u));
}

inline constexpr float minus_infinity = bits_as<float>(std::uint32_t{0xff800000u});

[[nodiscard]] PLUCK_HOST_DEVICE constexpr bool is_minus_infinity(float value) noexcept {
    return bits_as<std::uint32_t>(value) == bits_as<std::uint32_t>(minus_infinity);
}

}  // namespace detail

/// How far down a row can tell its ranking: tokens are asked for by rank where few are, as in a list of the best. No
/// sampler needs more of them, and to sort a whole row would take longer than any draw.
inline constexpr std::size_t max_ranked = 4096;

/// A token's place in the ranking as one integer: the larger key is ranked before the smaller.
///
/// Ties.         Equal scores (-0 equals +0) are ordered by token id, lowest first.
/// Non-finite.   Defined for every float but NaN.
struct ranking_key {
    std::uint64_t value = 0;

    constexpr ranking_key() noexcept = default;
    PLUCK_HOST_DEVICE constexpr explicit ranking_key(std::uint64_t from) noexcept : value(from) {}
    PLUCK_HOST_DEVICE constexpr ranking_key(std::int32_t ordered_score, std::int32_t token) noexcept
        : value(std::uint64_t{static_cast<std::uint32_t>(ordered_score) ^ 0x80000000u} << 32 |
                static_cast<std::uint32_t>(~token)) {}
    PLUCK_HOST_DEVICE constexpr ranking_key(float score, std::int32_t token) noexcept
        : ranking_key(detail::ordered(score), token) {}

    [[nodiscard]] PLUCK_HOST_DEVICE constexpr std::int32_t ordered_score() const noexcept {
        return static_cast<std::int32_t>(static_cast<std::uint32_t>(value >> 32) ^ 0x80000000u);
    }
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr float score() const noexcept { return detail::float_of(ordered_score()); }
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr std::int32_t token() const noexcept {
        return static_cast<std::int32_t>(~static_cast<std::uint32_t>(value));
    }

    [[nodiscard]] friend constexpr auto operator<=>(const ranking_key&, const ranking_key&) noexcept = default;
};

}}  // namespace pluck::v0
