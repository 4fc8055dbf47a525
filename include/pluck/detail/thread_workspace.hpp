// SPDX-License-Identifier: MIT
//
// The scratch memory that each thread keeps for draws that are given none.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/workspace.hpp>

#if defined(__MINGW32__)
#include <cxxabi.h>
#include <new>
#endif

namespace pluck { inline namespace v0 { namespace detail {

/// What a thread knows of its own workspace. It has no destructor, so that it can be read for as long as the thread
/// runs: the destructors of statics, and of what the thread made before it first drew, run when the workspace is gone.
struct thread_state {
    workspace* scratch = nullptr;
    bool taken = false;  // by a draw; for good once the workspace is gone
};

[[nodiscard]] PLUCK_TAGGED inline thread_state& state_of_thread() noexcept {
    static constinit thread_local thread_state state;
    return state;
}

/// The workspace itself, which goes when the thread ends. Reached by way of the state only.
struct thread_workspace {
    workspace scratch;

    PLUCK_TAGGED thread_workspace() noexcept { state_of_thread().scratch = &scratch; }
    thread_workspace(const thread_workspace&) = delete;
    thread_workspace& operator=(const thread_workspace&) = delete;
    PLUCK_TAGGED ~thread_workspace() { state_of_thread() = {.scratch = nullptr, .taken = true}; }

    /// Makes the calling thread's, unless it is refused memory.
    PLUCK_TAGGED static void make() noexcept {
#if defined(__MINGW32__)
        // MinGW frees the memory of thread_local objects before it calls their destructors: those of other objects may
        // have overwritten it by then.
        if (auto* const made = new (std::nothrow) thread_workspace) {
            const auto destroy = [](void* gone) { delete static_cast<thread_workspace*>(gone); };
            abi::__cxa_thread_atexit(destroy, made, nullptr);
        }
#else
        static thread_local thread_workspace made;
#endif
    }
};

/// The calling thread's own workspace, for one draw. A stage may draw from another row while its own is being drawn
/// from: the draw within gets memory of its own. So does one that comes after the thread's workspace.
class workspace_lease {
public:
    PLUCK_TAGGED workspace_lease() noexcept : thread_(state_of_thread()), own_is_used_(thread_.taken) {
        if (own_is_used_) return;
        if (thread_.scratch == nullptr) thread_workspace::make();
        own_is_used_ = thread_.scratch == nullptr;
        thread_.taken = !own_is_used_;
    }
    workspace_lease(const workspace_lease&) = delete;
    workspace_lease& operator=(const workspace_lease&) = delete;
    PLUCK_TAGGED ~workspace_lease() {
        if (!own_is_used_) thread_.taken = false;
    }

    [[nodiscard]] PLUCK_TAGGED workspace& operator*() noexcept { return own_is_used_ ? own_ : *thread_.scratch; }

private:
    thread_state& thread_;
    bool own_is_used_;
    workspace own_;
};

}}}  // namespace pluck::v0::detail
