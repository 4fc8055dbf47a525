// SPDX-License-Identifier: MIT
#pragma once

#include "dossiers/texts.hpp"
#include <pluck/adjust/no_repeat_ngram.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace dossiers {

struct no_repeat_ngram {
    using stage = pluck::no_repeat_ngram;
    static constexpr const char* name = "no_repeat_ngram";
    token_text history = {};
    u64 n = 0;

    /// Each token that follows the text's last n - 1 tokens somewhere goes to -infinity.
    [[nodiscard]] bool adjust(std::vector<float>& scores) const {
        if (n == 0) return true;
        if (!history.is_within(scores.size())) return false;
        const std::vector<std::int32_t>& tokens = history.tokens();
        for (std::size_t at = 0; at < tokens.size(); ++at) {
            const bool repeats = n == 1 || (at > 0 && history.match(at - 1, 0) >= n - 1);
            if (repeats) scores[static_cast<std::size_t>(tokens[at])] = -std::numeric_limits<float>::infinity();
        }
        return true;
    }

    [[nodiscard]] stage made() const { return {history.history(), n}; }
    [[nodiscard]] std::string text() const { return called(name, history.print(), n); }

    [[nodiscard]] static no_repeat_ngram random(std::size_t vocab, splitmix& random) {
        no_repeat_ngram made{random_text(vocab, random)};
        made.n = random.one_in(8) ? random_count(vocab, random) : random.below(5);
        return made;
    }
    [[nodiscard]] static std::vector<no_repeat_ngram> edges() {
        using list = std::vector<std::int32_t>;
        const token_text repeats(list{0, 1, 0, 1, 0, 1}, 2);
        return {{},           {{}, 1},      {{}, 2},      {repeats, 1},
                {repeats, 2}, {repeats, 5}, {repeats, 6}, {{list{0x7ffffffe}, 1}, 3}};
    }
};

}  // namespace dossiers
