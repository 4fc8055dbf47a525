// SPDX-License-Identifier: MIT
#pragma once

#include "dossiers/texts.hpp"
#include <pluck/adjust/length_decay.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace dossiers {

struct length_decay {
    using stage = pluck::length_decay;
    static constexpr const char* name = "length_decay";
    token_text history = {};
    pluck::length_decay_settings set = {};

    /// Past the start, the token's score grows by its size times the factor's power less 1.
    [[nodiscard]] bool adjust(std::vector<float>& scores) const {
        const auto start = static_cast<std::size_t>(set.start);
        if (history.generated() <= start || oracle::order(set.factor) == oracle::one) return true;
        if (!is_token(set.token, scores.size())) return false;
        float& score = scores[static_cast<std::size_t>(set.token)];
        if (!is_number(score)) return true;
        const double magnitude = wide(score) < 0 ? -wide(score) : wide(score);
        const double growth = alone(power_of(set.factor, history.generated() - start) - 1);
        const double change = alone(magnitude * growth);
        const float rounded = oracle::float_from_double(change);
        const double sum = alone(wide(score) + wide(rounded));
        score = oracle::float_from_double(sum);
        return true;
    }

    [[nodiscard]] stage made() const { return {history.history(), set}; }
    [[nodiscard]] std::string text() const {
        return called(name, history.print(), static_cast<u64>(set.start), set.factor, static_cast<u64>(set.token));
    }

    [[nodiscard]] static length_decay random(std::size_t vocab, splitmix& random) {
        length_decay made{random_text(vocab, random)};
        made.set.start = static_cast<std::int32_t>(random.below(12));
        made.set.factor = random.one_in(8) ? random.positive(-40, 40) : random.positive(-1, 1);
        if (random.one_in(16)) made.set.factor = 0;
        made.set.token = static_cast<std::int32_t>(random.below(vocab + (random.one_in(16) ? 1 : 0)));
        return made;
    }
    [[nodiscard]] static std::vector<length_decay> edges() {
        using list = std::vector<std::int32_t>;
        const token_text three(list{0, 1, 0, 1, 0}, 2);
        constexpr float most = std::numeric_limits<float>::max();
        return {{},
                {three, {.start = 3, .factor = 2}},
                {three, {.start = 2, .factor = 1.5f}},
                {three, {.start = 0, .factor = 0, .token = 1}},
                {three, {.start = 0, .factor = most}},
                {three, {.start = 0, .factor = 2, .token = 0x7fffffff}}};
    }
};

}  // namespace dossiers
