// SPDX-License-Identifier: MIT
//
// Where top-k cuts a row. Mostly the best tokens of the best blocks are enough, and only they have to be looked at.
// Else the search goes deep.
#pragma once

#include <pluck/cpu/cut/candidates.hpp>
#include <pluck/cpu/cut/sampled.hpp>
#include <pluck/cpu/cut/select.hpp>
#include <pluck/cpu/isa/dispatch.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/workspace.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_ROW_BUILD {

class token_search : public deep_search {
public:
    using deep_search::deep_search;

    /// The cut after the k best tokens, 1 < k < row.size; after all, if there are no more.
    [[nodiscard]] found_cut after_tokens(std::size_t k) noexcept {
        const std::size_t blocks = blocks_of(row_.size);
        const std::size_t reached = std::min(k, blocks - blocks / 16);  // the last of many blocks may be far down
        if (k <= 2 * reached || row_.size <= short_row) {  // two to five times as many tokens reach it, mostly
            const std::size_t limit = row_.size <= short_row ? short_row : limit_of(k);
            std::int32_t low = k <= 5 * reached ? reach_of(reached) : row_.kept.score;
            std::size_t gathered = gather(low, limit);
            if (gathered < k && low > row_.kept.score && row_.size <= short_row) {
                low = row_.kept.score;
                gathered = gather(low, limit);
            }
            if (gathered <= k && (gathered == k || low <= row_.kept.score)) return {gathered, low, gathered};
            if (gathered > k && gathered <= limit) return among_gathered(gathered, k, nullptr, {low, best_});
            const std::size_t above = gathered > k ? run_kernel<kernels::count>(row_from(low + 1), k - 1) : k;
            if (above < k) return {.kept = {low, end_of_ties(low, k - above)}};  // so many are alike
            // The best blocks have many each, as where a row rises or falls. The k-th best of some of them bounds the
            // cut, too, and what those blocks have beyond it is less.
            if (gathered > limit) {
                low = select_gathered(gathered, k, nullptr, {low, best_}).score;
                gathered = gather(low, limit);
                if (gathered <= limit) return among_gathered(gathered, k, nullptr, {low, best_});
            }
        }
        return deep_search::after_tokens(k);
    }

private:
    /// To select among all of a row so short takes less than the sample of a deep search.
    static constexpr std::size_t short_row = 8192;
};

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD
