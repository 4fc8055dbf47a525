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

/// The processor must have AVX2. Eight accumulators, since a maximum takes four cycles and two can start in each; one
/// after the other, as g++ -O2 unrolls no loop.
__attribute__((target("avx2"), noinline)) inline float one_pass_max(std::span<const float> logits) {
    const float* row = logits.data();
    const std::size_t vocab = logits.size();
    constexpr std::size_t step = 64;
    __m256 a = _mm256_set1_ps(-std::numeric_limits<float>::infinity());
    __m256 b = a, c = a, d = a, e = a, f = a, g = a, h = a;
    std::size_t i = 0;
    for (; i + step <= vocab; i += step) {
        a = _mm256_max_ps(a, _mm256_loadu_ps(row + i));
        b = _mm256_max_ps(b, _mm256_loadu_ps(row + i + 8));
        c = _mm256_max_ps(c, _mm256_loadu_ps(row + i + 16));
        d = _mm256_max_ps(d, _mm256_loadu_ps(row + i + 24));
        e = _mm256_max_ps(e, _mm256_loadu_ps(row + i + 32));
        f = _mm256_max_ps(f, _mm256_loadu_ps(row + i + 40));
        g = _mm256_max_ps(g, _mm256_loadu_ps(row + i + 48));
        h = _mm256_max_ps(h, _mm256_loadu_ps(row + i + 56));
    }
    a = _mm256_max_ps(_mm256_max_ps(a, b), _mm256_max_ps(c, d));
    a = _mm256_max_ps(a, _mm256_max_ps(_mm256_max_ps(e, f), _mm256_max_ps(g, h)));
    alignas(32) float lanes[8];
    _mm256_store_ps(lanes, a);
    float result = *std::max_element(lanes, lanes + 8);
    for (; i < vocab; ++i) result = std::max(result, row[i]);
    return result;
}

#else

/// As the compiler vectorises it: independent maxima.
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
