// SPDX-License-Identifier: MIT
//
// What the adapters for tensors are tested with: logits of each type, and the picks of the same logits in plain memory.
#pragma once

#include "support/logit_cases.hpp"
#include <pluck/logits.hpp>
#include <pluck/pluck.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace pluck_test {

/// A logit of the type near a float in (-60000, 60000). A double has bits that a float has not, and must be rounded.
template <class Scalar>
[[nodiscard]] Scalar scalar_near(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if constexpr (std::is_same_v<Scalar, float>) return value;
    else if constexpr (std::is_same_v<Scalar, double>) return static_cast<double>(value) * (1 - 0x1p-26);
    else if constexpr (std::is_same_v<Scalar, pluck::bfloat16>) return {static_cast<std::uint16_t>(bits >> 16)};
    else {
        const std::uint32_t sign = bits >> 16 & 0x8000u, exponent = bits >> 23 & 0xffu;
        if (exponent < 127 - 14) return {static_cast<std::uint16_t>(sign)};
        return {static_cast<std::uint16_t>(sign | (exponent - 112) << 10 | (bits >> 13 & 0x3ffu))};
    }
}

/// Rows side by side.
template <class Scalar>
struct plain_batch {
    std::size_t rows, vocab;
    std::vector<Scalar> logits{};

    plain_batch(std::size_t row_count, std::size_t row_size, std::uint64_t number) : rows(row_count), vocab(row_size) {
        random_numbers numbers(number, 77);
        for (std::size_t i = 0; i < rows * vocab; ++i)
            logits.push_back(scalar_near<Scalar>(static_cast<float>(3 * numbers.normal())));
    }
    [[nodiscard]] pluck::batch_view<Scalar> view() const { return {logits.data(), rows, vocab}; }
    [[nodiscard]] Scalar at(std::size_t row, std::size_t token) const { return logits[row * vocab + token]; }
};

inline const auto tensor_chain = pluck::temperature(0.8f) | pluck::top_k(100) | pluck::top_p(0.95f);

/// One key for each row.
[[nodiscard]] inline std::vector<pluck::key> tensor_keys(std::size_t rows) {
    std::vector<pluck::key> keys;
    for (std::size_t i = 0; i < rows; ++i) keys.push_back({.seed = 42, .sequence = i, .position = 7 * i});
    return keys;
}

template <class Scalar>
[[nodiscard]] std::vector<pluck::pick> plain_picks(const plain_batch<Scalar>& batch) {
    std::vector<pluck::pick> picks(batch.rows);
    pluck::sample_rows(batch.view(), tensor_chain, tensor_keys(batch.rows), picks);
    return picks;
}

}  // namespace pluck_test
