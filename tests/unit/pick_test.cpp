// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include <pluck/pick.hpp>

#include <cstdint>
#include <set>
#include <string_view>
#include <type_traits>

TEST_CASE("each status is called what its enumerator is called") {
    using pluck::status;
    STATIC_REQUIRE(to_string(status::ok) == "ok");
    STATIC_REQUIRE(to_string(status::nan_logit) == "nan_logit");
    STATIC_REQUIRE(to_string(status::pos_inf_logit) == "pos_inf_logit");
    STATIC_REQUIRE(to_string(status::no_candidate) == "no_candidate");
    STATIC_REQUIRE(to_string(status::row_too_long) == "row_too_long");
    STATIC_REQUIRE(to_string(status::bad_parameter) == "bad_parameter");
    STATIC_REQUIRE(to_string(status::out_of_memory) == "out_of_memory");
    STATIC_REQUIRE(to_string(status::history_full) == "history_full");
}

TEST_CASE("a number that is no status has a text all the same") {
    for (int value = 8; value < 256; ++value) {
        CHECK(to_string(static_cast<pluck::status>(value)) == "unknown status");
    }
}

TEST_CASE("status is one byte and ok is zero") {
    STATIC_REQUIRE(sizeof(pluck::status) == 1);
    STATIC_REQUIRE(static_cast<int>(pluck::status::ok) == 0);
}

TEST_CASE("a pick says no until something was drawn") {
    STATIC_REQUIRE(pluck::pick{}.token == -1);
    STATIC_REQUIRE(pluck::pick{}.status == pluck::status::no_candidate);
    STATIC_REQUIRE_FALSE(pluck::pick{});
    STATIC_REQUIRE(static_cast<bool>(pluck::pick{0, pluck::status::ok}));
    for (int value = 1; value < 7; ++value) CHECK_FALSE(pluck::pick{5, static_cast<pluck::status>(value)});
}

TEST_CASE("picks compare by token and status") {
    using pluck::pick;
    using pluck::status;
    STATIC_REQUIRE(pick{3, status::ok} == pick{3, status::ok});
    STATIC_REQUIRE(pick{3, status::ok} != pick{4, status::ok});
    STATIC_REQUIRE(pick{-1, status::nan_logit} != pick{-1, status::no_candidate});
}

TEST_CASE("a pick is plain data of eight bytes, and no integer") {
    STATIC_REQUIRE(std::is_trivially_copyable_v<pluck::pick>);
    STATIC_REQUIRE(std::is_aggregate_v<pluck::pick>);
    STATIC_REQUIRE(sizeof(pluck::pick) == 8);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<pluck::pick, bool>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<pluck::pick, int>);
}
