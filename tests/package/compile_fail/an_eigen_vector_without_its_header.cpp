// SPDX-License-Identifier: MIT
// expect: Eigen types need <pluck/eigen.hpp>
#ifdef PLUCK_TWIN
#include <pluck/eigen.hpp>
#endif
#include <pluck/sample.hpp>

#include <Eigen/Core>

pluck::pick draw(const Eigen::VectorXf& logits) { return pluck::sample(logits, pluck::top_k(5), {.seed = 1}); }
