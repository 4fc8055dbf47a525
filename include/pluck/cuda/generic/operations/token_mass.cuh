// SPDX-License-Identifier: MIT
//
// What one token weighs.
#pragma once

#include <pluck/cuda/generic/memory.cuh>
#include <pluck/detail/config.hpp>
#include <pluck/row/interval.hpp>
#include <pluck/row/weighing.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda { namespace operations {

/// The token must lie within the interval.
struct token_mass {
    static constexpr bool takes_turn = true;
    interval within;
    weighing weight;
    std::int32_t token;

    template <class Shard>
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t run(const Shard& row, progress now) const noexcept {
        const token_mass asked = *this;
        bool mine = false;
        std::uint64_t mass = 0;
        row.each(now, asked.within, [&](float score, std::int32_t, std::int32_t id) {
            if (id != asked.token) return;
            mine = true;
            mass = asked.weight(score);
        });
        return row.broadcast(mine, mass, now);
    }
};

}}}}  // namespace pluck::v0::cuda::operations
