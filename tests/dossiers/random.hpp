// SPDX-License-Identifier: MIT
//
// What dossiers have in common: the random stream of a sampler, parameters that several samplers have, and their text.
// Here and in every dossier's random(), floats are made without rounding and no expression calls the stream twice:
// golden files depend on these values, which must not depend on the compiler or its flags.
#pragma once

#include "exact/splitmix.hpp"
#include "reference/oracle.hpp"

#include <bit>
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace dossiers {

using exact::splitmix;
using oracle::u64;

inline constexpr float below_one = 0x1.fffffep-1f, least_subnormal = 0x1p-149f;

/// A sampler's random stream comes from its name and nothing else: 64-bit FNV-1a.
[[nodiscard]] constexpr u64 seed_of(std::string_view name) {
    u64 hash = 0xcbf29ce484222325;
    for (const char letter : name) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3;
    return hash;
}

[[nodiscard]] inline u64 random_count(std::size_t vocab, splitmix& random) {
    if (random.one_in(16)) return random.one_of({~u64{0}, u64{1} << 32, u64{1} << 31, (u64{1} << 31) - 1});
    return random.below(random.one_in(2) ? 8 : vocab + 3);
}

[[nodiscard]] inline u64 random_min_keep(std::size_t vocab, splitmix& random) {
    return random.one_in(4) ? random_count(vocab, random) : 1;
}

inline constexpr u64 min_keep_edges[] = {0, 1, 2, 6};

/// A share rounded to a float, then moved by `aside` floats, unless it is at an end of [0, 1].
[[nodiscard]] inline float moved(double share, int aside) {
    const float nearest = static_cast<float>(share);
    if (!(nearest > 0x1p-100f)) return nearest;
    if (nearest >= 1) return 1;
    return std::bit_cast<float>(std::bit_cast<std::int32_t>(nearest) + aside);
}

[[nodiscard]] inline std::string text_of(const float& x) {
    char text[16];
    std::snprintf(text, sizeof text, "%08" PRIx32, std::bit_cast<std::uint32_t>(x));
    return text;
}
[[nodiscard]] inline std::string text_of(u64 n) { return std::to_string(n); }
[[nodiscard]] inline std::string text_of(const std::string& text) { return text; }

/// `name(first, second)`, floats as bits.
[[nodiscard]] inline std::string called(const char* name) { return name; }
template <class First, class... Rest>
[[nodiscard]] std::string called(const char* name, const First& first, const Rest&... rest) {
    std::string text = std::string(name) + '(' + text_of(first);
    (..., (text += ',' + text_of(rest)));
    return text + ')';
}

}  // namespace dossiers
