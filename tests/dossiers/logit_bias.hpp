// SPDX-License-Identifier: MIT
#pragma once

#include "dossiers/texts.hpp"
#include <pluck/adjust/logit_bias.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace dossiers {

struct logit_bias {
    using stage = pluck::logit_bias;
    static constexpr const char* name = "logit_bias";
    shared_list<std::int32_t> ids = {};
    shared_list<float> values = {};

    /// Each value is added to the score of its token, and rounded once; -infinity stays, and the largest floats are
    /// not passed.
    [[nodiscard]] bool adjust(std::vector<float>& scores) const {
        for (std::size_t i = 0; i < ids.get().size(); ++i) {
            const std::int32_t id = ids.get()[i];
            if (!is_token(id, scores.size())) return false;
            float& score = scores[static_cast<std::size_t>(id)];
            const float& value = values.get()[i];
            if (oracle::order(value) == 0 || oracle::order(score) == -oracle::infinity) continue;
            if (oracle::order(value) == -oracle::infinity) score = -std::numeric_limits<float>::infinity();
            else if (oracle::order(score) < oracle::infinity)  // NaN and infinity remain
                score = oracle::float_from_double(wide(score) + wide(value));
        }
        return true;
    }

    [[nodiscard]] stage made() const { return {ids.get(), values.get()}; }
    [[nodiscard]] std::string text() const { return called(name, list_text(ids.get()), list_text(values.get())); }

    [[nodiscard]] static logit_bias random(std::size_t vocab, splitmix& random) {
        const std::vector<std::int32_t> ids = random_ids(vocab, random);
        std::vector<float> values;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            const bool any = random.one_in(8), odd = random.one_in(8), less = random.one_in(2);
            float value = any ? random.positive(-126, 127) : random.positive(-4, 5);
            if (odd)
                value = random.one_of({-std::numeric_limits<float>::infinity(), 0.0f, -0.0f, least_subnormal,
                                       std::numeric_limits<float>::max()});
            const bool flips = less && oracle::order(value) > 0;  // by bits: a subnormal may count as 0
            values.push_back(std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) ^ (flips ? 0x80000000u : 0u)));
        }
        return {ids, values};
    }
    [[nodiscard]] static std::vector<logit_bias> edges() {
        using list = std::vector<std::int32_t>;
        using floats = std::vector<float>;
        return {{list{}, floats{}},
                {list{0}, floats{-100}},
                {list{0, 0}, floats{1.5f, -0.25f}},
                {list{0}, floats{-std::numeric_limits<float>::infinity()}},
                {list{1, 0}, floats{std::numeric_limits<float>::max(), least_subnormal}},
                {list{0x7fffffff}, floats{1}}};
    }
};

}  // namespace dossiers
