// SPDX-License-Identifier: MIT

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
