// SPDX-License-Identifier: MIT
#pragma once

#include "dossiers/texts.hpp"
#include <pluck/adjust/min_tokens.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace dossiers {

struct min_tokens {
    using stage = pluck::min_tokens;
    static constexpr const char* name = "min_tokens";
    token_text history = {};
    u64 n = 0;
    shared_list<std::int32_t> ends = {};

    /// While the text is short, its ends go to -infinity.
    [[nodiscard]] bool adjust(std::vector<float>& scores) const {
        if (history.generated() >= n) return true;
        for (const std::int32_t id : ends.get()) {
            if (!is_token(id, scores.size())) return false;
            scores[static_cast<std::size_t>(id)] = -std::numeric_limits<float>::infinity();
        }
        return true;
    }

    [[nodiscard]] stage made() const { return {history.history(), n, ends.get()}; }
    [[nodiscard]] std::string text() const { return called(name, history.print(), n, list_text(ends.get())); }

    [[nodiscard]] static min_tokens random(std::size_t vocab, splitmix& random) {
        min_tokens made{random_text(vocab, random)};
        made.n = random.one_in(8) ? random_count(vocab, random) : random.below(40);
        made.ends = random_ids(vocab, random);
        return made;
    }
    [[nodiscard]] static std::vector<min_tokens> edges() {
        using list = std::vector<std::int32_t>;
        const token_text three(list{0, 1, 0, 1, 0}, 2);
        return {{}, {{}, 1, list{0}}, {three, 3, list{0}}, {three, 4, list{0, 0}}, {three, 4, list{0x7ffffffe}}};
    }
};

}  // namespace dossiers
