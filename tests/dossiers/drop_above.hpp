// SPDX-License-Identifier: MIT
//
// Not a sampler of the library: a stage that uses the verb drop_above, which no sampler of the library does.
#pragma once

#include "dossiers/random.hpp"
#include <pluck/detail/ranking.hpp>
#include <pluck/stage.hpp>

#include <algorithm>
#include <functional>
#include <vector>

namespace dossiers {

/// Backends that can show what they keep.
template <class Row>
concept listing_row = requires(Row& row, void (*look)(std::int32_t, float, std::uint64_t)) {
    row.for_each(look);
};

/// Drops the `count` best tokens, though never the last: one after the other, or by a single cut at the first to stay.
struct drop_best : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    static constexpr const char* name = "drop_above";
    u64 count = 0;

    explicit drop_best(u64 n) : count(n) {}

    template <class Row>
    void operator()(Row& row) const {
        if constexpr (listing_row<Row>) {
            if (count > 2) {
                std::vector<pluck::ranking_key> keys;
                row.for_each([&](std::int32_t token, float score, std::uint64_t) { keys.emplace_back(score, token); });
                const std::uint64_t dropped = std::min(count, keys.size() - std::uint64_t{1});
                const auto first = keys.begin() + static_cast<std::ptrdiff_t>(dropped);
                std::nth_element(keys.begin(), first, keys.end(), std::greater<>());
                return row.drop_above(*first);
            }
        }
        for (u64 left = count; left > 0 && row.count() > 1; --left)
            row.drop_above(pluck::ranking_key{row.best().value - 1});
    }
};

struct drop_above {
    using stage = drop_best;
    static constexpr const char* name = "drop_above";
    u64 count = 0;

    /// The `count` best go, though never the last.
    void apply(oracle::state& row) const {
        const std::size_t size = row.kept.size();
        row.keep([&](u64 rank, u64) { return rank >= count || rank + 1 == size; });
    }

    [[nodiscard]] stage made() const { return stage(count); }
    [[nodiscard]] std::string text() const { return called(name, count); }

    [[nodiscard]] static drop_above random(std::size_t vocab, splitmix& random) {
        return {random.one_in(4) ? random_count(vocab, random) : random.below(4)};
    }
    [[nodiscard]] static std::vector<drop_above> edges() { return {{0}, {1}, {2}, {6}}; }
    /// To where all tokens but one go.
    void sharpen(const oracle::result& found, std::size_t, int) { count = found.kept.size() - 1; }
};

}  // namespace dossiers
