// SPDX-License-Identifier: MIT
//
// One of two translation units that include every header: a symbol defined twice would not link.
#include "everything.hpp"

#include <cstdio>
#include <random>
#include <vector>

pluck::pick other_pick(const std::vector<float>& logits);

int main() {
    const std::vector<float> logits{2.0f, 1.5f, 1.0f, 0.5f, 0.1f, -0.5f, -1.0f, -2.0f, -3.0f, -5.0f};
    const auto chain = pluck::temperature(0.8f) | pluck::top_k(5) | pluck::top_p(0.9f) | pluck::min_p(0.01f);
    const pluck::key key{.seed = 1, .sequence = 2, .position = 3};
    const pluck::pick pick = pluck::sample(logits, chain, key);

    Eigen::MatrixXf batch(3, 10);
    for (Eigen::Index row = 0; row < batch.rows(); ++row) {
        batch.row(row) = Eigen::Map<const Eigen::RowVectorXf>(logits.data(), 10);
    }
    const std::vector<pluck::key> keys(3, key);
    std::vector<pluck::pick> picks(3);
    pluck::thread_pool pool(2);
    pluck::sample_rows(batch, chain, keys, picks, pool);

    std::mt19937_64 engine(1);
    const pluck::pick drawn = pluck::sample(logits, chain, engine);

    std::printf("token %d of %d kept\n", static_cast<int>(pick.token),
                static_cast<int>(pluck::candidates(logits, chain).size()));
    return pick && drawn && pick == other_pick(logits) && picks == std::vector<pluck::pick>(3, pick) ? 0 : 1;
}
