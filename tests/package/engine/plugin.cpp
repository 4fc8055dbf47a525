// SPDX-License-Identifier: MIT
#include <pluck/sample.hpp>

#include <cstdint>
#include <span>

__attribute__((visibility("default"))) int engine_token(std::span<const float> logits, std::uint64_t position) {
    const auto chain = pluck::temperature(0.8f) | pluck::top_k(50) | pluck::top_p(0.9f);
    return static_cast<int>(pluck::sample(logits, chain, {.seed = 1, .position = position}).token);
}
