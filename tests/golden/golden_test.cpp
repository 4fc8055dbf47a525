// SPDX-License-Identifier: MIT
//
// golden.txt is what the oracle says, and what this build of the library says. tests/golden/run asks many builds.
#include "golden/by_library.hpp"
#include "golden/by_oracle.hpp"
#include "golden/text.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace {

std::string committed() {
    const auto path = std::filesystem::path(__FILE__).parent_path() / "golden.txt";
    std::ifstream file(path, std::ios::binary);
    INFO(path);
    REQUIRE(file);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// The first lines in which they differ: a whole golden file is no message.
std::string difference(const std::string& expected, const std::string& found) {
    std::istringstream left(expected), right(found);
    std::string wanted, got, message;
    for (int number = 1, shown = 0; shown < 10; ++number) {
        const bool more = static_cast<bool>(std::getline(left, wanted));
        const bool any = static_cast<bool>(std::getline(right, got));
        if (!more && !any) break;
        if (more == any && wanted == got) continue;
        message += "line " + std::to_string(number) + "\n    expected " + (more ? wanted : "nothing") +
                   "\n    found    " + (any ? got : "nothing") + "\n";
        ++shown;
    }
    return message;
}

}  // namespace

TEST_CASE("golden: the oracle says what golden.txt says") {
    CHECK(difference(committed(), golden::text_by(golden::by_oracle{})) == "");
}

TEST_CASE("golden: the library says what golden.txt says") {
    CHECK(difference(committed(), golden::text_by(golden::by_library{})) == "");
}
