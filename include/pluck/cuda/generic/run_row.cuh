// SPDX-License-Identifier: MIT
//
// What all threads of all blocks of a row do, from the adjusters to what is written: the body of a kernel.
#pragma once

#include <pluck/chain.hpp>
#include <pluck/cuda/generic/chain_traits.cuh>
#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/generic/row.cuh>
#include <pluck/cuda/generic/row_shard.cuh>
#include <pluck/cuda/generic/worker_loop.cuh>
#include <pluck/detail/config.hpp>
#include <pluck/detail/philox.hpp>
#include <pluck/pick.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

/// The row as after(row, token) sees it on a device, where one thread of one block calls it.
template <class Row>
class afterwards {
public:
    PLUCK_HOST_DEVICE explicit afterwards(const Row& row) noexcept : row_(row) {}
    [[nodiscard]] PLUCK_HOST_DEVICE std::size_t index() const noexcept { return row_.index(); }
    [[nodiscard]] PLUCK_HOST_DEVICE double temperature() const noexcept { return row_.temperature(); }
    [[nodiscard]] PLUCK_HOST_DEVICE bits128 uniform() const noexcept { return row_.uniform(); }
    [[nodiscard]] PLUCK_HOST_DEVICE bits128 random(std::uint32_t purpose, std::uint32_t i) const noexcept {
        return row_.random(purpose, i);
    }

private:
    const Row& row_;
};

/// Runs a chain on a row, whose state all threads of a block have in common, and hands what comes out to `finish`.
/// `Adjusts` is false where the chain is known to have no adjusters.
template <bool Adjusts, class Team, class Row, class Chain, class Finish>
PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE void run_row(const Team& team, Row& state, const Chain& chain,
                                                   const Finish& finish, std::uint32_t draw) {
    using source = typename Row::source_type;
    if constexpr (Adjusts) {
        Row own(team, state);
        detail::adjust(chain, own);
        team.sync();
        if (team.thread() == 0) state = own;
    }
    if (team.thread() == 0) {
        const pick drawn = detail::try_draw(chain, state);
        finish.write_result(state, drawn, draw);
        state.finished(drawn);
    } else {
        worker_loop<source, typename Row::operations_type>(team);
    }
    const outcome& result = reinterpret_cast<const row_memory<Team>*>(team.room())->result;
    if (!result.was_read) team.wait_for_start();  // else that was waited for before anything was exchanged
    if constexpr (Finish::remembers && chain_traits<Chain>::template remembers<afterwards<Row>, Adjusts>) {
        // A stage may change what it has read only once every block of the row has read it.
        team.sync_all();
        if (is_first_thread(team) && result.drawn) {
            afterwards<Row> known{state};
            detail::remember(chain, known, result.drawn.token);
        }
    }
    if constexpr (Finish::writes_rows) finish.write(row_shard<Team, source>(team), result, draw);
}

}}}  // namespace pluck::v0::cuda
