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
namespace kernels = pluck::cpu::kernels;
using fused = pluck::core::native_fused;

namespace {

constexpr std::size_t sizes[] = {1, 2, 63, 64, 65, 127, 128, 129, 191, 192, 193, 1000};

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
    (void)kernels::scan(row.data(), row.size(), best.data());
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
        const kernels::extremes seen = kernels::scan(row.data(), size, best.data());
        CHECK(seen.best == pluck::core::ordered(maximum(row)));
        for (std::size_t begin = 0; begin < size; begin += 64) {
            const std::vector<float> block(row.begin() + static_cast<std::ptrdiff_t>(begin),
                                           row.begin() + static_cast<std::ptrdiff_t>(std::min(begin + 64, size)));
            CHECK(best[begin / 64] == pluck::core::ordered(maximum(block)));
        }
    }
}

TEST_CASE("a scan sees every NaN, whatever its sign, payload and place") {
    for (const std::size_t size : {1u, 64u, 65u, 200u}) {
        for (const std::uint32_t nan : bits::nans) {
            for (std::size_t at = 0; at < size; ++at) {
                std::vector<float> row(size, 1.0f);
                row[at] = float_of(nan);
                std::vector<std::int32_t> best(pluck::cpu::blocks_of(size));
                const kernels::extremes seen = kernels::scan(row.data(), size, best.data());
                if (seen.magnitude <= bits::plus_infinity) FAIL("size " << size << ", at " << at << ", bits " << nan);
            }
        }
    }
    SUCCEED();
}

TEST_CASE("a scan of finite scores and infinities sees no NaN") {
    const std::vector<float> row = {float_of(bits::minus_infinity), -float_of(bits::largest), float_of(bits::largest),
                                    float_of(bits::plus_infinity), float_of(bits::least_subnormal)};
    std::vector<std::int32_t> best(1);
    const kernels::extremes seen = kernels::scan(row.data(), row.size(), best.data());
    CHECK(seen.magnitude == bits::plus_infinity);
    CHECK(seen.best == pluck::core::ordered_infinity);
}

TEST_CASE("a scan of forbidden tokens alone is as low as can be") {
    const std::vector<float> row(70, forbidden);
    std::vector<std::int32_t> best(2);
    const kernels::extremes seen = kernels::scan(row.data(), row.size(), best.data());
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
            const std::uint64_t total =
                kernels::sum_masses<fused>(row.data(), size, best, scale, block_best.data(), block_mass.data());
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
    CHECK(kernels::sum_masses<fused>(row.data(), 192, 0, 1, block_best.data(), block_mass.data()) == best + 1);
    CHECK(block_mass == std::vector<std::uint64_t>{best, 1, 0});
    kernels::mass_histogram histogram;
    kernels::deal_masses<fused>(row.data(), 192, 0, 1, block_best.data(), block_mass.data(), histogram);
    CHECK(histogram.total == best + 1);
    CHECK(block_mass == std::vector<std::uint64_t>{best, 1, 0});
}

TEST_CASE("dealt masses are the same masses, each in the bucket of its score") {
    for (const std::size_t size : sizes) {
        for (const double temperature : {0.05, 0.7, 1.0, 5.0, 1000.0}) {
            const std::vector<float> row = row_of(size, size + 2);
            const float scale = pluck::mass_scale(temperature);
            const float best = maximum(row);
            const std::vector<std::int32_t> block_best = block_best_of(row);
            std::vector<std::uint64_t> summed(block_best.size()), dealt(block_best.size());
            const std::uint64_t total =
                kernels::sum_masses<fused>(row.data(), size, best, scale, block_best.data(), summed.data());
            kernels::mass_histogram histogram;
            kernels::deal_masses<fused>(row.data(), size, best, scale, block_best.data(), dealt.data(), histogram);
            CHECK(histogram.total == total);
            CHECK(dealt == summed);
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
