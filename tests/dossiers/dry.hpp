// SPDX-License-Identifier: MIT
#pragma once

#include "dossiers/texts.hpp"
#include <pluck/adjust/dry.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace dossiers {

struct dry {
    using stage = pluck::dry;
    static constexpr const char* name = "dry";
    token_text history = {};
    pluck::dry_settings set = {};
    sequences breakers = {};

    /// Of each token that would prolong what the text ends with: less, by the length of that.
    [[nodiscard]] bool adjust(std::vector<float>& scores) const {
        if (oracle::order(set.multiplier) == 0) return true;
        if (!history.is_within(scores.size())) return false;
        const std::vector<std::int32_t>& tokens = history.tokens();
        const std::size_t begin = history.begin_of_last(set.last_n), size = tokens.size();
        const auto allowed = static_cast<std::size_t>(set.allowed_length);
        const std::size_t most = behind_breakers(begin);
        std::vector<std::size_t> longest(scores.size(), 0);
        for (std::size_t at = begin; at + 1 < size; ++at) {
            std::size_t& known = longest[static_cast<std::size_t>(tokens[at + 1])];
            known = std::max(known, std::min(history.match(at, begin), most));
        }
        for (std::size_t id = 0; id < scores.size(); ++id) {
            if (longest[id] < allowed || !is_number(scores[id]) || is_breaker(static_cast<std::int32_t>(id))) continue;
            const double penalty = alone(wide(set.multiplier) * power_of(set.base, longest[id] - allowed));
            scores[id] = minus(scores[id], oracle::float_from_double(penalty));
        }
        return true;
    }

    [[nodiscard]] stage made() const { return {history.history(), set, breakers.view()}; }
    [[nodiscard]] std::string text() const {
        return called(name, history.print(), set.multiplier, set.base, static_cast<u64>(set.allowed_length),
                      static_cast<u64>(set.last_n), breakers.print());
    }

    [[nodiscard]] static dry random(std::size_t vocab, splitmix& random) {
        dry made{random_text(vocab, random)};
        if (!random.one_in(16)) made.set.multiplier = random_factor(random);
        if (random.one_in(2)) made.set.base = random.positive(0, 1);
        const bool any = random.one_in(16), one = random.one_in(3);
        if (any) made.set.base = random.positive(0, 40);
        if (one) made.set.base = 1;
        made.set.allowed_length = static_cast<std::int32_t>(1 + random.below(4));
        if (random.one_in(2)) made.set.last_n = static_cast<std::int32_t>(random.below(30));
        if (random.one_in(2)) made.breakers = random_sequences(made.history, vocab, random);
        return made;
    }
    [[nodiscard]] static std::vector<dry> edges() {
        using list = std::vector<std::int32_t>;
        constexpr float most = std::numeric_limits<float>::max();
        const token_text repeats(list{0, 1, 0, 1, 0, 1}, 2);
        return {{},
                {{}, {.multiplier = 1}},
                {repeats, {.multiplier = 0.8f}},
                {repeats, {.multiplier = -0.8f, .base = 1, .last_n = 4}},
                {repeats, {.multiplier = 0.8f}, sequences_of({{0}})},
                {repeats, {.multiplier = 0.8f, .allowed_length = 1}, sequences_of({{1, 0}, {0, 1, 0}})},
                {{std::vector<std::int32_t>(90, 0), 0}, {.multiplier = most, .base = most}},
                {{list{0x7ffffffe}, 1}, {.multiplier = 1}}};
    }

private:
    /// How many tokens lie behind the last breaker that is over by the end; of two that begin together, the longer.
    [[nodiscard]] std::size_t behind_breakers(std::size_t begin) const {
        const std::vector<std::int32_t>& tokens = history.tokens();
        for (std::size_t start = tokens.size(); start-- > begin;) {
            std::size_t longest = 0;
            for (const auto& breaker : breakers.get()) {
                if (start + breaker.size() > tokens.size() || breaker.size() <= longest) continue;
                const auto here = tokens.begin() + static_cast<std::ptrdiff_t>(start);
                if (std::equal(breaker.begin(), breaker.end(), here)) longest = breaker.size();
            }
            if (longest > 0) return tokens.size() - start - longest;
        }
        return tokens.size();
    }
    [[nodiscard]] bool is_breaker(std::int32_t token) const {
        const auto& all = breakers.get();
        return std::find(all.begin(), all.end(), std::vector<std::int32_t>{token}) != all.end();
    }
};

}  // namespace dossiers
