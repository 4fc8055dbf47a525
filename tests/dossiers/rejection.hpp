// SPDX-License-Identifier: MIT
#pragma once

#include "dossiers/random.hpp"
#include "reference/rejection.hpp"
#include <pluck/draw/rejection.hpp>

namespace dossiers {

struct rejection {
    using stage = pluck::rejection;
    static constexpr const char* name = "rejection";

    /// As reference/rejection.hpp says.
    void apply(oracle::state& row) const {
        row.token = oracle::by_mass(row, row.U);  // if no proposal is accepted
        row.token = oracle::rejection(row.scores.size(), row, row.U, row.key);
    }

    [[nodiscard]] stage made() const { return {}; }
    [[nodiscard]] std::string text() const { return called(name); }

    [[nodiscard]] static rejection random(std::size_t, splitmix&) { return {}; }
    [[nodiscard]] static std::vector<rejection> edges() { return {{}}; }
};

}  // namespace dossiers
