// SPDX-License-Identifier: MIT
//
// Benchmarks are registered by name, in main: only there is it known what there is to compare.
#pragma once

#include <benchmark/benchmark.h>

#include <string>
#include <utility>

namespace pluck_bench {

/// `body(benchmark::State&)`, which tells the time itself.
template <class F>
void add(const std::string& name, F body) {
    benchmark::RegisterBenchmark(name.c_str(), std::move(body))->UseManualTime()->Unit(benchmark::kMicrosecond);
}

inline int run_all(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}

}  // namespace pluck_bench
