// SPDX-License-Identifier: MIT
// expect: a draw stage ends its chain
#include <pluck/pluck.hpp>

#ifdef PLUCK_TWIN
constexpr pluck::chain chain{pluck::top_k(5), pluck::greedy()};
#else
constexpr pluck::chain chain{pluck::categorical(), pluck::greedy()};
#endif
