// SPDX-License-Identifier: MIT
//
// What does a batch take? sample_rows over batch size and threads: time per row, and the speed-up over one thread in
// the same run. The picks are compared with those of one thread, bit for bit.
#include "support/rows.hpp"
#include "support/timing.hpp"

#include <benchmark/benchmark.h>
#include <pluck/pluck.hpp>
#include <pluck/thread_pool.hpp>

#include <cstddef>
#include <vector>

namespace {

void batch(benchmark::State& state) {
    const auto rows = static_cast<std::size_t>(state.range(0));
    constexpr std::size_t vocab = 128256;
    std::vector<float> memory;
    std::vector<pluck::key> keys;
    for (std::size_t i = 0; i < rows; ++i) {
        const auto row = pluck_bench::make_row(vocab, pluck_bench::shape::typical, i);
        memory.insert(memory.end(), row.begin(), row.end());
        keys.push_back({.seed = 7, .sequence = i});
    }
    const pluck::batch_view<float> logits{memory.data(), rows, vocab};
    const auto chain = pluck::temperature(0.8f) | pluck::top_p(0.9f);
    const pluck::thread_pool pool(state.range(1));
    std::vector<pluck::pick> alone(rows);
    std::vector<pluck::pick> together(rows);

    std::vector<double> one;
    std::vector<double> many;
    for (auto _ : state) {
        one.push_back(pluck_bench::seconds([&] { pluck::sample_rows(logits, chain, keys, alone); }));
        many.push_back(pluck_bench::seconds([&] { pluck::sample_rows(logits, chain, keys, together, pool); }));
        state.SetIterationTime(many.back());
        if (alone != together) return state.SkipWithError("picks depend on the number of threads");
    }
    state.counters["row_us"] = 1e6 * pluck_bench::median(many) / static_cast<double>(rows);
    state.counters["speed_up"] = pluck_bench::median(one) / pluck_bench::median(many);
}
BENCHMARK(batch)
    ->ArgNames({"rows", "threads"})
    ->ArgsProduct({{1, 2, 8, 32}, {1, 2}})
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
