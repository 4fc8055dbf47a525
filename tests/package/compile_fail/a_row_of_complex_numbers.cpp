// SPDX-License-Identifier: MIT
// expect: not a row of logits
#include <pluck/pluck.hpp>

#ifdef PLUCK_TWIN
using row = Eigen::VectorXd;
#else
using row = Eigen::VectorXcd;
#endif

pluck::pick draw(const row& logits) { return pluck::sample(logits, pluck::greedy(), {}); }
