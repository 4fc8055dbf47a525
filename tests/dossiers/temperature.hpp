// SPDX-License-Identifier: MIT
#pragma once

#include "dossiers/random.hpp"
#include <pluck/shape/temperature.hpp>

#include <algorithm>

namespace dossiers {

struct temperature {
    using stage = pluck::temperature;
    static constexpr const char* name = "temperature";
    float t = 1;

    /// T becomes T t, within 2^-64 and 2^64; t = 0 keeps the best token and leaves T alone.
    void apply(oracle::state& row) const {
        if (oracle::order(t) == 0) return row.keep([](u64 rank, u64) { return rank == 0; });
        row.temperature = std::clamp(row.temperature * t, 0x1p-64, 0x1p64);
        row.weigh();
    }

    [[nodiscard]] stage made() const { return t; }
    [[nodiscard]] std::string text() const { return called(name, t); }

    [[nodiscard]] static temperature random(std::size_t, splitmix& random) {
        if (random.one_in(8)) return {random.one_of({0.0f, -0.0f, 0x1p-64f, 0x1p64f, 1.0f, 0.5f})};
        return {random.one_in(16) ? random.positive(-64, 63) : random.positive(-3, 2)};
    }
    [[nodiscard]] static std::vector<temperature> edges() { return {{0}, {0x1p-64f}, {0.5f}, {1}, {0x1p64f}}; }
};

}  // namespace dossiers
