// SPDX-License-Identifier: MIT
//
// How a draw is timed: on a row that has just been copied in, as if the model had written it, in turn over several
// rows, so that no branch predictor learns one. The copy is not timed, nor is the first call. What a draw is compared
// with is timed in turn with it, so that what slows the machine for a while slows both.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
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

/// A row that begins with a cache line, as tensors' allocators place it. Elsewhere every other load of eight floats
/// crosses two lines, and a pass takes half as long again on some processors: that should not be left to chance.
template <class Scalar>
class aligned_row {
public:
    explicit aligned_row(std::size_t vocab) : memory_(vocab + line), vocab_(vocab) {}

    [[nodiscard]] std::span<Scalar> logits() {
        void* begin = memory_.data();
        std::size_t room = memory_.size() * sizeof(Scalar);
        return {static_cast<Scalar*>(std::align(line, vocab_ * sizeof(Scalar), begin, room)), vocab_};
    }

private:
    static constexpr std::size_t line = 64;
    std::vector<Scalar> memory_;
    std::size_t vocab_;
};

/// Whether a row's logits, and what a draw keeps, are in the processor's caches when the draw begins.
enum class caches { warm, cold };

/// Reads as much as a forward pass reads of a small model's weights, which is more than any cache holds.
inline void sweep_caches() {
    static const std::vector<std::uint64_t> weights(std::size_t{128} << 17, 1);  // 128 MiB
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < weights.size(); i += 8) sum += weights[i];
    benchmark::DoNotOptimize(sum);
}

/// `draw(std::span<Scalar>)` on each of `rows` in turn.
template <class Scalar, class Draw>
class turns {
public:
    turns(const std::vector<std::vector<Scalar>>& rows, Draw draw, caches before = caches::warm)
        : rows_(rows),
          draw_(std::move(draw)),
          before_(before),
          fresh_(before == caches::cold ? 1 : together(rows.front().size()), aligned_row<Scalar>(rows.front().size())) {
        if (rows.front().size() < (1u << 20)) next();
    }

    /// The seconds of all draws of a turn, which are `size()`.
    double next() {
        for (auto& row : fresh_) {
            const auto& model = rows_[turn_++ % rows_.size()];
            std::copy(model.begin(), model.end(), row.logits().begin());
        }
        if (before_ == caches::cold) sweep_caches();
        return seconds([this] {
            for (auto& row : fresh_) benchmark::DoNotOptimize(draw_(row.logits()));
        });
    }

    [[nodiscard]] std::size_t size() const { return fresh_.size(); }

private:
    /// A short row is done before the clock has ticked: then several rows are timed together.
    static std::size_t together(std::size_t vocab) { return std::clamp<std::size_t>(16384 / vocab, 1, 64); }

    const std::vector<std::vector<Scalar>>& rows_;
    Draw draw_;
    caches before_;
    std::vector<aligned_row<Scalar>> fresh_;
    std::size_t turn_ = 0;
};

/// The body of a benchmark. The counter median_us is the median time of a draw; a mean would be spoilt by whatever else
/// the machine does. With another's turns as `beside`, the counter `ratio` is how many of its medians that is.
template <class Draws, class... Beside>
void time_draws(benchmark::State& state, Draws draws, Beside... beside) {
    static_assert(sizeof...(beside) <= 1);
    std::vector<double> times;
    std::vector<double> others;
    for (auto _ : state) {
        times.push_back(draws.next());
        state.SetIterationTime(times.back());
        (others.push_back(beside.next() / static_cast<double>(beside.size())), ...);
    }
    const double time = median(times) / static_cast<double>(draws.size());
    state.counters["median_us"] = 1e6 * time;
    if constexpr (sizeof...(beside) > 0) state.counters["ratio"] = time / median(others);
}

}  // namespace pluck_bench
