// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include <pluck/stage.hpp>

#include <cstddef>
#include <limits>
#include <type_traits>
#include <vector>

namespace {

struct plain : pluck::stage {
    [[maybe_unused]] static constexpr pluck::verb does = pluck::verb::keep;
};
struct by_chance : pluck::stage {
    [[maybe_unused]] static constexpr pluck::verb does = pluck::verb::keep;
    static constexpr bool random = true;
};
struct not_by_chance : pluck::stage {
    [[maybe_unused]] static constexpr pluck::verb does = pluck::verb::keep;
    static constexpr bool random = false;
};
struct for_three_rows : pluck::stage {
    [[maybe_unused]] static constexpr pluck::verb does = pluck::verb::keep;
    [[nodiscard]] constexpr std::size_t rows() const { return 3; }
};
struct without_base {
    [[maybe_unused]] static constexpr pluck::verb does = pluck::verb::keep;
};
struct without_verb : pluck::stage {};
struct with_memory_of_its_own : pluck::stage {
    [[maybe_unused]] static constexpr pluck::verb does = pluck::verb::keep;
    std::vector<int> history;
};

}  // namespace

TEST_CASE("a stage derives from pluck::stage, says what it does, and is trivially copyable") {
    STATIC_REQUIRE(pluck::stage_like<plain>);
    STATIC_REQUIRE(pluck::stage_like<by_chance>);
    STATIC_REQUIRE_FALSE(pluck::stage_like<without_base>);
    STATIC_REQUIRE_FALSE(pluck::stage_like<without_verb>);
    STATIC_REQUIRE_FALSE(pluck::stage_like<with_memory_of_its_own>);
    STATIC_REQUIRE_FALSE(pluck::stage_like<int>);
}

TEST_CASE("the base of stages takes no space") {
    STATIC_REQUIRE(std::is_empty_v<pluck::stage>);
    STATIC_REQUIRE(std::is_empty_v<plain>);
}

TEST_CASE("a stage is random only if it says so") {
    STATIC_REQUIRE_FALSE(pluck::detail::is_random<plain>());
    STATIC_REQUIRE(pluck::detail::is_random<by_chance>());
    STATIC_REQUIRE_FALSE(pluck::detail::is_random<not_by_chance>());
}

TEST_CASE("a stage without per-row parameters serves any number of rows") {
    STATIC_REQUIRE(pluck::detail::rows_served(plain{}).rows == std::numeric_limits<std::size_t>::max());
    STATIC_REQUIRE(pluck::detail::rows_served(for_three_rows{}).rows == 3);
}

TEST_CASE("there are four verbs") {
    STATIC_REQUIRE(pluck::verb::adjust != pluck::verb::shape);
    STATIC_REQUIRE(pluck::verb::shape != pluck::verb::keep);
    STATIC_REQUIRE(pluck::verb::keep != pluck::verb::draw);
    STATIC_REQUIRE(sizeof(pluck::verb) == 1);
}
