// SPDX-License-Identifier: MIT
#pragma once

#include "dossiers/texts.hpp"
#include <pluck/adjust/remove_nan.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace dossiers {

struct remove_nan {
    using stage = pluck::remove_nan;
    static constexpr const char* name = "remove_nan";

    /// What is NaN goes to -infinity.
    [[nodiscard]] bool adjust(std::vector<float>& scores) const {
        for (float& score : scores)
            if (oracle::order(score) > oracle::infinity) score = -std::numeric_limits<float>::infinity();
        return true;
    }

    [[nodiscard]] stage made() const { return {}; }
    [[nodiscard]] std::string text() const { return called(name); }

    [[nodiscard]] static remove_nan random(std::size_t, splitmix&) { return {}; }
    [[nodiscard]] static std::vector<remove_nan> edges() { return {{}}; }
};

}  // namespace dossiers
