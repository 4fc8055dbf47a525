// SPDX-License-Identifier: MIT
//
// Shows:       all that pluck is for: a row of logits, a chain of stages, a draw per key, and what the chain keeps.
// Leaves out:  where logits come from (07_hamlet), many rows at once (04_combined_batch).
// Next:        01_all_samplers, the same logits through every sampler.
// Prints:      the four tokens that are kept, then "drawn: 0 3 2 0 1 1 0 1 0 2".
//
// What stands between the marks is the README's program, and examples/downstream/main.cpp.

// [readme]
#include <pluck/pluck.hpp>

#include <iostream>

int main() {
    Eigen::VectorXf logits(10);
    logits << 2.0f, 1.5f, 1.0f, 0.5f, 0.1f, -0.5f, -1.0f, -2.0f, -3.0f, -5.0f;

    auto chain = pluck::temperature(0.8) | pluck::top_k(5) | pluck::top_p(0.9);

    for (pluck::candidate c : pluck::candidates(logits, chain))
        std::cout << "token " << c.token << " has probability " << c.probability << '\n';

    std::cout << "drawn:";
    for (int position = 0; position < 10; ++position) {
        pluck::pick next = pluck::sample(logits, chain, {.seed = 7, .position = position});
        if (next) std::cout << ' ' << next.token;  // else next.status says why not
    }
    std::cout << '\n';
}
// [readme]
