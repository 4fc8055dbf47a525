// SPDX-License-Identifier: MIT
//
// What tokens weigh in a search for a cut: a search by mass and one by count are the same search.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 {

/// What a token weighs: its mass, or 1.
struct weighing {
    std::uint32_t by_mass;
    float best;   ///< the score from which masses are measured
    float scale;  ///< mass_scale(T)

    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE std::uint64_t operator()(float score) const noexcept {
        return by_mass != 0 ? mass_of(score - best, scale) : 1;
    }

    /// Every token weighs 1.
    [[nodiscard]] PLUCK_HOST_DEVICE static weighing ones() noexcept { return {0, 0, 0}; }
};

}}  // namespace pluck::v0
