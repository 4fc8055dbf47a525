// SPDX-License-Identifier: MIT
#include "everything.hpp"

#include <vector>

pluck::pick other_pick(const std::vector<float>& logits) {
    const pluck::combined chain{.temperature = 0.8f, .top_k = 5, .top_p = 0.9f, .min_p = 0.01f};
    return pluck::sample(logits, chain, {.seed = 1, .sequence = 2, .position = 3});
}
