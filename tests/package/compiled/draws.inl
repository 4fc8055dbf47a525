// SPDX-License-Identifier: MIT
#include "draws.hpp"
#include <pluck/sample.hpp>

#include <vector>

drawn PLUCK_TEST_NAME(std::span<const float> logits, const pluck::dynamic_chain& rules, std::uint64_t position) {
    const pluck::key key{.seed = 5, .position = position};
    const auto chain = pluck::temperature(0.8f) | pluck::top_k(50) | pluck::top_p(0.9f) | pluck::min_p(0.001f);
    const std::vector<double> doubles(logits.begin(), logits.end());
    std::vector<pluck::half> halves(logits.size());
    for (std::size_t i = 0; i < halves.size(); ++i) halves[i].bits = static_cast<std::uint16_t>(i * 37 % 0x7c00);
    return {pluck::sample(logits, chain, key), pluck::sample(logits, rules, key),
            pluck::sample(doubles, pluck::top_p(0.95f) | pluck::rejection(), key),
            pluck::sample(halves, pluck::temperature(2) | pluck::top_p(0.5f), key)};
}
