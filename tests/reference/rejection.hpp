// SPDX-License-Identifier: MIT
//
// The draw by rejection on what the oracle says is kept, from docs/draw.md alone: slow and obvious.
#pragma once

#include "reference/oracle.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace oracle {

/// The token that rejection draws from `found`, a row of `vocab` tokens, with the 128 random bits U; `key` is the
/// generator's.
inline int rejection(std::size_t vocab, const result& found, u128 U, u64 key) {
    std::vector<u64> mass(vocab), height((vocab + 63) / 64);
    for (std::size_t rank = 0; rank < found.kept.size(); ++rank) {
        const auto id = static_cast<std::size_t>(found.kept[rank]);
        mass[id] = found.masses[rank];
        height[id / 64] = std::max(height[id / 64], mass[id]);
    }
    u64 area = 0;
    for (const u64 each : height) area += 64 * each;
    for (u64 i = 0; i < 4096; ++i) {
        const u128 R = philox(U ^ (u64{1} << 32 | i), key);
        u64 s = static_cast<u64>(((R >> 64) * area + ((R & ~u64{0}) * area >> 64)) >> 64);
        std::size_t block = 0;
        while (s >= 64 * height[block]) s -= 64 * height[block++];
        const std::size_t id = 64 * block + s % 64;
        if (id < vocab && s / 64 < mass[id]) return static_cast<int>(id);
    }
    return found.token;
}

}  // namespace oracle
