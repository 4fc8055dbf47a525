// SPDX-License-Identifier: MIT
#pragma once

#include "dossiers/random.hpp"
#include <pluck/keep/min_p.hpp>

namespace dossiers {

struct min_p {
    using stage = pluck::min_p;
    static constexpr const char* name = "min_p";
    float m = 0;
    u64 min_keep = 1;

    /// Scores of at least best + T ln m stay.
    void apply(oracle::state& row) const {
        const int least = oracle::threshold(row.score(0), row.temperature, m);
        row.keep([&](u64 rank, u64) { return oracle::order(row.score(rank)) >= least || rank < min_keep; });
    }

    [[nodiscard]] stage made() const { return {m, min_keep}; }
    [[nodiscard]] std::string text() const { return called(name, m, min_keep); }

    [[nodiscard]] static min_p random(std::size_t vocab, splitmix& random) {
        min_p made{random.positive(-20, -1)};
        if (random.one_in(8)) made.m = random.one_of({0.0f, -0.0f, least_subnormal, 0.1f, 0.5f, below_one, 1.0f});
        made.min_keep = random_min_keep(vocab, random);
        return made;
    }
    [[nodiscard]] static std::vector<min_p> edges() {
        std::vector<min_p> all;
        for (const u64 min_keep : min_keep_edges)
            for (const float m : {0.0f, least_subnormal, 0.1f, below_one, 1.0f}) all.push_back({m, min_keep});
        return all;
    }
    /// To where the token at this rank is about to go.
    void sharpen(const oracle::result& found, std::size_t rank, int aside) {
        m = moved(static_cast<double>(found.masses[rank]) * 0x1p-40, aside);
    }
};

}  // namespace dossiers
