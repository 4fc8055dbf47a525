// SPDX-License-Identifier: MIT
//
// Weighted selection: where a cut of the ranking lies, without sorting. One algorithm for top-k (every token weighs 1)
// and top-p (a token weighs its mass). It looks at scores alone: which of the tokens that share the cut's score are
// kept is then a matter of counting.
#pragma once

#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_ROW_BUILD {

/// The scores between `low` and `high`, both included.
struct score_range {
    std::int32_t low;
    std::int32_t high;
};

/// Where weights that are summed from the best score down first reach a target: among the tokens of this score, which
/// have to bring the last `rest` of it, at least 1.
struct score_cut {
    std::int32_t score;
    std::uint64_t rest;
};

/// The score at which the weights, summed from the best score down, first reach `target`.
///
/// Each round deals the scores that are still in question into buckets and keeps the bucket in which the target falls,
/// which settles six or eight bits of the cut: at most six rounds, and a fraction of the scores after the first. Where
/// a round has settled nothing, the next looks between the extremes of what is left.
///
/// Parameters.   scores   [count], ordered; reordered and overwritten
///               weights  [count], of the scores, likewise; null: each weighs 1
///               target   in [1, sum of the weights]; beyond the sum, the cut is at range.low
///               range    in which all scores are: the narrower, the fewer the rounds
/// Cost.         Linear for any input.
[[nodiscard]] inline score_cut select(std::int32_t* scores, std::uint64_t* weights, std::size_t count,
                                      std::uint64_t target, const score_range& range) noexcept {
    constexpr std::size_t max_buckets = 256;
    std::uint64_t sums[max_buckets];
    auto low = static_cast<std::uint32_t>(range.low);
    std::uint32_t above_low = static_cast<std::uint32_t>(range.high) - low;  // no score is higher by more
    while (above_low != 0) {
        const int bucket_bits = count < 512 ? 6 : 8;  // to clear and to walk the buckets costs, too
        const auto width = static_cast<int>(detail::bit_width(above_low));
        const int shift = width > bucket_bits ? width - bucket_bits : 0;
        std::uint32_t bucket = above_low >> shift;
        for (std::size_t i = 0; i <= bucket; ++i) sums[i] = 0;
        if (weights != nullptr) {
            for (std::size_t i = 0; i < count; ++i) {
                sums[(static_cast<std::uint32_t>(scores[i]) - low) >> shift] += weights[i];
            }
        } else {
            for (std::size_t i = 0; i < count; ++i) ++sums[(static_cast<std::uint32_t>(scores[i]) - low) >> shift];
        }
        for (; bucket > 0 && sums[bucket] < target; --bucket) target -= sums[bucket];

        std::size_t left = 0;
        if (shift != 0) {
            for (std::size_t i = 0; i < count; ++i) {  // in place: a write never overtakes its read
                scores[left] = scores[i];
                if (weights != nullptr) weights[left] = weights[i];
                left += (static_cast<std::uint32_t>(scores[i]) - low) >> shift == bucket;
            }
            if (left == 1) return {scores[0], target};
        }
        low += bucket << shift;
        above_low = (std::uint32_t{1} << shift) - 1;
        if (left == count && left != 0) {  // all of them alike, perhaps
            std::uint32_t least = above_low;
            std::uint32_t most = 0;
            for (std::size_t i = 0; i < count; ++i) {
                const std::uint32_t above = static_cast<std::uint32_t>(scores[i]) - low;
                least = above < least ? above : least;
                most = above > most ? above : most;
            }
            low += least;
            above_low = most - least;
        }
        count = left;
    }
    return {static_cast<std::int32_t>(low), target};
}

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD
