// SPDX-License-Identifier: MIT
//
// Values that a parameter refuses or that a row must not have, as bits; how a float's bits look in the other types of
// logits; and code that runs with subnormals flushed.
#pragma once

#include "unit/helpers.hpp"
#include <pluck/detail/scalar.hpp>

#include <cstdint>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace pluck_test {

// A float or a double that the compiler can know nothing about.
inline float float_at_run_time(std::uint32_t bits) {
    volatile std::uint32_t hidden = bits;
    return float_of(hidden);
}
inline double double_at_run_time(std::uint64_t bits) {
    volatile std::uint64_t hidden = bits;
    return double_of(hidden);
}

struct bad_value {
    std::uint32_t bits;
    const char* text;
};
inline constexpr std::uint32_t two_to_64 = 0x5f800000u, two_to_minus_64 = 0x1f800000u;

// What every real parameter refuses.
inline constexpr bad_value never_real[] = {
    {0x7fc00000u, "nan"},
    {0x7f800001u, "nan"},
    {0x7fffffffu, "nan"},
    {0xffc00000u, "-nan"},
    {0xff800001u, "-nan"},
    {0xffffffffu, "-nan"},
    {0x7f800000u, "inf"},
    {0xff800000u, "-inf"},
    {0xbf800000u, "-1"},
    {0xff7fffffu, "-3.4028235e+38"},
    {0x80000001u, "-1e-45"},
    {0x80800000u, "-1.1754944e-38"},
    {0x7f7fffffu, "3.4028235e+38"},
};
inline constexpr bad_value never_a_share[] = {{0x3f800001u, "1.0000001"}, {0x3fc00000u, "1.5"}, {0x40000000u, "2"}};
inline constexpr bad_value never_a_temperature[] = {{two_to_64 + 1, "1.8446746e+19"},
                                                    {two_to_minus_64 - 1, "5.4210105e-20"},
                                                    {1u, "1e-45"},
                                                    {0x007fffffu, "1.1754942e-38"},
                                                    {0x00800000u, "1.1754944e-38"}};

// Shares and temperatures that are fine.
inline constexpr std::uint32_t fine_shares[] = {0u,          0x80000000u, 1u,          0x007fffffu,
                                                0x00800000u, 0x3f000000u, 0x3f7fffffu, 0x3f800000u};
inline constexpr std::uint32_t fine_temperatures[] = {0u,          0x80000000u, two_to_minus_64,
                                                      0x3f000000u, 0x3f800000u, two_to_64};

// How a float's bits look in another type; a NaN keeps its sign and is as quiet, or as signalling, as it was.
struct as_float {
    using type = float;
    static float of(std::uint32_t bits) { return float_of(bits); }
};
struct as_double {
    using type = double;
    static double of(std::uint32_t bits) {
        const std::uint64_t sign = std::uint64_t{bits >> 31} << 63;
        const std::uint32_t magnitude = bits & 0x7fffffffu;
        if (magnitude >= bits::plus_infinity) {
            return double_of(sign | 0x7ff0000000000000u | std::uint64_t{magnitude & 0x7fffffu} << 29);
        }
        if (magnitude < 0x00800000u) {  // a subnormal float is a normal double
            return magnitude == 0
                       ? double_of(sign)
                       : double_of(sign | (bits_of(static_cast<double>(magnitude)) - (std::uint64_t{149} << 52)));
        }
        return double_of(sign | (std::uint64_t{magnitude >> 23} + 1023 - 127) << 52 |
                         std::uint64_t{magnitude & 0x7fffffu} << 29);
    }
};
struct as_bfloat16 {
    using type = pluck::bfloat16;
    static pluck::bfloat16 of(std::uint32_t bits) {
        const bool nan = (bits & 0x7fffffffu) > bits::plus_infinity;
        return {static_cast<std::uint16_t>(bits >> 16 | (nan && (bits & 0x7f0000u) == 0 ? 1u : 0u))};
    }
};
struct as_half {
    using type = pluck::half;
    static pluck::half of(std::uint32_t bits) {  // NaNs, infinities, and zero for all else
        const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000u);
        const std::uint32_t magnitude = bits & 0x7fffffffu;
        if (magnitude < bits::plus_infinity) return {sign};
        const std::uint32_t payload = magnitude > bits::plus_infinity ? (magnitude >> 13 & 0x3ffu) | 1u : 0u;
        return {static_cast<std::uint16_t>(sign | 0x7c00u | payload)};
    }
};

#if defined(__SSE2__)

// Within its scope the processor flushes subnormal results and takes subnormal operands for zero.
class flushing {
public:
    flushing() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040u); }
    ~flushing() { _mm_setcsr(before_); }
    flushing(const flushing&) = delete;
    flushing& operator=(const flushing&) = delete;

private:
    unsigned before_;
};
class not_flushing {
public:
    not_flushing() : before_(_mm_getcsr()) { _mm_setcsr(before_ & ~0x8040u); }
    ~not_flushing() { _mm_setcsr(before_); }
    not_flushing(const not_flushing&) = delete;
    not_flushing& operator=(const not_flushing&) = delete;

private:
    unsigned before_;
};

template <class F>
auto flushed(const F& f) {
    const flushing scope;
    return f();
}
template <class F>
auto not_flushed(const F& f) {
    const not_flushing scope;
    return f();
}

#endif

}  // namespace pluck_test
