// SPDX-License-Identifier: MIT
//
// What does the exact total mass take? The integer pass beside Eigen's own sum of exponentials over the same row, as
// this program was compiled, and beside one pass for the maximum.
#include "support/rows.hpp"
#include "support/timing.hpp"
#include "support/yardstick.hpp"

#include <benchmark/benchmark.h>
#include <pluck/pluck.hpp>

#include <Eigen/Core>

#include <vector>

namespace {

void total_mass(benchmark::State& state) {
    const auto vocab = static_cast<std::size_t>(state.range(0));
    const auto row = pluck_bench::make_row(vocab, pluck_bench::shape::typical, 0);
    const Eigen::Map<const Eigen::ArrayXf> logits(row.data(), static_cast<Eigen::Index>(vocab));
    pluck::workspace scratch;

    std::vector<double> masses;
    std::vector<double> exponentials;
    std::vector<double> passes;
    for (auto _ : state) {
        passes.push_back(pluck_bench::seconds([&] {
            benchmark::DoNotOptimize(pluck_bench::one_pass_max(row.data(), vocab));
        }));
        exponentials.push_back(pluck_bench::seconds([&] {
            const float best = logits.maxCoeff();
            benchmark::DoNotOptimize(((logits - best) * 1.25f).exp().sum());
        }));
        masses.push_back(pluck_bench::seconds([&] {
            pluck::cpu::row whole(pluck::logits_view<float>{row.data(), vocab}, scratch, pluck::randomness{}, 0);
            whole.settle();
            whole.scale(0.8);
            benchmark::DoNotOptimize(whole.total());
        }));
        state.SetIterationTime(masses.back());
    }
    state.counters["median_us"] = 1e6 * pluck_bench::median(masses);
    state.counters["passes"] = pluck_bench::median(masses) / pluck_bench::median(passes);
    state.counters["of_eigen"] = pluck_bench::median(masses) / pluck_bench::median(exponentials);
}
BENCHMARK(total_mass)->ArgName("vocab")->Arg(512)->Arg(32000)->Arg(128256)->Arg(262144)->UseManualTime()->Unit(
    benchmark::kMicrosecond);

}  // namespace
