// SPDX-License-Identifier: MIT
#pragma once

#include "dossiers/texts.hpp"
#include <pluck/adjust/guidance.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace dossiers {

struct guidance {
    using stage = pluck::guidance;
    static constexpr const char* name = "guidance";
    shared_list<float> without = {};
    float scale = 1;

    /// From the other row's score, the scale's times as far as to this one's.
    [[nodiscard]] bool adjust(std::vector<float>& scores) const {
        if (oracle::order(scale) == oracle::one) return true;
        if (scores.size() > without.get().size()) return false;
        for (std::size_t id = 0; id < scores.size(); ++id) {
            float& score = scores[id];
            const float& other = without.get()[id];
            if (oracle::order(score) == -oracle::infinity) continue;
            if (oracle::order(other) == -oracle::infinity && is_number(score)) {
                if (oracle::order(scale) <= oracle::one) score = -std::numeric_limits<float>::infinity();
            } else if (!is_number(score) || !is_number(other)) {
                score = std::bit_cast<float>(0x7fc00000);
            } else {
                const double difference = alone(wide(score) - wide(other));
                const double way = alone(wide(scale) * difference);
                const double sum = alone(wide(other) + way);
                score = oracle::float_from_double(sum);
            }
        }
        return true;
    }

    [[nodiscard]] stage made() const { return {without.get(), scale}; }
    [[nodiscard]] std::string text() const { return called(name, list_text(without.get()), scale); }

    [[nodiscard]] static guidance random(std::size_t vocab, splitmix& random) {
        const std::size_t size = vocab + random.below(3) - (random.one_in(24) ? 1 : 0);
        std::vector<float> without;
        const bool odd_ones = random.one_in(8);
        for (std::size_t i = 0; i < size; ++i) {
            const float value = random.positive(-3, 3);
            const bool flips = random.one_in(2), odd = odd_ones && random.one_in(16);
            without.push_back(std::bit_cast<float>(std::bit_cast<int>(value) ^ (flips ? 1 << 31 : 0)));
            if (odd) without.back() = random.one_of({-std::numeric_limits<float>::infinity(), 0.0f, least_subnormal});
        }
        if (random.one_in(32) && size > 0) without[0] = std::numeric_limits<float>::infinity();
        const float scale = random.one_in(8) ? random.positive(-126, 127) : random.positive(-1, 3);
        const bool flips = random.one_in(8);
        return {without, std::bit_cast<float>(std::bit_cast<int>(scale) ^ (flips ? 1 << 31 : 0))};
    }
    [[nodiscard]] static std::vector<guidance> edges() {
        std::vector<float> some(300, 1.0f);
        for (std::size_t i = 0; i < some.size(); ++i) some[i] = static_cast<float>(i % 7) - 3.0f;
        std::vector<float> forbidden = some;
        forbidden[0] = -std::numeric_limits<float>::infinity();
        return {{some, 1}, {some, 0}, {some, 2}, {some, -1}, {forbidden, 3}, {forbidden, 0.5f}, {{}, 2}};
    }
};

}  // namespace dossiers
