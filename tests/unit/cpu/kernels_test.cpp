// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/cpu/kernels.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

using namespace pluck_test;
namespace cpu = pluck::cpu;
namespace kernels = pluck::cpu::kernels;
using fused = pluck::core::native_fused;

namespace {

constexpr std::size_t sizes[] = {1, 2, 63, 64, 65, 127, 128, 129, 191, 192, 193, 511, 512, 513, 1000, 1100};

std::vector<float> row_of(std::size_t size, std::uint64_t seed) {
    random_numbers numbers(seed);
    std::vector<float> row;
    for (std::size_t i = 0; i < size; ++i) {
        row.push_back(numbers.chance(9) ? forbidden : static_cast<float>(numbers.normal() * 12));
    }
    row[numbers.below(size)] = 3;
    return row;
}

float maximum(const std::vector<float>& row) { return *std::max_element(row.begin(), row.end()); }

std::vector<std::int32_t> block_best_of(const std::vector<float>& row) {
    std::vector<std::int32_t> best(pluck::cpu::blocks_of(row.size()));
    (void)kernels::scan::run<fused>(row.data(), row.size(), best.data());
    return best;
}

}  // namespace

TEST_CASE("a block ends after 64 logits or with the row") {
    CHECK(kernels::block_end(0, 1) == 1);
    CHECK(kernels::block_end(0, 64) == 64);
    CHECK(kernels::block_end(0, 65) == 64);
    CHECK(kernels::block_end(64, 65) == 65);
    CHECK(kernels::block_end(64, 128) == 128);
}

TEST_CASE("a scan finds the best score of each block and of the row") {
    for (const std::size_t size : sizes) {
        const std::vector<float> row = row_of(size, size);
        std::vector<std::int32_t> best(pluck::cpu::blocks_of(size));
        const kernels::extremes seen = kernels::scan::run<fused>(row.data(), size, best.data());
        CHECK(seen.best == pluck::core::ordered(maximum(row)));
        for (std::size_t begin = 0; begin < size; begin += 64) {
            const std::vector<float> block(row.begin() + static_cast<std::ptrdiff_t>(begin),
                                           row.begin() + static_cast<std::ptrdiff_t>(std::min(begin + 64, size)));
            CHECK(best[begin / 64] == pluck::core::ordered(maximum(block)));
        }
    }
}

TEST_CASE("a scan sees every NaN, whatever its sign, payload and place") {
    for (const std::size_t size : {1u, 64u, 65u, 200u, 700u}) {
        for (const std::uint32_t nan : bits::nans) {
            for (std::size_t at = 0; at < size; ++at) {
                std::vector<float> row(size, 1.0f);
                row[at] = float_of(nan);
                std::vector<std::int32_t> best(pluck::cpu::blocks_of(size));
                const kernels::extremes seen = kernels::scan::run<fused>(row.data(), size, best.data());
                if (!seen.nan) FAIL("size " << size << ", at " << at << ", bits " << nan);
            }
        }
    }
    SUCCEED();
}

TEST_CASE("a scan of finite scores and infinities sees no NaN") {
    const std::vector<float> row = {float_of(bits::minus_infinity), -float_of(bits::largest), float_of(bits::largest),
                                    float_of(bits::plus_infinity), float_of(bits::least_subnormal)};
    std::vector<std::int32_t> best(1);
    const kernels::extremes seen = kernels::scan::run<fused>(row.data(), row.size(), best.data());
    CHECK_FALSE(seen.nan);
    CHECK(seen.best == pluck::core::ordered_infinity);
}

TEST_CASE("a scan of forbidden tokens alone is as low as can be") {
    const std::vector<float> row(70, forbidden);
    std::vector<std::int32_t> best(2);
    const kernels::extremes seen = kernels::scan::run<fused>(row.data(), row.size(), best.data());
    CHECK(seen.best == -pluck::core::ordered_infinity);
    CHECK(best[0] == -pluck::core::ordered_infinity);
    CHECK(best[1] == -pluck::core::ordered_infinity);
}

TEST_CASE("the masses of the blocks are the sums of their tokens' masses") {
    for (const std::size_t size : sizes) {
        for (const double temperature : {0.05, 0.7, 1.0, 5.0, 1000.0}) {
            const std::vector<float> row = row_of(size, size + 1);
            const float scale = pluck::mass_scale(temperature);
            const float best = maximum(row);
            const std::vector<std::int32_t> block_best = block_best_of(row);
            std::vector<std::uint64_t> block_mass(block_best.size(), 77);
            const std::uint64_t total = kernels::sum_masses::run<fused>(
                cpu::row_view{row.data(), size, block_best.data(), {}}, best, scale, block_mass.data());
            std::vector<std::uint64_t> expected(block_best.size(), 0);
            std::uint64_t sum = 0;
            for (std::size_t i = 0; i < size; ++i) {
                const std::uint64_t mass = pluck::mass_of(row[i] - best, scale);
                expected[i / 64] += mass;
                sum += mass;
            }
            CHECK(block_mass == expected);
            CHECK(total == sum);
        }
    }
}

TEST_CASE("a block whose best token has the least mass there is still counts, one below it does not") {
    std::vector<float> row(192, forbidden);
    row[0] = 0;
    row[64] = -40;  // at scale 1: a single unit
    row[65] = -41;
    row[191] = -41;
    const std::vector<std::int32_t> block_best = block_best_of(row);
    std::vector<std::uint64_t> block_mass(3, 77);
    const std::uint64_t best = std::uint64_t{1} << 40;
    const cpu::row_view view{row.data(), 192, block_best.data(), {}};
    CHECK(kernels::sum_masses::run<fused>(view, 0, 1, block_mass.data()) == best + 1);
    CHECK(block_mass == std::vector<std::uint64_t>{best, 1, 0});
}

TEST_CASE("dealt masses are the same masses, each in the bucket of its score") {
    for (const std::size_t size : sizes) {
        for (const double temperature : {0.05, 0.7, 1.0, 5.0, 1000.0}) {
            const std::vector<float> row = row_of(size, size + 2);
            const float scale = pluck::mass_scale(temperature);
            const float best = maximum(row);
            const std::vector<std::int32_t> block_best = block_best_of(row);
            kernels::mass_histogram histogram;
            kernels::deal_masses::run<fused>(cpu::row_view{row.data(), size, block_best.data(), {}}, best, scale,
                                             &histogram);
            std::vector<std::uint64_t> expected(kernels::mass_buckets, 0);
            for (std::size_t i = 0; i < size; ++i) {
                const std::uint64_t mass = pluck::mass_of(row[i] - best, scale);
                const std::int32_t bucket = kernels::mass_bucket<fused>(row[i] - best, scale);
                if (mass != 0) {
                    REQUIRE(bucket >= 0);
                    expected[static_cast<std::size_t>(bucket)] += mass;
                }
            }
            CHECK(std::equal(expected.begin(), expected.end(), histogram.sums));
        }
    }
}

TEST_CASE("a bucket never decreases with the score, and holds every token that has mass") {
    tally seen;
    const auto top = static_cast<std::int32_t>(kernels::mass_buckets) - 1;
    for (const double temperature : {0x1p-64, 0x1p-10, 0.3, 1.0, 7.0, 0x1p40, 0x1p64}) {
        const float scale = pluck::mass_scale(temperature);
        std::int32_t above = kernels::mass_bucket<fused>(0.0f, scale);
        seen.expect(above == top, "the best token's bucket is ", above);
        for (std::uint64_t pattern = 0x80000000u; pattern <= 0xff800000u; pattern += 16'384) {
            const float difference = float_of(static_cast<std::uint32_t>(pattern));
            const std::int32_t here = kernels::mass_bucket<fused>(difference, scale);
            seen.expect(here <= above && here <= top, "difference ", difference, ", temperature ", temperature);
            seen.expect(here >= 0 || pluck::mass_of(difference, scale) == 0, "difference ", difference);
            above = here;
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("a scan finds the best of a block of negative scores, zeros and forbidden tokens among them") {
    for (const float least : {-1e-40f, -0.0f, 0.0f, -3.0f, -3e38f}) {
        for (const std::size_t at : {0u, 63u, 64u, 300u, 511u, 513u, 599u}) {
            std::vector<float> row(600, -float_of(bits::largest));
            for (std::size_t i = 0; i < row.size(); i += 3) row[i] = forbidden;
            row[at] = least;
            std::vector<std::int32_t> best(pluck::cpu::blocks_of(row.size()));
            const kernels::extremes seen = kernels::scan::run<fused>(row.data(), row.size(), best.data());
            CHECK(seen.best == pluck::core::ordered(least));
            CHECK(best[at / 64] == pluck::core::ordered(least));
            CHECK(best[(at + 128) / 64 % best.size()] == -0x7f7fffff);
            CHECK_FALSE(seen.nan);
        }
    }
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
                const std::int32_t score = pluck::core::ordered(cut);
                const cpu::row_view view{row.data(), size, block_best.data(), {score, ties_end}};
                std::vector<std::int32_t> expected;
                for (std::size_t i = 0; i < size; ++i) {
                    const std::int32_t own = pluck::core::ordered(row[i]);
                    if (own > score || (own == score && i < ties_end)) expected.push_back(static_cast<std::int32_t>(i));
                }
                seen.expect(kernels::count::run<fused>(view) == expected.size(), "count at ", cut, ", size ", size);
                std::vector<float> scores(size);
                std::vector<std::int32_t> places(size);
                places.resize(kernels::gather::run<fused>(view, pluck::core::ordered_infinity, size, scores.data(),
                                                          places.data()));
                seen.expect(places == expected, "gathered at ", cut, ", size ", size);
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("the reach of k blocks is one that at least k reach, and few more") {
    tally seen;
    random_numbers numbers(3);
    std::vector<std::int32_t> best(700);
    for (std::int32_t& score : best) score = pluck::core::ordered(static_cast<float>(numbers.normal()));
    const std::int32_t low = 1 - pluck::core::ordered_infinity;
    const std::int32_t high = *std::max_element(best.begin(), best.end());
    for (std::size_t k = 1; k <= best.size(); ++k) {
        const std::int32_t score = kernels::reach::run<fused>(best.data(), best.size(), k, low, high);
        const auto reached = static_cast<std::size_t>(
            std::count_if(best.begin(), best.end(), [=](std::int32_t each) { return each >= score; }));
        seen.expect(reached >= k && reached <= k + k / 4, "k ", k, ": ", reached);
    }
    const std::vector<std::int32_t> equal(100, 5);
    seen.expect(kernels::reach::run<fused>(equal.data(), equal.size(), std::size_t{50}, low, std::int32_t{5}) == 5, "ties");
    seen.expect(kernels::reach::run<fused>(equal.data(), equal.size(), std::size_t{101}, low, std::int32_t{5}) == low, "too few");
    PLUCK_CHECK_TALLY(seen);
}
