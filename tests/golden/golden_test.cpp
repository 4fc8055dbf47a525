// SPDX-License-Identifier: MIT
//
// golden.txt, and the golden file of each sampler that has one, are what the oracle says, and what this build of the
// library says. tests/golden/run asks many builds.
#include "golden/by_library.hpp"
#include "golden/by_oracle.hpp"
#include "golden/sampler.hpp"
#include "golden/text.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace {

const auto folder = std::filesystem::path(__FILE__).parent_path();

std::string committed(const std::string& name = "golden") {
    const auto path = folder / (name + ".txt");
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

TEST_CASE("golden: the oracle and the library say what the golden files of single samplers say") {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().stem().string();
        if (entry.path().extension() != ".txt" || name == "golden" || name == "traps") continue;
        INFO(name);
        const dossiers::sampler* const own = golden::sampler_called(name);
        REQUIRE(own != nullptr);  // a golden file without a dossier
        CHECK(difference(committed(name), golden::text_of(*own, golden::by_oracle{})) == "");
        CHECK(difference(committed(name), golden::text_of(*own, golden::by_library{})) == "");
    }
}

TEST_CASE("golden: whatever has no golden file is in golden.txt, and of every sampler a file can be made") {
    // Nobody replays a chain of a sampler that is pinned nowhere. golden.txt has the first eight, categorical as what
    // draws where no stage does; each later one brings a file.
    const auto& samplers = dossiers::samplers();
    for (std::size_t i = 0; i < samplers.size(); ++i) {
        INFO(samplers[i].name);
        if (i >= 8) CHECK(std::filesystem::exists(folder / (std::string(samplers[i].name) + ".txt")));
        const std::string by_oracle = golden::text_of(samplers[i], golden::by_oracle{});
        CHECK(difference(by_oracle, golden::text_of(samplers[i], golden::by_library{})) == "");
    }
}
