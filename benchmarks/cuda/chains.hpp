// SPDX-License-Identifier: MIT
//
// The chains that are timed, by their parameters.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cuda_benchmark {

/// A chain by its parameters: of every row, or, if it is mixed, of rows in turn.
struct chain {
    const char* name;
    float temperature = 1;
    std::int32_t top_k = 0;  // 0: all
    float top_p = 1;
    float min_p = 0;
    bool greedy = false;
    bool p_first = false;  // top-p before top-k: what FlashInfer calls joint
    bool mixed = false;
};

inline constexpr chain chains[] = {
    {"plain", 1},
    {"temperature", 0.8f},
    {"top-k 50", 0.8f, 50},
    {"top-p 0.9", 0.8f, 0, 0.9f},
    {"top-k 50, top-p 0.9", 0.8f, 50, 0.9f},
    {"top-p 0.9, top-k 50", 0.8f, 50, 0.9f, 0, false, true},
    {"min-p 0.05", 0.8f, 0, 1, 0.05f},
    {"mixed rows", 1, 0, 1, 0, false, true, true},
    {"greedy", 1, 0, 1, 0, true},
};

/// The parameters of a mixed row, as in a batch of different requests: most have all three, some one or two.
inline constexpr std::size_t requests = 8;
[[nodiscard]] inline chain of_row(const chain& of, std::size_t row) {
    if (!of.mixed) return of;
    constexpr float temperatures[requests] = {0.8f, 0.7f, 1, 0.6f, 0.8f, 1.2f, 0.9f, 0.7f};
    constexpr std::int32_t top_ks[requests] = {50, 0, 40, 100, 20, 50, 0, 1000};
    constexpr float top_ps[requests] = {0.9f, 0.95f, 0.9f, 1, 0.8f, 0.9f, 1, 0.95f};
    const std::size_t i = row % requests;
    return {of.name, temperatures[i], top_ks[i], top_ps[i], 0, false, true, false};
}

}  // namespace cuda_benchmark
