// SPDX-License-Identifier: MIT
//
// For what only happens as a process ends: a copy of this one, by fork(), that calls exit() like any program.
#pragma once

#if defined(__unix__) || defined(__APPLE__)
#define PLUCK_TEST_CHILDREN 1

#include <cstdio>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

namespace pluck_test {

extern bool is_child;

/// Runs f in a child process, which then ends by exit(f()). Returns what it exited with, or -signal if one killed it.
template <class F>
[[nodiscard]] int exit_code_of_child(const F& f) {
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child < 0) return 255;
    if (child == 0) {
        is_child = true;
        // Or the child would write once more what this process has buffered.
        if (std::freopen("/dev/null", "w", stdout) == nullptr) _exit(254);
        alarm(60);  // who hangs is killed
        std::exit(f());
    }
    int state = 0;
    if (waitpid(child, &state, 0) != child) return 253;
    return WIFEXITED(state) ? WEXITSTATUS(state) : -WTERMSIG(state);
}

}  // namespace pluck_test

#else
#define PLUCK_TEST_CHILDREN 0
#endif
