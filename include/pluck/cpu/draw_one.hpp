// SPDX-License-Identifier: MIT
//
// One draw from one row, which sample() and sample_rows() are made of.
#pragma once

#include <pluck/chain.hpp>
#include <pluck/cpu/row.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/randomness.hpp>
#include <pluck/logits.hpp>
#include <pluck/pick.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <new>

namespace pluck { inline namespace v0 { namespace detail { inline namespace PLUCK_BUILD {

/// From what `look()` returns, a view, to a pick, and `learn(row, pick)` before the row is gone, and before any stage
/// remembers the token. To look at an expression may mean to compute it, which needs memory; nothing is learnt of a row
/// that gets none.
template <class Look, class Chain, class Learn>
[[nodiscard]] pick draw_one(const Look& look, const Chain& stages, const randomness& random, std::size_t index,
                            workspace& scratch, const Learn& learn) noexcept {
    const auto draw = [&] {
        cpu::row state(look(), scratch, random, index);
        const pick drawn = try_run(stages, state);
        learn(state, drawn);
        if (drawn) remember(stages, state, drawn.token);
        return drawn;
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

template <class Look, class Chain>
[[nodiscard]] pick draw_one(const Look& look, const Chain& stages, const randomness& random, std::size_t index,
                            workspace& scratch) noexcept {
    return draw_one(look, stages, random, index, scratch, [](const cpu::row&, const pick&) noexcept {});
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

}}}}  // namespace pluck::v0::detail::PLUCK_BUILD
