// SPDX-License-Identifier: MIT
//
// Laws of executors: each item runs once, an executor may be used any number of times, and from anywhere. TSan runs
// this file too.
#include "laws.hpp"
#include <pluck/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

constexpr int thread_counts[] = {1, 2, 3, 4, 8};

/// Whether the executor runs each of n items once.
template <class Executor>
bool each_once(const Executor& executor, std::size_t n) {
    std::vector<std::atomic<int>> runs(n);
    executor(n, [&](std::size_t i) noexcept { runs[i].fetch_add(1, std::memory_order_relaxed); });
    for (const auto& count : runs) {
        if (count.load() != 1) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("an executor runs each item once and returns when all are done") {
    for (const std::size_t n : {0u, 1u, 2u, 3u, 7u, 64u, 1000u, 10'000u}) {
        CAPTURE(n);
        REQUIRE(each_once(pluck::serial{}, n));
        for (const int threads : thread_counts) {
            CAPTURE(threads);
            const pluck::thread_pool pool(threads);
            REQUIRE(each_once(pool, n));
        }
    }
}

TEST_CASE("an executor waits for the slowest item, whichever thread has it") {
    using namespace std::chrono_literals;
    const pluck::thread_pool pool(4);
    const std::thread::id caller = std::this_thread::get_id();
    for (int repetition = 0; repetition < 10; ++repetition) {
        std::atomic<int> done = 0;
        pool(8, [&](std::size_t) noexcept {
            std::this_thread::sleep_for(std::this_thread::get_id() == caller ? 1ms : 20ms);
            done.fetch_add(1);
        });
        REQUIRE(done.load() == 8);
    }
}

TEST_CASE("what the items wrote is seen by the caller, without atomics") {
    const pluck::thread_pool pool(4);
    for (int repetition = 0; repetition < 200; ++repetition) {
        std::vector<std::size_t> squares(500);
        pool(squares.size(), [&](std::size_t i) noexcept { squares[i] = i * i; });
        bool right = true;
        for (std::size_t i = 0; i < squares.size(); ++i) right = right && squares[i] == i * i;
        REQUIRE(right);
    }
}

TEST_CASE("a pool is used a thousand times over") {
    for (const int threads : thread_counts) {
        const pluck::thread_pool pool(threads);
        CAPTURE(threads);
        bool right = true;
        for (std::size_t use = 0; use < 1000; ++use) right = right && each_once(pool, use % 17);
        REQUIRE(right);
    }
}

TEST_CASE("pools are made and unmade by the hundred, used or not") {
    for (int i = 0; i < 200; ++i) {
        const pluck::thread_pool pool(1 + i % 8);
        if (i % 2 == 0) REQUIRE(each_once(pool, 20));
    }
}

TEST_CASE("a pool may be used from within its own items") {
    for (const int threads : thread_counts) {
        const pluck::thread_pool pool(threads);
        CAPTURE(threads);
        std::vector<std::vector<int>> runs(16, std::vector<int>(16));
        std::atomic<int> innermost = 0;
        pool(16, [&](std::size_t i) noexcept {
            pool(16, [&, i](std::size_t j) noexcept {
                ++runs[i][j];
                pool(4, [&](std::size_t) noexcept { innermost.fetch_add(1); });
            });
        });
        REQUIRE(runs == std::vector<std::vector<int>>(16, std::vector<int>(16, 1)));
        REQUIRE(innermost.load() == 16 * 16 * 4);
    }
}

TEST_CASE("several threads may use one pool at once, and each gets its own results") {
    const pluck::thread_pool pool(3);
    std::atomic<int> wrong = 0;
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 4; ++caller) {
        callers.emplace_back([&] {
            for (std::size_t use = 0; use < 200; ++use) {
                if (!each_once(pool, use % 50)) wrong.fetch_add(1);
            }
        });
    }
    for (std::thread& caller : callers) caller.join();
    REQUIRE(wrong.load() == 0);
}

TEST_CASE("several threads may share a chain and a row, each with its own keys") {
    pluck_test::random_numbers numbers(6);
    const std::vector<float> row = pluck_test::logits_of(pluck_test::shape::normal, 2000, numbers);
    const auto chain = pluck::temperature(0.8f) | pluck::top_p(0.95f);
    constexpr std::size_t draws = 500;
    constexpr std::size_t threads = 8;
    std::vector<pluck::pick> expected(draws);
    for (std::size_t i = 0; i < draws; ++i) expected[i] = pluck::sample(row, chain, {.seed = 4, .position = i});
    std::vector<std::vector<pluck::pick>> picks(threads, std::vector<pluck::pick>(draws));
    std::latch start(threads);
    std::vector<std::thread> running;
    for (auto& own : picks) {
        running.emplace_back([&] {
            start.arrive_and_wait();
            for (std::size_t i = 0; i < draws; ++i) own[i] = pluck::sample(row, chain, {.seed = 4, .position = i});
        });
    }
    for (std::thread& thread : running) thread.join();
    for (const auto& own : picks) REQUIRE(own == expected);
}

TEST_CASE("a pool has 1 to 4096 threads") {
    for (const long long threads : {0ll, -1ll, 4097ll, 1ll << 32, -(1ll << 40)}) {
        CAPTURE(threads);
        CHECK_THROWS_AS(pluck::thread_pool(threads), std::invalid_argument);
    }
    CHECK_NOTHROW(pluck::thread_pool(1));
    CHECK_NOTHROW(pluck::thread_pool());
}
