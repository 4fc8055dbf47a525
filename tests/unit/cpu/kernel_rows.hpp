// SPDX-License-Identifier: MIT
//
// What the loops of a row are tried on: rows of a part of a block, of some, and of some groups of blocks.
#pragma once

#include "support/logit_cases.hpp"
#include <pluck/cpu/isa/dispatch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace pluck_test {

inline constexpr std::size_t sizes[] = {1, 2, 63, 64, 65, 127, 128, 129, 191, 192, 193, 511, 512, 513, 1000, 1100};

inline std::vector<float> row_of(std::size_t size, std::uint64_t seed) {
    random_numbers numbers(seed);
    std::vector<float> row;
    for (std::size_t i = 0; i < size; ++i) {
        row.push_back(numbers.chance(9) ? forbidden : static_cast<float>(numbers.normal() * 12));
    }
    row[numbers.below(size)] = 3;
    return row;
}

inline float maximum(const std::vector<float>& row) { return *std::max_element(row.begin(), row.end()); }

inline std::vector<std::int32_t> block_best_of(const std::vector<float>& row) {
    std::vector<std::int32_t> best(pluck::cpu::blocks_of(row.size()));
    (void)pluck::cpu::kernels::scan::run<pluck::detail::default_isa>(row.data(), row.size(), best.data());
    return best;
}

}  // namespace pluck_test
