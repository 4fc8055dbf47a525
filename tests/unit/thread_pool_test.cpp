// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/effort.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/sample.hpp>
#include <pluck/thread_pool.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

using namespace pluck_test;
using pluck::thread_pool;

namespace {

std::vector<int> calls_of(const thread_pool& pool, std::size_t n) {
    std::vector<std::atomic<int>> counts(n);
    pool(n, [&](std::size_t i) noexcept { ++counts[i]; });
    return {counts.begin(), counts.end()};
}

}  // namespace

TEST_CASE("a pool calls f exactly once for each item, for any number of threads and items") {
    for (const int threads : {1, 2, 3, 4, 7}) {
        const thread_pool pool(threads);
        for (const std::size_t n : {0u, 1u, 2u, 3u, 7u, 64u, 1000u}) CHECK(calls_of(pool, n) == std::vector<int>(n, 1));
    }
}

TEST_CASE("picks do not depend on the number of threads") {
    constexpr std::size_t rows = 60;
    std::vector<std::vector<float>> batch;
    std::vector<pluck::key> keys;
    for (std::size_t i = 0; i < rows; ++i) {
        batch.push_back(random_row(i));
        keys.push_back({.seed = 4, .sequence = i});
    }
    batch[7] = {float_of(bits::nans[0])};
    const auto chain = pluck::temperature(0.9f) | pluck::top_k(40) | pluck::top_p(0.95f);
    std::vector<pluck::pick> expected(rows);
    pluck::sample_rows(batch, chain, keys, expected);
    for (const int threads : {1, 2, 3, 8}) {
        const thread_pool pool(threads);
        for (int round = 0; round < 5; ++round) {
            std::vector<pluck::pick> picks(rows);
            pluck::sample_rows(batch, chain, keys, picks, pool);
            CHECK(picks == expected);
        }
    }
}

TEST_CASE("a pool with one thread works on the caller's") {
    const thread_pool pool(1);
    std::set<std::thread::id> ids;
    pool(10, [&](std::size_t) noexcept { ids.insert(std::this_thread::get_id()); });
    CHECK(ids == std::set{std::this_thread::get_id()});
}

TEST_CASE("several threads take part where there is work for them") {
    const thread_pool pool(3);
    std::set<std::thread::id> ids;
    std::mutex guard;
    std::atomic<int> waiting = 0;
    // Three items, each of which waits for the other two: only three threads can finish.
    pool(3, [&](std::size_t) noexcept {
        {
            const std::lock_guard lock(guard);
            ids.insert(std::this_thread::get_id());
        }
        ++waiting;
        while (waiting.load() < 3) std::this_thread::yield();
    });
    CHECK(ids.size() == 3);
    CHECK(ids.count(std::this_thread::get_id()) == 1);
}

TEST_CASE("what f has written is there when the pool returns") {
    const thread_pool pool(4);
    for (std::size_t round = 0; round < repeated(2000); ++round) {
        std::vector<std::size_t> written(16, 0);
        pool(16, [&](std::size_t i) noexcept { written[i] = i + round + 1; });
        for (std::size_t i = 0; i < 16; ++i) REQUIRE(written[i] == i + round + 1);
    }
}

TEST_CASE("a pool may be called from several threads at once, and from within itself") {
    const thread_pool pool(3);
    std::atomic<int> calls = 0;
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 4; ++caller) {
        callers.emplace_back([&] {
            for (int round = 0; round < 50; ++round) pool(5, [&](std::size_t) noexcept { ++calls; });
        });
    }
    for (std::thread& caller : callers) caller.join();
    CHECK(calls == 4 * 50 * 5);

    calls = 0;
    pool(6, [&](std::size_t) noexcept {
        pool(6, [&](std::size_t) noexcept { pool(3, [&](std::size_t) noexcept { ++calls; }); });
    });
    CHECK(calls == 6 * 6 * 3);
}

TEST_CASE("pools start and stop, with and without work") {
    for (std::size_t round = 0; round < repeated(400); ++round) {
        const thread_pool pool(1 + static_cast<int>(round % 4));
        if (round % 3 != 0) CHECK(calls_of(pool, round % 5) == std::vector<int>(round % 5, 1));
    }
}

TEST_CASE("a pool has as many threads as the machine, unless told otherwise") {
    const thread_pool pool;
    CHECK(calls_of(pool, 100) == std::vector<int>(100, 1));
}

TEST_CASE("the number of threads is 1 to 4096, whatever its type") {
    CHECK(message_of([] { thread_pool pool(0); }) == "pluck::thread_pool: threads must be in [1, 4096], got 0");
    CHECK(message_of([] { thread_pool pool(-1); }) == "pluck::thread_pool: threads must be in [1, 4096], got -1");
    CHECK(message_of([] { thread_pool pool(4097); }) == "pluck::thread_pool: threads must be in [1, 4096], got 4097");
    CHECK(message_of([] { thread_pool pool(std::uint64_t{1} << 32 | 1); }) ==
          "pluck::thread_pool: threads must be in [1, 4096], got 4294967297");
    const thread_pool two(std::size_t{2});
    CHECK(calls_of(two, 3) == std::vector<int>(3, 1));
}

// Not under a sanitizer: another thread may hold its allocator's locks at the fork(), and in the child none opens them.
#if PLUCK_TEST_CHILDREN && !PLUCK_TEST_SANITIZED

namespace {

// Threads that are in the pool all the time, so that fork() copies it in any state.
class busy_callers {
public:
    explicit busy_callers(const thread_pool& pool) {
        for (int caller = 0; caller < 3; ++caller) {
            threads_.emplace_back([&] {
                while (!stop_) pool(8, [&](std::size_t) noexcept { ++calls_; });
            });
        }
        while (calls_ < 8) std::this_thread::yield();
    }
    busy_callers(const busy_callers&) = delete;
    busy_callers& operator=(const busy_callers&) = delete;
    ~busy_callers() {
        stop_ = true;
        for (std::thread& each : threads_) each.join();
    }

private:
    std::atomic<bool> stop_ = false;
    std::atomic<int> calls_ = 0;
    std::vector<std::thread> threads_;
};

struct batch_of_rows {
    std::vector<std::vector<float>> rows;
    std::vector<pluck::key> keys;
    batch_of_rows() {
        for (std::size_t i = 0; i < 20; ++i) {
            rows.push_back(random_row(i));
            keys.push_back({.seed = 4, .sequence = i});
        }
    }
    template <class Executor>
    std::vector<pluck::pick> drawn_by(const Executor& executor) const {
        std::vector<pluck::pick> picks(rows.size());
        pluck::sample_rows(rows, pluck::top_p(0.9f), keys, picks, executor);
        return picks;
    }
};

}  // namespace

TEST_CASE("a child process ends like any other, whatever pools it was made with") {
    static const thread_pool until_the_end(4);  // exit() destroys it
    CHECK(calls_of(until_the_end, 100) == std::vector<int>(100, 1));
    auto destroyed = std::make_unique<const thread_pool>(3);
    for (int child = 0; child < 12; ++child) CHECK(exit_code_of_child([] { return 5; }) == 5);
    for (int child = 0; child < 12; ++child) {
        CHECK(exit_code_of_child([&] {
                  destroyed.reset();
                  return 5;
              }) == 5);
    }
    CHECK(calls_of(*destroyed, 100) == std::vector<int>(100, 1));
}

TEST_CASE("a child process draws with the pool that it was made with") {
    const batch_of_rows batch;
    const std::vector<pluck::pick> expected = batch.drawn_by(pluck::serial{});
    static const thread_pool pool(3);
    CHECK(batch.drawn_by(pool) == expected);
    for (int child = 0; child < 12; ++child) {
        CHECK(exit_code_of_child([&] { return batch.drawn_by(pool) == expected ? 5 : 6; }) == 5);
    }
    CHECK(batch.drawn_by(pool) == expected);
}

TEST_CASE("a child process draws with a pool that other threads were in when it was made") {
    const batch_of_rows batch;
    const std::vector<pluck::pick> expected = batch.drawn_by(pluck::serial{});
    static const thread_pool pool(3);
    const busy_callers callers(pool);
    for (int child = 0; child < 12; ++child) {
        CHECK(exit_code_of_child([&] { return batch.drawn_by(pool) == expected ? 5 : 6; }) == 5);
    }
}

#endif
