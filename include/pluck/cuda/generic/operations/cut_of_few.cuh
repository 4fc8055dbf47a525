// SPDX-License-Identifier: MIT
//
// The cut among so few tokens that each can be compared with each.
#pragma once

#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/generic/select.cuh>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/row/interval.hpp>
#include <pluck/row/weighing.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda { namespace operations {

/// The cut among the first tokens of the list: the value of the key at which the weights of an interval's tokens,
/// summed from the best down, first reach `target`, or of the interval's end. 0 if there are too many to compare each
/// with each.
struct cut_of_few {
    static constexpr bool takes_turn = false;
    interval within;
    weighing weight;
    std::uint32_t listed;
    std::uint64_t target;

    template <class Shard>
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t run(const Shard& row, progress) const noexcept {
        using team_type = typename Shard::team_type;
        const team_type& team = row.team;
        const cut_of_few asked = *this;
        auto& memory = row.shared;
        if (team.thread() == 0) {
            memory.finalists = 0;
            memory.found_rest = asked.within.least().value;
        }
        team.sync();
        if (asked.listed <= team_type::finalists) {
            PLUCK_ROLLED
            for (std::uint32_t i = team.thread(); i < asked.listed; i += team_type::threads) {
                const ranking_key key(memory.list_score[i], memory.list_token[i]);
                const bool enters = asked.within.has(key.ordered_score(), key.token());
                memory.finalist_key[i] = enters ? key.value : 0;
                memory.finalist_weight[i] = enters ? asked.weight(memory.list_score[i]) : 0;
            }
        } else {
            each_listed(row, asked.listed, asked.within, [&](float score, ranking_key key) {
                const std::uint32_t place = team.add(&memory.finalists, 1);
                if (place >= team_type::finalists) return;
                memory.finalist_key[place] = key.value;
                memory.finalist_weight[place] = asked.weight(score);
            });
        }
        team.sync();
        const std::uint32_t finalists = asked.listed <= team_type::finalists ? asked.listed : memory.finalists;
        if (finalists > team_type::finalists) return 0;
        // Some lanes together add up what weighs before a finalist; one finds the target in its own weight.
        constexpr std::uint32_t helpers = team_type::threads / team_type::finalists < 4 ? 1 : 4;
        const std::uint32_t part = team.thread() % helpers;
        PLUCK_ROLLED
        for (std::uint32_t first = 0; first < finalists; first += team_type::threads / helpers) {
            const std::uint32_t i = first + team.thread() / helpers;
            const std::uint64_t key = i < finalists ? memory.finalist_key[i] : ~std::uint64_t{0};
            std::uint64_t before = 0;
            PLUCK_ROLLED
            for (std::uint32_t j = part; j < finalists; j += helpers)
                before += memory.finalist_key[j] > key ? memory.finalist_weight[j] : 0;
            for (std::uint32_t other = 1; other < helpers; other *= 2) before += team.shuffle_across(before, other);
            if (part == 0 && i < finalists && before < asked.target &&
                asked.target - before <= memory.finalist_weight[i])
                memory.found_rest = key;
        }
        team.sync();
        return memory.found_rest;
    }
};

}}}}  // namespace pluck::v0::cuda::operations
