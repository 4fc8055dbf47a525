// SPDX-License-Identifier: MIT
//
// A unit that draws, for g++'s -fanalyzer. It follows every path through what a unit contains: by headers alone,
// through all loops of the row, for minutes and gigabytes; with pluck::compiled, through the draw's own lines.
#include <pluck/sample.hpp>

#include <cstdint>
#include <vector>

std::int32_t draw(const std::vector<float>& logits) {
    const auto chain = pluck::temperature(0.8f) | pluck::top_k(50) | pluck::top_p(0.9f);
    return pluck::sample(logits, chain, {.seed = 1}).token;
}
