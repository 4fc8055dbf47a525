// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/detail/token_list.hpp>

#include <cstdint>
#include <vector>

using namespace pluck_test;
namespace detail = pluck::detail;

TEST_CASE("a list of ids is checked in the name of who is made of it, from the first id on") {
    const std::vector<std::int32_t> fine = {3, 0, 3}, none, negative = {2, -1, -5};
    CHECK(detail::checked_ids("who", fine).size() == 3);
    CHECK(detail::checked_ids("who", fine).data() == fine.data());
    CHECK(detail::checked_ids("who", none).size() == 0);
    CHECK(message_of([&] { (void)detail::checked_ids("who", negative); }) == "pluck::who: ids[1] must be >= 0, got -1");
}

TEST_CASE("a rising list has no id twice, and none that is below the one before it") {
    const std::vector<std::int32_t> rising = {0, 1, 7}, twice = {4, 4}, falling = {1, 9, 8};
    CHECK(detail::checked_rising_ids("who", rising)[2] == 7);
    CHECK(message_of([&] { (void)detail::checked_rising_ids("who", twice); }) ==
          "pluck::who: ids[1] must be above the one before it, 4, got 4");
    CHECK(message_of([&] { (void)detail::checked_rising_ids("who", falling); }) ==
          "pluck::who: ids[2] must be above the one before it, 9, got 8");
}
