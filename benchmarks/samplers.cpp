// SPDX-License-Identifier: MIT
//
// What does one draw take? Every sampler over vocabulary size and shape of the row, one row at a time on one thread,
// beside one pass for the maximum over the same row: the column `passes` is the ratio of their medians.
//
// A fresh row is copied in, untimed, before each call, as if the model had just written it; eight take turns, so that
// no branch predictor learns one. Before it is timed, each sampler's token is compared with the oracle's.
#include "reference/oracle.hpp"
#include "support/rows.hpp"
#include "support/yardstick.hpp"

#include <benchmark/benchmark.h>
#include <pluck/sample.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace {

using pluck_bench::shape;

struct sampler {
    const char* name;
    pluck::pick (*draw)(const std::vector<float>& row, const pluck::key& key, pluck::workspace& scratch);
    std::vector<oracle::stage> meaning;
};

template <auto MakeChain>
pluck::pick draw_with(const std::vector<float>& row, const pluck::key& key, pluck::workspace& scratch) {
    return pluck::sample(row, MakeChain(), key, scratch);
}

std::vector<sampler> samplers() {
    using pluck::min_p, pluck::temperature, pluck::top_k, pluck::top_p;
    using oracle::stage;
    const stage t{stage::temperature, 0.8f};
    return {
        {"greedy", draw_with<[] { return pluck::greedy{}; }>, {{stage::greedy}}},
        {"temperature", draw_with<[] { return temperature(0.8f); }>, {t}},
        {"top_k_50", draw_with<[] { return temperature(0.8f) | top_k(50); }>, {t, {stage::top_k, 0, 50}}},
        {"top_p_0.9", draw_with<[] { return temperature(0.8f) | top_p(0.9f); }>, {t, {stage::top_p, 0.9f}}},
        {"min_p_0.05", draw_with<[] { return temperature(0.8f) | min_p(0.05f); }>, {t, {stage::min_p, 0.05f}}},
        {"k50_p0.9",
         draw_with<[] { return temperature(0.8f) | top_k(50) | top_p(0.9f); }>,
         {t, {stage::top_k, 0, 50}, {stage::top_p, 0.9f}}},
        {"k40_p0.95_m0.05",
         draw_with<[] { return temperature(0.8f) | top_k(40) | top_p(0.95f) | min_p(0.05f); }>,
         {t, {stage::top_k, 0, 40}, {stage::top_p, 0.95f}, {stage::min_p, 0.05f}}},
    };
}

void run(benchmark::State& state, const sampler& sampler, std::size_t vocab, shape kind) {
    constexpr std::size_t kinds_of_rows = 8;
    std::vector<std::vector<float>> rows;
    for (std::size_t i = 0; i < kinds_of_rows; ++i) rows.push_back(pluck_bench::make_row(vocab, kind, i));
    std::vector<float> row(vocab);
    pluck::workspace scratch;

    const pluck::pick drawn = sampler.draw(rows[0], {.seed = 1}, scratch);
    if (drawn.token != oracle::draw(rows[0], sampler.meaning, 1, 0, 0).token) {
        return state.SkipWithError("the token differs from the oracle's");
    }

    std::vector<double> draws;
    std::vector<double> passes;
    std::size_t turn = 0;
    for (auto _ : state) {
        const std::vector<float>& fresh = rows[turn % kinds_of_rows];
        row.assign(fresh.begin(), fresh.end());
        passes.push_back(pluck_bench::seconds([&] {
            benchmark::DoNotOptimize(pluck_bench::one_pass_max(row.data(), vocab));
        }));
        row.assign(fresh.begin(), fresh.end());
        draws.push_back(pluck_bench::seconds([&] {
            benchmark::DoNotOptimize(sampler.draw(row, {.seed = 1, .position = turn}, scratch));
        }));
        state.SetIterationTime(draws.back());
        ++turn;
    }
    state.counters["median_us"] = 1e6 * pluck_bench::median(draws);
    state.counters["pass_us"] = 1e6 * pluck_bench::median(passes);
    state.counters["passes"] = pluck_bench::median(draws) / pluck_bench::median(passes);
}

const bool registered = [] {
    for (const std::int64_t vocab : pluck_bench::vocabularies) {
        for (const shape kind : {shape::peaked, shape::typical, shape::flat}) {
            for (const sampler& each : samplers()) {
                const std::string name = std::string(each.name) + "/" + std::to_string(vocab) + "/" +
                                         pluck_bench::shape_names[static_cast<std::size_t>(kind)];
                benchmark::RegisterBenchmark(name.c_str(),
                                             [=](benchmark::State& state) {
                                                 run(state, each, static_cast<std::size_t>(vocab), kind);
                                             })
                    ->UseManualTime()
                    ->Unit(benchmark::kMicrosecond);
            }
        }
    }
    return true;
}();

}  // namespace
