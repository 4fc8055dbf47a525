// SPDX-License-Identifier: MIT
//
// Where top-k cuts a row. Mostly the cut is among the best tokens of the best blocks, and nothing else is looked at.
#pragma once

#include <pluck/cpu/cut/candidates.hpp>
#include <pluck/cpu/cut/found_cut.hpp>
#include <pluck/cpu/cut/sampled.hpp>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_ROW_BUILD {

/// The cut after the k best tokens, 1 < k < size(); after all of them if there are no more.
[[nodiscard]] inline found_cut find_top_k(const candidates& from, std::size_t k) noexcept {
    constexpr std::size_t short_row = 8192;  // to select among all of it takes less than a sample
    const bool is_short = from.size() <= short_row;
    const std::size_t blocks = from.blocks();
    const std::size_t reached = detail::smaller(k, blocks - blocks / 16);  // the last of many blocks may be far down
    if (k > 2 * reached && !is_short) return find_sampled_top_k(from, k);

    // Two to five times as many tokens reach the score that so many blocks do, mostly.
    const std::int32_t all = from.kept().score;
    const std::size_t limit = is_short ? short_row : candidates::usual_reach(k);
    std::int32_t low = k <= 5 * reached ? from.reach(reached) : all;
    std::size_t count = from.gather(low, limit);
    if (count < k && low > all && is_short) {
        low = all;
        count = from.gather(low, limit);
    }
    if (count <= k && (count == k || low <= all)) return list_cut{count, low, count};
    if (count > k && count <= limit) return from.cut(count, k, measure::tokens, {low, from.best()});

    const std::size_t above = count > k ? from.count_from(low + 1, k - 1) : k;
    if (above < k) return row_cut{{low, from.end_of_ties(low, k - above)}};  // so many tie
    // The best blocks have many each, as where a row rises or falls. The k-th best of some of their tokens bounds the
    // cut, too, and fewer lie beyond it.
    if (count > limit) {
        low = from.select(count, k, measure::tokens, {low, from.best()}).score;
        count = from.gather(low, limit);
        if (count <= limit) return from.cut(count, k, measure::tokens, {low, from.best()});
    }
    return find_sampled_top_k(from, k);
}

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD
