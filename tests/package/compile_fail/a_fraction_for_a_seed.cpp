// SPDX-License-Identifier: MIT
// expect: conver|no matching
#include <pluck/pluck.hpp>

#ifdef PLUCK_TWIN
constexpr pluck::key key{.seed = 42u};
#else
constexpr pluck::key key{.seed = 4.2};
#endif
