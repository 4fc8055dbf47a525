// SPDX-License-Identifier: MIT
//
// What a logit of another type is as a float, slow and obvious: half and bfloat16 exactly, double rounded to nearest
// even, finite values saturating at +-FLT_MAX. Integers all the way, so that flushed subnormals and -ffast-math change
// nothing.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace oracle {

inline float float_from_bfloat16(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

inline float float_from_half(std::uint16_t bits) {
    const std::uint32_t sign = (bits & 0x8000u) << 16, field = bits >> 10 & 0x1fu, fraction = bits & 0x3ffu;
    std::uint32_t magnitude = (field + 127 - 15) << 23 | fraction << 13;
    if (field == 31) magnitude = 0x7f800000 | fraction << 13;  // infinity, or a NaN with its fraction
    if (field == 0) magnitude = std::bit_cast<std::uint32_t>(static_cast<float>(fraction) * 0x1p-24f);
    return std::bit_cast<float>(sign | magnitude);
}

// By reference: under -ffast-math an argument by value may be assumed not to be NaN.
inline float float_from_double(const double& x) {
    const auto bits = std::bit_cast<std::uint64_t>(x), fraction = bits & 0xfffffffffffff;
    const auto sign = static_cast<std::uint32_t>(bits >> 63) << 31;
    const int field = static_cast<int>(bits >> 52 & 0x7ff);
    if (field == 0x7ff) return std::bit_cast<float>(sign | (fraction == 0 ? 0x7f800000u : 0x7fc00000u));

    // |x| = significand * 2^(field - 1075). A float in [2^e, 2^(e+1)) counts in 2^(e-23), and none in less than 2^-149.
    const std::uint64_t significand = fraction | std::uint64_t{1} << 52;
    const int e = std::max(field - 1023, -126);
    const int dropped = std::min((e - 23) - (field - 1075), 63);  // that many low bits; a subnormal double drops all
    const std::uint64_t half = std::uint64_t{1} << (dropped - 1), rest = significand & (2 * half - 1);
    std::uint64_t count = significand >> dropped;
    if (rest > half || (rest == half && count % 2 == 1)) ++count;
    const std::uint64_t magnitude = count + (static_cast<std::uint64_t>(e + 126) << 23);  // count may carry into e
    return std::bit_cast<float>(sign | static_cast<std::uint32_t>(std::min<std::uint64_t>(magnitude, 0x7f7fffff)));
}

}  // namespace oracle
