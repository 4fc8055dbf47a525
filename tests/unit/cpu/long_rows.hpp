// SPDX-License-Identifier: MIT
//
// Rows so long that samples are taken and only a part is read, of the shapes that make this hard.
#pragma once

#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pluck_test {

inline constexpr std::uint64_t long_row_kinds = 14;

inline std::vector<float> long_row(std::size_t size, std::uint64_t seed) {
    random_numbers numbers(seed, 14);
    std::vector<float> row(size);
    const std::size_t kind = seed % long_row_kinds;
    for (std::size_t i = 0; i < size; ++i) {
        const double normal = numbers.normal();
        const double place = static_cast<double>(i) / static_cast<double>(size);
        const double by_kind[] = {
            3 * normal,                                   // typical
            normal / 2,                                   // flat
            2 * normal + (numbers.chance(500) ? 12 : 0),  // peaked
            1.5,                                          // all alike
            numbers.chance(2) ? 1.0 : 0.0,                // two values
            numbers.between(0, 15) / 2.0,                 // a staircase
            20 * place - 10,                              // ascending
            10 - 20 * place,                              // descending
            -0.5 * static_cast<double>(i % 64),           // each block the same
            i % 64 == 17 ? 8 + normal / 8 : normal / 2,   // one large in each block
            i % 1280 == 7 ? 1 + 0.001 * normal : -2.0,    // nearly all alike, far below
            i % 4096 == 99 ? 8 : 1e-8 * normal,           // as far from the best, as floats are
            static_cast<double>(float_of(0xbf800000u + static_cast<std::uint32_t>(numbers.below(300)))),  // neighbours
            -0x1.fffffep127};  // all alike, and the next to what is forbidden
        row[i] = static_cast<float>(by_kind[kind]);
        if (seed % 5 == 4 && numbers.chance(3)) row[i] = forbidden;
    }
    if (kind != 11 && kind != 13) row[numbers.below(size)] = 1.5f;
    return row;
}

}  // namespace pluck_test
