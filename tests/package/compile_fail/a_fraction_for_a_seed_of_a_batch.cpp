// SPDX-License-Identifier: MIT
// expect: conver|no matching
#include <pluck/batch.hpp>

#ifdef PLUCK_TWIN
constexpr pluck::keys keys{.seed = 42, .position = -1};
#else
constexpr pluck::keys keys{.seed = 4.2};
#endif
