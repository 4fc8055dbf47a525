// SPDX-License-Identifier: MIT
//
// What all threads of a block do but the one that runs the chain: they wait for its commands, and carry them out with
// it. So the loops exist once in a kernel, however many stages its chain has, and no other thread holds any state of
// the row.
#pragma once

#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/generic/operation.cuh>
#include <pluck/cuda/generic/row_shard.cuh>
#include <pluck/detail/config.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

template <class Source, class Operation, class Team>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE std::uint64_t perform_one(const Team& team,
                                                                              std::uint32_t slot) noexcept {
    if constexpr (requires { Operation::only_calls; }) {  // and needs no registers of its own
        const row_shard<Team, Source> row(team, slot);
        const command& asked = row.shared.commands[slot];
        return asked.as<Operation>().run(row, asked.now);
    } else {
        return perform<Operation, Source>(team, slot);
    }
}

template <class Source, class Team, class... Operations>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE std::uint64_t perform_any(operation_list<Operations...>,
                                                                              const Team& team, std::uint32_t slot,
                                                                              std::uint32_t which) noexcept {
    std::uint64_t found = 0;
    std::uint32_t index = 0;  // compilers make a switch of this
    (void)(... || (which == index++ && (found = perform_one<Source, Operations>(team, slot), true)));
    return found;
}

/// The block's commands, in its shared memory.
template <class Team>
[[nodiscard]] PLUCK_HOST_DEVICE inline const command& command_of(const Team& team, std::uint32_t slot) noexcept {
    return reinterpret_cast<const row_memory<Team>*>(team.room())->commands[slot];
}

/// Carries out the command in a slot, and says what it found. Two slots take turns: whoever has written one waits,
/// within the command after it, until all have read it.
template <class Source, class Operations, class Team>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::uint64_t perform_command(Team team,
                                                                                std::uint32_t slot) noexcept {
    team.warp_sync();  // the thread that runs the chain comes from elsewhere than its warp
    team.sync();
    return perform_any<Source>(Operations{}, team, slot, command_of(team, slot).operation);
}

/// A command of this number says to stop.
template <class Operations>
inline constexpr std::uint32_t stop_command = Operations::size;

/// Carries out commands until one says to stop.
template <class Source, class Operations, class Team>
PLUCK_HOST_DEVICE void worker_loop(const Team& team) noexcept {
    std::uint32_t slot = 0;
    do {
        slot ^= 1;
        (void)perform_command<Source, Operations>(team, slot);
    } while (command_of(team, slot).operation != stop_command<Operations>);
}

}}}  // namespace pluck::v0::cuda
