// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/logit_cases.hpp"
#include "unit/cpu/builds.hpp"
#include "unit/cpu/kernel_rows.hpp"
#include "unit/helpers.hpp"
#include <pluck/cpu/kernels/scan.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

using namespace pluck_test;
namespace cpu = pluck::cpu;
namespace kernels = pluck::cpu::kernels;

namespace {

struct scanned {
    cpu::extremes row;
    std::vector<std::int32_t> best;
};

template <class Build>
scanned scan(const Build& build, const std::vector<float>& row) {
    scanned result{{}, std::vector<std::int32_t>(cpu::blocks_of(row.size()))};
    result.row = build.template operator()<kernels::scan>(row.data(), row.size(), result.best.data());
    return result;
}

// Token by token: the row has no NaN.
void expect_right(tally& seen, const std::vector<float>& row, const char* about, std::uint64_t number) {
    std::vector<std::int32_t> best(cpu::blocks_of(row.size()), -pluck::detail::ordered_infinity);
    std::int32_t lowest = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
        best[i / 64] = std::max(best[i / 64], pluck::detail::ordered(row[i]));
        lowest = std::min(lowest, pluck::detail::ordered(row[i]));
    }
    for_each_build([&](const auto& build) {
        const scanned found = scan(build, row);
        seen.expect(found.best == best, about, number, ", size ", row.size(), ": the blocks");
        seen.expect(found.row.best == *std::max_element(best.begin(), best.end()), about, number, ", size ", row.size(),
                    ": best ", found.row.best);
        seen.expect(!found.row.nan, about, number, ", size ", row.size(), ": a NaN");
        seen.expect(found.row.lowest == lowest || found.row.lowest == -pluck::detail::ordered_infinity, about, number,
                    ", size ", row.size(), ": lowest ", found.row.lowest, ", not ", lowest);
    });
}

// Bits of any float but NaN; of one sign, or close to 0, where some processors flush.
std::vector<float> row_of_bits(std::uint64_t seed) {
    random_numbers numbers(seed, 41);
    std::vector<float> row(1 + numbers.below(1500));
    const std::size_t kind = numbers.below(5);
    for (float& logit : row) {
        auto pattern = static_cast<std::uint32_t>(numbers.bits());
        if (kind == 1) pattern |= bits::sign;
        if (kind == 2) pattern &= 0x80ffffffu;
        if (kind == 3) pattern = (pattern & 0x80000001u) | bits::sign;
        if (kind == 4 && !numbers.chance(20)) pattern |= bits::sign;
        if ((pattern & 0x7fffffffu) > bits::plus_infinity) pattern &= 0xff800000u;
        logit = float_of(pattern);
    }
    return row;
}

}  // namespace

TEST_CASE("a scan finds the best score of each block and of the row") {
    tally seen;
    for (const std::size_t size : sizes) expect_right(seen, row_of(size, size), "size ", size);
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("a scan finds the best of any bits, whatever is flushed to zero") {
    tally seen;
    for (std::uint64_t number = 0; number < repeated(4000); ++number) {
        expect_right(seen, row_of_bits(number), "row ", number);
    }
#if defined(__SSE2__)
    const unsigned int before = _mm_getcsr();
    _mm_setcsr(before | 0x8040u);  // flush to zero, denormals are zero
    for (std::uint64_t number = 0; number < repeated(4000); ++number) {
        expect_right(seen, row_of_bits(number), "flushed, row ", number);
    }
    _mm_setcsr(before);
#endif
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("a scan sees every NaN, whatever its sign, payload and place") {
    tally seen;
    for (const std::size_t size : {1u, 64u, 65u, 200u, 700u}) {
        for (const std::uint32_t nan : bits::nans) {
            for (std::size_t at = 0; at < size; ++at) {
                std::vector<float> row(size, at % 2 == 0 ? 1.0f : -1.0f);
                row[at] = float_of(nan);
                for_each_build([&](const auto& build) {
                    seen.expect(scan(build, row).row.nan, "size ", size, ", at ", at, ", bits ", nan);
                });
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("a scan raises no floating-point exception, not even for a NaN that signals") {
#if defined(__SSE2__)
    std::vector<float> row(700, 1.0f);
    row[3] = float_of(0x7f800001u);
    row[70] = float_of(0xff800001u);
    row[140] = float_of(1u);
    const auto expect_none = [&](const auto& build) {
        const unsigned int before = _mm_getcsr();
        _mm_setcsr(before & ~0x3fu);
        (void)scan(build, row);
        const unsigned int raised = _mm_getcsr() & 0x3fu;
        _mm_setcsr(before);
        CHECK(raised == 0);
    };
    expect_none(generic{});
    expect_none(dispatched{});
#endif
    SUCCEED();
}

TEST_CASE("a scan finds the lowest score of those below 0, wherever it is, or says that it does not know") {
    tally seen;
    for (const std::size_t size : {1u, 64u, 65u, 200u, 700u}) {
        for (const float lowest : {0.0f, -0.0f, -1e-40f, -2.0f, -3e38f, forbidden}) {
            for (std::size_t at = 0; at < size; ++at) {
                std::vector<float> row(size, at % 2 == 0 ? 1.0f : -0.0f);
                row[at] = lowest;
                expect_right(seen, row, "at ", at);
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
    CHECK(scan(generic{}, {1.0f, -2.0f}).row.lowest == pluck::detail::ordered(-2.0f));
}

TEST_CASE("a scan of finite scores and infinities sees no NaN") {
    for (const std::size_t size : {5u, 600u}) {
        std::vector<float> row = {float_of(bits::minus_infinity), -float_of(bits::largest), float_of(bits::largest),
                                  float_of(bits::plus_infinity), float_of(bits::least_subnormal)};
        row.resize(size, 0.5f);
        for_each_build([&](const auto& build) {
            const scanned found = scan(build, row);
            CHECK_FALSE(found.row.nan);
            CHECK(found.row.best == pluck::detail::ordered_infinity);
            CHECK(found.row.lowest == -pluck::detail::ordered_infinity);
        });
    }
}

TEST_CASE("a scan of forbidden tokens alone is as low as can be") {
    for (const std::size_t size : {70u, 700u}) {
        for_each_build([&](const auto& build) {
            const scanned found = scan(build, std::vector<float>(size, forbidden));
            CHECK(found.row.best == -pluck::detail::ordered_infinity);
            for (const std::int32_t best : found.best) CHECK(best == -pluck::detail::ordered_infinity);
        });
    }
}

TEST_CASE("a scan finds the best of a block of negative scores, zeros and forbidden tokens among them") {
    for (const float least : {-1e-40f, -0.0f, 0.0f, -3.0f, -3e38f}) {
        for (const std::size_t at : {0u, 63u, 64u, 300u, 511u, 513u, 599u}) {
            std::vector<float> row(600, -float_of(bits::largest));
            for (std::size_t i = 0; i < row.size(); i += 3) row[i] = forbidden;
            row[at] = least;
            for_each_build([&](const auto& build) {
                const scanned found = scan(build, row);
                CHECK(found.row.best == pluck::detail::ordered(least));
                CHECK(found.best[at / 64] == pluck::detail::ordered(least));
                CHECK(found.best[(at + 128) / 64 % found.best.size()] == -0x7f7fffff);
                CHECK_FALSE(found.row.nan);
            });
        }
    }
}
