// SPDX-License-Identifier: MIT
// expect: top_k
// expect: whole_number|integral
#include <pluck/pluck.hpp>

#ifdef PLUCK_TWIN
constexpr pluck::top_k stage(static_cast<signed char>(8));
#else
constexpr pluck::top_k stage('8');
#endif
