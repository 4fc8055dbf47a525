// SPDX-License-Identifier: MIT
#pragma once

#include "dossiers/texts.hpp"
#include <pluck/adjust/begin_suppress.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace dossiers {

struct begin_suppress {
    using stage = pluck::begin_suppress;
    static constexpr const char* name = "begin_suppress";
    token_text history = {};
    shared_list<std::int32_t> ids = {};

    /// Before anything is generated, each token listed goes to -infinity.
    [[nodiscard]] bool adjust(std::vector<float>& scores) const {
        if (history.generated() > 0) return true;
        for (const std::int32_t id : ids.get()) {
            if (!is_token(id, scores.size())) return false;
            scores[static_cast<std::size_t>(id)] = -std::numeric_limits<float>::infinity();
        }
        return true;
    }

    [[nodiscard]] stage made() const { return {history.history(), ids.get()}; }
    [[nodiscard]] std::string text() const { return called(name, history.print(), list_text(ids.get())); }

    [[nodiscard]] static begin_suppress random(std::size_t vocab, splitmix& random) {
        begin_suppress made{random_text(vocab, random)};
        if (!random.one_in(3)) made.history = token_text(made.history.tokens(), made.history.tokens().size());
        made.ids = random_ids(vocab, random);
        return made;
    }
    [[nodiscard]] static std::vector<begin_suppress> edges() {
        using list = std::vector<std::int32_t>;
        return {{}, {{}, list{0}}, {{list{1}, 1}, list{0, 0}}, {{list{1}, 0}, list{0}}, {{}, list{0x7ffffffe}}};
    }
};

}  // namespace dossiers
