// SPDX-License-Identifier: MIT
//
// The yardstick: one vectorised pass for the maximum. A sampler that has to look at every logit cannot beat it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace pluck_bench {

#if defined(__x86_64__)

/// Eight accumulators, since a maximum takes four cycles and two can start in each. The processor must have AVX2.
__attribute__((target("avx2"), noinline)) inline float one_pass_max(std::span<const float> logits) {
    const float* row = logits.data();
    const std::size_t vocab = logits.size();
    constexpr std::size_t accumulators = 8;
    constexpr std::size_t step = 8 * accumulators;
    __m256 best[accumulators];
    for (__m256& each : best) each = _mm256_set1_ps(-std::numeric_limits<float>::infinity());
    std::size_t i = 0;
    for (; i + step <= vocab; i += step) {
        for (std::size_t a = 0; a < accumulators; ++a) {
            best[a] = _mm256_max_ps(best[a], _mm256_loadu_ps(row + i + 8 * a));
        }
    }
    for (std::size_t a = 1; a < accumulators; ++a) best[0] = _mm256_max_ps(best[0], best[a]);
    alignas(32) float lanes[8];
    _mm256_store_ps(lanes, best[0]);
    float result = *std::max_element(lanes, lanes + 8);
    for (; i < vocab; ++i) result = std::max(result, row[i]);
    return result;
}

#else

/// As the compiler makes it: independent maxima, which it may turn into vectors.
__attribute__((noinline)) inline float one_pass_max(std::span<const float> logits) {
    const float* row = logits.data();
    const std::size_t vocab = logits.size();
    constexpr std::size_t lanes = 64;
    float best[lanes];
    std::fill(best, best + lanes, -std::numeric_limits<float>::infinity());
    std::size_t i = 0;
    for (; i + lanes <= vocab; i += lanes) {
        for (std::size_t lane = 0; lane < lanes; ++lane)
            best[lane] = row[i + lane] > best[lane] ? row[i + lane] : best[lane];
    }
    for (; i < vocab; ++i) best[0] = std::max(best[0], row[i]);
    return *std::max_element(best, best + lanes);
}

#endif

}  // namespace pluck_bench
