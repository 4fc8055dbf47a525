// SPDX-License-Identifier: MIT
#pragma once

#include "dossiers/random.hpp"
#include <pluck/keep/top_p.hpp>

namespace dossiers {

struct top_p {
    using stage = pluck::top_p;
    static constexpr const char* name = "top_p";
    float p = 1;
    u64 min_keep = 1;

    /// A token stays while the mass ranked before it is less than p of all mass.
    void apply(oracle::state& row) const {
        const u64 share = oracle::nucleus(p, row.total);
        row.keep([&](u64 rank, u64 before) { return before < share || rank < min_keep; });
    }

    [[nodiscard]] stage made() const { return {p, min_keep}; }
    [[nodiscard]] std::string text() const { return called(name, p, min_keep); }

    [[nodiscard]] static top_p random(std::size_t vocab, splitmix& random) {
        top_p made{random.uniform()};
        if (random.one_in(8)) made.p = random.positive(-149 + 23, -1);
        if (random.one_in(8))
            made.p = random.one_of({0.0f, -0.0f, least_subnormal, 0x1p-64f, 0.5f, 0x1p-40f, below_one, 1.0f});
        made.min_keep = random_min_keep(vocab, random);
        return made;
    }
    [[nodiscard]] static std::vector<top_p> edges() {
        std::vector<top_p> all;
        for (const u64 min_keep : min_keep_edges)
            for (const float p : {0.0f, least_subnormal, 0.25f, 0.5f, 0.75f, below_one, 1.0f})
                all.push_back({p, min_keep});
        return all;
    }
    /// To where the token at this rank is about to go.
    void sharpen(const oracle::result& found, std::size_t rank, int aside) {
        u64 before = 0;
        for (std::size_t i = 0; i < rank; ++i) before += found.masses[i];
        p = moved(static_cast<double>(before) / static_cast<double>(found.total), aside);
    }
};

}  // namespace dossiers
