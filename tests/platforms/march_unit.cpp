// SPDX-License-Identifier: MIT
//
// Compiled twice, for two instruction sets, with DRAW being the name of its one function. Both then have all that a
// draw needs, under whichever names it has.
#include <pluck/sample.hpp>

#include <cstdint>
#include <vector>

std::int64_t DRAW(const std::vector<float>& logits, const std::vector<double>& doubles,
                  const std::vector<pluck::half>& halves, std::uint64_t seed);

std::int64_t DRAW(const std::vector<float>& logits, const std::vector<double>& doubles,
                  const std::vector<pluck::half>& halves, std::uint64_t seed) {
    const pluck::key key{.seed = seed};
    const auto chain = pluck::temperature(0.8f) | pluck::top_k(50) | pluck::top_p(0.9f);
    std::int64_t all = 0;
    for (const pluck::pick& pick : {
             pluck::sample(logits, chain, key),
             pluck::sample(logits, pluck::temperature(1.5f) | pluck::min_p(0.05f), key),
             pluck::sample(logits, pluck::top_p(0.95f) | pluck::categorical{}, key),
             pluck::sample(logits, {.temperature = 0.7f, .top_k = 40, .top_p = 0.95f, .min_p = 0.01f}, key),
             pluck::sample(doubles, chain, key),
             pluck::sample(halves, chain, key),
             pluck::argmax(logits),
         }) {
        all = all * 1000003 + pick.token;
    }
    return all;
}
