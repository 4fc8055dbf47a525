// SPDX-License-Identifier: MIT
//
// What does a batch take? sample_rows over batch size and threads: time per row, and the speed-up over one thread in
// the same run, in turn. The picks are compared with those of one thread, bit for bit.
//
// Names: STRATEGY/rows:R/threads:T.
#include "support/registering.hpp"
#include "support/rows.hpp"
#include "support/timing.hpp"
#include <pluck/pluck.hpp>
#include <pluck/thread_pool.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

using namespace pluck_bench;

namespace {

constexpr std::size_t vocab = 128256;
constexpr std::size_t most_rows = 64;

const std::vector<float>& memory() {
    static const std::vector<float> all = [] {
        std::vector<float> made;
        for (std::size_t i = 0; i < most_rows; ++i) {
            const auto& row = rows_of(vocab, shape::typical)[i % 8];
            made.insert(made.end(), row.begin(), row.end());
        }
        return made;
    }();
    return all;
}

template <class Chain>
void time_batch(benchmark::State& state, const Chain& chain, std::size_t rows, std::size_t threads) {
    const pluck::batch_view<float> logits{memory().data(), rows, vocab};
    std::vector<pluck::key> keys;
    for (std::size_t i = 0; i < rows; ++i) keys.push_back({.seed = 7, .sequence = i});
    const pluck::thread_pool pool(threads);
    std::vector<pluck::pick> alone(rows);
    std::vector<pluck::pick> together(rows);
    pluck::sample_rows(logits, chain, keys, together, pool);  // every thread has its memory then

    std::vector<double> one;
    std::vector<double> many;
    for (auto _ : state) {
        one.push_back(seconds([&] { pluck::sample_rows(logits, chain, keys, alone); }));
        many.push_back(seconds([&] { pluck::sample_rows(logits, chain, keys, together, pool); }));
        state.SetIterationTime(many.back());
        if (alone != together) return state.SkipWithError("picks depend on the number of threads");
    }
    state.counters["median_us"] = 1e6 * median(many) / static_cast<double>(rows);
    state.counters["speed_up"] = median(one) / median(many);
}

template <class Chain>
void add_chain(const std::string& name, const Chain& chain) {
    // Two at least: a machine with one core shows what the second thread costs.
    const std::size_t most_threads = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 2, 16);
    for (std::size_t rows = 1; rows <= most_rows; rows *= 2) {
        for (std::size_t threads = 1; threads <= most_threads; threads *= 2) {
            add(name + "/rows:" + std::to_string(rows) + "/threads:" + std::to_string(threads),
                [=](benchmark::State& state) { time_batch(state, chain, rows, threads); });
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    add_chain("top-k 50", pluck::temperature(0.8) | pluck::top_k(50));
    add_chain("top-p 0.9", pluck::temperature(0.8) | pluck::top_p(0.9));
    return run_all(argc, argv);
}
