// SPDX-License-Identifier: MIT
#pragma once

#include "dossiers/texts.hpp"
#include <pluck/adjust/penalties.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace dossiers {

struct penalties {
    using stage = pluck::penalties;
    static constexpr const char* name = "penalties";
    token_text history = {};
    pluck::penalty_settings set = {};

    /// Of each token of the last ones: divided or multiplied, less the frequency's share, less the presence.
    [[nodiscard]] bool adjust(std::vector<float>& scores) const {
        const bool divides = oracle::order(set.repetition) != oracle::one;
        if (!divides && oracle::order(set.frequency) == 0 && oracle::order(set.presence) == 0) return true;
        if (!history.is_within(scores.size())) return false;
        const std::size_t begin = history.begin_of_last(set.last_n);
        const std::size_t generated = std::max(begin, history.prompt());
        const auto from = [&](pluck::scope where) { return where == pluck::scope::all ? begin : generated; };
        for (std::size_t id = 0; id < scores.size(); ++id) {
            float& score = scores[id];
            const auto token = static_cast<std::int32_t>(id);
            if (!is_number(score)) continue;
            if (history.count(token, from(set.repeats)) > 0) {
                const double quotient = alone(wide(score) / alone(wide(set.repetition)));
                const double product = alone(wide(score) * wide(set.repetition));
                score = oracle::float_from_double(oracle::order(score) > 0 ? quotient : product);
            }
            const std::size_t n = history.count(token, from(set.counts));
            if (n == 0) continue;
            const double all = alone(wide(set.frequency) * static_cast<double>(n));
            score = minus(score, oracle::float_from_double(all));
            score = minus(score, set.presence);
        }
        return true;
    }

    [[nodiscard]] stage made() const { return {history.history(), set}; }
    [[nodiscard]] std::string text() const {
        return called(name, history.print(), set.repetition, set.frequency, set.presence, static_cast<u64>(set.last_n),
                      static_cast<u64>(set.repeats), static_cast<u64>(set.counts));
    }

    [[nodiscard]] static penalties random(std::size_t vocab, splitmix& random) {
        penalties made{random_text(vocab, random)};
        const bool repetition = random.one_in(2), frequency = random.one_in(2), presence = random.one_in(2);
        if (repetition) made.set.repetition = random_factor(random);
        if (frequency) made.set.frequency = random_factor(random);
        if (presence) made.set.presence = random_factor(random);
        if (random.one_in(4))
            made.set.frequency = std::bit_cast<float>(std::bit_cast<int>(made.set.frequency) ^ (1 << 31));
        if (random.one_in(4))
            made.set.presence = std::bit_cast<float>(std::bit_cast<int>(made.set.presence) ^ (1 << 31));
        if (random.one_in(2)) made.set.last_n = static_cast<std::int32_t>(random.below(30));
        if (random.one_in(3)) made.set.repeats = pluck::scope::generated;
        if (random.one_in(3)) made.set.counts = pluck::scope::all;
        return made;
    }
    [[nodiscard]] static std::vector<penalties> edges() {
        using list = std::vector<std::int32_t>;
        constexpr float most = std::numeric_limits<float>::max();
        using pluck::scope;
        return {{},
                {{list{0}, 0}, {.repetition = 2}},
                {{list{0, 1, 0}, 1}, {.frequency = 0.5f, .presence = 0.25f}},
                {{list{0, 1, 0, 0}, 2}, {.repetition = 0x1p24f, .last_n = 2, .counts = scope::all}},
                {{list{0, 1, 0}, 3}, {.repetition = least_subnormal, .repeats = scope::generated}},
                {{list{1, 0, 1}, 0}, {.repetition = least_subnormal, .frequency = -most, .presence = most}},
                {{list{0x7ffffffe}, 1}, {.presence = 1}}};
    }
};

}  // namespace dossiers
