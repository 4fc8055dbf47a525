// SPDX-License-Identifier: MIT
// expect: a draw stage ends its chain
#include <pluck/pluck.hpp>

#ifdef PLUCK_TWIN
constexpr auto chain = pluck::top_k(5) | pluck::greedy();
#else
constexpr auto chain = pluck::greedy() | pluck::top_k(5);
#endif
