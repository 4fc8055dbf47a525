// SPDX-License-Identifier: MIT
//
// What is a draw made of? Each loop by itself over a typical row that was copied in just before, as in samplers. As
// steps_avx2 the same without AVX-512, if the processor has it.
//
// Names: STEP/VOCABULARY.
#include "support/registering.hpp"
#include "support/rows.hpp"
#include "support/timing.hpp"
#include "support/yardstick.hpp"
#include <pluck/cpu/cut/draw_between.hpp>
#include <pluck/cpu/isa/dispatch.hpp>
#include <pluck/cpu/kernels/subsample.hpp>
#include <pluck/pluck.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

using namespace pluck_bench;
using pluck::cpu::run_kernel;
namespace kernels = pluck::cpu::kernels;

namespace {

/// A row on the way to a draw, with what the steps before have left.
struct unfinished {
    explicit unfinished(std::size_t vocab)
        : memory(vocab),
          logits(memory.logits()),
          block_best(pluck::cpu::blocks_of(vocab)),
          block_mass(block_best.size()),
          scores(vocab),
          places(vocab),
          ordered(vocab),
          weights(vocab) {}

    const float* row() const { return logits.data(); }
    float best() const { return pluck::detail::float_of(seen.best); }
    float lowest() const { return pluck::detail::float_of(seen.lowest); }
    pluck::cpu::row_view view() const { return {row(), logits.size(), block_best.data(), {}}; }
    pluck::cpu::row_view from(std::int32_t score) const { return {row(), logits.size(), block_best.data(), {score}}; }

    void scan() { seen = run_kernel<kernels::scan>(row(), logits.size(), block_best.data()); }
    void reach(std::size_t k) {
        low = run_kernel<kernels::reach>(block_best.data(), block_best.size(), k, view().kept.score, seen.best);
    }
    void gather() {
        gathered = run_kernel<kernels::gather>(from(low), pluck::detail::ordered_infinity, logits.size(), scores.data(),
                                               places.data());
    }
    void weigh() {
        run_kernel<kernels::masses>(scores.data(), gathered, best(), scale, weights.data());
        run_kernel<kernels::order>(scores.data(), gathered, ordered.data());
        mass = 0;
        for (std::size_t i = 0; i < gathered; ++i) mass += weights[i];
    }

    aligned_row<float> memory;
    std::span<float> logits;
    std::vector<std::int32_t> block_best;
    std::vector<std::uint64_t> block_mass;
    std::vector<float> scores;
    std::vector<std::int32_t> places;
    std::vector<std::int32_t> ordered;
    std::vector<std::uint64_t> weights;
    float scale = pluck::mass_scale(0.8);
    pluck::cpu::extremes seen;
    std::int32_t low = 0;
    std::size_t gathered = 0;
    std::uint64_t mass = 0;
};

/// Times `step(unfinished&)` on rows of which the best `heads` blocks were gathered and weighed.
template <class Step>
void add_step(const std::string& name, double heads, Step step) {
    for (const std::size_t vocab : vocabularies) {
        add(name + "/" + std::to_string(vocab), [=](benchmark::State& state) {
            const auto& rows = rows_of(vocab, shape::typical);
            unfinished one(vocab);
            const auto blocks = static_cast<double>(one.block_best.size());
            std::vector<double> times;
            std::size_t turn = 0;
            for (auto _ : state) {
                const auto& next = rows[turn++ % rows.size()];
                std::copy(next.begin(), next.end(), one.logits.begin());
                one.scan();
                one.reach(static_cast<std::size_t>(heads < 1 ? heads * blocks : heads));
                one.gather();
                one.weigh();
                const double time = seconds([&] { step(one); });
                benchmark::DoNotOptimize(one.gathered);
                state.SetIterationTime(time);
                times.push_back(time);
            }
            state.counters["median_us"] = 1e6 * median(times);
            state.counters["tokens"] = static_cast<double>(one.gathered);
        });
    }
}

}  // namespace

int main(int argc, char** argv) {
    add_step("one pass", 50, [](unfinished& row) { benchmark::DoNotOptimize(one_pass_max(row.logits)); });
    add_step("the scan", 50, [](unfinished& row) { row.scan(); });
    for (const double heads : {50.0, 0.5}) {
        const std::string of = heads < 1 ? ", half of the blocks" : ", 50 blocks";
        add_step("a score that blocks reach" + of, heads,
                 [=](unfinished& row) { row.reach(heads < 1 ? row.block_best.size() / 2 : 50); });
        add_step("what reaches it, gathered" + of, heads, [](unfinished& row) { row.gather(); });
        add_step("its masses" + of, heads, [](unfinished& row) { row.weigh(); });
        add_step("the cut among it" + of, heads, [](unfinished& row) {
            row.low = pluck::cpu::select(row.ordered.data(), row.weights.data(), row.gathered, row.mass / 10 * 9,
                                         {row.low, row.seen.best})
                          .score;
        });
        add_step("a draw between cuts half a percent apart" + of, heads, [](unfinished& row) {
            benchmark::DoNotOptimize(pluck::cpu::draw_between(
                {row.ordered.data(), row.weights.data(), row.gathered, {row.low, row.seen.best}}, row.mass / 1000 * 900,
                row.mass / 1000 * 905, {{1, 2, 3, 4}}, row.block_mass.data()));
        });
    }
    add_step("a sample of 2,048 tokens", 0.5, [](unfinished& row) {
        float sample[kernels::max_sampled];
        kernels::take_sample(row.logits.size(), &sample[0],
                             [&](std::size_t begin, std::size_t count, float* to) noexcept {
                                 std::copy_n(row.row() + begin, count, to);
                             });
        benchmark::DoNotOptimize(run_kernel<kernels::sample_below>(&sample[0], row.logits.size(), row.best(), row.scale,
                                                                   pluck::detail::float_of(row.low)));
    });
    add_step("bounds of the total mass by the chord", 0.5, [](unfinished& row) {
        benchmark::DoNotOptimize(run_kernel<kernels::sum_powers<kernels::chord>>(
            row.view(), row.best(), row.lowest(), row.scale, row.scores.data(), row.gathered));
    });
    add_step("bounds of the total mass by the quartic", 0.5, [](unfinished& row) {
        benchmark::DoNotOptimize(run_kernel<kernels::sum_powers<kernels::quartic>>(
            row.view(), row.best(), row.lowest(), row.scale, row.scores.data(), row.gathered));
    });
    add_step("the exact mass of all", 50, [](unfinished& row) {
        row.mass = run_kernel<kernels::sum_masses>(row.view(), row.best(), row.scale, row.block_mass.data());
    });
    return run_all(argc, argv);
}
