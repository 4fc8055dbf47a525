// SPDX-License-Identifier: MIT
//
// Logits of every scalar type by their bits, and what the oracle makes of them.
#pragma once

#include "exact/narrow.hpp"
#include "exact/random_rows.hpp"
#include "exact/splitmix.hpp"
#include "reference/widen.hpp"
#include <pluck/detail/scalar.hpp>

#include <Eigen/Core>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace exact {

/// What a test must know of a scalar type: its bits, how to make them, how the oracle widens them.
template <class Scalar>
struct scalar_kind;

template <>
struct scalar_kind<float> {
    static constexpr auto make = float_bits;
    static float widen(std::uint32_t bits) { return std::bit_cast<float>(bits); }
};
template <>
struct scalar_kind<double> {
    static constexpr auto make = double_bits;
    static float widen(std::uint64_t bits) { return oracle::float_from_double(std::bit_cast<double>(bits)); }
};
struct kind_of_half {
    static constexpr auto make = half_bits;
    static float widen(std::uint16_t bits) { return oracle::float_from_half(bits); }
};
struct kind_of_bfloat16 {
    static constexpr auto make = bfloat16_bits;
    static float widen(std::uint16_t bits) { return oracle::float_from_bfloat16(bits); }
};
template <>
struct scalar_kind<pluck::half> : kind_of_half {};
template <>
struct scalar_kind<Eigen::half> : kind_of_half {};
template <>
struct scalar_kind<pluck::bfloat16> : kind_of_bfloat16 {};
template <>
struct scalar_kind<Eigen::bfloat16> : kind_of_bfloat16 {};

template <class Scalar>
using bits_of = decltype(scalar_kind<Scalar>::make(0.0f, std::declval<splitmix&>()));

/// A random row of another type: its bits, and the row as the oracle sees it.
template <class Scalar>
void random_scalars(std::vector<bits_of<Scalar>>& bits, std::vector<float>& widened, std::size_t vocab,
                    splitmix& random) {
    random_row(widened, vocab, random);
    bits.resize(vocab);
    for (std::size_t i = 0; i < vocab; ++i) {
        bits[i] = scalar_kind<Scalar>::make(widened[i], random);
        widened[i] = scalar_kind<Scalar>::widen(bits[i]);
    }
}

}  // namespace exact
