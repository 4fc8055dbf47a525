// SPDX-License-Identifier: MIT
// expect: not a row of logits
// expect: batches go to sample_rows
#include <pluck/pluck.hpp>

pluck::pick draw(const Eigen::MatrixXf& logits) {
#ifdef PLUCK_TWIN
    return pluck::sample(logits.row(0), pluck::top_k(5), {.seed = 1});
#else
    return pluck::sample(logits, pluck::top_k(5), {.seed = 1});
#endif
}
