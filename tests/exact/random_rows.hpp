// SPDX-License-Identifier: MIT
//
// Rows of logits for the exact suite. Half of the medium ones are quantised, so that they are full of ties, or rounded
// to bfloat16; the others go where floats are difficult: subnormals, the whole range, neighbours a few ulps apart.
#pragma once

#include "exact/splitmix.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace exact {

/// By their bits, since -ffast-math may miscompile an infinity that it can see.
[[nodiscard]] inline float float_of(std::uint32_t bits) { return std::bit_cast<float>(bits); }
inline constexpr std::uint32_t minus_infinity = 0xff800000, plus_infinity = 0x7f800000, quiet_nan = 0x7fc00000;

[[nodiscard]] inline float as_bfloat16(const float& x) {
    return float_of(std::bit_cast<std::uint32_t>(x) & 0xffff0000u);
}

/// The float `steps` above a finite one, across zero too.
[[nodiscard]] inline float neighbour(const float& x, int steps) {
    const auto bits = std::bit_cast<std::int32_t>(x), magnitude = bits & 0x7fffffff;
    const std::int32_t moved = (bits < 0 ? -magnitude : magnitude) + steps;
    return float_of(moved < 0 ? 0x80000000u | static_cast<std::uint32_t>(-moved) : static_cast<std::uint32_t>(moved));
}

/// Any finite float; if `subnormal`, half have the exponent of subnormals.
[[nodiscard]] inline float any_float(splitmix& random, bool subnormal) {
    auto bits = static_cast<std::uint32_t>(random.bits());
    if (subnormal && random.one_in(2)) bits &= 0x807fffffu;
    if ((bits & plus_infinity) == plus_infinity) bits &= 0xbfffffffu;
    return float_of(bits);
}

enum class texture { eighths, bfloat16, smooth, levels, neighbours, staircase, subnormal, any };

[[nodiscard]] inline texture random_texture(splitmix& random) {
    if (random.one_in(2)) return random.one_in(2) ? texture::eighths : texture::bfloat16;
    return random.one_of({texture::smooth, texture::smooth, texture::levels, texture::neighbours, texture::staircase,
                          texture::subnormal, texture::any});
}

/// Fills a row with scores of one texture.
inline void weave(std::vector<float>& row, texture kind, splitmix& random) {
    const float scale = random.positive(-10, 6);
    const float shift = random.one_in(3) ? random.bell() * random.positive(-4, 14) : 0.0f;
    const float level[] = {0.0f, random.bell(), random.bell() * 8, -0.0f};
    const std::size_t levels = 1 + random.below(4);
    for (std::size_t i = 0; i < row.size(); ++i) {
        switch (kind) {
            case texture::eighths:
                row[i] = static_cast<float>(static_cast<int>(random.bell() * (8 + scale))) / 8;
                break;
            case texture::bfloat16: row[i] = as_bfloat16(random.bell() * scale + shift); break;
            case texture::smooth: row[i] = random.bell() * scale + shift; break;
            case texture::levels: row[i] = level[random.below(levels)]; break;
            case texture::neighbours: row[i] = neighbour(shift, random.between(-6, 6)); break;
            case texture::staircase: row[i] = shift - static_cast<float>(i * 37 % row.size()) * scale * 0.125f; break;
            case texture::subnormal:
                row[i] = neighbour(0.0f, random.between(-0x7fffff, 0x7fffff) >> random.below(23));
                break;
            case texture::any: row[i] = any_float(random, true); break;
        }
    }
}

/// A medium row of any kind; one row in a hundred has a NaN or +infinity.
inline void random_row(std::vector<float>& row, std::size_t vocab, splitmix& random) {
    row.resize(vocab);
    weave(row, random_texture(random), random);
    if (random.one_in(3)) {
        const std::size_t share = 1 + random.below(8);  // one token in `share` is forbidden; in rare rows all are
        if (share > 1 || random.one_in(4)) {
            for (float& score : row) {
                if (random.one_in(share)) score = float_of(minus_infinity);
            }
        }
    }
    if (random.one_in(8)) {
        for (int i = 0; i < 4; ++i) row[random.below(vocab)] = random.one_in(2) ? 0.0f : -0.0f;
    }
    if (random.one_in(16)) row[random.below(vocab)] = random.one_of({0x1.fffffep127f, -0x1.fffffep127f, 0x1p-149f});
    if (random.one_in(100)) {
        const auto payload = static_cast<std::uint32_t>(random.bits()) & 0x807fffffu;  // sometimes 0: an infinity
        row[random.below(vocab)] = float_of(random.one_in(2) ? plus_infinity : plus_infinity | payload);
    }
}

/// The shapes of large rows.
enum class shape { peaked, typical, flat, all_equal, staircase, boundary_ties, one_finite, half_forbidden };

inline void large_row(std::vector<float>& row, std::size_t vocab, shape kind, splitmix& random) {
    row.resize(vocab);
    const std::size_t alone = random.below(vocab);
    const std::size_t step = random.one_of({std::size_t{1}, vocab - 1, std::size_t{10007}});  // down, up, shuffled
    const float height = random.positive(-14, -4);
    for (std::size_t i = 0; i < vocab; ++i) {
        switch (kind) {
            case shape::peaked:
            case shape::half_forbidden:
            case shape::typical: row[i] = random.bell() * 2 + (random.one_in(2000) ? 8.0f : 0.0f); break;
            case shape::flat: row[i] = random.bell() * 0x1p-6f; break;
            case shape::all_equal: row[i] = -1.75f; break;
            case shape::staircase: row[i] = -static_cast<float>(i * step % vocab) * height; break;
            case shape::boundary_ties: row[i] = random.one_in(3) ? 1.0f : random.one_in(2) ? 0.5f : 0.0f; break;
            case shape::one_finite: row[i] = float_of(minus_infinity); break;
        }
        if (kind == shape::half_forbidden && random.one_in(2)) row[i] = float_of(minus_infinity);
    }
    if (kind == shape::one_finite) row[alone] = random.bell();
    if (kind == shape::peaked) {
        for (int i = 0; i < 5; ++i) row[random.below(vocab)] += 14.0f;
    }
}

}  // namespace exact
