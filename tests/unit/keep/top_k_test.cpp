// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include "unit/stages.hpp"
#include <pluck/pluck.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <limits>
#include <type_traits>
#include <vector>

using namespace pluck_test;
using pluck::sample;
using pluck::top_k;

TEST_CASE("top_k keeps the k best tokens, in ranking order") {
    const std::vector<float> row = {1, 4, 2, 5, 3};
    CHECK(kept_by(row, top_k(1)) == std::vector<int>{3});
    CHECK(kept_by(row, top_k(3)) == std::vector<int>{3, 1, 4});
    CHECK(kept_by(row, top_k(5)) == std::vector<int>{3, 1, 4, 2, 0});
}

TEST_CASE("top_k of a tie keeps the lowest ids, and exactly k of them") {
    const std::vector<float> row = {1, 2, 2, 2, 2};
    CHECK(kept_by(row, top_k(2)) == std::vector<int>{1, 2});
    CHECK(kept_by(row, top_k(4)) == std::vector<int>{1, 2, 3, 4});
    const std::vector<float> zeros = {-0.0f, 0.0f, -0.0f, 0.0f};
    CHECK(kept_by(zeros, top_k(3)) == std::vector<int>{0, 1, 2});
}

TEST_CASE("top_k of more ties than it would copy keeps those above, and of the ties the lowest ids") {
    for (const float tie : {1.5f, 0.0f, -7.25f}) {
        std::vector<float> row(20'000, tie);
        std::vector<int> expected;
        for (int i = 0; i < 30; ++i) {
            row[static_cast<std::size_t>(19'999 - 650 * i)] = tie + 1 + static_cast<float>(i);
            expected.insert(expected.begin(), 19'999 - 650 * i);
        }
        for (int i = 0; i < 20; ++i) expected.push_back(i);
        CHECK(kept_by(row, top_k(50)) == expected);
        CHECK(kept_by(row, top_k(30)) == std::vector<int>(expected.begin(), expected.begin() + 30));
        CHECK(kept_by(row, top_k(31)) == std::vector<int>(expected.begin(), expected.begin() + 31));
    }
}

TEST_CASE("top_k(0) keeps all, and so does a k beyond the candidates") {
    const std::vector<float> row = {1, forbidden, 2};
    CHECK(kept_by(row, top_k(0)) == std::vector<int>{2, 0});
    CHECK(kept_by(row, top_k(3)) == std::vector<int>{2, 0});
    CHECK(kept_by(row, top_k(9'999'999)) == std::vector<int>{2, 0});
    CHECK(kept_by(row, top_k(std::numeric_limits<std::uint64_t>::max())) == std::vector<int>{2, 0});
    CHECK(kept_by(row, top_k(std::int64_t{1} << 32)) == std::vector<int>{2, 0});        // 0, if it were narrowed
    CHECK(kept_by(row, top_k((std::int64_t{1} << 32) + 1)) == std::vector<int>{2, 0});  // 1, if it were narrowed
}

TEST_CASE("top_k(1) is greedy and is temperature 0") {
    for (std::uint64_t number = 0; number < 300; ++number) {
        const std::vector<float> row = random_row(number);
        const pluck::pick best = pluck::argmax(row);
        CHECK(sample(row, top_k(1), {.seed = number}) == best);
        CHECK(sample(row, pluck::greedy{}, {.seed = number}) == best);
        CHECK(sample(row, pluck::temperature(0), {.seed = number}) == best);
    }
}

TEST_CASE("top_k after top_k keeps the smaller k") {
    for (std::uint64_t number = 0; number < 100; ++number) {
        const std::vector<float> row = random_row(number);
        const int a = 1 + static_cast<int>(number % 17), b = 1 + static_cast<int>(number % 23);
        CHECK(kept_by(row, top_k(a) | top_k(b)) == kept_by(row, top_k(std::min(a, b))));
    }
}

TEST_CASE("top_k equals sorting on rows of many blocks, for small and for large k") {
    for (const std::size_t size : {100u, 1000u, 20'000u}) {
        random_numbers numbers(size);
        std::vector<float> row;
        for (std::size_t i = 0; i < size; ++i) row.push_back(static_cast<float>(numbers.between(-500, 500)) * 0.01f);
        std::vector<int> sorted(size);
        for (std::size_t i = 0; i < size; ++i) sorted[i] = static_cast<int>(i);
        std::stable_sort(sorted.begin(), sorted.end(), [&](int a, int b) {
            return row[static_cast<std::size_t>(a)] > row[static_cast<std::size_t>(b)];
        });
        for (const std::size_t k : {1u, 2u, 15u, 16u, 17u, 50u, 99u, 100u, 313u, 5000u}) {
            const std::vector<int> expected(sorted.begin(),
                                            sorted.begin() + static_cast<std::ptrdiff_t>(std::min(k, size)));
            CHECK(kept_by(row, top_k(k)) == expected);
        }
    }
}

TEST_CASE("top_k of rows with one good token in each block finds the others, too") {
    std::vector<float> row(20'000);
    std::vector<int> expected(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
        row[i] = -0.001f * static_cast<float>(i * 7919 % row.size());
        if (i % 64 == i / 64 % 64) row[i] += 100;
        expected[i] = static_cast<int>(i);
    }
    std::stable_sort(expected.begin(), expected.end(),
                     [&](int a, int b) { return row[static_cast<std::size_t>(a)] > row[static_cast<std::size_t>(b)]; });
    for (const int k : {200, 290, 300, 312, 313, 314, 400, 580, 700}) {
        CHECK(kept_by(row, top_k(k)) == std::vector<int>(expected.begin(), expected.begin() + k));
    }
}

TEST_CASE("top_k of rows whose best tokens are neighbours, so that the best blocks have many each") {
    constexpr int size = 60'000;
    const auto rising = [](int i) { return i; };
    const auto falling = [](int i) { return -i; };
    const auto pointed = [](int i) { return -std::abs(i - size / 3); };
    for (const auto& height : std::vector<std::function<int(int)>>{rising, falling, pointed}) {
        std::vector<float> row;
        std::vector<int> expected;
        for (int i = 0; i < size; ++i) row.push_back(0.25f * static_cast<float>(height(i))), expected.push_back(i);
        std::stable_sort(expected.begin(), expected.end(), [&](int a, int b) { return height(a) > height(b); });
        // Of 600, no part of the best blocks that is worth a look has all.
        for (const int k : {2, 50, 51, 300, 600}) {
            CHECK(kept_by(row, top_k(k)) == std::vector<int>(expected.begin(), expected.begin() + k));
        }
    }
}

TEST_CASE("top_k takes integers of any type, but no bool and no fraction") {
    STATIC_REQUIRE(std::is_convertible_v<int, top_k>);
    STATIC_REQUIRE(std::is_convertible_v<short, top_k>);
    STATIC_REQUIRE(std::is_convertible_v<unsigned char, top_k>);
    STATIC_REQUIRE(std::is_convertible_v<std::size_t, top_k>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<bool, top_k>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<float, top_k>);
    STATIC_REQUIRE_FALSE(std::is_constructible_v<top_k, double>);
    constexpr top_k fifty = 50;
    CHECK(sample(std::vector<float>{1, 2}, fifty, {}));
}

TEST_CASE("one k per row: each row draws as with its own") {
    const std::vector<std::int32_t> ks = {0, 1, 2, 9};
    const std::vector<float> row = {1, 2, 3, 2.5f};
    const std::vector<std::vector<float>> batch(4, row);
    std::vector<pluck::key> keys(4);
    for (std::size_t i = 0; i < 4; ++i) keys[i] = {.seed = 11, .position = i};
    std::vector<pluck::pick> picks(4);
    pluck::sample_rows(batch, top_k(pluck::per_row<std::int32_t>{ks}), keys, picks);
    for (std::size_t i = 0; i < 4; ++i) CHECK(picks[i] == sample(row, top_k(ks[i]), keys[i]));
}
