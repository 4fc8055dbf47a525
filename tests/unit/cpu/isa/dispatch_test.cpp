// SPDX-License-Identifier: MIT
//
// Every build of a loop gives the same bits.
#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/logit_cases.hpp"
#include "unit/cpu/builds.hpp"
#include "unit/helpers.hpp"
#include <pluck/cpu/isa/dispatch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

using namespace pluck_test;
namespace cpu = pluck::cpu;
namespace kernels = pluck::cpu::kernels;

namespace {

// What every pass over a row finds.
struct findings {
    std::int32_t best = 0;
    std::size_t place = 0;
    bool nan = false;
    std::int32_t reach = 0;
    std::size_t count = 0;
    std::size_t gathered = 0;
    std::uint64_t total = 0;
    std::vector<std::int32_t> block_best;
    std::vector<std::uint64_t> block_mass;
    std::vector<std::uint64_t> masses;
    std::vector<std::size_t> ends;
    std::vector<std::int32_t> ordered;
    std::vector<std::uint64_t> sampled;
    std::vector<std::int32_t> compacted;
    std::vector<std::int32_t> places;

    bool operator==(const findings&) const = default;
};

template <class Build>
findings found(const std::vector<float>& row, double temperature, const Build& build) {
    findings result;
    const std::size_t size = row.size();
    const std::size_t blocks = cpu::blocks_of(size);
    result.block_best.resize(blocks);
    result.block_mass.resize(blocks);
    const cpu::extremes seen = build.template operator()<kernels::scan>(row.data(), size, result.block_best.data());
    result.nan = seen.nan;
    if (seen.nan) result.block_best.clear();
    if (seen.nan) return result;
    result.best = seen.best;
    if (seen.best == pluck::detail::ordered_infinity) return result;
    const float best = pluck::detail::float_of(seen.best);
    const float scale = pluck::mass_scale(temperature);
    const std::int32_t low = -pluck::detail::ordered_infinity + 1;
    result.reach =
        build.template operator()<kernels::reach>(result.block_best.data(), blocks, blocks / 2 + 1, low, seen.best);
    // All of the row, and what lies above the score in its middle, the ties before the middle alone.
    for (const bool all : {true, false}) {
        cpu::row_view view{row.data(), size, result.block_best.data(), {}};
        if (!all) view.kept = {std::max(low, pluck::detail::ordered(row[size / 2])), size / 2};
        result.place = build.template operator()<kernels::place_of_best>(view, seen.best);
        result.count = 31 * result.count + build.template operator()<kernels::count>(view, size);
        result.total = 31 * result.total +
                       build.template operator()<kernels::sum_masses>(view, best, scale, result.block_mass.data());
        const std::int32_t middle = pluck::detail::ordered(row[size / 2]);
        const std::uint64_t two = 2, seven = 7;
        result.ends.push_back(
            build.template operator()<kernels::end_of_ties>(view, middle, two, seven, result.block_mass.data()));
        std::vector<float> scores(size);
        std::vector<std::int32_t> places(size);
        result.gathered = build.template operator()<kernels::gather>(view, pluck::detail::ordered_infinity, size,
                                                                     scores.data(), places.data());
        result.places.insert(result.places.end(), places.begin(), places.end());
    }
    result.ordered.resize(size);
    build.template operator()<kernels::order>(row.data(), size, result.ordered.data());
    std::vector<float> scores = row;
    for (std::size_t i = 0; i < size; ++i) result.compacted.push_back(static_cast<std::int32_t>(i));
    const std::uint64_t ties = 3;
    result.compacted.resize(build.template operator()<kernels::compact>(scores.data(), result.compacted.data(), size,
                                                                        pluck::detail::ordered(row[size / 3]), ties));
    const std::int32_t cut = std::max(low, pluck::detail::ordered(row[size / 2]));
    const cpu::row_view view{row.data(), size, result.block_best.data(), {cut, size}};
    const kernels::split_mass split =
        build.template operator()<kernels::split_masses>(view, best, scale, result.block_mass.data());
    result.sampled.insert(result.sampled.end(), {split.kept, split.all});
    result.masses.resize(size);
    build.template operator()<kernels::masses>(row.data(), size, best, scale, result.masses.data());
    std::vector<std::uint32_t> doubtful(size + cpu::block_size);
    doubtful.resize(build.template operator()<kernels::split_head>(result.ordered.data(), result.masses.data(), size,
                                                                   pluck::detail::ordered(row[size / 3]), cut,
                                                                   result.block_mass.data(), size, doubtful.data()));
    result.sampled.insert(result.sampled.end(), doubtful.begin(), doubtful.end());
    return result;
}

template <class Build>
void expect_same_as_generic(const Build& build) {
    tally seen;
    const auto compare = [&](const std::vector<float>& row, double temperature, std::uint64_t number) {
        seen.expect(found(row, temperature, build) == found(row, temperature, generic{}), "row ", number, ", size ",
                    row.size(), ", temperature ", temperature);
    };
    for (std::uint64_t number = 0; number < repeated(3000); ++number) {
        random_numbers numbers(number, 2);
        const std::vector<float> row = random_row(number, number % 10 == 0 ? 5000 : 300);
        compare(row, 0.01 + numbers.uniform() * (numbers.chance(3) ? 100 : 2), number);
    }
    for (std::uint64_t number = 0; number < repeated(2000); ++number) {  // any bits, NaNs and infinities among them
        random_numbers numbers(number, 3);
        std::vector<float> row(1 + numbers.below(200));
        for (float& logit : row) {
            const auto pattern = static_cast<std::uint32_t>(numbers.bits());
            std::memcpy(&logit, &pattern, sizeof logit);
            if ((pattern & 0x7fffffffu) >= bits::plus_infinity && number % 2 == 0) logit = 0;
        }
        compare(row, 1.0, number);
    }
    for (std::size_t size = 1; size <= 200; ++size) compare(std::vector<float>(size, -2.5f), 1.0, size);
    PLUCK_CHECK_TALLY(seen);
}

}  // namespace

TEST_CASE("the build that runs here gives the bits of the generic one") { expect_same_as_generic(dispatched{}); }

#if PLUCK_DISPATCH_AVX2
TEST_CASE("the build for AVX2 gives the bits of the generic one") {
    if (cpu::avx2::found()) expect_same_as_generic(built_for<cpu::avx2>{});
}

TEST_CASE("the build for AVX2 multiplies and adds in one rounding") {
    if (cpu::avx2::found()) {
        // Were it two roundings, masses below the best would differ from libm's in every second row or so.
        std::vector<float> row(64, 0.0f);
        for (std::size_t i = 0; i < row.size(); ++i) row[i] = -0.37f * static_cast<float>(i);
        CHECK(found(row, 0.7, built_for<cpu::avx2>{}) == found(row, 0.7, generic{}));
    }
}
#if PLUCK_DISPATCH_AVX512
TEST_CASE("the build for AVX-512 gives the bits of the generic one") {
    if (cpu::avx512::found()) expect_same_as_generic(built_for<cpu::avx512>{});
}
#endif
#else
TEST_CASE("a translation unit built for fused multiply-adds needs no dispatch") {
#if defined(__x86_64__) && !defined(__MINGW32__)
    STATIC_REQUIRE(PLUCK_HARDWARE_FMA == 1);
#endif
    SUCCEED();
}
#endif
