// SPDX-License-Identifier: MIT
//
// The rows that the device is timed on: those of the CPU's benchmarks, and the worst that we could think of.
#pragma once

#include <pluck/detail/scalar.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace cuda_benchmark {

enum class row_kind { peaked, typical, flat, all_equal, tied_edge, few_levels };

struct named_shape {
    const char* name;
    row_kind kind;
};
inline constexpr named_shape shapes[] = {
    {"peaked", row_kind::peaked},    // N(0, 2.5), 24 tokens above by 11.5 to 17: a nucleus of ten or so
    {"typical", row_kind::typical},  // N(0, 3): a nucleus of a thousand or so
    {"flat", row_kind::flat},        // N(0, 0.5): most of the vocabulary
    {"all equal", row_kind::all_equal},
    {"tied edge", row_kind::tied_edge},  // a third of the tokens tie where the nucleus ends
    {"few levels", row_kind::few_levels},
};

/// A float to the nearest bfloat16, for rows without NaN.
[[nodiscard]] inline std::uint16_t nearest_bfloat16(float x) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    return static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/// A float to the nearest half, for rows within its range.
[[nodiscard]] inline std::uint16_t nearest_half(float x) {
    const int exponent = x == 0 ? -14 : std::max(std::ilogb(x), -14);  // below that its steps do not shrink
    const int steps = static_cast<int>(std::nearbyint(std::ldexp(std::fabs(x), 10 - exponent)));
    return static_cast<std::uint16_t>((x < 0 ? 0x8000 : 0) + (exponent + 15) * 1024 + steps - 1024);
}

template <class Scalar>
[[nodiscard]] Scalar nearest(float x) {
    if constexpr (std::same_as<Scalar, float>) return x;
    else if constexpr (std::same_as<Scalar, pluck::half>) return {nearest_half(x)};
    else return {nearest_bfloat16(x)};
}

template <class Scalar>
void append_row(std::vector<Scalar>& rows, std::size_t vocab, row_kind kind, std::size_t number) {
    std::mt19937_64 random(number + 1000 * static_cast<std::size_t>(kind));
    std::normal_distribution<float> normal;
    const std::size_t first = rows.size();
    for (std::size_t i = 0; i < vocab; ++i) {
        float x = 0;
        if (kind == row_kind::peaked) x = 2.5f * normal(random);
        if (kind == row_kind::typical) x = 3.0f * normal(random);
        if (kind == row_kind::flat) x = 0.5f * normal(random);
        if (kind == row_kind::all_equal) x = -1.75f;
        if (kind == row_kind::tied_edge) x = i % 3 == 0 ? 1.0f : i % 3 == 1 ? 0.5f : 0.0f;
        if (kind == row_kind::few_levels) x = static_cast<float>(static_cast<int>(normal(random) * 2)) / 2;
        rows.push_back(nearest<Scalar>(x));
    }
    if (kind != row_kind::peaked) return;
    for (int i = 0; i < 24; ++i) {
        const float x = 11.5f + 5.5f * static_cast<float>(i) / 23;
        rows[first + random() % vocab] = nearest<Scalar>(x);
    }
}

}  // namespace cuda_benchmark
