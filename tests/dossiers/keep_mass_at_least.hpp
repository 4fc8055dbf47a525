// SPDX-License-Identifier: MIT
//
// Not a sampler of the library: a stage that uses the verb keep_mass_at_least, which no sampler of the library does.
#pragma once

#include "dossiers/random.hpp"
#include <pluck/stage.hpp>

namespace dossiers {

struct keep_heavy : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    static constexpr const char* name = "keep_mass_at_least";
    u64 mass = 0;

    explicit keep_heavy(u64 least) : mass(least) {}

    template <class Row>
    void operator()(Row& row) const {
        row.keep_mass_at_least(mass);
    }
};

struct keep_mass_at_least {
    using stage = keep_heavy;
    static constexpr const char* name = "keep_mass_at_least";
    u64 mass = 0;

    /// Tokens of at least this mass stay, and the best one in any case.
    void apply(oracle::state& row) const {
        row.keep([&](u64 rank, u64) { return row.masses[rank] >= mass || rank == 0; });
    }

    [[nodiscard]] stage made() const { return stage(mass); }
    [[nodiscard]] std::string text() const { return called(name, mass); }

    [[nodiscard]] static keep_mass_at_least random(std::size_t, splitmix& random) {
        if (random.one_in(8)) return {random.one_of({u64{0}, u64{1}, u64{1} << 40, (u64{1} << 40) + 1, ~u64{0}})};
        const std::size_t shift = 23 + random.below(41);
        return {random.bits() >> shift};
    }
    [[nodiscard]] static std::vector<keep_mass_at_least> edges() {
        return {{0}, {1}, {u64{1} << 39}, {u64{1} << 40}, {~u64{0}}};
    }
    /// To where the token at this rank is about to go.
    void sharpen(const oracle::result& found, std::size_t rank, int aside) {
        mass = found.masses[rank] + 1 - static_cast<u64>(aside + 1);
    }
};

}  // namespace dossiers
