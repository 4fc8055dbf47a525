// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/detail/min_keep.hpp>

#include <cstdint>
#include <limits>

using pluck::detail::checked_min_keep;
using pluck_test::message_of;

TEST_CASE("a min_keep of any integer type passes unchanged") {
    STATIC_REQUIRE(checked_min_keep("top_p", 0) == 0);
    STATIC_REQUIRE(checked_min_keep("top_p", 7) == 7);
    STATIC_REQUIRE(checked_min_keep("top_p", short{7}) == 7);
    STATIC_REQUIRE(checked_min_keep("top_p", std::int64_t{1} << 31) == 0x80000000u);
    STATIC_REQUIRE(checked_min_keep("top_p", std::uint8_t{255}) == 255);
}

TEST_CASE("a min_keep that no row could reach saturates instead of wrapping") {
    constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
    STATIC_REQUIRE(checked_min_keep("top_p", most) == most);
    STATIC_REQUIRE(checked_min_keep("top_p", std::uint64_t{1} << 32) == most);
    STATIC_REQUIRE(checked_min_keep("top_p", std::numeric_limits<std::uint64_t>::max()) == most);
    STATIC_REQUIRE(checked_min_keep("top_p", std::numeric_limits<std::int64_t>::max()) == most);
}

TEST_CASE("a negative min_keep is rejected in the name of its stage") {
    CHECK(message_of([] { (void)checked_min_keep("min_p", -1); }) == "pluck::min_p: min_keep must be >= 0, got -1");
    CHECK(message_of([] { (void)checked_min_keep("top_p", std::numeric_limits<std::int64_t>::min()); }) ==
          "pluck::top_p: min_keep must be >= 0, got -9223372036854775808");
}
