// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/token_sequences.hpp>

#include <cstdint>
#include <vector>

using namespace pluck_test;
using pluck::token_sequences;

TEST_CASE("sequences lie one after the other") {
    const std::vector<std::int32_t> tokens = {17, 4, 9};
    const std::vector<std::uint32_t> ends = {2, 3};
    const token_sequences both{tokens.data(), ends.data(), 2};
    REQUIRE(both[0].size() == 2);
    CHECK(both[0][1] == 4);
    REQUIRE(both[1].size() == 1);
    CHECK(both[1][0] == 9);
    CHECK(token_sequences{}.is_there());
    CHECK_FALSE(token_sequences{nullptr, ends.data(), 2}.is_there());
}

TEST_CASE("what is wrong with sequences is said, and of which") {
    const std::vector<std::int32_t> tokens = {17, -4, 9};
    const std::vector<std::uint32_t> ends = {1, 3}, empty = {1, 1, 3}, falling = {2, 1};
    const auto check = [&](const std::vector<std::uint32_t>& where) {
        return message_of([&] {
            pluck::detail::check_sequences("phrases",
                                           {tokens.data(), where.data(), static_cast<std::uint32_t>(where.size())});
        });
    };
    CHECK(check(ends) == "pluck::phrases: a token of sequence 1 must be >= 0, got -4");
    CHECK(check(empty) == "pluck::phrases: sequence 1 must have a token");
    CHECK(check(falling) == "pluck::phrases: a token of sequence 0 must be >= 0, got -4");
    CHECK(message_of([] {
              pluck::detail::check_sequences("dry", {nullptr, nullptr, 2});
          }) == "pluck::dry: token_sequences without memory, of 2");
}
