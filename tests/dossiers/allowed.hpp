// SPDX-License-Identifier: MIT
#pragma once

#include "dossiers/lists.hpp"
#include <pluck/adjust/allowed.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace dossiers {

struct allowed {
    using stage = pluck::allowed;
    static constexpr const char* name = "allowed";
    shared_list<std::int32_t> ids = {};

    /// Each token that is not listed goes to -infinity.
    [[nodiscard]] bool adjust(std::vector<float>& scores) const {
        std::vector<bool> listed(scores.size());
        for (const std::int32_t id : ids.get()) {
            if (!is_token(id, scores.size())) return false;
            listed[static_cast<std::size_t>(id)] = true;
        }
        for (std::size_t id = 0; id < scores.size(); ++id)
            if (!listed[id]) scores[id] = -std::numeric_limits<float>::infinity();
        return true;
    }

    [[nodiscard]] stage made() const { return stage(ids.get()); }
    [[nodiscard]] std::string text() const { return called(name, list_text(ids.get())); }

    [[nodiscard]] static allowed random(std::size_t vocab, splitmix& random) {
        const std::size_t share = random.one_of<std::size_t>({1, 2, 4, 16});
        std::vector<std::int32_t> ids = random_rising_ids(vocab, share, random);
        if (random.one_in(16)) ids.push_back(0x7fffffff);
        return {ids};
    }
    [[nodiscard]] static std::vector<allowed> edges() {
        using list = std::vector<std::int32_t>;
        return {{list{}}, {list{0}}, {list{0, 1}}, {list{0, 1, 2}}, {list{0, 64}}, {list{0, 0x7fffffff}}};
    }
};

}  // namespace dossiers
