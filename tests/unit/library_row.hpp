// SPDX-License-Identifier: MIT
#pragma once

#include <pluck/cpu/row.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace pluck_test {

/// A row of the library's that owns what it looks at.
struct library_row {
    explicit library_row(std::vector<float> from, const pluck::key& key = {}, std::size_t index = 0)
        : logits(std::move(from)),
          row(pluck::logits_view<float>{logits.data(), logits.size()}, scratch, pluck::randomness(key), index) {}

    std::vector<float> logits;
    pluck::workspace scratch;
    pluck::cpu::row row;
};

}  // namespace pluck_test
