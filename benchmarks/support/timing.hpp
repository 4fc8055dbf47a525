// SPDX-License-Identifier: MIT
//
// How a draw is timed: on a row that has just been copied in, as if the model had written it, in turn over several
// rows, so that no branch predictor learns one. The copy is not timed, nor is the first call.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

namespace pluck_bench {

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

/// The body of a benchmark: `draw(std::span<Scalar>)` on each of `rows` in turn. The counter median_us is the
/// median time of a draw; a mean would be spoilt by whatever else the machine does.
template <class Scalar, class Draw>
void time_draws(benchmark::State& state, const std::vector<std::vector<Scalar>>& rows, Draw&& draw) {
    const std::size_t vocab = rows.front().size();
    // A short row is over before the clock has ticked: then several rows are timed together.
    const std::size_t together = std::clamp<std::size_t>(16384 / vocab, 1, 64);
    std::vector<std::vector<Scalar>> fresh(together, rows.front());
    if (vocab < (1u << 20)) benchmark::DoNotOptimize(draw(std::span<Scalar>(fresh.front())));

    std::vector<double> times;
    std::size_t turn = 0;
    for (auto _ : state) {
        for (auto& row : fresh) {
            const auto& next = rows[turn++ % rows.size()];
            std::copy(next.begin(), next.end(), row.begin());
        }
        const double time = seconds([&] {
            for (auto& row : fresh) benchmark::DoNotOptimize(draw(std::span<Scalar>(row)));
        });
        state.SetIterationTime(time);
        times.push_back(time / static_cast<double>(together));
    }
    state.counters["median_us"] = 1e6 * median(times);
}

}  // namespace pluck_bench
