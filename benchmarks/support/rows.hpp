// SPDX-License-Identifier: MIT
//
// The rows that benchmarks draw from: three shapes that cover what language models produce, by a fixed recipe.
#pragma once

#include <pluck/detail/philox.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numbers>
#include <utility>
#include <vector>

namespace pluck_bench {

/// Vocabularies in use: LLaMA 2, LLaMA 3, Gemma.
inline constexpr std::array<std::size_t, 3> vocabularies = {32000, 128256, 262144};

/// peaked:  N(0, 2.5), and 24 tokens that stand out by 11.5 to 17: a nucleus (p 0.9, T 0.8) of ten or so.
/// typical: N(0, 3): a nucleus of a thousand or so.
/// flat:    N(0, 0.5): a nucleus of most of the vocabulary.
enum class shape { peaked, typical, flat };
inline constexpr std::array<shape, 3> shapes = {shape::peaked, shape::typical, shape::flat};

constexpr const char* name_of(shape kind) {
    return kind == shape::peaked ? "peaked" : kind == shape::typical ? "typical" : "flat";
}

/// Uniform and normal numbers from a counter, the same in every run.
class numbers {
public:
    explicit numbers(std::uint64_t seed) : key_{{static_cast<std::uint32_t>(seed), 0}} {}

    double uniform() {  // (0, 1]
        const auto bits = pluck::philox4x32({{counter_++, 0, 0, 0}}, key_);
        return (bits.word[0] + 1.0) * 0x1p-32;
    }
    double normal() {
        const double radius = std::sqrt(-2 * std::log(uniform()));
        return radius * std::cos(2 * std::numbers::pi * uniform());
    }

private:
    pluck::philox_key key_;
    std::uint32_t counter_ = 0;
};

inline std::vector<float> make_row(std::size_t vocab, shape kind, std::uint64_t seed) {
    numbers draw(seed);
    const double deviation = kind == shape::peaked ? 2.5 : kind == shape::typical ? 3.0 : 0.5;
    std::vector<float> row(vocab);
    for (float& logit : row) logit = static_cast<float>(deviation * draw.normal());
    if (kind == shape::peaked) {
        for (int i = 0; i < 24; ++i) {
            const auto token = static_cast<std::size_t>(draw.uniform() * static_cast<double>(vocab - 1));
            row[token] = static_cast<float>(std::min(2.0, std::abs(double{row[token]})) + 11.5 + 3.5 * draw.uniform());
        }
    }
    return row;
}

/// Eight rows, or as many as make two million logits. Made once: a benchmark runs again for each repetition.
inline const std::vector<std::vector<float>>& rows_of(std::size_t vocab, shape kind) {
    static std::map<std::pair<std::size_t, shape>, std::vector<std::vector<float>>> made;
    auto& rows = made[{vocab, kind}];
    const std::size_t count = std::clamp<std::size_t>((1u << 21) / vocab, 1, 8);
    while (rows.size() < count) rows.push_back(make_row(vocab, kind, rows.size()));
    return rows;
}

}  // namespace pluck_bench
