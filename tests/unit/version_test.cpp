// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include <pluck/version.hpp>

TEST_CASE("the version is three constants that no translation unit has to link") {
    STATIC_REQUIRE(pluck::version_major >= 0);
    STATIC_REQUIRE(pluck::version_minor >= 0);
    STATIC_REQUIRE(pluck::version_patch >= 0);
    STATIC_REQUIRE(pluck::version_major + pluck::version_minor + pluck::version_patch > 0);
}

TEST_CASE("symbols live in an inline namespace of the version") {
    STATIC_REQUIRE(&pluck::version_major == &pluck::v0::version_major);
}
