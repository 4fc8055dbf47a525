// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include <pluck/detail/purposes.hpp>

#include <cstdint>

TEST_CASE("rejection's purpose is the number that docs/draw.md gives it") {
    STATIC_REQUIRE(static_cast<std::uint32_t>(pluck::detail::purpose::rejection) == 1);
}
