// SPDX-License-Identifier: MIT
//
// The list has each of the library's samplers once, and nothing else.
#include "support/catch.hpp"
#include <pluck/detail/library_stages.hpp>
#include <pluck/dynamic_chain.hpp>

#include <cstddef>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>

namespace {

template <class... Stages>
struct names_of {
    std::set<std::string> names{Stages::name...};
    static constexpr std::size_t count = sizeof...(Stages);
    static constexpr bool are_named_stages =
        (... && (pluck::stage_like<Stages> && std::string_view(Stages::name) != ""));
};

using listed = pluck::detail::of_library_stages<names_of>;

}  // namespace

TEST_CASE("each header in adjust/, shape/, keep/ and draw/ is a stage of the list, and each stage has such a header") {
    const std::filesystem::path include = std::filesystem::path(PLUCK_SOURCE_DIR) / "include" / "pluck";
    std::set<std::string> headers;
    for (const char* folder : {"adjust", "shape", "keep", "draw"}) {
        if (!std::filesystem::exists(include / folder)) continue;
        for (const auto& entry : std::filesystem::directory_iterator(include / folder)) {
            headers.insert(entry.path().stem().string());
        }
    }
    CHECK(listed().names == headers);
}

TEST_CASE("the list has no stage twice, and each has a name") {
    STATIC_REQUIRE(listed::are_named_stages);
    CHECK(listed().names.size() == listed::count);
}

TEST_CASE("a dynamic chain is made of the list") {
    STATIC_REQUIRE(std::is_same_v<pluck::dynamic_chain, pluck::detail::of_library_stages<pluck::basic_dynamic_chain>>);
}
