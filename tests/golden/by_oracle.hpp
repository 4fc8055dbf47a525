// SPDX-License-Identifier: MIT
//
// The golden cases by the oracle and the rules of the dossiers.
#pragma once

#include "dossiers/all.hpp"
#include "golden/cases.hpp"
#include "reference/oracle.hpp"
#include "reference/widen.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

namespace golden {

/// The stage's rule, with its parameters.
inline dossiers::step step_of(const stage& from) {
    switch (from.kind) {
        case stage::temperature: return dossiers::temperature{from.value};
        case stage::top_k: return dossiers::top_k{from.count};
        case stage::top_p: return dossiers::top_p{from.value, from.min_keep};
        case stage::min_p: return dossiers::min_p{from.value, from.min_keep};
        case stage::greedy: return dossiers::greedy{};
        case stage::drop_above: return dossiers::drop_above{from.count};
        case stage::keep_mass_at_least: break;
    }
    return dossiers::keep_mass_at_least{from.count};
}

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
        // A parameter out of range only matters once the row itself is in order.
        const bool refused = std::any_of(made.chain.begin(), made.chain.end(), [](const stage& s) {
            const int value = oracle::order(s.value);
            if (s.kind == stage::temperature)
                return value != 0 && (value < oracle::order(0x1p-64f) || value > oracle::order(0x1p64f));
            return value < 0 || value > oracle::one;
        });
        std::vector<dossiers::step> chain;
        if (!refused) std::transform(made.chain.begin(), made.chain.end(), std::back_inserter(chain), step_of);
        outcome drawn = draw(made, chain);
        if (refused && drawn.status == "ok") {
            drawn = {};
            drawn.status = "bad_parameter";
        }
        return drawn;
    }

    /// The case with another chain than its own.
    [[nodiscard]] outcome draw(const draw_case& made, std::span<const dossiers::step> chain) const {
        static constexpr std::string_view names[] = {"ok",           "nan_logit",    "pos_inf_logit",
                                                     "no_candidate", "row_too_long", "bad_parameter"};
        std::vector<float> scores;
        for (const u64 bits : made.row.bits) scores.push_back(widen(made.row.type, bits));
        const oracle::u128 counter = oracle::u128{made.sequence} << 64 | made.position;
        const oracle::result drawn =
            oracle::draw(scores, chain, made.point ? *made.point : oracle::philox(counter, made.seed), made.seed);
        outcome result;
        result.status = names[drawn.status];
        if (drawn.status != oracle::ok) return result;

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
