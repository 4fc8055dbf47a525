// SPDX-License-Identifier: MIT
//
// The yardstick: one vectorised pass for the maximum. A sampler that has to look at every logit cannot beat it.
#pragma once

#include <pluck/core/ranking.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace pluck_bench {

/// The largest score as an ordered integer: the form in which compilers vectorise a maximum without further flags.
#if defined(__x86_64__) && !defined(__AVX2__)
__attribute__((target("avx2"), noinline))
#else
__attribute__((noinline))
#endif
inline std::int32_t one_pass_max(const float* row, std::size_t vocab) {
    constexpr std::size_t lanes = 64;  // enough independent maxima to hide the latency of one
    std::int32_t best[lanes];
    for (std::int32_t& lane : best) lane = std::numeric_limits<std::int32_t>::min();
    std::size_t i = 0;
    for (; i + lanes <= vocab; i += lanes) {
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            const std::int32_t score = pluck::core::ordered(row[i + lane]);
            best[lane] = score > best[lane] ? score : best[lane];
        }
    }
    for (; i < vocab; ++i) best[0] = std::max(best[0], pluck::core::ordered(row[i]));
    return *std::max_element(best, best + lanes);
}

using clock = std::chrono::steady_clock;

template <class F>
double seconds(const F& f) {
    const auto start = clock::now();
    f();
    return std::chrono::duration<double>(clock::now() - start).count();
}

inline double median(std::vector<double> times) {
    if (times.empty()) return 0;
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return *middle;
}

}  // namespace pluck_bench
