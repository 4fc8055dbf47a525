// SPDX-License-Identifier: MIT
//
// The samplers as a textbook has them: softmax in doubles, filters by sorting. It knows nothing of integer masses, so
// draws that follow it follow the usual definition. A row where rounding could decide a cut is refused.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace pluck_test {

class textbook {
public:
    explicit textbook(const std::vector<float>& row) : scores_(row.begin(), row.end()), ranking_(row.size()) {
        std::iota(ranking_.begin(), ranking_.end(), std::size_t{0});
        std::stable_sort(ranking_.begin(), ranking_.end(),
                         [&](std::size_t a, std::size_t b) { return scores_[a] > scores_[b]; });
        while (!ranking_.empty() && std::isinf(scores_[ranking_.back()])) ranking_.pop_back();
        kept_ = ranking_.size();
    }

    textbook& temperature(double t) {
        for (double& score : scores_) score /= t;
        return *this;
    }
    textbook& top_k(std::size_t k) {
        kept_ = std::min(kept_, k);
        return *this;
    }
    textbook& top_p(double p) {
        const std::vector<double> each = probabilities();
        double sum = 0;
        std::size_t head = 0;
        while (head < kept_ && sum < p) {
            sum += each[ranking_[head++]];
            if (std::abs(sum - p) < 1e-6) throw std::logic_error("a nucleus that ends exactly at p");
        }
        kept_ = head;
        return *this;
    }
    textbook& min_p(double m) {
        const double least = scores_[ranking_[0]] + std::log(m);
        std::size_t head = 0;
        while (head < kept_ && scores_[ranking_[head]] >= least) ++head;
        for (const double score : scores_) {
            if (std::abs(score - least) < 1e-5)
                throw std::logic_error("a token that lies exactly at min-p's threshold");
        }
        kept_ = head;
        return *this;
    }

    /// softmax over what is kept, and over the `more` that were cut last.
    [[nodiscard]] std::vector<double> probabilities(std::size_t more = 0) const {
        std::vector<double> result(scores_.size(), 0.0);
        const std::size_t count = std::min(kept_ + more, ranking_.size());
        double total = 0;
        for (std::size_t i = 0; i < count; ++i) {
            total += result[ranking_[i]] = std::exp(scores_[ranking_[i]] - scores_[ranking_[0]]);
        }
        for (double& p : result) p /= total;
        return result;
    }

private:
    std::vector<double> scores_;
    std::vector<std::size_t> ranking_;  // the candidates, best first
    std::size_t kept_ = 0;              // how many of them are kept
};

/// How often each token comes in `draws` draws from these probabilities, by Walker's alias method and a generator
/// (splitmix64) that has nothing in common with the library's.
[[nodiscard]] inline std::vector<std::uint64_t> counts_from(const std::vector<double>& probabilities, std::size_t draws,
                                                            std::uint64_t seed) {
    const std::size_t n = probabilities.size();
    std::vector<double> fill(n);
    std::vector<std::size_t> alias(n), small, large;
    for (std::size_t i = 0; i < n; ++i) {
        fill[i] = probabilities[i] * static_cast<double>(n);
        alias[i] = i;
        (fill[i] < 1 ? small : large).push_back(i);
    }
    while (!small.empty() && !large.empty()) {
        const std::size_t poor = small.back(), rich = large.back();
        small.pop_back();
        alias[poor] = rich;
        fill[rich] -= 1 - fill[poor];
        if (fill[rich] < 1) {
            large.pop_back();
            small.push_back(rich);
        }
    }
    for (const std::size_t i : small) {
        if (fill[i] > 0.5) fill[i] = 1;  // 1 but for rounding
    }
    struct column {
        std::uint64_t fill;
        std::size_t own, other;
    };
    std::vector<column> columns(n);
    for (std::size_t i = 0; i < n; ++i) columns[i] = {static_cast<std::uint64_t>(fill[i] * 0x1p32), i, alias[i]};
    std::vector<std::uint64_t> counts(n);
    for (std::size_t i = 0; i < draws; ++i) {
        std::uint64_t z = seed += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        z ^= z >> 31;
        const column& hit = columns[static_cast<std::size_t>((z >> 32) * n >> 32)];
        const auto take_own = static_cast<std::size_t>((z & 0xffffffffu) < hit.fill);
        ++counts[hit.other ^ ((hit.own ^ hit.other) & (0 - take_own))];  // no branch that chance would mispredict
    }
    return counts;
}

}  // namespace pluck_test
