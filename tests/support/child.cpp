// SPDX-License-Identifier: MIT
#include "support/child.hpp"

#if PLUCK_TEST_CHILDREN

namespace pluck_test {

bool is_child = false;

}  // namespace pluck_test

/// The leak sanitizer calls this as the process ends. A child lacks the parent's other threads, so what only they point
/// to would look leaked.
extern "C" int __lsan_is_turned_off();
extern "C" int __lsan_is_turned_off() { return pluck_test::is_child ? 1 : 0; }

#endif
