// SPDX-License-Identifier: MIT
#pragma once

#include "dossiers/texts.hpp"
#include <pluck/adjust/phrases.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace dossiers {

struct phrases {
    using stage = pluck::phrases;
    static constexpr const char* name = "phrases";
    token_text history = {};
    sequences list = {};
    shared_list<float> values = {};
    bool forbids = true;  // instead of the values

    /// Where the text ends with a sequence but for its last token, that one moves.
    [[nodiscard]] bool adjust(std::vector<float>& scores) const {
        const std::vector<std::int32_t>& tokens = history.tokens();
        for (std::size_t i = 0; i < list.get().size(); ++i) {
            const std::vector<std::int32_t>& own = list.get()[i];
            if (!is_token(own.back(), scores.size())) return false;
            float& score = scores[static_cast<std::size_t>(own.back())];
            const std::size_t front = own.size() - 1;
            if (front > tokens.size() || oracle::order(score) == -oracle::infinity) continue;
            if (!std::equal(own.begin(), own.end() - 1, tokens.end() - static_cast<std::ptrdiff_t>(front))) continue;
            const float value = forbids ? -std::numeric_limits<float>::infinity() : values.get()[i];
            if (oracle::order(value) == 0) continue;
            if (oracle::order(value) == -oracle::infinity) {
                score = -std::numeric_limits<float>::infinity();
            } else if (oracle::order(score) < oracle::infinity) {
                const double sum = alone(wide(score) + wide(value));
                score = oracle::float_from_double(sum);
            }
        }
        return true;
    }

    [[nodiscard]] stage made() const {
        return forbids ? stage(history.history(), list.view()) : stage(history.history(), list.view(), values.get());
    }
    [[nodiscard]] std::string text() const {
        return called(name, history.print(), list.print(), forbids ? "banned" : list_text(values.get()));
    }

    [[nodiscard]] static phrases random(std::size_t vocab, splitmix& random) {
        phrases made{random_text(vocab, random)};
        made.list = random_sequences(made.history, vocab, random);
        made.forbids = random.one_in(3);
        std::vector<float> values;
        for (std::size_t i = 0; i < made.list.get().size(); ++i) {
            const float value = random_factor(random);
            const bool flips = random.one_in(2), odd = random.one_in(8);
            values.push_back(std::bit_cast<float>(std::bit_cast<int>(value) ^ (flips ? 1 << 31 : 0)));
            if (odd) values.back() = random.one_of({-std::numeric_limits<float>::infinity(), 0.0f, least_subnormal});
        }
        made.values = values;
        return made;
    }
    [[nodiscard]] static std::vector<phrases> edges() {
        using tokens = std::vector<std::int32_t>;
        using floats = std::vector<float>;
        const token_text repeats(tokens{0, 1, 0, 1, 0, 1}, 2);
        return {{},
                {repeats, sequences_of({{0}})},
                {repeats, sequences_of({{1, 0}, {0, 0}})},
                {repeats, sequences_of({{0}, {1, 0}, {0, 1, 0}}), floats{1, 2, -0.5f}, false},
                {repeats, sequences_of({{0, 1, 0, 1, 0, 1, 0}, {1, 0, 1, 0, 1, 0, 1, 0}})},
                {repeats, sequences_of({{0x7ffffffe, 0}, {0, 0x7ffffffe}})}};
    }
};

}  // namespace dossiers
