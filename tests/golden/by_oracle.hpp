// SPDX-License-Identifier: MIT
//
// The golden cases by the oracle.
#pragma once

#include "golden/cases.hpp"
#include "reference/oracle.hpp"
#include "reference/widen.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

namespace golden {

struct by_oracle {
    [[nodiscard]] float scale(double temperature) const {
        return static_cast<float>(0x1.71547652b82fep0 / temperature);
    }
    [[nodiscard]] double scaled(double temperature, float t) const {
        return std::clamp(temperature * static_cast<double>(t), 0x1p-64, 0x1p64);
    }
    [[nodiscard]] u64 mass(float difference, float scale) const { return oracle::mass(difference, scale); }
    [[nodiscard]] double log_of(float m) const { return oracle::log_of(m); }
    [[nodiscard]] u64 share(float p, u64 total) const { return std::max(u64{1}, oracle::nucleus(p, total)); }
    [[nodiscard]] std::array<u64, 2> random(u64 seed, u64 sequence, u64 position) const {
        const oracle::u128 bits = oracle::philox(oracle::u128{sequence} << 64 | position, seed);
        return {static_cast<u64>(bits), static_cast<u64>(bits >> 64)};
    }
    [[nodiscard]] float widen(scalar type, u64 bits) const {
        if (type == scalar::f64) return oracle::float_from_double(std::bit_cast<double>(bits));
        if (type == scalar::f16) return oracle::float_from_half(static_cast<std::uint16_t>(bits));
        if (type == scalar::bf16) return oracle::float_from_bfloat16(static_cast<std::uint16_t>(bits));
        return float_of_bits(static_cast<u32>(bits));
    }

    [[nodiscard]] outcome draw(const draw_case& made) const {
        static constexpr std::string_view names[] = {"ok", "nan_logit", "pos_inf_logit", "no_candidate"};
        std::vector<float> scores;
        for (const u64 bits : made.row.bits) scores.push_back(widen(made.row.type, bits));
        // A parameter out of range only matters once the row itself is in order.
        const bool refused = std::any_of(made.chain.begin(), made.chain.end(), [](const oracle::stage& s) {
            const int value = oracle::order(s.value);
            if (s.kind == oracle::stage::temperature)
                return value != 0 && (value < oracle::order(0x1p-64f) || value > oracle::order(0x1p64f));
            return value < 0 || value > oracle::one;
        });
        const std::vector<oracle::stage> chain = refused ? std::vector<oracle::stage>{} : made.chain;
        const oracle::u128 counter = oracle::u128{made.sequence} << 64 | made.position;
        const oracle::result drawn =
            oracle::draw(scores, chain, made.point ? *made.point : oracle::philox(counter, made.seed));
        outcome result;
        result.status = refused && drawn.status == oracle::ok ? "bad_parameter" : names[drawn.status];
        if (result.status != "ok") return result;

        result.token = drawn.token;
        result.kept = drawn.kept.size();
        result.total = drawn.total;
        std::vector<std::size_t> by_id(drawn.kept.size());
        std::iota(by_id.begin(), by_id.end(), std::size_t{0});
        std::sort(by_id.begin(), by_id.end(), [&](auto a, auto b) { return drawn.kept[a] < drawn.kept[b]; });
        for (const std::size_t rank : by_id) {
            result.ids_and_masses.add(static_cast<u64>(drawn.kept[rank]));
            result.ids_and_masses.add(drawn.masses[rank]);
        }
        return result;
    }

    [[nodiscard]] std::vector<outcome> draw(const batch_case& made) const {
        std::vector<outcome> result;
        for (const draw_case& row : made.rows) result.push_back(draw(row));
        return result;
    }
};

}  // namespace golden
