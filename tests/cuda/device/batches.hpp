// SPDX-License-Identifier: MIT
//
// Batches for the device tests: logits of a type, a chain and a key for each row, what the CPU makes of them, and what
// the device did.
#pragma once

#include "cuda/device/launches.hpp"
#include "dossiers/all.hpp"
#include "exact/narrow.hpp"
#include "exact/random_chains.hpp"
#include "exact/random_rows.hpp"
#include <pluck/chain.hpp>
#include <pluck/cpu/report.hpp>
#include <pluck/cpu/row.hpp>
#include <pluck/logits.hpp>
#include <pluck/results.hpp>
#include <pluck/workspace.hpp>

#include <cuda_runtime_api.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <variant>
#include <vector>

namespace device_test {

inline void expect(cudaError_t error, const char* what) {
    if (error == cudaSuccess) return;
    std::printf("CUDA: %s: %s\n", what, cudaGetErrorString(error));
    std::exit(2);
}

/// Device memory that grows, and is not freed at the end.
template <class T>
class device_memory {
public:
    T* room(std::size_t count) {
        if (count > count_) {
            if (memory_ != nullptr) expect(cudaFree(memory_), "cudaFree");
            expect(cudaMalloc(reinterpret_cast<void**>(&memory_), count * sizeof(T)), "cudaMalloc");
            count_ = count;
        }
        return memory_;
    }
    T* load(const std::vector<T>& from) {
        T* to = room(from.size() + 1);
        expect(cudaMemcpy(to, from.data(), from.size() * sizeof(T), cudaMemcpyHostToDevice), "copy to the device");
        return to;
    }
    void poison(std::size_t count) { expect(cudaMemset(room(count), 0xa5, count * sizeof(T)), "cudaMemset"); }
    [[nodiscard]] std::vector<T> read(std::size_t count) const {
        std::vector<T> to(count);
        expect(cudaMemcpy(to.data(), memory_, count * sizeof(T), cudaMemcpyDeviceToHost), "copy from the device");
        return to;
    }
    [[nodiscard]] T* get() const { return memory_; }

private:
    T* memory_ = nullptr;
    std::size_t count_ = 0;
};

/// f(i) for each i < n, on all cores.
template <class F>
void on_all_cores(std::size_t n, const F& f) {
    std::atomic<std::size_t> next = 0;
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < std::max(1u, std::thread::hardware_concurrency()); ++t) {
        threads.emplace_back([&] {
            for (std::size_t i = next++; i < n; i = next++) f(i);
        });
    }
    for (auto& thread : threads) thread.join();
}

template <class Scalar>
[[nodiscard]] Scalar narrowed(float near, exact::splitmix& random) {
    if constexpr (std::same_as<Scalar, float>) return near;
    else if constexpr (std::same_as<Scalar, pluck::half>) return {exact::half_bits(near, random)};
    else return {exact::bfloat16_bits(near, random)};
}

/// The results of a draw.
struct answer {
    std::int32_t token = -1;
    pluck::status status = pluck::status::ok;
    std::int32_t kept = 0;
    std::uint32_t log_probability = no_number;  // bits, as all that follow
    std::int32_t rank = -1;
    std::array<std::int32_t, reported> top_ids = {-1, -1, -1};
    std::array<std::uint32_t, reported> top_values = {no_number, no_number, no_number};
    std::array<std::uint32_t, reported> given_values = {no_number, no_number, no_number};

    static constexpr std::uint32_t no_number = 0x7fc00000u;
    friend bool operator==(const answer&, const answer&) = default;
};

inline constexpr std::array<std::int32_t, reported> given_ids = {3, 0, -1};

/// The CPU's answer.
template <class Scalar, class Chain>
[[nodiscard]] answer answer_of(const pluck::logits_view<Scalar>& row, const Chain& chain, const pluck::key& key,
                               std::size_t index) {
    thread_local pluck::workspace scratch;
    pluck::cpu::row state(row, scratch, pluck::randomness(key), index);
    const auto stages = pluck::as_chain(chain);
    const pluck::pick drawn = pluck::detail::try_run(stages, state);
    answer all{.token = drawn.token, .status = drawn.status};
    if (!drawn) return all;
    all.kept = static_cast<std::int32_t>(state.count());
    float log = 0;
    std::array<float, reported> top_values{}, given_values{};
    const pluck::results out{.log_probability = &log,
                             .rank = &all.rank,
                             .top = {.ids = all.top_ids.data(), .values = top_values.data(), .count = reported},
                             .given = {.ids = given_ids.data(), .values = given_values.data(), .count = reported},
                             .of = base_for(row.size)};
    const auto look = [&]() noexcept { return row; };
    pluck::detail::report_draw(look, stages, pluck::randomness(key), index, scratch, state, drawn, {out, 0});
    all.log_probability = std::bit_cast<std::uint32_t>(log);
    for (std::size_t i = 0; i < reported; ++i) {
        all.top_values[i] = std::bit_cast<std::uint32_t>(top_values[i]);
        all.given_values[i] = std::bit_cast<std::uint32_t>(given_values[i]);
    }
    return all;
}

inline constexpr std::uint32_t most_steps = 5;

/// Rows of one length, each with its own chain and key.
template <class Scalar>
struct random_batch {
    std::size_t rows = 0, vocab = 0, stride = 0, offset = 0;
    std::vector<Scalar> logits;
    std::vector<step> steps;
    std::vector<pluck::key> keys;

    void make(std::size_t count, std::size_t length, bool large, exact::u64 number) {
        exact::splitmix shape(number, 1);
        rows = count, vocab = length;
        stride = vocab + (shape.one_in(2) ? 0 : shape.below(9));
        offset = shape.one_in(2) ? 0 : shape.below(8);
        logits.assign(offset + rows * stride + 1, narrowed<Scalar>(exact::float_of(exact::quiet_nan), shape));
        steps.assign(rows * most_steps, {});
        keys.assign(rows, {});
        on_all_cores(rows, [&](std::size_t r) { make_row(r, large, number); });
    }

    [[nodiscard]] pluck::logits_view<Scalar> row(std::size_t r) const {
        return {logits.data() + offset + r * stride, vocab, 1};
    }
    [[nodiscard]] pluck::batch_view<Scalar> on(const Scalar* device) const {
        return {device + offset, rows, vocab, static_cast<std::ptrdiff_t>(stride), 1};
    }

private:
    void make_row(std::size_t r, bool large, exact::u64 number) {
        exact::splitmix random(number, r + 2);
        std::vector<float> scores;
        if (!large) {
            exact::random_row(scores, vocab, random);
        } else {
            exact::large_row(scores, vocab, static_cast<exact::shape>(random.below(8)), random);
            if (random.one_in(100))
                scores[random.below(vocab)] =
                    exact::float_of(random.one_in(2) ? exact::plus_infinity : exact::quiet_nan);
        }
        Scalar* to = logits.data() + offset + r * stride;
        for (std::size_t i = 0; i < vocab; ++i) {
            to[i] = narrowed<Scalar>(scores[i], random);
            scores[i] = pluck::scalar_traits<Scalar>::widen(to[i]);
        }
        std::vector<dossiers::step> chain;
        exact::random_chain(chain, dossiers::samplers()[r % known], scores, large ? 4 : most_steps, large ? 8 : 4,
                            random);
        for (std::size_t i = 0; i < chain.size(); ++i) steps[r * most_steps + i] = step_of(chain[i], large);
        const auto [seed, sequence, position] = exact::random_place(random);
        keys[r] = {.seed = seed, .sequence = sequence, .position = position};
    }

    /// The device's list knows this many samplers, the first ones; the launch says how to draw. A later one is run on a
    /// device only when it has a step_kind in stages.hpp, a line in step_of(), and is counted here.
    static constexpr std::size_t known = 9;

    [[nodiscard]] static step step_of(const dossiers::step& from, bool large) {
        step made;
        std::visit(
            [&]<class Own>(const Own& own) {
                if constexpr (std::same_as<Own, dossiers::temperature>)
                    made.kind = step_kind::temperature, made.temperature = own.t;
                else if constexpr (std::same_as<Own, dossiers::top_k>) made.kind = step_kind::top_k, made.top_k = own.k;
                else if constexpr (std::same_as<Own, dossiers::top_p>)
                    made.kind = step_kind::top_p, made.top_p = {own.p, own.min_keep};
                else if constexpr (std::same_as<Own, dossiers::min_p>)
                    made.kind = step_kind::min_p, made.min_p = {own.m, own.min_keep};
                else if constexpr (std::same_as<Own, dossiers::greedy>) made.kind = step_kind::greedy;
                else if constexpr (std::same_as<Own, dossiers::drop_above>)
                    made.kind = step_kind::drop_best, made.count = std::min<std::uint64_t>(own.count, large ? 3 : 40);
                else if constexpr (std::same_as<Own, dossiers::keep_mass_at_least>)
                    made.kind = step_kind::keep_mass_at_least, made.count = own.mass;
            },
            from);
        return made;
    }
};

/// Where the device writes, poisoned before each launch.
class result_memory {
public:
    [[nodiscard]] outputs poisoned(std::size_t count) {
        count_ = count;
        token_.poison(count), status_.poison(count), kept_.poison(count), log_.poison(count);
        rank_.poison(count), top_ids_.poison(count * reported), top_values_.poison(count * reported);
        given_values_.poison(count * reported);
        given_ids_.load({given_ids.begin(), given_ids.end()});
        return {token_.get(),   status_.get(),     kept_.get(),      log_.get(),         rank_.get(),
                top_ids_.get(), top_values_.get(), given_ids_.get(), given_values_.get()};
    }
    [[nodiscard]] std::vector<answer> read() const {
        const auto token = token_.read(count_);
        const auto status = status_.read(count_);
        const auto kept = kept_.read(count_);
        const auto log = log_.read(count_);
        std::vector<answer> all(count_);
        const auto rank = rank_.read(count_);
        const auto top_ids = top_ids_.read(count_ * reported);
        const auto top_values = top_values_.read(count_ * reported), given = given_values_.read(count_ * reported);
        for (std::size_t i = 0; i < count_; ++i) {
            all[i] = {token[i], status[i], kept[i], std::bit_cast<std::uint32_t>(log[i]), rank[i]};
            for (std::size_t j = 0; j < reported; ++j) {
                all[i].top_ids[j] = top_ids[i * reported + j];
                all[i].top_values[j] = std::bit_cast<std::uint32_t>(top_values[i * reported + j]);
                all[i].given_values[j] = std::bit_cast<std::uint32_t>(given[i * reported + j]);
            }
        }
        return all;
    }

private:
    std::size_t count_ = 0;
    device_memory<std::int32_t> token_;
    device_memory<pluck::status> status_;
    device_memory<std::int32_t> kept_;
    device_memory<float> log_;
    device_memory<std::int32_t> rank_, top_ids_, given_ids_;
    device_memory<float> top_values_, given_values_;
};

}  // namespace device_test
