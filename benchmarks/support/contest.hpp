// SPDX-License-Identifier: MIT
//
// Who is compared with whom, and in what. A strategy says which distribution to draw from, in words that every system
// understands; a system, one file in ../systems, makes a draw of it. A new strategy is a line here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace pluck_bench {

/// In the order of the fields; what is left out is neutral.
struct settings {
    float temperature = 0.8f;  // 0: the best token
    int top_k = 0;
    float top_p = 1;
    float min_p = 0;

    [[nodiscard]] bool greedy() const { return temperature == 0; }
    [[nodiscard]] bool plain() const { return !greedy() && top_k == 0 && top_p == 1 && min_p == 0; }
};

struct strategy {
    const char* name;
    settings what;
};

inline constexpr strategy strategies[] = {
    {"greedy", {.temperature = 0}},
    {"temperature", {}},
    {"top-k 50", {.top_k = 50}},
    {"top-k 50, top-p 0.9", {.top_k = 50, .top_p = 0.9f}},
    {"top-k 40, top-p 0.95, min-p 0.05", {.top_k = 40, .top_p = 0.95f, .min_p = 0.05f}},
    {"min-p 0.05", {.min_p = 0.05f}},
    {"top-p 0.9", {.top_p = 0.9f}},
};

/// From a row, which it may overwrite, to a token.
using sampler = std::function<std::int32_t(std::span<float> row)>;

/// A way to draw. `make` returns an empty function for what the system has no way to do.
struct system {
    const char* name;
    sampler (*make)(const settings& what);
};

/// All that were compiled in: each joins before main begins, by a `joins` of its own.
inline std::vector<system>& systems() {
    static std::vector<system> all;
    return all;
}

struct joins {
    joins(const char* name, sampler (*make)(const settings&)) { systems().push_back({name, make}); }
};

}  // namespace pluck_bench
