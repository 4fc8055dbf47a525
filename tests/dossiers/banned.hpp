// SPDX-License-Identifier: MIT
#pragma once

#include "dossiers/lists.hpp"
#include <pluck/adjust/banned.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace dossiers {

struct banned {
    using stage = pluck::banned;
    static constexpr const char* name = "banned";
    shared_list<std::int32_t> ids = {};

    /// Each token listed goes to -infinity.
    [[nodiscard]] bool adjust(std::vector<float>& scores) const {
        for (const std::int32_t id : ids.get()) {
            if (!is_token(id, scores.size())) return false;
            scores[static_cast<std::size_t>(id)] = -std::numeric_limits<float>::infinity();
        }
        return true;
    }

    [[nodiscard]] stage made() const { return stage(ids.get()); }
    [[nodiscard]] std::string text() const { return called(name, list_text(ids.get())); }

    [[nodiscard]] static banned random(std::size_t vocab, splitmix& random) { return {random_ids(vocab, random)}; }
    [[nodiscard]] static std::vector<banned> edges() {
        using list = std::vector<std::int32_t>;
        return {{list{}}, {list{0}}, {list{0, 0}}, {list{1, 0}}, {list{63, 64}}, {list{0x7fffffff}}};
    }
};

}  // namespace dossiers
