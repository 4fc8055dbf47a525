// SPDX-License-Identifier: MIT
//
// What a block keeps in its shared memory, and the command by which the thread that runs a chain has all warps of its
// block carry out an operation.
#pragma once

#include <pluck/cuda/geometry.cuh>
#include <pluck/detail/config.hpp>
#include <pluck/pick.hpp>
#include <pluck/row/interval.hpp>
#include <pluck/row/weighing.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

namespace pluck { inline namespace v0 { namespace cuda {

/// What changes of a row as it is worked on: how many tokens its list has, if it is one, and which of two tables is
/// next.
struct progress {
    static constexpr std::uint32_t wide = ~std::uint32_t{0};
    std::uint32_t list = wide;
    std::uint32_t turn = 0;

    [[nodiscard]] PLUCK_HOST_DEVICE bool listed() const noexcept { return list != wide; }
    PLUCK_HOST_DEVICE progress next() noexcept {
        turn ^= 1;
        return *this;
    }
};

/// An operation has its arguments in so many bytes; what is larger lies in memory to which an argument points.
inline constexpr std::size_t max_operation_bytes = 112;

/// What all warps of a block shall do: the index of an operation in the kernel's operation_list, and its arguments.
struct command {
    std::uint32_t operation;
    progress now;
    alignas(16) std::byte arguments[max_operation_bytes];

    template <class Operation>
    PLUCK_HOST_DEVICE void set(std::uint32_t index, progress when, const Operation& asked) noexcept {
        static_assert(std::is_trivially_copyable_v<Operation>, "pluck: workers get a copy of an operation's bytes");
        static_assert(sizeof(Operation) <= max_operation_bytes && alignof(Operation) <= 16,
                      "pluck: an operation's arguments are too large for a command; point to them");
        operation = index;
        now = when;
        ::new (static_cast<void*>(arguments)) Operation(asked);
    }
    template <class Operation>
    [[nodiscard]] PLUCK_HOST_DEVICE const Operation& as() const noexcept {
        return *reinterpret_cast<const Operation*>(arguments);
    }
};

/// What is left of a row when its chain has run.
struct outcome {
    pick drawn{};
    interval kept{};
    weighing weight{};
    std::uint64_t total = 0;
    bool was_read = false;  ///< else the row was refused before any of it was looked at
};

/// The part of a block's shared memory that does not depend on the geometry. Blocks write into each other's
/// `broadcasts`, and into their lists where a warp has more than it can stage; they read each other's `histogram` and
/// `staged`. All else is a block's own.
template <class Team>
struct row_memory {
    struct staging {
        float score[Team::staged];
        std::int32_t token[Team::staged];
    };

    geometry shape;
    // The slice in the caller's memory, and where a copy of it is that is not in shared memory.
    const void* slice_quads;
    void* elsewhere;
    std::uint32_t slice_pad;
    std::uint32_t slice_size;
    std::int32_t slice_first;

    command commands[2];  // used in turns
    outcome result;

    std::uint64_t broadcasts[2];
    std::uint64_t found_rest;
    std::uint64_t found_inside;
    std::uint32_t found_bin;
    std::uint32_t finalists;
    std::uint32_t all_staged;
    std::uint32_t ids_outside;
    /// Where the tokens that each warp of the row brings to a list end in it.
    std::uint32_t list_end[Team::max_blocks * Team::warps];
    std::uint64_t finalist_key[Team::finalists];
    std::uint64_t finalist_weight[Team::finalists];

    union {                                      // never needed at the same time
        std::uint32_t histogram[2][Team::bins];  // low and high words of sums of 64 bits
        staging staged[Team::warps];             // what each warp has for a list
        alignas(16) std::int32_t round[(Team::threads + quad - 1) / quad * quad];  // ids that are edited together
    };

    alignas(16) float list_score[Team::list];
    alignas(16) std::int32_t list_token[Team::list];

    typename Team::scratch scratch;

    template <class Scalar>
    PLUCK_HOST_DEVICE void begin(const geometry& layout, const slice_view<Scalar>& slice, void* copy) noexcept {
        shape = layout;
        slice_quads = slice.quads;
        slice_pad = slice.pad;
        slice_size = slice.size;
        slice_first = slice.first;
        elsewhere = copy;
    }
    template <class Scalar>
    [[nodiscard]] PLUCK_HOST_DEVICE slice_view<Scalar> slice() const noexcept {
        return {static_cast<const Scalar*>(slice_quads), slice_pad, slice_size, slice_first};
    }
};

/// Where the parts of a block's shared memory begin, in bytes.
template <class Team>
struct memory_map {
    std::size_t tables, strip_mass, strip_best, slice;

    PLUCK_HOST_DEVICE explicit memory_map(const geometry& shape) noexcept {
        constexpr std::size_t list_rows = Team::list / (Team::lanes * quad);
        tables = up(sizeof(row_memory<Team>));
        strip_mass = tables + 4 * sizeof(std::uint64_t) * shape.blocks * Team::warps;
        strip_best = strip_mass + sizeof(std::uint64_t) * (shape.strips < list_rows ? list_rows : shape.strips);
        slice = up(strip_best + sizeof(std::int32_t) * shape.strips * shape.blocks);
    }

private:
    [[nodiscard]] PLUCK_HOST_DEVICE static constexpr std::size_t up(std::size_t n) noexcept {
        return (n + 15) / 16 * 16;
    }
};

}}}  // namespace pluck::v0::cuda
