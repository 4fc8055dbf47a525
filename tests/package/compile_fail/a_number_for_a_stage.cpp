// SPDX-License-Identifier: MIT
// expect: chain_like
#include <pluck/pluck.hpp>

pluck::pick draw(const Eigen::VectorXf& logits) {
#ifdef PLUCK_TWIN
    return pluck::sample(logits, pluck::temperature(0.8), {.seed = 1});
#else
    return pluck::sample(logits, 0.8, {.seed = 1});
#endif
}
