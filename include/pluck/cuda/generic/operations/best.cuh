// SPDX-License-Identifier: MIT
//
// The best token of an interval.
#pragma once

#include <pluck/cuda/generic/memory.cuh>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/row/interval.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda { namespace operations {

/// The value of the best token's ranking_key; 0 if the interval has none.
struct best {
    static constexpr bool takes_turn = true;
    interval within;

    template <class Shard>
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t run(const Shard& row, progress now) const noexcept {
        const interval among = within;
        std::uint64_t most = 0;
        row.each(now, among, [&](float, std::int32_t score, std::int32_t token) {
            const std::uint64_t key = ranking_key(score, token).value;
            most = key > most ? key : most;
        });
        return row.largest(row.team.warp_max(most), now);
    }
};

}}}}  // namespace pluck::v0::cuda::operations
