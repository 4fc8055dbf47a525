// SPDX-License-Identifier: MIT
//
// Batches on the CPU: many draws in one call, by the same keys and results as on a device (cuda/sample.cuh).
#pragma once

#include <pluck/base.hpp>
#include <pluck/chain.hpp>
#include <pluck/cpu/draw_one.hpp>
#include <pluck/cpu/report.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/detail/randomness.hpp>
#include <pluck/detail/range.hpp>
#include <pluck/detail/thread_workspace.hpp>
#include <pluck/executor.hpp>
#include <pluck/key.hpp>
#include <pluck/keys.hpp>
#include <pluck/logits.hpp>
#include <pluck/pick.hpp>
#include <pluck/results.hpp>
#include <pluck/row/report.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>

namespace pluck { inline namespace v0 {

/// Which rows are drawn from, and where the parameters of each draw lie. All of it may be left out.
struct batch_options {
    /// [draws]: draw i is from row indices[i]; several may be from one row. Parameters, keys and results belong to
    /// draws. An index outside of the batch gives its draw `bad_parameter`. An empty array is no draws; left out,
    /// draw i is from row i.
    std::optional<std::span<const std::int32_t>> indices = {};
    /// [draws]: draw i reads what is `per_row`, parameters or chains, at slots[i], which `row.index()` returns. So it
    /// lies in arrays that stay, while requests come and go. A slot that is negative or past the end of an array gives
    /// its draw `bad_parameter`, whatever its logits are. Keys and results belong to draws all the same. Left out,
    /// draw i reads at i.
    std::optional<std::span<const std::int32_t>> slots = {};
};

namespace detail {

template <class Range>
concept chain_range = contiguous_range<Range> && chain_like<range_value<Range>>;

template <class Batch>
inline constexpr bool check_batch() noexcept {
    static_assert(batch_like<Batch>,
                  "pluck: not a batch of logits. A batch is [batch, vocab]: an Eigen matrix, array or Map, a rank-2 "
                  "tensor, batch_view, or a range of rows. One row alone goes to sample()");
    return batch_like<Batch>;
}

/// Results as they are wanted on the CPU: in arrays of their own, or as picks.
struct outputs {
    results arrays{};
    pick* picks = nullptr;
};

/// What a draw is given and where: all sizes of it checked.
struct draws {
    std::size_t count;
    std::size_t rows;
    batch_options how;

    [[nodiscard]] PLUCK_TAGGED std::string text() const {
        return how.indices ? "the " + text_of(count) + " draws" : "the batch's " + text_of(count) + " rows";
    }
    PLUCK_TAGGED void check_size(const char* what, std::size_t size) const {
        if (size != count) reject("sample_rows", what, text().c_str(), size);
    }
    /// Where draws read at slots, it is the slot that is past the end of an array or not, which is that draw's status.
    PLUCK_TAGGED void check_served(const served& by_parameters) const {
        if (by_parameters.rows >= count || how.slots) return;
        reject_served("sample_rows", by_parameters, text());
    }

    [[nodiscard]] PLUCK_TAGGED std::int64_t row_of(std::size_t i) const noexcept {
        return how.indices ? std::int64_t{(*how.indices)[i]} : static_cast<std::int64_t>(i);
    }
    [[nodiscard]] PLUCK_TAGGED std::int64_t slot_of(std::size_t i) const noexcept {
        return how.slots ? std::int64_t{(*how.slots)[i]} : static_cast<std::int64_t>(i);
    }
};

template <class Batch>
[[nodiscard]] PLUCK_TAGGED draws draws_of(const Batch& batch, const batch_options& how) noexcept {
    const auto rows = static_cast<std::size_t>(batch_traits<Batch>::rows(batch));
    return {how.indices ? how.indices->size() : rows, rows, how};
}

inline namespace PLUCK_BUILD {

/// Draw i of a batch, and what is wanted of it.
template <class Batch, class Chain>
void draw_of_batch(const Batch& batch, const draws& all, std::size_t i, const Chain& stages, const keys& keys,
                   const outputs& out) noexcept {
    pick drawn{-1, status::bad_parameter};
    std::size_t kept = 0;
    const report_arrays to(out.arrays, i);
    to.put_nothing();
    const std::int64_t row = all.row_of(i), slot = all.slot_of(i);
    if (row >= 0 && static_cast<std::size_t>(row) < all.rows && slot >= 0) {
        workspace_lease scratch;
        const look_into_batch<Batch> look{batch, static_cast<std::size_t>(row)};
        const randomness random(keys[i]);
        const auto index = static_cast<std::size_t>(slot);
        drawn = draw_one(look, stages, random, index, *scratch, [&](cpu::row& state, const pick& found) noexcept {
            if (!found) return;
            if (out.arrays.kept != nullptr) kept = state.count();
            report_draw(look, stages, random, index, *scratch, state, found, to);
        });
    }
    if (out.picks != nullptr) out.picks[i] = drawn;
    if (out.arrays.token != nullptr) out.arrays.token[i] = drawn.token;
    if (out.arrays.status != nullptr) out.arrays.status[i] = drawn.status;
    if (out.arrays.kept != nullptr) out.arrays.kept[i] = static_cast<std::int32_t>(kept);
}

/// Checks what depends on the chains, and draws.
template <class Batch, class Chains, class Executor>
void draw_batch(const Batch& batch, const draws& all, const Chains& chains, const keys& keys, const outputs& out,
                const Executor& executor) {
    keys.check("sample_rows", all.count);
    out.arrays.check("sample_rows");
    if constexpr (chain_like<Chains>) {
        const auto& stages = stages_of(chains);
        all.check_served(rows_served(stages));
        executor(all.count, [&](std::size_t i) noexcept { draw_of_batch(batch, all, i, stages, keys, out); });
    } else {
        const auto* chain = std::data(chains);
        all.check_size("chains.size()", static_cast<std::size_t>(std::size(chains)));
        for (std::size_t i = 0; i < all.count; ++i) all.check_served(rows_served(stages_of(chain[i])));
        executor(all.count,
                 [&](std::size_t i) noexcept { draw_of_batch(batch, all, i, stages_of(chain[i]), keys, out); });
    }
}

}  // namespace PLUCK_BUILD

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
/// Errors.       std::invalid_argument, before anything is written, if there are not as many keys, picks or chains as
///               rows, or if a per_row array of parameters is shorter; it may be longer. A bad row is a status.
template <class Batch, class Chains, class Executor = serial>
requires chain_like<Chains> || detail::chain_range<Chains>
void sample_rows(const Batch& batch, const Chains& chains, std::span<const key> keys, std::span<pick> picks,
                 const Executor& executor = {}) {
    if constexpr (detail::check_batch<Batch>()) {
        const detail::draws all = detail::draws_of(batch, {});
        all.check_size("keys.size()", keys.size());
        all.check_size("picks.size()", picks.size());
        detail::draw_batch(batch, all, chains, {.whole = keys.data()}, {.picks = picks.data()}, executor);
    }
}

/// Draws from the rows of a batch as a server does: with keys and results in arrays, and the same structs as on a
/// device.
///
///     sample_rows(logits, chain, {.seed = 42, .position = per_row<std::uint64_t>{positions}}, {.token = tokens});
///
/// Shapes.       batch [rows, vocab]; draws are as many as its rows, or as how.indices; the arrays of keys, results and
///               slots, and a range of chains, are [draws].
/// Parameters.   chains     for all draws, or a contiguous range of chains, one per draw
///               keys       for each word one value or one per draw, or `.whole` keys
///               out        arrays in the caller's memory, null for what is not wanted
///               how        which rows draws are from, and which slots they have: see batch_options
///               executor   who calls whom: serial by default
/// Definition.   kept is the number of tokens in what the chain keeps; log_probability, rank, top and given are those
///               of report.hpp, for the base out.of: by default of what the chain keeps. Their bits are those of a
///               device.
/// Cost.         As above. What is asked of the chain settles the last cut, which a draw alone may not need; what is
///               asked of another base costs what report.hpp says.
/// Errors.       std::invalid_argument, before anything is written, if there are more or fewer chains or slots than
///               draws, if a per_row array is too short: of keys always, of parameters where there are no slots, or if
///               out.top.count is above max_top. Arrays may be longer; those without a size are trusted. What is wrong
///               with one draw is its status.
//
// Keys and Results are no other types. They are deduced so that the spans above are the better match of `{}`.
template <class Batch, class Chains, class Executor = serial, std::same_as<keys> Keys = keys,
          std::same_as<results> Results = results>
requires chain_like<Chains> || detail::chain_range<Chains>
void sample_rows(const Batch& batch, const Chains& chains, const Keys& keys, const Results& out,
                 const batch_options& how = {}, const Executor& executor = {}) {
    if constexpr (detail::check_batch<Batch>()) {
        const detail::draws all = detail::draws_of(batch, how);
        if (how.slots) all.check_size("slots.size()", how.slots->size());
        detail::draw_batch(batch, all, chains, keys, {.arrays = out}, executor);
    }
}

/// The same with the chain spelt out in place.
template <class Batch, class Executor = serial>
void sample_rows(const Batch& batch, const combined& chain, std::span<const key> keys, std::span<pick> picks,
                 const Executor& executor = {}) {
    sample_rows<Batch, combined, Executor>(batch, chain, keys, picks, executor);
}

template <class Batch, class Executor = serial, std::same_as<keys> Keys = keys, std::same_as<results> Results = results>
void sample_rows(const Batch& batch, const combined& chain, const Keys& keys, const Results& out,
                 const batch_options& how = {}, const Executor& executor = {}) {
    sample_rows<Batch, combined, Executor>(batch, chain, keys, out, how, executor);
}

}  // namespace PLUCK_BUILD

}}  // namespace pluck::v0
