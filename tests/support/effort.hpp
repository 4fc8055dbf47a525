// SPDX-License-Identifier: MIT
//
// How often a test repeats itself. An optimised build runs all of it. Where a sanitizer or -O0 makes each step ten to
// fifty times slower, a part must suffice, and a test must not claim what it can then no longer detect.
#pragma once

#include <cstddef>
#include <cstdlib>

#if defined(__has_feature)
#define PLUCK_TEST_HAS_FEATURE(x) __has_feature(x)
#else
#define PLUCK_TEST_HAS_FEATURE(x) 0
#endif

/// 1 where a sanitizer has its own allocator and its own view of threads.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || PLUCK_TEST_HAS_FEATURE(address_sanitizer) || \
    PLUCK_TEST_HAS_FEATURE(thread_sanitizer) || PLUCK_TEST_HAS_FEATURE(memory_sanitizer)
#define PLUCK_TEST_SANITIZED 1
#else
#define PLUCK_TEST_SANITIZED 0
#endif

namespace pluck_test {

#if !defined(__OPTIMIZE__) || PLUCK_TEST_SANITIZED
inline constexpr bool full_effort = false;
#else
inline constexpr bool full_effort = true;
#endif

/// `full` repetitions, or a fortieth of them in a slow build.
[[nodiscard]] constexpr std::size_t repeated(std::size_t full) noexcept {
    return full_effort || full < 40 ? full : full / 40;
}

/// The same for random cases that take long: an optimised build runs a quarter of them, and all where the environment
/// has PLUCK_TEST_NIGHTLY. Not where a test shows its power, which is that of its number of draws.
[[nodiscard]] inline std::size_t repeated_nightly(std::size_t full) noexcept {
    return full_effort && full >= 40 && std::getenv("PLUCK_TEST_NIGHTLY") == nullptr ? full / 4 : repeated(full);
}

}  // namespace pluck_test

#undef PLUCK_TEST_HAS_FEATURE
