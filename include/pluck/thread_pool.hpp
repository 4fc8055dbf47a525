// SPDX-License-Identifier: MIT
//
// A batch over several threads: an executor for sample_rows() on top of Eigen's own thread pool, since whoever passes
// Eigen's types has it already, and it is better tested than one that we would write.
#pragma once

#if !__has_include(<Eigen/ThreadPool>) && !__has_include(<unsupported/Eigen/CXX11/ThreadPool>)
#error "pluck/thread_pool.hpp needs Eigen 3.4 or 5, and there is no Eigen/ThreadPool: name its folder by -I"
#endif

#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/detail/parameter.hpp>

#if __has_include(<Eigen/ThreadPool>)  // Eigen 5
#include <Eigen/ThreadPool>
#else
#include <unsupported/Eigen/CXX11/ThreadPool>
#endif

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace pluck { inline namespace v0 {

namespace detail {

/// The id of this process, where there is fork().
[[nodiscard]] PLUCK_TAGGED inline long process_id() noexcept {
#if __has_include(<unistd.h>)
    return static_cast<long>(getpid());
#else
    return 0;
#endif
}

inline namespace PLUCK_BUILD {

/// The items of one call, which its threads take in turn. It does not wait by std::atomic's wait(): where there is no
/// futex, as on Windows, that of libstdc++ 11 and 12 may sleep on.
struct progress {
    std::atomic<std::size_t> next = 0;
    std::atomic<std::size_t> done = 0;
    std::mutex mutex;
    std::condition_variable all_done;

    template <class F>
    void run(std::size_t n, const F& f) {
        for (std::size_t i = next.fetch_add(1); i < n; i = next.fetch_add(1)) {
            f(i);
            if (done.fetch_add(1) + 1 != n) continue;
            const std::lock_guard lock(mutex);  // so that none is between a look at `done` and its sleep
            all_done.notify_all();
        }
    }

    void wait(std::size_t n) {
        std::unique_lock lock(mutex);
        all_done.wait(lock, [&] { return done.load() == n; });
    }
};

}  // namespace PLUCK_BUILD

}  // namespace detail

/// Runs f(0) ... f(n - 1) on the calling thread and the pool's.
///
///     pluck::thread_pool pool;
///     pluck::sample_rows(batch, chain, keys, picks, pool);
///
/// Parameters.   threads   [1, 4096], the calling thread included; by default as many as the machine has
/// Guarantees.   Each i runs once; picks do not depend on the number of threads. Calls from several threads, and from
///               within f, are fine: a caller always works on its own items and never waits for a free thread.
///               After fork() the child has the pool, but none of its threads: there, all runs on the calling thread.
///               A child that f itself makes must not return from f.
/// Errors.       std::invalid_argument outside the range.
class thread_pool {
public:
    PLUCK_TAGGED thread_pool() : thread_pool(std::clamp(std::thread::hardware_concurrency(), 1u, 4096u)) {}

    template <whole_number Integer>
    PLUCK_TAGGED explicit thread_pool(Integer threads)
        : helpers_(checked(threads) - 1),
          process_(detail::process_id()),
          pool_(std::make_unique<Eigen::ThreadPool>((std::max)(helpers_, 1))) {}

    thread_pool(const thread_pool&) = delete;
    thread_pool& operator=(const thread_pool&) = delete;
    PLUCK_TAGGED ~thread_pool() {
        if (!has_threads()) (void)pool_.release();
    }

    template <class F>
    PLUCK_TAGGED void operator()(std::size_t n, const F& f) const {
        static_assert(noexcept(f(n)), "pluck: a function that an executor runs must be noexcept");
        if (n == 0) return;
        // Shared with the helpers, since one may wake up long after the work is done: it then finds no item left.
        const auto work = std::make_shared<detail::progress>();
        const auto helpers = has_threads() ? (std::min)(static_cast<std::size_t>(helpers_), n - 1) : 0;
        for (std::size_t helper = 0; helper < helpers; ++helper) {
#if PLUCK_EXCEPTIONS
            try {
                pool_->Schedule([work, n, &f] { work->run(n, f); });
            } catch (...) {
                break;  // no memory for more helpers: f must outlive those that run, so this call goes on without
            }
#else
            pool_->Schedule([work, n, &f] { work->run(n, f); });
#endif
        }
        work->run(n, f);
        work->wait(n);
    }

private:
    template <class Integer>
    PLUCK_TAGGED static int checked(Integer threads) {
        if (std::cmp_less(threads, 1) || std::cmp_greater(threads, 4096)) {
            detail::reject("thread_pool", "threads", "in [1, 4096]", threads);
        }
        return static_cast<int>(threads);
    }

    /// In a child process that fork() made, Eigen's pool would wait for threads that are not there, and they may hold
    /// its locks: so it is not touched any more.
    [[nodiscard]] PLUCK_TAGGED bool has_threads() const noexcept { return detail::process_id() == process_; }

    int helpers_;
    long process_;
    std::unique_ptr<Eigen::ThreadPool> pool_;
};

}}  // namespace pluck::v0
