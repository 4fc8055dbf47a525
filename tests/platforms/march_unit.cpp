// SPDX-License-Identifier: MIT
//
// Compiled twice, for two instruction sets, with DRAW being the name of its one function. Both then have all that a
// draw needs, under whichever names it has.
#include <pluck/batch.hpp>
#include <pluck/dynamic_chain.hpp>
#include <pluck/inspect.hpp>
#include <pluck/sample.hpp>
#include <pluck/urbg.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

std::int64_t DRAW(const std::vector<float>& logits, const std::vector<double>& doubles,
                  const std::vector<pluck::half>& halves, std::uint64_t seed);

namespace {

/// A generator of this unit's own: those of <random> are functions that both units would have.
struct counter {
    using result_type = std::uint64_t;
    std::uint64_t at;
    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return ~result_type{0}; }
    result_type operator()() { return at += 0x9e3779b97f4a7c15u; }
};

}  // namespace

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

    pluck::dynamic_chain rules(pluck::temperature(0.7f));
    rules.add(pluck::top_k(40)).add(chain);
    all = all * 1000003 + pluck::sample(logits, rules | pluck::rejection{}, key).token;

    std::array<std::int32_t, 2> tokens{};
    const std::array<std::int32_t, 2> rows{1, 0};
    const std::array<std::uint64_t, 2> positions{5, 6};
    pluck::sample_rows(pluck::batch_view<float>{logits.data(), 2, logits.size() / 2}, rules,
                       pluck::keys{.seed = seed, .position = pluck::per_row<std::uint64_t>{positions}},
                       pluck::results{.token = tokens.data()}, {.indices = rows});
    all = all * 1000003 + tokens[0] + tokens[1];

    counter numbers{seed};
    all = all * 1000003 + pluck::sample(logits, chain, numbers).token;

    static double memory[2][40000];  // not vectors of double, whose functions both units would have
    const std::span<double> p{memory[0], logits.size()};
    const std::span<double> q{memory[1], logits.size()};
    pluck::probabilities(logits, chain, p);
    pluck::probabilities(logits, rules, q);
    const double seen = pluck::entropy(logits, chain) + pluck::kl_divergence(q, p) + pluck::total_variation(p, q) +
                        pluck::perplexity_of(p) + pluck::effective_size_of(q);
    return all * 1000003 + static_cast<std::int64_t>(seen * 1e6);
}
