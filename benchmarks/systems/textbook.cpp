// SPDX-License-Identifier: MIT
// What the textbook does, with the standard library: sort where a ranking is asked for, exponentials, a running sum.
#include "support/contest.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <span>
#include <vector>

namespace {

using pluck_bench::sampler;
using pluck_bench::settings;

class textbook {
public:
    explicit textbook(const settings& what) : what_(what) {}

    std::int32_t operator()(std::span<float> row) {
        if (what_.greedy()) return static_cast<std::int32_t>(std::max_element(row.begin(), row.end()) - row.begin());
        ids_.resize(row.size());
        std::iota(ids_.begin(), ids_.end(), 0);
        if (what_.top_k > 0 || what_.top_p < 1) std::sort(ids_.begin(), ids_.end(), ranks_before{row});
        if (what_.top_k > 0) ids_.resize(std::min(ids_.size(), static_cast<std::size_t>(what_.top_k)));

        const float best = *std::max_element(row.begin(), row.end());
        weights_.resize(ids_.size());
        for (std::size_t i = 0; i < ids_.size(); ++i) weights_[i] = std::exp((at(row, i) - best) / what_.temperature);
        if (what_.top_p < 1) {
            const double enough = double{what_.top_p} * std::accumulate(weights_.begin(), weights_.end(), 0.0);
            std::size_t kept = 0;
            for (double sum = 0; kept < weights_.size() && sum < enough; ++kept) sum += double{weights_[kept]};
            weights_.resize(kept);
        }
        if (what_.min_p > 0) {  // the best token weighs 1
            std::replace_if(
                weights_.begin(), weights_.end(), [&](float w) { return w < what_.min_p; }, 0.0f);
        }
        const double total = std::accumulate(weights_.begin(), weights_.end(), 0.0);
        double rest = std::uniform_real_distribution<double>(0, total)(random_);
        std::size_t i = 0;
        while (i + 1 < weights_.size() && rest >= double{weights_[i]}) rest -= double{weights_[i++]};
        return ids_[i];
    }

private:
    struct ranks_before {
        std::span<const float> row;
        bool operator()(std::int32_t a, std::int32_t b) const {
            return row[static_cast<std::size_t>(a)] > row[static_cast<std::size_t>(b)];
        }
    };
    [[nodiscard]] float at(std::span<const float> row, std::size_t i) const {
        return row[static_cast<std::size_t>(ids_[i])];
    }

    settings what_;
    std::vector<std::int32_t> ids_;
    std::vector<float> weights_;
    std::mt19937_64 random_{1};
};

const pluck_bench::joins the_textbook("std::sort", [](const settings& what) -> sampler { return textbook(what); });

// The standard library's own draw.
const pluck_bench::joins discrete("std::discrete_distribution", [](const settings& what) -> sampler {
    if (!what.plain()) return {};
    return [what, weights = std::vector<double>(), random = std::mt19937_64(1)](std::span<float> row) mutable {
        const float best = *std::max_element(row.begin(), row.end());
        weights.resize(row.size());
        for (std::size_t i = 0; i < row.size(); ++i) {
            weights[i] = double{std::exp((row[i] - best) / what.temperature)};
        }
        return std::discrete_distribution<std::int32_t>(weights.begin(), weights.end())(random);
    };
});

}  // namespace
