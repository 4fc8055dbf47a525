// SPDX-License-Identifier: MIT
//
// What an operation is: what all warps of a row do together, when the thread that runs the chain has them do it. It is
// a struct of its arguments, with a function run() for all threads of a row:
//
//     struct count {
//         static constexpr bool takes_turn = true;  // whether blocks exchange anything in it
//         interval within;
//         template <class Shard>
//         PLUCK_HOST_DEVICE std::uint64_t run(const Shard& row, progress now) const noexcept;
//     };
//
// run() is called on the command in shared memory: it copies what a loop reads, since any store to shared memory might
// have changed it. All threads return the same. A kernel knows a list of operations, and a command names one by its
// place in that list: the row's own (operations.cuh), and those that a stage lists as its `operations`.
#pragma once

#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/generic/row_shard.cuh>
#include <pluck/detail/config.hpp>

#include <cstdint>
#include <type_traits>

namespace pluck { inline namespace v0 { namespace cuda {

/// The operations that a kernel's workers know.
template <class... Operations>
struct operation_list {
    using list = operation_list;
    template <class Operation>
    using with = operation_list<Operations..., Operation>;

    static constexpr std::uint32_t size = sizeof...(Operations);

    template <class Operation>
    static constexpr bool has = (... || std::is_same_v<Operation, Operations>);

    /// The place of an operation that the list has.
    template <class Operation>
    [[nodiscard]] PLUCK_HOST_DEVICE static constexpr std::uint32_t index_of() noexcept {
        std::uint32_t index = 0;
        (void)(... || (std::is_same_v<Operation, Operations> || (++index, false)));
        return index;
    }
};

template <class List, class More>
struct join_operations {
    using type = List;
};
template <class List, class First, class... Rest>
struct join_operations<List, operation_list<First, Rest...>> {
    using with_first = std::conditional_t<List::template has<First>, List, typename List::template with<First>>;
    using type = typename join_operations<with_first, operation_list<Rest...>>::type;
};

/// A list, and what of a second one it has not got.
template <class List, class More>
using joined_operations = typename join_operations<List, typename More::list>::type;

/// An operation as a function of its own, so that none pays for the registers of another; its arguments are those of
/// the command in a slot.
template <class Operation, class Source, class Team>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::uint64_t perform(Team team, std::uint32_t slot) noexcept {
    const row_shard<Team, Source> row(team, slot);
    const command& asked = row.shared.commands[slot];
    return asked.as<Operation>().run(row, asked.now);
}

}}}  // namespace pluck::v0::cuda
