// SPDX-License-Identifier: MIT
#pragma once

#include "dossiers/random.hpp"
#include <pluck/keep/top_k.hpp>

namespace dossiers {

struct top_k {
    using stage = pluck::top_k;
    static constexpr const char* name = "top_k";
    u64 k = 0;

    /// The first k of the ranking stay; k = 0 moves nothing.
    void apply(oracle::state& row) const {
        row.keep([this](u64 rank, u64) { return k == 0 || rank < k; });
    }

    [[nodiscard]] stage made() const { return k; }
    [[nodiscard]] std::string text() const { return called(name, k); }

    [[nodiscard]] static top_k random(std::size_t vocab, splitmix& random) { return {random_count(vocab, random)}; }
    [[nodiscard]] static std::vector<top_k> edges() { return {{0}, {1}, {2}, {3}, {4}, {5}, {6}}; }
    /// To the number of tokens found, or one beside it.
    void sharpen(const oracle::result& found, std::size_t, int aside) {
        k = found.kept.size() + static_cast<u64>(aside + 1) - 1;
    }
};

}  // namespace dossiers
