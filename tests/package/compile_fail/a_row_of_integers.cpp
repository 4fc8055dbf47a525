// SPDX-License-Identifier: MIT
// expect: not a row of logits
// expect: float, double, half or bfloat16 elements
#include <pluck/pluck.hpp>

#include <vector>

#ifdef PLUCK_TWIN
using element = double;
#else
using element = int;
#endif

pluck::pick draw(const std::vector<element>& logits) { return pluck::sample(logits, pluck::top_k(5), {.seed = 1}); }
