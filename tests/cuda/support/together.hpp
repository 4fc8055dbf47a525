// SPDX-License-Identifier: MIT
//
// How the threads of a team on the host run and wait for each other: under a sanitizer as threads, so that it sees
// where a barrier is missing; otherwise as fibers that take turns on one thread. On two cores, a few dozen threads that
// reach a barrier every microsecond would spend all their time waking up.
#pragma once

#include "support/effort.hpp"

#include <barrier>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#if PLUCK_TEST_SANITIZED || !defined(__linux__)
#define PLUCK_TEST_FIBERS 0
#else
#define PLUCK_TEST_FIBERS 1
#endif

#if PLUCK_TEST_FIBERS
#include <ucontext.h>
#endif

namespace pluck_test {

#if PLUCK_TEST_FIBERS

/// Runs f(0), f(1), ... as fibers: each until it waits, then the next.
class together {
public:
    explicit together(std::size_t size) {
        for (std::size_t i = 0; i < size; ++i) fibers_.push_back(std::make_unique<fiber>());
    }

    void all(const std::function<void(std::uint32_t)>& work) {
        together* const outer = running;
        running = this;
        work_ = &work;
        for (const auto& each : fibers_) {
            getcontext(&each->context);
            each->context.uc_stack.ss_sp = each->stack.get();
            each->context.uc_stack.ss_size = stack_bytes;
            each->context.uc_link = &scheduler_;
            each->done = false;
            makecontext(&each->context, &together::begin, 0);
        }
        for (bool left = true; left;) {
            left = false;
            for (now_ = 0; now_ < fibers_.size(); ++now_) {
                if (fibers_[now_]->done) continue;
                swapcontext(&scheduler_, &fibers_[now_]->context);
                left = left || !fibers_[now_]->done;
            }
        }
        running = outer;
    }

    /// Lets the others run.
    static void wait() { swapcontext(&running->fibers_[running->now_]->context, &running->scheduler_); }

private:
    static constexpr std::size_t stack_bytes = std::size_t{1} << 18;
    struct fiber {
        ucontext_t context{};
        std::unique_ptr<std::byte[]> stack = std::make_unique<std::byte[]>(stack_bytes);
        bool done = false;
    };

    static void begin() {
        together& all = *running;
        (*all.work_)(static_cast<std::uint32_t>(all.now_));
        all.fibers_[all.now_]->done = true;
    }

    static inline together* running = nullptr;
    std::vector<std::unique_ptr<fiber>> fibers_;
    ucontext_t scheduler_{};
    std::size_t now_ = 0;  // whose turn it is
    const std::function<void(std::uint32_t)>* work_ = nullptr;
};

/// A barrier of `count` fibers.
class meeting {
public:
    explicit meeting(std::ptrdiff_t count) : count_(count) {}

    void arrive_and_wait() {
        if (++arrived_ == count_) {
            arrived_ = 0;
            ++past_;
            return;
        }
        for (const std::uint64_t before = past_; past_ == before;) together::wait();
    }

private:
    std::ptrdiff_t count_;
    std::ptrdiff_t arrived_ = 0;
    std::uint64_t past_ = 0;  // meetings so far
};

#else

using meeting = std::barrier<>;

/// Runs f(0), f(1), ... on threads that it keeps from call to call.
class together {
public:
    explicit together(std::size_t size)
        : start_(static_cast<std::ptrdiff_t>(size) + 1), done_(static_cast<std::ptrdiff_t>(size) + 1) {
        for (std::uint32_t i = 0; i < size; ++i) {
            threads_.emplace_back([this, i] {
                for (;;) {
                    start_.arrive_and_wait();
                    if (!work_) return;
                    work_(i);
                    done_.arrive_and_wait();
                }
            });
        }
    }
    together(const together&) = delete;
    together& operator=(const together&) = delete;
    ~together() {
        work_ = nullptr;
        start_.arrive_and_wait();
        for (auto& thread : threads_) thread.join();
    }

    void all(const std::function<void(std::uint32_t)>& work) {
        work_ = work;
        start_.arrive_and_wait();
        done_.arrive_and_wait();
    }

private:
    std::barrier<> start_, done_;
    std::function<void(std::uint32_t)> work_;
    std::vector<std::thread> threads_;
};

#endif

}  // namespace pluck_test

#undef PLUCK_TEST_FIBERS
