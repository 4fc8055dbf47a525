// SPDX-License-Identifier: MIT
#include "support/child.hpp"

#if PLUCK_TEST_CHILDREN

namespace pluck_test {

bool is_child = false;

}  // namespace pluck_test

/// Asked by the leak sanitizer, as the process ends: what only the threads pointed to that a child has not looks
/// leaked.
extern "C" int __lsan_is_turned_off();
extern "C" int __lsan_is_turned_off() { return pluck_test::is_child ? 1 : 0; }

#endif
