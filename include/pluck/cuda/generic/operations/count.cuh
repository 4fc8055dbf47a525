// SPDX-License-Identifier: MIT
//
// How many tokens lie within an interval.
#pragma once

#include <pluck/cuda/generic/memory.cuh>
#include <pluck/detail/config.hpp>
#include <pluck/row/interval.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda { namespace operations {

struct count {
    static constexpr bool takes_turn = true;
    interval within;

    template <class Shard>
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t run(const Shard& row, progress now) const noexcept {
        return row.sum(row.own_count(interval(within), now), now);
    }
};

}}}}  // namespace pluck::v0::cuda::operations
