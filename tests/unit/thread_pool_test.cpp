// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/sample.hpp>
#include <pluck/thread_pool.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
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
