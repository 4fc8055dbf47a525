// SPDX-License-Identifier: MIT
//
// Not a sampler of the library: a stage that uses the verbs at and score_of, which no cut of a single row tells apart
// from what the oracle keeps unless they are right.
#pragma once

#include "dossiers/random.hpp"
#include <pluck/detail/ranking.hpp>
#include <pluck/pick.hpp>
#include <pluck/stage.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dossiers {

/// Keeps the tokens from one rank on down to the score at another, and fails where a token's score is not that of its
/// rank, is told once it is not kept, or a rank past the end has a token.
struct keep_ranks : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    static constexpr const char* name = "at_rank";
    u64 first = 0, last = 0;

    keep_ranks(u64 from, u64 to) : first(from), last(to) {}

    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        const auto found = [&row](u64 rank) { return row.at(static_cast<std::size_t>(rank)); };
        const pluck::ranking_key best = row.best(), begin = found(first), end = found(last);
        const auto is_its_score = [&row](pluck::ranking_key key) {
            return pluck::detail::ordered(row.score_of(key.token())) == key.ordered_score();
        };
        const auto is_not_kept = [&row](std::int32_t token) {
            return pluck::detail::ordered(row.score_of(token)) == -pluck::detail::ordered_infinity;
        };
        const u64 all = row.count();
        bool right = found(0).value == best.value && is_its_score(best);
        right = right && (begin.value != 0) == (first < all && first < pluck::max_ranked);
        right = right && (end.value != 0) == (last < all && last < pluck::max_ranked);
        if (end.value != 0) {
            right = right && is_its_score(end);
            row.keep_at_least(end.score(), 1);
        }
        if (begin.value != 0) {
            row.drop_above(begin);
            const bool is_gone = begin.value != best.value && row.best().value == begin.value;
            right = right && (!is_gone || is_not_kept(best.token()));
            right = right && is_its_score(row.best()) && found(0).value == row.best().value;
        }
        right = right && is_not_kept(-1) && is_not_kept(0x7fffffff);
        if (!right) row.fail(pluck::status::bad_parameter);
    }
};

struct at_rank {
    using stage = keep_ranks;
    static constexpr const char* name = "at_rank";
    u64 first = 0, last = 0;

    /// Down to the score at rank `last`, then from rank `first` on; a rank past the end, or past 4095, moves nothing.
    void apply(oracle::state& row) const {
        const u64 begin = first < row.kept.size() && first < 4096 ? first : 0;
        const bool ends = last < row.kept.size() && last < 4096;
        const int least = ends ? oracle::order(row.score(last)) : -oracle::infinity;
        std::vector<bool> stays;
        for (u64 rank = 0; rank < row.kept.size(); ++rank)
            stays.push_back(rank == 0 || oracle::order(row.score(rank)) >= least);
        row.keep([&](u64 rank, u64) { return stays[rank]; });
        const u64 kept = row.kept.size();
        row.keep([&](u64 rank, u64) { return begin >= kept || rank >= begin; });
    }

    [[nodiscard]] stage made() const { return {first, last}; }
    [[nodiscard]] std::string text() const { return called(name, first, last); }

    [[nodiscard]] static at_rank random(std::size_t vocab, splitmix& random) {
        const u64 from = random.one_in(2) ? random.below(4) : random_count(vocab, random);
        const u64 to = random_count(vocab, random);
        return {from, to};
    }
    [[nodiscard]] static std::vector<at_rank> edges() { return {{0, 0}, {1, 3}, {2, 1}, {5, 6}, {4095, 4096}}; }
    /// To the last token found, or one beside it.
    void sharpen(const oracle::result& found, std::size_t rank, int aside) {
        first = rank;
        last = found.kept.size() + static_cast<u64>(aside + 1) - 2;
    }
};

}  // namespace dossiers
