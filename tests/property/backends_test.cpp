// SPDX-License-Identifier: MIT
//
// A user's own stage gives the same token on every backend, even if it asks for something odd: the CPU's row and the
// serial row answer each verb alike.
#include "laws.hpp"
#include "support/serial_row.hpp"
#include <pluck/cpu/row.hpp>

#include <cstdint>
#include <limits>
#include <vector>

using pluck_test::for_random_rows;
using pluck_test::random_numbers;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float odd_numbers[] = {not_a_number, -not_a_number, infinity, -infinity, 0.0f, -0.0f,  1e-45f, -1e-45f,
                                 -0.5f,        0.5f,          0.999f,   1.0f,      1.5f, -1e30f, 1e30f};
constexpr std::uint64_t odd_masses[] = {0, 1, (1ull << 40) - 1, 1ull << 40, (1ull << 40) + 1, ~0ull};

/// Applies `verb` to both rows, which must then hold and draw the same.
template <class Verb>
void alike(const std::vector<float>& logits, const pluck::randomness& random, const Verb& verb) {
    pluck::workspace scratch;
    pluck::cpu::row cpu(pluck::logits_view<float>{logits.data(), logits.size()}, scratch, random, 0);
    pluck_test::serial_row serial(logits.data(), logits.size(), random, 0);
    REQUIRE(cpu.settle());
    REQUIRE(serial.settle());
    verb(cpu);
    verb(serial);
    REQUIRE(cpu.state() == serial.state());
    REQUIRE(cpu.temperature() == serial.temperature());
    REQUIRE(cpu.count() == serial.count());
    REQUIRE(cpu.best().value == serial.best().value);
    REQUIRE(cpu.total() == serial.total());
    REQUIRE(cpu.draw(cpu.uniform()) == serial.draw(serial.uniform()));
    REQUIRE(cpu.draw_by_rejection() == serial.draw_by_rejection());
    REQUIRE(cpu.total() == serial.total());
}

}  // namespace

TEST_CASE("both backends answer odd thresholds, shares, masses, counts, cuts and factors alike") {
    for_random_rows(500, [](const std::vector<float>& logits, random_numbers& numbers) {
        const pluck::randomness random(pluck_test::random_key(numbers));
        for (const std::uint32_t min_keep : {0u, 1u, 3u}) {
            for (const float odd : odd_numbers) {
                CAPTURE(odd, min_keep);
                alike(logits, random, [&](auto& row) { row.keep_at_least(odd, min_keep); });
                alike(logits, random, [&](auto& row) { row.keep_mass(odd, min_keep); });
                alike(logits, random, [&](auto& row) { row.scale(double{odd}); });
            }
            alike(logits, random, [&](auto& row) { row.keep_largest(min_keep); });
        }
        for (const std::uint64_t odd : odd_masses) {
            CAPTURE(odd);
            alike(logits, random, [&](auto& row) { row.keep_mass_at_least(odd); });
            alike(logits, random, [&](auto& row) { row.drop_above(pluck::ranking_key{odd}); });
            alike(logits, random, [&](auto& row) { row.drop_above(pluck::ranking_key{odd << 23}); });
        }
    });
}
