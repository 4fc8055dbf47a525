// SPDX-License-Identifier: MIT
//
// The front door: logits and a chain go in, a token comes out. Works on plain memory; include eigen.hpp or tensor.hpp
// (or pluck.hpp) for Eigen's types.
#pragma once

#include <pluck/chain.hpp>
#include <pluck/cpu/row.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/detail/randomness.hpp>
#include <pluck/detail/thread_workspace.hpp>
#include <pluck/executor.hpp>
#include <pluck/key.hpp>
#include <pluck/logits.hpp>
#include <pluck/pick.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <new>
#include <ranges>
#include <span>
#include <string>
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

inline namespace PLUCK_BUILD {

/// From what `look()` returns, a view, to a pick. To look at an expression may mean to compute it, which needs memory.
template <class Look, class Chain>
[[nodiscard]] pick draw_one(const Look& look, const Chain& stages, const randomness& random, std::size_t index,
                            workspace& scratch) noexcept {
    const auto draw = [&] {
        cpu::row state(look(), scratch, random, index);
        return run(stages, state);
    };
#if PLUCK_EXCEPTIONS
    if constexpr (!noexcept(look())) {
        try {
            return draw();
        } catch (const std::bad_alloc&) {
            return {-1, status::out_of_memory};
        }
    }
#endif
    return draw();
}

/// Looks at one row, or at row i of a batch.
template <class X>
struct look_at_row {
    const X& x;
    auto operator()() const noexcept(noexcept(row_traits<X>::view(x))) { return row_traits<X>::view(x); }
};
template <class Batch>
struct look_into_batch {
    const Batch& batch;
    std::size_t i;
    auto operator()() const noexcept(noexcept(batch_traits<Batch>::row(batch, i))) {
        return batch_traits<Batch>::row(batch, i);
    }
};

}  // namespace PLUCK_BUILD

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

namespace detail {

template <class Batch>
[[nodiscard]] std::size_t checked_rows(const Batch& batch, std::size_t keys, std::size_t picks) {
    const auto rows = static_cast<std::size_t>(batch_traits<Batch>::rows(batch));
    if (keys != rows) reject("sample_rows", "keys.size()", ("the batch's " + text_of(rows) + " rows").c_str(), keys);
    if (picks != rows) reject("sample_rows", "picks.size()", ("the batch's " + text_of(rows) + " rows").c_str(), picks);
    return rows;
}

inline void check_served(std::size_t served, std::size_t rows) {
    if (served < rows) {
        reject("sample_rows", "a per_row parameter's size", (">= the batch's " + text_of(rows) + " rows").c_str(),
               served);
    }
}

template <class Range>
concept chain_range = std::ranges::contiguous_range<const Range> && std::ranges::sized_range<const Range> &&
    chain_like<std::ranges::range_value_t<const Range>>;

template <class Batch>
inline constexpr bool check_batch() noexcept {
    static_assert(batch_like<Batch>,
                  "pluck: not a batch of logits. A batch is [batch, vocab]: an Eigen matrix, array or Map, a rank-2 "
                  "tensor, batch_view, or a range of rows. One row alone goes to sample()");
    return batch_like<Batch>;
}

}  // namespace detail

inline namespace PLUCK_BUILD {

/// Draws one token from each row of a batch.
///
/// Shapes.       batch [batch, vocab]; keys, picks and, if there is one per row, chains [batch].
/// Parameters.   chain      for all rows, or a contiguous range of chains, one per row
///               keys       one per row; a row's pick depends on its own logits, chain and key alone
///               picks      written in the caller's memory, one per row
///               executor   who calls whom: serial by default
/// Ties, Non-finite, Randomness: as sample(), row by row. Neither the order of the rows, nor how a batch is split, nor
///               the number of threads changes a pick.
/// Cost.         As sample(), times the rows, over the executor's threads.
/// Errors.       std::invalid_argument if sizes disagree, before anything is written. A bad row is a status.
template <class Batch, class Chains, class Executor = serial>
requires chain_like<Chains> || detail::chain_range<Chains>
void sample_rows(const Batch& batch, const Chains& chains, std::span<const key> keys, std::span<pick> picks,
                 const Executor& executor = {}) {
    if constexpr (detail::check_batch<Batch>()) {
        const std::size_t rows = detail::checked_rows(batch, keys.size(), picks.size());
        if constexpr (chain_like<Chains>) {
            const auto& stages = detail::stages_of(chains);
            detail::check_served(detail::rows_served(stages), rows);
            executor(rows, [&](std::size_t i) noexcept {
                detail::workspace_lease scratch;
                picks[i] = detail::draw_one(detail::look_into_batch<Batch>{batch, i}, stages, randomness(keys[i]), i,
                                            *scratch);
            });
        } else {
            const auto* chain = std::ranges::data(chains);
            if (std::ranges::size(chains) != rows) {
                detail::reject("sample_rows", "chains.size()",
                               ("the batch's " + detail::text_of(rows) + " rows").c_str(), std::ranges::size(chains));
            }
            for (std::size_t i = 0; i < rows; ++i)
                detail::check_served(detail::rows_served(detail::stages_of(chain[i])), rows);
            executor(rows, [&](std::size_t i) noexcept {
                detail::workspace_lease scratch;
                picks[i] = detail::draw_one(detail::look_into_batch<Batch>{batch, i}, detail::stages_of(chain[i]),
                                            randomness(keys[i]), i, *scratch);
            });
        }
    }
}

/// The same with the chain spelt out in place.
template <class Batch, class Executor = serial>
void sample_rows(const Batch& batch, const combined& chain, std::span<const key> keys, std::span<pick> picks,
                 const Executor& executor = {}) {
    sample_rows<Batch, combined, Executor>(batch, chain, keys, picks, executor);
}

}  // namespace PLUCK_BUILD

}}  // namespace pluck::v0
