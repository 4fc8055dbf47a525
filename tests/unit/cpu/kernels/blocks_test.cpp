// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/cpu/kernel_rows.hpp"
#include "unit/helpers.hpp"
#include <pluck/cpu/kernels/blocks.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

using namespace pluck_test;
namespace cpu = pluck::cpu;
namespace kernels = pluck::cpu::kernels;
using isa = pluck::detail::default_isa;

TEST_CASE("a block ends after 64 logits or with the row") {
    CHECK(kernels::block_end(0, 1) == 1);
    CHECK(kernels::block_end(0, 64) == 64);
    CHECK(kernels::block_end(0, 65) == 64);
    CHECK(kernels::block_end(64, 65) == 65);
    CHECK(kernels::block_end(64, 128) == 128);
}

TEST_CASE("counted and gathered are exactly the kept: above the score, and its ties before a place") {
    tally seen;
    for (const std::size_t size : sizes) {
        std::vector<float> row = row_of(size, size + 3);
        for (std::size_t i = 0; i < size; i += 5) row[i] = static_cast<float>(i % 3) - 1;  // ties, zeros of either sign
        for (std::size_t i = 0; i < size; i += 35) row[i] = -0.0f;
        const std::vector<std::int32_t> block_best = block_best_of(row);
        for (const float cut : {-1000.0f, -1.0f, -0.0f, 0.5f, 1.0f, 3.0f}) {
            for (const std::size_t ties_end : {std::size_t{0}, size / 2, size, ~std::size_t{0}}) {
                const std::int32_t score = pluck::detail::ordered(cut);
                const cpu::row_view view{row.data(), size, block_best.data(), {score, ties_end}};
                std::vector<std::int32_t> expected;
                for (std::size_t i = 0; i < size; ++i) {
                    const std::int32_t own = pluck::detail::ordered(row[i]);
                    if (own > score || (own == score && i < ties_end)) expected.push_back(static_cast<std::int32_t>(i));
                }
                seen.expect(kernels::count::run<isa>(view, size) == expected.size(), "count at ", cut, ", size ", size);
                std::vector<float> scores(size);
                std::vector<std::int32_t> places(size);
                places.resize(kernels::gather::run<isa>(view, pluck::detail::ordered_infinity, size, scores.data(),
                                                        places.data()));
                seen.expect(places == expected, "gathered at ", cut, ", size ", size);
                for (std::size_t i = 0; i < places.size(); ++i) {
                    seen.expect(bits_of(scores[i]) == bits_of(row[static_cast<std::size_t>(places[i])]), "score ", i);
                }
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("who counts or gathers gives up in the block in which there are too many") {
    const std::vector<float> row(1000, 1.0f);
    const std::vector<std::int32_t> block_best = block_best_of(row);
    const cpu::row_view view{row.data(), row.size(), block_best.data(), {}};
    std::vector<float> scores(row.size());
    std::vector<std::int32_t> places(row.size());
    for (const std::size_t limit : {0u, 63u, 64u, 127u, 128u, 999u, 1000u}) {
        const std::size_t expected = std::min<std::size_t>((limit / 64 + 1) * 64, 1000);
        CHECK(kernels::count::run<isa>(view, limit) == expected);
        CHECK(kernels::gather::run<isa>(view, pluck::detail::ordered_infinity, limit, scores.data(), places.data()) ==
              expected);
    }
}

TEST_CASE("of the scores below another only those are gathered, and nothing is written behind the row's length") {
    tally seen;
    for (const std::size_t size : sizes) {
        const std::vector<float> row = row_of(size, size + 5);
        const std::vector<std::int32_t> block_best = block_best_of(row);
        const cpu::row_view view{row.data(), size, block_best.data(), {}};
        for (const float high : {-20.0f, -1.0f, 0.0f, 3.0f, 1000.0f}) {
            std::vector<float> scores(size + 1, 77.0f);
            std::vector<std::int32_t> places(size + 1, 77);
            const std::size_t found =
                kernels::gather::run<isa>(view, pluck::detail::ordered(high), size, scores.data(), places.data());
            std::size_t expected = 0;
            for (std::size_t i = 0; i < size; ++i) {
                if (row[i] >= high || bits_of(row[i]) == bits::minus_infinity) continue;
                seen.expect(expected < found && places[expected] == static_cast<std::int32_t>(i), "place ", i);
                ++expected;
            }
            seen.expect(found == expected, "size ", size, ", below ", high, ": ", found);
            seen.expect(scores[size] == 77.0f && places[size] == 77, "size ", size);
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("ties end behind the n-th kept one, and nowhere if there are fewer; each adds its mass to its block") {
    tally seen;
    for (const std::size_t size : sizes) {
        std::vector<float> row(size);
        for (std::size_t i = 0; i < size; ++i) row[i] = static_cast<float>(i % 7 == 3 ? 2 : i % 3) - 1;
        const std::vector<std::int32_t> block_best = block_best_of(row);
        for (const float cut : {-1.0f, 0.0f}) {
            for (const std::size_t ties_end : {std::size_t{0}, size / 2, ~std::size_t{0}}) {
                const cpu::row_view view{row.data(), size, block_best.data(), {pluck::detail::ordered(cut), ties_end}};
                for (const float score : {-1.0f, 0.0f, 1.0f}) {
                    if (score < cut) continue;
                    std::vector<std::size_t> ends;
                    for (std::size_t i = 0; i < size; ++i) {
                        if (row[i] == score && (score > cut || i < ties_end)) ends.push_back(i + 1);
                    }
                    for (std::size_t n = 1; n <= ends.size() + 1; n += 1 + n / 3) {
                        std::vector<std::uint64_t> masses(block_best.size(), 100), expected = masses;
                        for (std::size_t i = 0; i < std::min(n, ends.size()); ++i) expected[(ends[i] - 1) / 64] += 7;
                        const std::int32_t ordered = pluck::detail::ordered(score);
                        const std::uint64_t count = n, mass = 7;
                        const std::size_t end =
                            kernels::end_of_ties::run<isa>(view, ordered, count, mass, masses.data());
                        seen.expect(end == (n <= ends.size() ? ends[n - 1] : 0), "size ", size, ", n ", n, ": ", end);
                        seen.expect(masses == expected, "size ", size, ", n ", n, ": masses");
                        seen.expect(kernels::end_of_ties::run<isa>(view, ordered, count, mass, nullptr) == end, "null");
                    }
                }
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("of what was gathered stays what is above the score, and the first ties") {
    tally seen;
    for (const std::size_t size : sizes) {
        std::vector<float> row = row_of(size, size + 7);
        for (std::size_t i = 0; i < size; i += 3) row[i] = static_cast<float>(i % 5) - 2;
        for (const float score : {-2.0f, 0.0f, 1.0f}) {
            for (const std::uint64_t ties : {0u, 1u, 2u, 30u, 5000u}) {
                std::vector<float> scores = row;
                std::vector<std::int32_t> places, expected;
                for (std::size_t i = 0; i < size; ++i) places.push_back(static_cast<std::int32_t>(5 * i));
                std::uint64_t left = ties;
                for (std::size_t i = 0; i < size; ++i) {
                    if (row[i] > score || (row[i] == score && left > 0)) expected.push_back(places[i]);
                    if (row[i] == score && left > 0) --left;
                }
                places.resize(kernels::compact::run<isa>(scores.data(), places.data(), size,
                                                         pluck::detail::ordered(score), ties));
                seen.expect(places == expected, "size ", size, ", score ", score, ", ties ", ties);
                for (std::size_t i = 0; i < places.size(); ++i) {
                    seen.expect(bits_of(scores[i]) == bits_of(row[static_cast<std::size_t>(places[i]) / 5]), "score ",
                                i);
                }
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("the reach of k blocks is one that at least k reach, and few more") {
    tally seen;
    random_numbers numbers(3);
    std::vector<std::int32_t> best(700);
    for (std::int32_t& score : best) score = pluck::detail::ordered(static_cast<float>(numbers.normal()));
    const std::int32_t low = 1 - pluck::detail::ordered_infinity;
    const std::int32_t high = *std::max_element(best.begin(), best.end());
    for (std::size_t k = 1; k <= best.size(); ++k) {
        const std::int32_t score = kernels::reach::run<isa>(best.data(), best.size(), k, low, high);
        const auto reached = static_cast<std::size_t>(
            std::count_if(best.begin(), best.end(), [=](std::int32_t each) { return each >= score; }));
        seen.expect(reached >= k && reached <= k + k / 4, "k ", k, ": ", reached);
    }
    const std::vector<std::int32_t> equal(100, 5);
    seen.expect(kernels::reach::run<isa>(equal.data(), equal.size(), std::size_t{50}, low, std::int32_t{5}) == 5,
                "ties");
    seen.expect(kernels::reach::run<isa>(equal.data(), equal.size(), std::size_t{101}, low, std::int32_t{5}) == low,
                "too few");
    PLUCK_CHECK_TALLY(seen);
}
