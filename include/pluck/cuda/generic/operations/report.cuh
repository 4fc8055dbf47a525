// SPDX-License-Identifier: MIT
//
// What a report takes beside what draws need: a row that is wide again, and many log-probabilities at once.
#pragma once

#include <pluck/cuda/generic/memory.cuh>
#include <pluck/detail/config.hpp>
#include <pluck/detail/log.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/row/interval.hpp>
#include <pluck/row/report.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda { namespace operations {

/// All blocks wait for each other: one that works alone may be ahead of the others, which still read what it would
/// write to them.
struct meet {
    static constexpr bool takes_turn = false;

    template <class Shard>
    PLUCK_HOST_DEVICE std::uint64_t run(const Shard& row, progress) const noexcept {
        row.team.sync_all();
        return 0;
    }
};

/// Writes the log-probabilities of any tokens, each by a thread of the block that holds it, whatever has been listed.
struct write_given {
    static constexpr bool takes_turn = false;
    interval within;
    detail::log_probabilities log;
    const std::int32_t* ids;
    float* values;
    std::uint32_t count;
    std::uint32_t vocab;

    template <class Shard>
    PLUCK_HOST_DEVICE std::uint64_t run(const Shard& row, progress) const noexcept {
        const write_given asked = *this;
        const auto& slice = row.source.slice;
        PLUCK_ROLLED
        for (std::uint32_t i = row.team.thread(); i < asked.count; i += Shard::threads) {
            const std::int32_t id = asked.ids[i];
            if (static_cast<std::uint32_t>(id) >= asked.vocab) {
                if (row.team.block() == 0) asked.values[i] = detail::not_a_number;
            } else if (slice.owns(id)) {
                const float score = row.source.one(slice.position_of(id));
                const bool is_kept = asked.within.has(detail::ordered(score), id);
                asked.values[i] = is_kept ? asked.log(score) : detail::minus_infinity;
            }
        }
        return 0;
    }
};

/// Writes the tokens of the list that lie within the interval, best first, and that there are no more. Each takes its
/// place by how many are better: they are few.
struct write_top {
    static constexpr bool takes_turn = false;
    interval within;
    detail::log_probabilities log;
    std::int32_t* ids;
    float* values;
    std::uint32_t count;  ///< of places
    std::uint32_t there;  ///< tokens

    template <class Shard>
    PLUCK_HOST_DEVICE std::uint64_t run(const Shard& row, progress now) const noexcept {
        if (row.team.block() != 0) return 0;
        const write_top asked = *this;
        const std::uint64_t most = asked.within.most().value;
        const auto put = [&](std::uint32_t place, std::int32_t id, float value) {
            if (asked.ids != nullptr) asked.ids[place] = id;
            if (asked.values != nullptr) asked.values[place] = value;
        };
        const auto key_at = [&](std::uint32_t i) {
            return ranking_key(row.shared.list_score[i], row.shared.list_token[i]).value;
        };
        PLUCK_ROLLED
        for (std::uint32_t i = row.team.thread(); i < now.list; i += Shard::threads) {
            const float score = row.shared.list_score[i];
            const std::int32_t token = row.shared.list_token[i];
            if (!asked.within.has(detail::ordered(score), token)) continue;
            const std::uint64_t key = key_at(i);
            std::uint32_t place = 0;
            PLUCK_ROLLED
            for (std::uint32_t other = 0; other < now.list; ++other) {
                const std::uint64_t its_key = key_at(other);  // some were dropped from above since they were listed
                place += its_key > key && its_key <= most ? 1 : 0;
            }
            put(place, token, asked.log(score));
        }
        PLUCK_ROLLED
        for (std::uint32_t place = asked.there + row.team.thread(); place < asked.count; place += Shard::threads)
            put(place, -1, detail::minus_infinity);
        return 0;
    }
};

}}}}  // namespace pluck::v0::cuda::operations
