// SPDX-License-Identifier: MIT
#pragma once

#include "dossiers/lists.hpp"
#include <pluck/adjust/forced.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace dossiers {

struct forced {
    using stage = pluck::forced;
    static constexpr const char* name = "forced";
    std::int32_t id = -1;

    /// The token goes to 0, all others to -infinity; -1 moves nothing.
    [[nodiscard]] bool adjust(std::vector<float>& scores) const {
        if (id == -1) return true;
        if (!is_token(id, scores.size())) return false;
        for (float& score : scores) score = -std::numeric_limits<float>::infinity();
        scores[static_cast<std::size_t>(id)] = 0;
        return true;
    }

    [[nodiscard]] stage made() const { return stage(id); }
    [[nodiscard]] std::string text() const { return called(name, std::to_string(id)); }

    [[nodiscard]] static forced random(std::size_t vocab, splitmix& random) {
        if (random.one_in(4)) return {random.one_in(4) ? static_cast<std::int32_t>(vocab) : -1};
        return {static_cast<std::int32_t>(random.below(vocab))};
    }
    [[nodiscard]] static std::vector<forced> edges() { return {{-1}, {0}, {1}, {0x7fffffff}}; }
};

}  // namespace dossiers
