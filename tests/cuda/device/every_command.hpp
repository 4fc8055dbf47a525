// SPDX-License-Identifier: MIT
//
// A few rows and chains that need every operation of a team, for tools under which a kernel is a thousand times slower.
// tests/cuda/stages_test.cpp checks that none is missing.
#pragma once

#include "cuda/device/stages.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace device_test {

/// Row r is rows[r]; the `each` steps of its chain begin at steps[r * each].
struct few {
    static constexpr std::size_t each = 2;
    std::vector<std::vector<float>> rows;
    std::vector<step> steps;
};

/// Rows of more than `list` tokens, which is what a block's list has room for; all chains, or only those that meet the
/// whole row.
[[nodiscard]] inline few every_command(std::size_t vocab, std::size_t list, bool all) {
    std::vector<float> wide(vocab), narrow(vocab);
    const std::vector<float> equal(vocab, -1.75f);
    for (std::size_t i = 0; i < vocab; ++i) {
        const auto mixed = static_cast<std::uint32_t>(i * 2654435761u);
        wide[i] = static_cast<float>(mixed >> 8) * 0x1p-24f;  // evenly from 0 to 1: most of it is the nucleus
        narrow[i] = 12 * wide[i];
    }
    few made;
    const auto add = [&](const std::vector<float>& row, const step& first, const step& second = {}) {
        made.rows.push_back(row);
        made.steps.push_back(first), made.steps.push_back(second);
    };
    const step heat{.kind = step_kind::temperature, .temperature = 0.8f};
    const step nucleus{.kind = step_kind::top_p, .top_p = {0.9f}};
    const auto best = [](std::size_t k) { return step{.kind = step_kind::top_k, .top_k = k}; };
    add(narrow, heat);
    add(narrow, heat, best(50));
    add(wide, heat, nucleus);  // beyond the list
    if (!all) return made;
    add(narrow, heat, nucleus);
    add(narrow, best(list / 2), nucleus);  // more than are compared each with each
    add(equal, nucleus, best(2));
    add(narrow, {.kind = step_kind::greedy});
    add(narrow, {.kind = step_kind::drop_best, .count = 2},
        {.kind = step_kind::min_p, .min_p = {0.5f, static_cast<std::uint32_t>(list / 4)}});
    add(narrow, {.kind = step_kind::keep_mass_at_least, .count = std::uint64_t{1} << 38});
    return made;
}

}  // namespace device_test
