// SPDX-License-Identifier: MIT
//
// A stage's parameter beside its storage, which unit/per_row_test.cpp has: what is checked, how, and what is held.
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/detail/parameter.hpp>

#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

using pluck::detail::checked_value;
using pluck::detail::count_of;
using pluck::detail::parameter;
using pluck::detail::share;
using pluck_test::bits_of;
using pluck_test::float_of;
using pluck_test::message_of;

namespace {

using min_keep = count_of<std::uint32_t>;
constexpr const char* who = "top_p";

}  // namespace

TEST_CASE("a share is a number in [0, 1], held as the nearest float") {
    STATIC_REQUIRE(checked_value<share>(who, "p", 0.5f) == 0.5f);
    STATIC_REQUIRE(checked_value<share>(who, "p", 0.1) == 0.1f);
    STATIC_REQUIRE(checked_value<share>(who, "p", 1) == 1.0f);
    STATIC_REQUIRE(checked_value<share>(who, "p", 0u) == 0.0f);
    CHECK(bits_of(checked_value<share>(who, "p", float_of(1))) == 1);
    CHECK(message_of([] { (void)checked_value<share>(who, "p", 1.5f); }) ==
          "pluck::top_p: p must be in [0, 1], got 1.5");
    CHECK(message_of([] { (void)checked_value<share>("min_p", "m", -1); }) ==
          "pluck::min_p: m must be in [0, 1], got -1");
    CHECK(message_of([] { (void)checked_value<share>(who, "p", 1 + 0x1p-52); }) ==
          "pluck::top_p: p must be in [0, 1], got 1.0000000000000002");
    for (const std::uint32_t nan : pluck_test::bits::nans)
        CHECK(message_of([&] { (void)checked_value<share>(who, "p", float_of(nan)); }) != "(no exception)");
    CHECK(message_of([] { (void)checked_value<share>(who, "p", float_of(pluck_test::bits::plus_infinity)); }) ==
          "pluck::top_p: p must be in [0, 1], got inf");
}

TEST_CASE("a count of any integer type passes unchanged") {
    STATIC_REQUIRE(checked_value<min_keep>(who, "min_keep", 0) == 0);
    STATIC_REQUIRE(checked_value<min_keep>(who, "min_keep", 7) == 7);
    STATIC_REQUIRE(checked_value<min_keep>(who, "min_keep", short{7}) == 7);
    STATIC_REQUIRE(checked_value<min_keep>(who, "min_keep", std::int64_t{1} << 31) == 0x80000000u);
    STATIC_REQUIRE(checked_value<min_keep>(who, "min_keep", std::uint8_t{255}) == 255);
}

TEST_CASE("a count that no row could reach saturates instead of wrapping") {
    constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
    STATIC_REQUIRE(checked_value<min_keep>(who, "min_keep", most) == most);
    STATIC_REQUIRE(checked_value<min_keep>(who, "min_keep", std::uint64_t{1} << 32) == most);
    STATIC_REQUIRE(checked_value<min_keep>(who, "min_keep", std::numeric_limits<std::uint64_t>::max()) == most);
    STATIC_REQUIRE(checked_value<min_keep>(who, "min_keep", std::numeric_limits<std::int64_t>::max()) == most);
    STATIC_REQUIRE(checked_value<count_of<std::int32_t>>(who, "k", std::uint64_t{1} << 31) == 0x7fffffff);
}

TEST_CASE("a negative count is rejected in the name of its stage") {
    CHECK(message_of([] { (void)checked_value<min_keep>("min_p", "min_keep", -1); }) ==
          "pluck::min_p: min_keep must be >= 0, got -1");
    CHECK(message_of([] {
              (void)checked_value<min_keep>(who, "min_keep", std::numeric_limits<std::int64_t>::min());
          }) == "pluck::top_p: min_keep must be >= 0, got -9223372036854775808");
}

TEST_CASE("a parameter is one checked number, or the rows' own, which are checked as rows run") {
    constexpr parameter<share> one(who, "p", 0.25);
    STATIC_REQUIRE(one[3] == 0.25f);
    STATIC_REQUIRE(sizeof one == 16);
    STATIC_REQUIRE(std::is_trivially_copyable_v<parameter<share>>);
    const std::vector<float> values = {0.5f, 1.5f, float_of(pluck_test::bits::nans[0])};
    const parameter<share> own(who, "p", pluck::per_row<float>{values});
    CHECK(own.rows() == 3);
    CHECK(own.has(own[0]));
    CHECK_FALSE(own.has(own[1]));
    CHECK_FALSE(own.has(own[2]));
    CHECK_FALSE(own.has(own[3]));  // past the end
    const std::vector<std::int32_t> counts = {0, -1};
    const parameter<count_of<std::int32_t>> k("top_k", "k", pluck::per_row<std::int32_t>{counts});
    CHECK(k.has(k[0]));
    CHECK_FALSE(k.has(k[1]));
    CHECK_FALSE(k.has(k[2]));
    CHECK(message_of([] { (void)parameter<share>(who, "p", 2); }) == "pluck::top_p: p must be in [0, 1], got 2");
}

TEST_CASE("a parameter is made from numbers or arrays of its own type") {
    STATIC_REQUIRE(pluck::real_parameter<int>);
    STATIC_REQUIRE(pluck::real_parameter<double>);
    STATIC_REQUIRE(pluck::real_parameter<pluck::per_row<float>>);
    STATIC_REQUIRE_FALSE(pluck::real_parameter<bool>);
    STATIC_REQUIRE_FALSE(pluck::real_parameter<pluck::per_row<double>>);
    STATIC_REQUIRE(pluck::count_parameter<unsigned>);
    STATIC_REQUIRE(pluck::count_parameter<pluck::per_row<std::int32_t>>);
    STATIC_REQUIRE_FALSE(pluck::count_parameter<float>);
    STATIC_REQUIRE_FALSE(pluck::count_parameter<pluck::per_row<std::int64_t>>);
}
