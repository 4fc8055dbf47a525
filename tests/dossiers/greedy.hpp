// SPDX-License-Identifier: MIT
#pragma once

#include "dossiers/random.hpp"
#include <pluck/draw/greedy.hpp>

namespace dossiers {

struct greedy {
    using stage = pluck::greedy;
    static constexpr const char* name = "greedy";

    /// The best token, whatever the random bits; it alone is kept.
    void apply(oracle::state& row) const {
        row.keep([](u64 rank, u64) { return rank == 0; });
        row.token = row.kept[0];
    }

    [[nodiscard]] stage made() const { return {}; }
    [[nodiscard]] std::string text() const { return called(name); }

    [[nodiscard]] static greedy random(std::size_t, splitmix&) { return {}; }
    [[nodiscard]] static std::vector<greedy> edges() { return {{}}; }
};

}  // namespace dossiers
