// SPDX-License-Identifier: MIT
#pragma once

#include "dossiers/random.hpp"
#include <pluck/draw/categorical.hpp>

namespace dossiers {

struct categorical {
    using stage = pluck::categorical;
    static constexpr const char* name = "categorical";

    /// The token in whose interval U lies.
    void apply(oracle::state& row) const { row.token = oracle::by_mass(row, row.U); }

    [[nodiscard]] stage made() const { return {}; }
    [[nodiscard]] std::string text() const { return called(name); }

    [[nodiscard]] static categorical random(std::size_t, splitmix&) { return {}; }
    [[nodiscard]] static std::vector<categorical> edges() { return {{}}; }
};

}  // namespace dossiers
