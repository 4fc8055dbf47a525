// SPDX-License-Identifier: MIT
// pluck itself, through sample(), with the settings in `combined`.
#include "support/contest.hpp"
#include <pluck/sample.hpp>

#include <cstdint>
#include <span>

namespace {

using pluck_bench::sampler;
using pluck_bench::settings;

pluck::combined stages(const settings& what) {
    return {.temperature = what.temperature, .top_k = what.top_k, .top_p = what.top_p, .min_p = what.min_p};
}

template <class Chain>
sampler drawing_with(const Chain& chain) {
    return [chain, position = std::uint64_t{0}](std::span<float> row) mutable {
        return pluck::sample(row, chain, {.seed = 1, .position = position++}).token;
    };
}

const pluck_bench::joins pluck_itself("pluck", [](const settings& what) -> sampler {
    return what.greedy() ? drawing_with(pluck::greedy()) : drawing_with(stages(what));
});

// The same distribution from other random bits.
const pluck_bench::joins rejection("pluck, rejection()", [](const settings& what) -> sampler {
    if (!what.plain()) return {};
    return drawing_with(stages(what) | pluck::rejection());
});

}  // namespace
