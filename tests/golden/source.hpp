// SPDX-License-Identifier: MIT
//
// Random bits, checksums and rows of logits for the golden cases, in integers: no floating-point operation is in here.
#pragma once

#include "reference/oracle.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace golden {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

// A NaN is only ever passed by reference: under -ffast-math a value may be assumed to be none.
inline u32 bits_of(const float& value) { return std::bit_cast<u32>(value); }
inline u64 bits_of(const double& value) { return std::bit_cast<u64>(value); }
inline float float_of_bits(u32 bits) { return std::bit_cast<float>(bits); }
inline void put_bits(float& where, u32 bits) { std::memcpy(&where, &bits, sizeof where); }

/// 64-bit FNV-1a over 64-bit words.
struct checksum {
    u64 value = 0xcbf29ce484222325;

    void add(u64 word) {
        for (int shift = 0; shift < 64; shift += 8) value = (value ^ (word >> shift & 0xff)) * 0x100000001b3;
    }
    void add(const float& number) { add(u64{bits_of(number)}); }
};

/// A stream of random bits.
class bit_source {
public:
    bit_source(u64 seed, u64 sequence) : seed_(seed), sequence_(sequence) {}

    u32 next() {
        if (left_ == 0) {
            words_ = oracle::philox(oracle::u128{sequence_} << 64 | position_++, seed_);
            left_ = 4;
        }
        --left_;
        const auto word = static_cast<u32>(words_);
        words_ >>= 32;
        return word;
    }
    u64 next64() {
        const u64 high = next();
        return high << 32 | next();
    }
    u32 below(u64 bound) { return static_cast<u32>(next() * bound >> 32); }

private:
    u64 seed_, sequence_, position_ = 0;
    oracle::u128 words_ = 0;
    int left_ = 0;
};

enum class scalar { f32, f64, f16, bf16 };

/// A row as the bits of its elements.
struct row_bits {
    scalar type = scalar::f32;
    const char* name = "";
    std::vector<u64> bits;
};

/// The float n * 2^exponent, which must be a normal one or 0; digits that do not fit are cut off.
inline u32 fixed(std::int64_t n, int exponent) {
    if (n == 0) return 0;
    const u64 magnitude = static_cast<u64>(n < 0 ? -n : n);
    const int top = 63 - std::countl_zero(magnitude);
    const auto mantissa = static_cast<u32>(magnitude << (63 - top) >> 40) & 0x7fffffu;
    return (n < 0 ? 0x80000000u : 0u) | static_cast<u32>(top + exponent + 127) << 23 | mantissa;
}

/// A double that rounds to this float or to a neighbour, often from half way between the two.
inline u64 double_near(u32 bits, bit_source& source) {
    const u64 sign = u64{bits & 0x80000000u} << 32, fraction = bits & 0x7fffffu;
    u64 field = bits >> 23 & 0xff;
    if (field == 0xff) return sign | 0x7ff0000000000000 | fraction << 29;
    static constexpr u64 rests[] = {0, 0, 1, 0x0fffffff, 0x10000000, 0x10000000, 0x10000001, 0x1fffffff};
    const u64 rest = source.below(4) != 0 ? rests[source.below(std::size(rests))] : source.below(0x20000000);
    if (field != 0) return sign | (field + 896) << 52 | fraction << 29 | rest;
    if (fraction == 0) return sign;  // a zero, or next to nothing
    const int lead = std::countl_zero(static_cast<u32>(fraction)) - 8;
    return sign | static_cast<u64>(897 - lead) << 52 | ((fraction << lead) & 0x7fffff) << 29 | rest;
}

/// The bits in that type of about this float; infinities and NaNs stay what they are.
inline u64 narrowed(u32 bits, scalar type, bit_source& source) {
    if (type == scalar::f32) return bits;
    if (type == scalar::f64) return double_near(bits, source);
    if (type == scalar::bf16) return bits >> 16;
    const u32 sign = bits >> 16 & 0x8000u, fraction = bits >> 13 & 0x3ffu;
    const int field = static_cast<int>(bits >> 23 & 0xff) - 112;
    if (field == 143) return sign | 0x7c00u | fraction;
    if (field > 30) return sign | 0x7bffu;
    if (field > 0) return sign | static_cast<u32>(field) << 10 | fraction;
    return field < -10 ? sign | (bits & 1u) : sign | (fraction | 0x400u) >> (1 - field);
}

/// What a row looks like.
enum class shape {
    flat,       // between -8 and 8
    peaked,     // each unit of score half as often as the one before
    wide,       // between -128 and 128: few have mass
    ties,       // four different scores
    equal,      // one
    zeros,      // of either sign, the least subnormals, +-1/8
    subnormal,  // nothing larger
    any,        // any finite bits
    huge,       // the ends of the range, of either sign
    faint,      // one best, the others at the end of what has mass
    masked,     // half forbidden
    single,     // all but one forbidden
    forbidden,
    nan,
    infinite,
    rising,
    falling,
    dominant,  // one far above the others
    close,     // 64 neighbouring floats
    octave,    // a third of the tokens twice as heavy as the others, to the last bit of their masses
};
inline constexpr int shapes = static_cast<int>(shape::octave) + 1;

/// Any shape, but seldom one that leaves nothing to choose from.
inline shape random_shape(bit_source& source) {
    for (;;) {
        const auto kind = static_cast<shape>(source.below(shapes));
        const bool dull =
            kind == shape::single || kind == shape::forbidden || kind == shape::nan || kind == shape::infinite;
        if (!dull || source.below(4) == 0) return kind;
    }
}

inline u32 logit(shape kind, std::size_t i, std::size_t place, bit_source& source) {
    // One expression never has two calls of the source: compilers choose the order of evaluation.
    const u32 minus_infinity = 0xff800000u, bits = source.next(), more = source.next();
    const u32 sign = bits & 0x80000000u, fine = more >> 16, coin = more & 1u;
    const auto index = static_cast<std::int64_t>(i);
    const u32 flat = fixed(std::int64_t{bits >> 11} - (1 << 20), -17);  // [-8, 8)
    switch (kind) {
        case shape::flat: return flat;
        case shape::peaked: return fixed(std::countl_zero(bits) * 98304 + std::int64_t{fine}, -16);
        case shape::wide: return fixed(std::int64_t{bits >> 8} - (1 << 23), -16);  // [-128, 128)
        case shape::ties: return fixed(3 * std::int64_t{bits >> 30} - 5, -2);
        case shape::equal: return fixed(3, -1);
        case shape::zeros: return sign | std::array{0u, 0u, 1u, 0x3e000000u}[more >> 30];
        case shape::subnormal: return bits & 0x807fffffu;
        case shape::any: return sign | static_cast<u32>(u64{more} * 0x7f800000u >> 32);
        case shape::huge: return sign | (0x7f7fffffu - (bits & 3u));
        case shape::faint: return i == place ? 0 : fixed(-(27 << 20) - 24 * std::int64_t{fine}, -20);
        case shape::masked: return coin != 0 ? flat : minus_infinity;
        case shape::single: return i == place ? flat : minus_infinity;
        case shape::forbidden: return minus_infinity;
        case shape::nan:
            return i == place ? std::array{0x7fc00000u, 0xffc00000u, 0x7fa00000u, 0xfff00000u}[more >> 30] : flat;
        case shape::infinite: return i == place ? 0x7f800000u : coin != 0 ? flat : minus_infinity;
        case shape::rising: return fixed(index, -6);
        case shape::falling: return fixed(-index, -6);
        case shape::dominant: return i == place ? fixed(20, 0) : flat;
        case shape::close: return 0x3f800000u + (bits >> 26);
        case shape::octave: return i % 3 == 0 ? 0 : 0xbf317218u;  // -ln 2
    }
    return 0;
}

inline row_bits random_row(scalar type, shape kind, std::size_t vocab, bit_source& source) {
    static constexpr const char* names[shapes] = {
        "flat",   "peaked", "wide",      "ties", "equal",    "zeros",  "subnormal", "any",      "huge",  "faint",
        "masked", "single", "forbidden", "nan",  "infinite", "rising", "falling",   "dominant", "close", "octave"};
    row_bits row{type, names[static_cast<int>(kind)], {}};
    const std::size_t place = vocab == 0 ? 0 : source.below(vocab);
    for (std::size_t i = 0; i < vocab; ++i) row.bits.push_back(narrowed(logit(kind, i, place, source), type, source));
    return row;
}

}  // namespace golden
