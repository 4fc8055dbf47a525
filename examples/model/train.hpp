// SPDX-License-Identifier: MIT
//
// Training: first values, windows of the text, and the loop over epochs.
//
// An epoch goes once through the text in windows of `length` characters, one after the other. The first window starts a
// few characters later in every epoch, so that over time the model sees the text cut at every position.
//
// The result depends on the seed, not on the number of threads: a batch is always split into `shards` parts, whatever
// runs them, and their gradients are added in the same order. (Another compiler or processor may round differently.)
#pragma once

#include "adam.hpp"
#include "transformer.hpp"
#include <pluck/detail/philox.hpp>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

namespace model {

/// 32 random bits, a pure function of its arguments: number `i` of stream `stream`.
inline std::uint32_t random_bits(std::uint64_t seed, std::uint32_t stream, std::uint64_t i) {
    const auto lo = static_cast<std::uint32_t>(i);
    const auto hi = static_cast<std::uint32_t>(i >> 32);
    return pluck::philox4x32({{lo, hi, stream, 0}},
                             {{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}})
        .word[0];
}

/// First values: gains 1, biases 0, everything else uniform in +-1/sqrt(number of inputs).
template <class Scalar>
void initialise(transformer<Scalar>& net, std::uint64_t seed) {
    const auto uniform = [&](auto& table, index inputs) {
        const double bound = 1 / std::sqrt(static_cast<double>(inputs));
        for (index i = 0; i < table.size(); ++i) {
            const auto place = static_cast<std::uint64_t>(table.data() + i - net.values.data());
            const double unit = (random_bits(seed, 1, place) + 0.5) * 0x1p-31 - 1;  // in (-1, 1)
            table.data()[i] = static_cast<Scalar>(bound * unit);
        }
    };
    net.values.setZero();
    auto p = name_parameters<Scalar>(net.size, net.values.data());
    uniform(p.token_embedding, net.size.width);
    uniform(p.position_embedding, net.size.width);
    for (auto& block : p.blocks) {
        block.attention_norm.gain.setOnes();
        block.feed_norm.gain.setOnes();
        uniform(block.qkv.weight, net.size.width);
        uniform(block.projection.weight, net.size.width);
        uniform(block.expand.weight, net.size.width);
        uniform(block.contract.weight, net.size.hidden);
    }
    p.final_norm.gain.setOnes();
    uniform(p.head.weight, net.size.width);
}

struct training {
    int epochs = 150;
    index length = 48;  // of a window
    index batch = 16;   // windows per step of the optimiser, at most
    index shards = 4;   // parts of a batch: as many threads can work
    double learning_rate = 3e-3;
    std::uint64_t seed = 1;
};

struct epoch_report {
    int epoch = 0;  // from 1
    int epochs = 0;
    double loss = 0;     // mean over the epoch, nats per character
    double seconds = 0;  // since the start
};

/// The range [from, to) of part `i` when `count` things are split into `parts` nearly equal ones.
inline std::pair<index, index> part_of(index count, index parts, index i) {
    return {count * i / parts, count * (i + 1) / parts};
}

/// Starts of the windows of one epoch, shuffled.
inline std::vector<index> windows(const training& how, index text_size, int epoch) {
    std::vector<index> starts;
    for (index at = (epoch * 17) % how.length; at + how.length < text_size; at += how.length) starts.push_back(at);
    for (std::size_t i = starts.size(); i > 1; --i) {  // Fisher and Yates
        const auto place = static_cast<std::uint64_t>(epoch) << 32 | i;
        std::swap(starts[i - 1], starts[random_bits(how.seed, 2, place) % i]);
    }
    return starts;
}

/// Trains `net` on `text`. `executor(n, f)` calls f(i) for each i < n (pluck::serial, pluck::thread_pool);
/// `report(epoch_report)` is called after each epoch.
template <class Scalar, class Executor, class Report>
void train(transformer<Scalar>& net, std::span<const int> text, const training& how, Executor&& executor,
           Report&& report) {
    if (how.length > net.size.context) throw std::invalid_argument("train: a window is longer than the context");
    if (static_cast<index>(text.size()) < 2 * how.length) throw std::invalid_argument("train: the text is too short");

    struct shard {
        std::vector<int> ids, targets;
        trace<Scalar> activations;
        column_vector<Scalar> gradient;
        double loss = 0;
    };
    std::vector<shard> shards(static_cast<std::size_t>(how.shards));
    adam<Scalar> optimiser(net.values.size());
    column_vector<Scalar> gradient;
    const auto start = std::chrono::steady_clock::now();

    for (int epoch = 0; epoch < how.epochs; ++epoch) {
        const auto starts = windows(how, static_cast<index>(text.size()), epoch);
        const auto count = static_cast<index>(starts.size());
        const index batches = (count + how.batch - 1) / how.batch;
        double loss = 0;
        for (index b = 0; b < batches; ++b) {
            const auto [from, to] = part_of(count, batches, b);
            const Scalar weight = Scalar(1) / static_cast<Scalar>((to - from) * how.length);
            executor(shards.size(), [&, from = from, to = to](std::size_t i) noexcept {
                shard& s = shards[i];
                const auto [first, last] = part_of(to - from, how.shards, static_cast<index>(i));
                s.ids.clear();
                s.targets.clear();
                for (index w = from + first; w < from + last; ++w) {
                    const auto at = text.begin() + starts[static_cast<std::size_t>(w)];
                    s.ids.insert(s.ids.end(), at, at + how.length);
                    s.targets.insert(s.targets.end(), at + 1, at + 1 + how.length);
                }
                s.gradient.setZero(net.values.size());
                s.loss =
                    loss_and_gradient<Scalar>(net, s.ids, s.targets, how.length, weight, s.activations, s.gradient);
            });
            gradient.setZero(net.values.size());
            for (const shard& s : shards) {
                gradient += s.gradient;
                loss += s.loss;
            }
            optimiser.step(net.values, gradient, how.learning_rate);
        }
        const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
        report(epoch_report{epoch + 1, how.epochs, loss / static_cast<double>(count * how.length), elapsed.count()});
    }
}

}  // namespace model
