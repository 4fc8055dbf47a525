// SPDX-License-Identifier: MIT
// expect: top_p
// expect: number
#include <pluck/pluck.hpp>

#ifdef PLUCK_TWIN
constexpr pluck::top_p stage(0.9);
#else
constexpr pluck::top_p stage(true);
#endif
