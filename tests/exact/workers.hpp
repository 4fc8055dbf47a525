// SPDX-License-Identifier: MIT
//
// Many comparisons on two threads. The threads only count; only the thread that waits for them uses Catch2's macros.
#pragma once

#include "dossiers/all.hpp"
#include "exact/compare.hpp"
#include "exact/splitmix.hpp"
#include "support/effort.hpp"

#include <array>
#include <cstddef>
#include <cstdlib>
#include <thread>

namespace exact {

/// How many rows of a random test to run: `full` of them, fewer in a slow build, and in proportion if the environment
/// variable PLUCK_EXACT_ROWS asks for another number of medium rows than the usual 1,000,000.
[[nodiscard]] inline u64 scaled(u64 full) {
    constexpr u64 usual = 1'000'000;
    const char* asked = std::getenv("PLUCK_EXACT_ROWS");
    if (asked == nullptr) return pluck_test::repeated(static_cast<std::size_t>(full));
    const u64 medium = std::strtoull(asked, nullptr, 10);
    return (full * medium + usual - 1) / usual;
}

/// Calls check(number, comparison) for each number below `count`. Prints the first mismatch.
template <class Check>
[[nodiscard]] tally compare_all(u64 count, const Check& check) {
    std::array<comparison, 2> workers;
    const auto work = [&](std::size_t first) {
        for (u64 number = first; number < count; number += workers.size()) check(number, workers[first]);
    };
    std::thread other(work, 1);
    work(0);
    other.join();
    workers[0].found.add(workers[1].found);
    workers[0].found.print_first();
    return workers[0].found;
}

/// Calls check(number, comparison, random, sampler) for each number below `count` and each sampler. `random`, from
/// which check makes its case, is the sampler's own stream for this test.
template <class Check>
[[nodiscard]] tally compare_samplers(u64 count, u64 test, const Check& check) {
    tally found;
    for (const dossiers::sampler& sampler : dossiers::samplers()) {
        found.add(compare_all(count, [&](u64 number, comparison& compared) {
            compared.sampler = sampler.name;
            splitmix random = sampler.stream(test, number);
            check(number, compared, random, sampler);
        }));
    }
    return found;
}

}  // namespace exact
