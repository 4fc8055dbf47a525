// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/pluck.hpp>
#include <pluck/urbg.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

using namespace pluck_test;
using pluck::categorical;
using pluck::sample;

namespace {

// A generator that says what it is told to: the 128 bits of one draw.
struct scripted {
    using result_type = std::uint32_t;
    pluck::bits128 bits;
    int next = 0;
    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return 0xffffffffu; }
    result_type operator()() { return bits.word[next++]; }
};

template <class Row, class Chain>
int drawn_by(const Row& row, const Chain& chain, const pluck::bits128& bits) {
    scripted generator{bits};
    return sample(row, chain, generator).token;
}

// The least U with floor(U Z / 2^128) >= point, that is ceil(point * 2^128 / Z), by long division.
pluck::bits128 first_of(std::uint64_t point, std::uint64_t total) {
    pluck::detail::uint128 rest = point;
    pluck::bits128 bits;
    for (int bit = 127; bit >= 0; --bit) {
        rest <<= 1;
        if (rest >= total) {
            rest -= total;
            bits.word[bit / 32] |= 1u << (bit % 32);
        }
    }
    if (rest != 0) {
        for (auto& word : bits.word) {
            if (++word != 0) break;
        }
    }
    return bits;
}

pluck::bits128 one_less(pluck::bits128 bits) {
    for (auto& word : bits.word) {
        if (word-- != 0) break;
    }
    return bits;
}

}  // namespace

TEST_CASE("a chain without a draw stage ends in the plain draw") {
    for (std::uint64_t number = 0; number < 200; ++number) {
        const std::vector<float> row = random_row(number);
        const auto kept = pluck::top_k(20) | pluck::top_p(0.9f);
        CHECK(sample(row, kept, {.seed = number}) == sample(row, kept | categorical{}, {.seed = number}));
    }
}

TEST_CASE("each token is drawn from the first bit of its interval to the last, for U at every edge") {
    tally seen;
    for (std::uint64_t number = 0; number < 150; ++number) {
        const std::vector<float> row = random_row(number, 70);
        std::vector<std::uint64_t> masses(row.size(), 0);
        float best = forbidden;
        for (const float score : row) best = score > best ? score : best;
        std::uint64_t total = 0;
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (row[i] != forbidden) masses[i] = pluck::mass_of(row[i] - best, pluck::mass_scale(1.0));
            total += masses[i];
        }
        std::uint64_t before = 0;
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (masses[i] == 0) continue;
            const pluck::bits128 first = first_of(before, total);
            const bool is_last = before + masses[i] == total;
            const pluck::bits128 last =
                is_last ? pluck::bits128{{~0u, ~0u, ~0u, ~0u}} : one_less(first_of(before + masses[i], total));
            seen.expect(drawn_by(row, pluck::chain{}, first) == static_cast<int>(i), "row ", number, ", first of ", i);
            seen.expect(drawn_by(row, pluck::chain{}, last) == static_cast<int>(i), "row ", number, ", last of ", i);
            before += masses[i];
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("a token that is the only one to have mass is drawn by every key, wherever it is") {
    for (const std::size_t size : {1u, 2u, 64u, 65u, 128u, 257u}) {
        for (const std::size_t at : {std::size_t{0}, size / 2, size - 1}) {
            for (const float other : {forbidden, -1000.0f}) {
                std::vector<float> row(size, other);
                row[at] = 0;
                const int token = static_cast<int>(at);
                CHECK(drawn_by(row, pluck::chain{}, {}) == token);
                CHECK(drawn_by(row, pluck::chain{}, {{~0u, ~0u, ~0u, ~0u}}) == token);
                for (int seed = 0; seed < 5; ++seed) CHECK(sample(row, pluck::chain{}, {.seed = seed}).token == token);
            }
        }
    }
}

TEST_CASE("neither end of U reaches a token without mass") {
    const std::vector<float> row = {forbidden, -500, 0, -500, 1, forbidden, -500};
    CHECK(drawn_by(row, pluck::chain{}, {}) == 2);
    CHECK(drawn_by(row, pluck::chain{}, {{~0u, ~0u, ~0u, ~0u}}) == 4);
}

TEST_CASE("the draw goes by token id, not by rank") {
    const std::vector<float> row = {0, 5, 0};
    CHECK(drawn_by(row, pluck::chain{}, {}) == 0);
    CHECK(drawn_by(row, pluck::chain{}, {{~0u, ~0u, ~0u, ~0u}}) == 2);
    CHECK(drawn_by(row, pluck::chain{}, {{0, 0, 0, 0x80000000u}}) == 1);
}

TEST_CASE("draws follow the probabilities") {
    const std::vector<float> row = {2, 1, 0, -1};
    const Eigen::ArrayXd p = pluck::probabilities(row, categorical{});
    std::vector<int> counts(4, 0);
    for (int position = 0; position < 100'000; ++position) {
        ++counts[static_cast<std::size_t>(sample(row, categorical{}, {.seed = 1, .position = position}).token)];
    }
    // Within five standard deviations each.
    for (int i = 0; i < 4; ++i) {
        const double expected = p[i] * 100'000;
        CHECK(std::abs(counts[static_cast<std::size_t>(i)] - expected) < 5 * std::sqrt(expected * (1 - p[i])));
    }
}

TEST_CASE("the draws of docs/draw.md come out") {
    const std::vector<float> row = {2, 1.5f, 1, 0.5f, 0.1f, -0.5f, -1, -2, -3, -5};
    const auto tokens_of = [&](const auto& chain) {
        std::vector<int> tokens;
        for (int position = 0; position < 12; ++position) {
            tokens.push_back(sample(row, chain, {.seed = 42, .position = position}).token);
        }
        return tokens;
    };
    using tokens = std::vector<int>;
    CHECK(tokens_of(pluck::chain{}) == tokens{0, 1, 2, 0, 0, 0, 0, 0, 1, 1, 2, 1});
    CHECK(tokens_of(pluck::temperature(0.8)) == tokens{0, 0, 2, 0, 0, 0, 0, 0, 1, 1, 1, 0});
    CHECK(tokens_of(pluck::top_k(3)) == tokens{0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0});
    CHECK(tokens_of(pluck::top_p(0.9)) == tokens{0, 1, 2, 0, 0, 0, 0, 0, 1, 1, 1, 1});
    CHECK(tokens_of(pluck::temperature(2) | pluck::min_p(0.05)) == tokens{1, 2, 4, 1, 0, 0, 0, 0, 2, 2, 3, 1});
}
