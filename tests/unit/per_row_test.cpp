// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/detail/parameter.hpp>
#include <pluck/per_row.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

using pluck::param;
using pluck::per_row;

namespace {

constexpr std::size_t endless = std::numeric_limits<std::size_t>::max();

}  // namespace

TEST_CASE("a single value is every row's") {
    constexpr param<float> p{0.5f};
    STATIC_REQUIRE(p[0] == 0.5f);
    STATIC_REQUIRE(p[123'456] == 0.5f);
    STATIC_REQUIRE(p.rows() == endless);
}

TEST_CASE("a per-row array is read at the row's index") {
    const std::vector<float> values = {0.1f, 0.2f, 0.3f};
    const param<float> p = per_row<float>{values};
    CHECK(p[0] == 0.1f);
    CHECK(p[1] == 0.2f);
    CHECK(p[2] == 0.3f);
    CHECK(p.rows() == 3);
}

TEST_CASE("past the end of a per-row array lies a value that no parameter allows") {
    const std::vector<float> values = {0.1f};
    const param<float> p = per_row<float>{values};
    CHECK((pluck_test::bits_of(p[1]) & 0x7fffffffu) > pluck_test::bits::plus_infinity);
    CHECK((pluck_test::bits_of(p[endless]) & 0x7fffffffu) > pluck_test::bits::plus_infinity);
    const std::vector<std::int32_t> counts = {7};
    const param<std::int32_t> k = per_row<std::int32_t>{counts};
    CHECK(k[0] == 7);
    CHECK(k[1] == -1);
}

TEST_CASE("an empty per-row array serves no row, and has no value") {
    const std::vector<float> none;
    const param<float> p = per_row<float>{none};
    CHECK(p.rows() == 0);
    CHECK((pluck_test::bits_of(p[0]) & 0x7fffffffu) > pluck_test::bits::plus_infinity);
}

TEST_CASE("a pointer alone is trusted for as many rows as there are") {
    const float values[] = {1, 2, 3, 4};
    const param<float> p = per_row<float>{&values[0]};
    CHECK(p[3] == 4);
    CHECK(p.rows() == endless);
}

TEST_CASE("a null pointer holds no values, rather than zeros") {
    const float* nothing = nullptr;
    const param<float> p = per_row<float>{nothing};
    CHECK((pluck_test::bits_of(p[0]) & 0x7fffffffu) > pluck_test::bits::plus_infinity);
    const std::int32_t* no_counts = nullptr;
    CHECK(param<std::int32_t>(per_row<std::int32_t>{no_counts})[0] == -1);
}

TEST_CASE("a real parameter is held as the nearest float, a float as itself") {
    using pluck::detail::held;
    STATIC_REQUIRE(held(0.8) == 0.8f);
    STATIC_REQUIRE(held(1.0 / 3) == 0x1.555556p-2f);
    STATIC_REQUIRE(held(0.8f) == 0.8f);
    STATIC_REQUIRE(pluck_test::bits::least_subnormal == 1);
    CHECK(pluck_test::bits_of(held(pluck_test::float_of(1))) == 1);
    CHECK(pluck_test::bits_of(held(0x1p-149)) == 1);
    STATIC_REQUIRE(std::is_same_v<pluck::detail::real<float>, float>);
    STATIC_REQUIRE(std::is_same_v<pluck::detail::real<double>, double>);
    STATIC_REQUIRE(std::is_same_v<pluck::detail::real<int>, double>);
}

TEST_CASE("a per-row array is made from a span, a vector, an array or a pointer, and its type is deduced") {
    std::vector<float> vector = {1, 2};
    const std::array<float, 3> array = {1, 2, 3};
    CHECK(per_row<float>{vector}.count == 2);
    CHECK(per_row<float>{array}.count == 3);
    CHECK(per_row{std::span<const float>(vector)}.count == 2);
    CHECK(per_row{vector.data()}.values == vector.data());
    STATIC_REQUIRE(std::is_same_v<decltype(per_row{vector.data()}), per_row<float>>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<std::vector<float>, per_row<float>>);
    // A temporary vector would be gone before the first draw; a temporary span is as good as any.
    STATIC_REQUIRE_FALSE(std::is_constructible_v<per_row<float>, std::vector<float>>);
    STATIC_REQUIRE(std::is_constructible_v<per_row<float>, std::vector<float>&>);
    STATIC_REQUIRE(std::is_constructible_v<per_row<float>, const std::vector<float>&>);
    STATIC_REQUIRE(std::is_constructible_v<per_row<float>, std::span<const float>>);
    STATIC_REQUIRE(std::is_constructible_v<per_row<float>, std::span<float>>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<const float*, per_row<float>>);
}

TEST_CASE("the array is read when a row runs, not when the parameter is made") {
    std::vector<float> values = {0.1f};
    const param<float> p = per_row<float>{values};
    values[0] = 0.9f;
    CHECK(p[0] == 0.9f);
}

TEST_CASE("a parameter is plain data that a kernel can be passed") {
    STATIC_REQUIRE(std::is_trivially_copyable_v<param<float>>);
    STATIC_REQUIRE(std::is_trivially_copyable_v<param<std::int32_t>>);
    STATIC_REQUIRE(std::is_trivially_copyable_v<per_row<float>>);
    STATIC_REQUIRE(noexcept(param<float>{1.0f}[0]));
}

TEST_CASE("numbers and whole numbers are arithmetic types, bool excepted") {
    STATIC_REQUIRE(pluck::number<float>);
    STATIC_REQUIRE(pluck::number<double>);
    STATIC_REQUIRE(pluck::number<long double>);
    STATIC_REQUIRE(pluck::number<int>);
    STATIC_REQUIRE(pluck::number<std::uint64_t>);
    STATIC_REQUIRE_FALSE(pluck::number<bool>);
    STATIC_REQUIRE_FALSE(pluck::number<const bool>);
    STATIC_REQUIRE_FALSE(pluck::number<float*>);
    STATIC_REQUIRE(pluck::whole_number<int>);
    STATIC_REQUIRE(pluck::whole_number<std::size_t>);
    STATIC_REQUIRE(pluck::whole_number<signed char>);
    STATIC_REQUIRE_FALSE(pluck::whole_number<float>);
    STATIC_REQUIRE_FALSE(pluck::whole_number<bool>);
}

TEST_CASE("the words of a key are parameters as well, of which every value is allowed") {
    STATIC_REQUIRE(param<std::uint64_t>{42}[7] == 42);
    const std::vector<std::uint64_t> seeds = {0, ~std::uint64_t{0}};
    const param<std::uint64_t> seed = per_row<std::uint64_t>{seeds};
    CHECK(seed[0] == 0);
    CHECK(seed[1] == ~std::uint64_t{0});
    CHECK(seed.rows() == 2);  // so whoever takes one compares this with the draws
    STATIC_REQUIRE(param<std::uint64_t>::missing() == ~std::uint64_t{0});
}
