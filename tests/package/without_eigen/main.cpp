// SPDX-License-Identifier: MIT
#include <pluck/pluck.hpp>

#if __has_include(<Eigen/Core>)
#error "this test is about a machine without Eigen"
#endif

#include <cmath>
#include <cstdio>
#include <vector>

int main() {
    const std::vector<float> logits{2.0f, 1.5f, 1.0f, 0.5f};
    const auto chain = pluck::temperature(0.8) | pluck::top_k(3);
    std::vector<double> p(4), q(4);
    pluck::probabilities(logits, chain, p);
    pluck::probabilities(logits, pluck::categorical(), q);
    const double sum = p[0] + p[1] + p[2];
    const pluck::pick next = pluck::sample(logits, chain, {.seed = 1});
    std::printf("entropy %.3f, divergence %.3f, token %d\n", pluck::entropy(logits, chain), pluck::kl_divergence(p, q),
                static_cast<int>(next.token));
    const bool right = std::abs(sum - 1) < 1e-12 && p[3] == 0 && pluck::entropy(logits, chain) == pluck::entropy_of(p);
    return next && right ? 0 : 1;
}
