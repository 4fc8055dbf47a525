// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include <pluck/detail/range.hpp>

#include <array>
#include <list>
#include <span>
#include <type_traits>
#include <vector>

using pluck::detail::contiguous_range;
using pluck::detail::range_value;

TEST_CASE("spans, vectors, arrays and C arrays lie side by side") {
    STATIC_REQUIRE(contiguous_range<std::span<const float>>);
    STATIC_REQUIRE(contiguous_range<std::vector<double>>);
    STATIC_REQUIRE(contiguous_range<std::array<float, 3>>);
    STATIC_REQUIRE(contiguous_range<float[3]>);
    STATIC_REQUIRE(std::is_same_v<range_value<std::span<const float>>, float>);
    STATIC_REQUIRE(std::is_same_v<range_value<const std::vector<int>>, int>);
}

TEST_CASE("lists, bits and numbers do not") {
    STATIC_REQUIRE(!contiguous_range<std::list<float>>);
    STATIC_REQUIRE(!contiguous_range<std::vector<bool>>);
    STATIC_REQUIRE(!contiguous_range<float>);
    STATIC_REQUIRE(!contiguous_range<float*>);
}
