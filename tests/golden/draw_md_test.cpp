// SPDX-License-Identifier: MIT
//
// The tables of docs/draw.md, section 7: each line is made anew from the library and must stand there as it is.
#include "support/catch.hpp"
#include <pluck/report.hpp>
#include <pluck/sample.hpp>

#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

namespace {

const std::string& page() {
    static const std::string text = [] {
        std::ifstream file(std::string(PLUCK_SOURCE_DIR) + "/docs/draw.md");
        return std::string(std::istreambuf_iterator<char>(file), {});
    }();
    return text;
}

void expect_line(const std::string& line) {
    INFO("docs/draw.md should have this line: " << line);
    CHECK(page().find("\n" + line + "\n") != std::string::npos);
}

std::string hex(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%a", value);
    return text;
}

std::string words(const pluck::bits128& bits) {
    char text[40];
    std::snprintf(text, sizeof text, "%08x %08x %08x %08x", bits.word[0], bits.word[1], bits.word[2], bits.word[3]);
    return text;
}

template <class Chain>
void expect_draws(const std::string& name, const std::vector<float>& row, const Chain& chain) {
    const auto stages = pluck::as_chain(chain);
    pluck::workspace scratch;
    pluck::cpu::row state(pluck::logits_view<float>{row.data(), row.size()}, scratch,
                          pluck::randomness(pluck::key{.seed = 42}), 0);
    REQUIRE(pluck::run(stages, state));
    std::string tokens;
    for (int position = 0; position < 12; ++position) {
        tokens += " " + std::to_string(pluck::sample(row, stages, {.seed = 42, .position = position}).token);
    }
    expect_line("| " + name + " | " + std::to_string(state.total()) + " | " + std::to_string(state.count()) + " |" +
                tokens + " |");
}

}  // namespace

TEST_CASE("docs/draw.md has the random bits of a key", "[golden]") {
    using pluck::key, pluck::randomness;
    expect_line("| 0, 0, 0 | U | " + words(randomness(key{}).base) + " |");
    expect_line("| 42, 0, 7 | U | " + words(randomness(key{42, 0, 7}).base) + " |");
    expect_line("| 2^64-1, 2^64-1, 2^64-1 | U | " + words(randomness(key{-1, -1, -1}).base) + " |");
    expect_line("| 42, 0, 7 | purpose 1, index 5 | " + words(randomness(key{42, 0, 7}).bits(1, 5)) + " |");
}

TEST_CASE("docs/draw.md has masses, scales and logarithms", "[golden]") {
    std::string masses = "| mass |";
    for (const float d : {0.0f, -0.5f, -1.0f, -10.0f, -27.0f, -28.0f}) {
        masses += " " + std::to_string(pluck::mass_of(d, pluck::mass_scale(1.0))) + " |";
    }
    expect_line(masses);

    std::string scales = "| c |";
    for (const double t : {0.8, double{0.8f}, 2.0}) scales += " " + hex(double{pluck::mass_scale(t)}) + " |";
    expect_line(scales);

    std::string logs = "| log_of(m) |";
    for (const float m : {0.5f, 0.05f, 0.1f, 0x1.fffffep-1f, 0x1p-149f}) logs += " " + hex(pluck::log_of(m)) + " |";
    expect_line(logs);
}

TEST_CASE("docs/draw.md has what chains draw", "[golden]") {
    using pluck::temperature, pluck::top_k, pluck::top_p, pluck::min_p;
    const std::vector<float> row = {2.0f, 1.5f, 1.0f, 0.5f, 0.1f, -0.5f, -1.0f, -2.0f, -3.0f, -5.0f};
    expect_draws("(empty)", row, pluck::chain{});
    expect_draws("temperature(0.8)", row, temperature(0.8));
    expect_draws("temperature(0)", row, temperature(0));
    expect_draws("top_k(3)", row, top_k(3));
    expect_draws("top_p(0.9)", row, top_p(0.9));
    expect_draws("top_p(0.5, 4)", row, top_p(0.5, 4));
    expect_draws("min_p(0.1)", row, min_p(0.1));
    expect_draws("min_p(1, 2)", row, min_p(1, 2));
    expect_draws("temperature(0.8), top_k(5), top_p(0.9)", row, temperature(0.8) | top_k(5) | top_p(0.9));
    expect_draws("top_p(0.9), temperature(2)", row, top_p(0.9) | temperature(2));
    expect_draws("temperature(2), min_p(0.05)", row, temperature(2) | min_p(0.05));
    expect_draws("greedy", row, pluck::greedy{});
    expect_draws("rejection", row, pluck::rejection{});
    expect_draws("temperature(0.8), top_p(0.9), rejection", row, temperature(0.8) | top_p(0.9) | pluck::rejection{});
}

TEST_CASE("docs/draw.md has what chains draw from ties and masked tokens", "[golden]") {
    const std::vector<float> row = {1.0f,   -std::numeric_limits<float>::infinity(), 1.0f, 0.0f, -0.0f, 1.0f, 0.0f,
                                    -100.0f};
    expect_draws("(empty), ties", row, pluck::chain{});
    expect_draws("top_k(4), ties", row, pluck::top_k(4));
    expect_draws("top_p(0.5), ties", row, pluck::top_p(0.5));
}

TEST_CASE("docs/draw.md has the log-probabilities of each base", "[golden]") {
    const std::vector<float> row = {2.0f, 1.5f, 1.0f, 0.5f, 0.1f, -0.5f, -1.0f, -2.0f, -3.0f, -5.0f};
    const std::array<std::int32_t, 3> ids = {1, 0, 9};
    const char* names[] = {"raw", "adjusted", "tempered", "chain"};
    for (const pluck::base of : {pluck::base::raw, pluck::base::adjusted, pluck::base::tempered, pluck::base::chain}) {
        std::array<float, 3> values{};
        pluck::report said{.of = of, .given = {ids, values}};
        const auto chain = pluck::temperature(0.8) | pluck::top_k(3);
        REQUIRE(pluck::sample(row, chain, {.seed = 42, .position = 2}, said).token == 1);
        std::string line = std::string("| `") + names[static_cast<int>(of)] + "` |";
        for (const float value : values) line += " " + hex(double{value}) + " |";
        expect_line(line + " " + std::to_string(said.rank) + " |");
    }
    std::string line = "| ln_of_mass(Z) |";
    for (const std::uint64_t total : {1ull << 40, (1ull << 40) + 1, 2754217736064ull, 1ull << 63})
        line += " " + hex(pluck::detail::ln_of_mass(total)) + " |";
    expect_line(line);
}
