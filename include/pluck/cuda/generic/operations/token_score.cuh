// SPDX-License-Identifier: MIT
//
// The score of one token.
#pragma once

#include <pluck/cuda/generic/memory.cuh>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/row/interval.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda { namespace operations {

/// The bits of the token's score, and bit 32 set; 0 if it does not lie within the interval.
struct token_score {
    static constexpr bool takes_turn = true;
    interval within;
    std::int32_t token;

    template <class Shard>
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t run(const Shard& row, progress now) const noexcept {
        const token_score asked = *this;
        std::uint64_t found = 0;
        const auto look = [&](float score, std::int32_t id) {
            if (id == asked.token && asked.within.has(detail::ordered(score), id))
                found = std::uint64_t{1} << 32 | detail::bits_as<std::uint32_t>(score);
        };
        if (now.listed()) {
            const auto& shared = row.shared;
            for (std::uint32_t i = row.team.thread(); i < now.list; i += Shard::threads)
                look(shared.list_score[i], shared.list_token[i]);
        } else if (row.team.thread() == 0 && row.source.slice.owns(asked.token)) {
            look(row.source.one(row.source.slice.position_of(asked.token)), asked.token);
        }
        return row.largest(row.team.warp_max(found), now);
    }
};

}}}}  // namespace pluck::v0::cuda::operations
