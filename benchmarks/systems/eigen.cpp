// SPDX-License-Identifier: MIT
// What Eigen alone gives: maxCoeff with its index, and a softmax by exp().sum() with a running sum behind it. On
// memory that is not Eigen's: this file is compiled for another machine than the rest, and Eigen aligns accordingly.
#include "support/contest.hpp"

#include <Eigen/Core>

#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace {

using pluck_bench::sampler;
using pluck_bench::settings;
using row_of = Eigen::Map<const Eigen::ArrayXf>;

row_of view(std::span<float> row) { return {row.data(), static_cast<Eigen::Index>(row.size())}; }

const pluck_bench::joins eigen("Eigen", [](const settings& what) -> sampler {
    if (what.greedy()) {
        return [](std::span<float> row) {
            Eigen::Index best = 0;
            view(row).maxCoeff(&best);
            return static_cast<std::int32_t>(best);
        };
    }
    if (!what.plain()) return {};
    return [what, memory = std::vector<float>(), random = std::mt19937_64(1)](std::span<float> row) mutable {
        memory.resize(row.size());
        const row_of logits = view(row);
        Eigen::Map<Eigen::ArrayXf> weights(memory.data(), logits.size());
        weights = ((logits - logits.maxCoeff()) / what.temperature).exp();
        float rest = std::uniform_real_distribution<float>(0, weights.sum())(random);
        Eigen::Index i = 0;
        while (i + 1 < weights.size() && rest >= weights[i]) rest -= weights[i++];
        return static_cast<std::int32_t>(i);
    };
});

}  // namespace
