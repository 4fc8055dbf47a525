// SPDX-License-Identifier: MIT
//
// The entry point: logits and a chain go in, a token comes out; batches by batch.hpp. Works on plain memory; include
// eigen.hpp or tensor.hpp (or pluck.hpp) for Eigen's types.
#pragma once

#include <pluck/batch.hpp>
#include <pluck/chain.hpp>
#include <pluck/cpu/draw_one.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/randomness.hpp>
#include <pluck/detail/thread_workspace.hpp>
#include <pluck/key.hpp>
#include <pluck/logits.hpp>
#include <pluck/pick.hpp>
#include <pluck/workspace.hpp>

#include <type_traits>

namespace pluck { inline namespace v0 {

namespace detail {

template <class X>
inline constexpr bool check_row() noexcept {
    static_assert(row_like<X>,
                  "pluck: not a row of logits. A row has one dimension and float, double, half or bfloat16 elements: "
                  "an Eigen vector, matrix.row(i), a rank-1 tensor, std::span, std::vector, logits_view. "
                  "Eigen types need <pluck/eigen.hpp>, tensors <pluck/tensor.hpp>; batches go to sample_rows(); raw "
                  "16-bit memory is looked at through a pointer to pluck::half or pluck::bfloat16");
    return row_like<X>;
}

}  // namespace detail

inline namespace PLUCK_BUILD {

/// Draws one token from a row of logits.
///
/// Definition.   docs/draw.md: a pure function of the logits' bits, the chain and the key. Same arguments, same token,
///               on every machine, compiler, thread and backend.
/// Shapes.       row [vocab], 1 <= vocab <= 2^23, any stride and alignment; it is not modified.
/// Parameters.   row      natural-log scale (nats), any additive constant; float, double, half or bfloat16
///               chain    a stage, a chain or `combined`
///               key      where the randomness comes from; a new one for each draw
///               scratch  memory to work in; by default the thread's own
/// Ties.         By token id, lowest first.
/// Non-finite.   -infinity is never drawn; NaN, +infinity and a row without candidates are a status.
/// Randomness.   128 bits at (seed, sequence, position), and what the chain's stages derive from them.
/// Cost.         One pass over the row, and what the chain needs beyond it; linear in the vocab. Allocates nothing
///               once the scratch memory has seen a row as long.
/// Errors.       Never throws: the pick converts to bool and names its status.
template <class X, chain_like Chain>
[[nodiscard]] pick sample(const X& row, const Chain& chain, const key& key, workspace& scratch) noexcept {
    if constexpr (detail::check_row<X>()) {
        return detail::draw_one(detail::look_at_row<X>{row}, detail::stages_of(chain), randomness(key), 0, scratch);
    }
}

template <class X, chain_like Chain>
[[nodiscard]] pick sample(const X& row, const Chain& chain, const key& key) noexcept {
    detail::workspace_lease scratch;
    return sample(row, chain, key, *scratch);
}

/// The same with the chain spelt out in place: `sample(logits, {.top_k = 50}, {.seed = 1})`.
template <class X>
[[nodiscard]] pick sample(const X& row, const combined& chain, const key& key, workspace& scratch) noexcept {
    return sample<X, combined>(row, chain, key, scratch);
}

template <class X>
[[nodiscard]] pick sample(const X& row, const combined& chain, const key& key) noexcept {
    return sample<X, combined>(row, chain, key);
}

/// The best token, the lowest id on ties: what sample() draws with greedy().
template <class X>
[[nodiscard]] pick argmax(const X& row) noexcept {
    return sample(row, greedy{}, key{});
}

}  // namespace PLUCK_BUILD

}}  // namespace pluck::v0
