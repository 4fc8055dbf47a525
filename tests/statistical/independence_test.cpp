// SPDX-License-Identifier: MIT
//
// Draws whose keys are close together have nothing to do with each other: neighbours in seed, sequence and position,
// and keys that differ in one of their 192 bits. Pairs of draws are counted in a 16 x 16 table, which must be flat.
#include "support/catch.hpp"
#include "support/chi_squared.hpp"
#include "support/effort.hpp"
#include <pluck/pluck.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

namespace {

constexpr std::size_t sides = 16;
const std::vector<float> die(sides, 0.0f);
const std::vector<double> even(sides* sides, 1.0 / (sides * sides));

std::size_t roll(const pluck::key& key) {
    return static_cast<std::size_t>(pluck::sample(die, pluck::chain{}, key).token);
}

class pairs {
public:
    void add(std::size_t first, std::size_t second) { ++counts_[first * sides + second]; }
    [[nodiscard]] pluck_test::goodness_of_fit fit() const { return {counts_, even}; }

private:
    std::array<std::uint64_t, sides * sides> counts_{};
};

/// Pairs of draws at (i, i + step) for i = 0, 2 step, 4 step, ..., where key_of(i) is the key.
template <class KeyOf>
pluck_test::goodness_of_fit neighbours(const KeyOf& key_of, std::uint64_t step = 1) {
    pairs table;
    const std::size_t count = pluck_test::repeated(2'000'000);
    for (std::uint64_t i = 0; i < count; ++i) table.add(roll(key_of(2 * i * step)), roll(key_of((2 * i + 1) * step)));
    return table.fit();
}

constexpr std::uint64_t near_a_carry = (std::uint64_t{1} << 32) - 1'000'001;
constexpr std::uint64_t near_the_end = std::uint64_t{0} - 1'000'001;

/// The key with bit `bit` of its 192 changed: seed, sequence, position, lowest bit first.
pluck::key flipped(const pluck::key& from, std::size_t bit) {
    pluck::key to = from;
    auto& word = bit < 64 ? to.seed : bit < 128 ? to.sequence : to.position;
    word = word ^ std::uint64_t{1} << bit % 64;
    return to;
}

}  // namespace

TEST_CASE("draws at consecutive positions are independent, across carries and the wrap at 2^64") {
    for (const std::uint64_t start : {std::uint64_t{0}, near_a_carry, near_the_end}) {
        CAPTURE(start);
        const auto fit = neighbours([=](std::uint64_t i) { return pluck::key{.seed = 1, .position = start + i}; });
        CAPTURE(fit.chi_squared, fit.g);
        CHECK(fit.plausible());
    }
}

TEST_CASE("draws of consecutive sequences are independent, across carries and the wrap at 2^64") {
    for (const std::uint64_t start : {std::uint64_t{0}, near_a_carry, near_the_end}) {
        CAPTURE(start);
        const auto fit = neighbours([=](std::uint64_t i) { return pluck::key{.seed = 1, .sequence = start + i}; });
        CAPTURE(fit.chi_squared, fit.g);
        CHECK(fit.plausible());
    }
}

TEST_CASE("draws of consecutive seeds are independent, across carries and the wrap at 2^64") {
    for (const std::uint64_t start : {std::uint64_t{0}, near_a_carry, near_the_end}) {
        CAPTURE(start);
        const auto fit = neighbours([=](std::uint64_t i) { return pluck::key{.seed = start + i}; });
        CAPTURE(fit.chi_squared, fit.g);
        CHECK(fit.plausible());
    }
}

TEST_CASE("draws of keys that differ in their high words alone are independent") {
    constexpr std::uint64_t high = std::uint64_t{1} << 32;
    CHECK(neighbours([](std::uint64_t i) { return pluck::key{.seed = i}; }, high).plausible());
    CHECK(neighbours([](std::uint64_t i) { return pluck::key{.sequence = i}; }, high).plausible());
    CHECK(neighbours([](std::uint64_t i) { return pluck::key{.position = i}; }, high).plausible());
}

TEST_CASE("draws of which seed, sequence and position move together are independent") {
    CHECK(neighbours([](std::uint64_t i) { return pluck::key{.seed = i, .sequence = i, .position = i}; }).plausible());
    CHECK(neighbours([](std::uint64_t i) {
              return pluck::key{.seed = i, .sequence = ~i, .position = i / 2};
          }).plausible());
}

TEST_CASE("changing any one bit of seed, sequence or position gives an independent draw") {
    constexpr std::size_t bits = 192;
    std::vector<pairs> table(bits);
    const std::size_t count = pluck_test::repeated_nightly(200'000);
    for (std::uint64_t i = 0; i < count; ++i) {
        const pluck::key key{.seed = i, .sequence = 3 * i, .position = 5 * i};
        const std::size_t before = roll(key);
        for (std::size_t bit = 0; bit < bits; ++bit) table[bit].add(before, roll(flipped(key, bit)));
    }
    for (std::size_t bit = 0; bit < bits; ++bit) {
        const auto fit = table[bit].fit();
        CAPTURE(bit, fit.chi_squared, fit.g);
        CHECK(fit.plausible());
    }
}

TEST_CASE("every one of the 192 key bits changes the token drawn from a long flat row") {
    const std::vector<float> row(1 << 16, 0.0f);
    for (const std::uint64_t base : {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{0x123456789abcdef0}}) {
        const pluck::key key{.seed = base, .sequence = base, .position = base};
        std::set<std::int32_t> tokens{pluck::sample(row, pluck::chain{}, key).token};
        for (std::size_t bit = 0; bit < 192; ++bit) {
            tokens.insert(pluck::sample(row, pluck::chain{}, flipped(key, bit)).token);
        }
        // 193 draws from 65,536: a collision or two, not a word that nobody reads.
        CHECK(tokens.size() >= 190);
    }
}

TEST_CASE("two hundred consecutive seeds draw almost as many different tokens") {
    const std::vector<float> row(1 << 16, 0.0f);
    std::set<std::int32_t> tokens;
    for (int seed = 0; seed < 200; ++seed) tokens.insert(pluck::sample(row, pluck::chain{}, {.seed = seed}).token);
    CHECK(tokens.size() >= 197);
}

TEST_CASE("seed, sequence and position are not to be exchanged for each other") {
    pairs seed_sequence, seed_position, sequence_position;
    const std::size_t count = pluck_test::repeated(1'000'000);
    for (std::uint64_t i = 1; i <= count; ++i) {
        const std::size_t by_seed = roll({.seed = i});
        const std::size_t by_sequence = roll({.sequence = i});
        const std::size_t by_position = roll({.position = i});
        seed_sequence.add(by_seed, by_sequence);
        seed_position.add(by_seed, by_position);
        sequence_position.add(by_sequence, by_position);
    }
    CHECK(seed_sequence.fit().plausible());
    CHECK(seed_position.fit().plausible());
    CHECK(sequence_position.fit().plausible());
}

TEST_CASE("the independence tests see keys of which a part is ignored") {
    // Defects of peers: the seed's high word dropped, one stream for all, a seed that enters linearly.
    const auto low = [](std::uint64_t i) { return i & 0xffffffffu; };
    CHECK_FALSE(
        neighbours([&](std::uint64_t i) { return pluck::key{.seed = low(i)}; }, std::uint64_t{1} << 32).plausible());
    CHECK_FALSE(neighbours([](std::uint64_t i) { return pluck::key{.seed = i / 2}; }).plausible());
    CHECK_FALSE(neighbours([](std::uint64_t i) { return pluck::key{.seed = i % 4099}; }).plausible());
    CHECK_FALSE(neighbours([](std::uint64_t i) { return pluck::key{.seed = i % 16 == 0 ? i : i / 2}; }).plausible());
    pairs linear;  // token = (a seed) mod 16: consecutive seeds are a fixed step apart
    for (std::uint64_t i = 0; i < 100'000; ++i) linear.add(5 * (2 * i) % sides, 5 * (2 * i + 1) % sides);
    CHECK_FALSE(linear.fit().plausible());
    pairs correlated;  // one draw in a hundred repeats the one before
    const std::size_t count = pluck_test::repeated(2'000'000);
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::size_t first = roll({.position = 2 * i});
        correlated.add(first, i % 100 == 0 ? first : roll({.position = 2 * i + 1}));
    }
    if (pluck_test::full_effort) CHECK_FALSE(correlated.fit().plausible());
}
