// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include <pluck/detail/mass.hpp>
#include <pluck/row/weighing.hpp>

#include <cstdint>

using pluck::weighing;

TEST_CASE("a token weighs its mass, measured from the best score, or 1") {
    const float scale = pluck::mass_scale(0.8);
    const weighing mass{1, 3.5f, scale};
    CHECK(mass(3.5f) == std::uint64_t{1} << pluck::mass_bits);
    for (const float score : {3.25f, 2.0f, -1.0f, -20.0f}) CHECK(mass(score) == pluck::mass_of(score - 3.5f, scale));
    CHECK(mass(-1000.0f) == 0);
    for (const float score : {3.5f, 0.0f, -1000.0f}) CHECK(weighing::ones()(score) == 1);
}
