// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/logit_cases.hpp"
#include "unit/cpu/builds.hpp"
#include "unit/cpu/kernel_rows.hpp"
#include "unit/helpers.hpp"
#include <pluck/cpu/isa/dispatch.hpp>
#include <pluck/cpu/kernels/masses.hpp>
#include <pluck/detail/mass.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace pluck_test;
namespace cpu = pluck::cpu;
namespace kernels = pluck::cpu::kernels;
using isa = pluck::detail::default_isa;

namespace {

// How many of the differences with the bits first, first + step, ... have a mass, before its last bits are shifted out,
// that is not between the bounds of a power of 2. A kernel, so that it runs as fast as those of the library.
template <class Power>
struct out_of_bounds {
    template <class Isa>
    PLUCK_ALWAYS_INLINE static std::uint64_t run(std::uint32_t first, std::uint32_t count, std::uint32_t step) {
        const kernels::mass_origin origin(0.0f, 1.0f);
        const Power power(origin);
        std::uint64_t wrong = 0;
        for (std::uint32_t i = 0; i + kernels::lanes <= count; i += kernels::lanes) {
            float d[kernels::lanes], exact[kernels::lanes];
            for (std::uint32_t lane = 0; lane < kernels::lanes; ++lane) {
                d[lane] = pluck::detail::bits_as<float>(first + (i + lane) * step);
                const pluck::mass_parts parts = origin.template parts_of<Isa>(d[lane]);
                // The octave and the 24 bits of the scale of q go into the exponent.
                exact[lane] = pluck::detail::bits_as<float>(pluck::detail::bits_as<std::uint32_t>(parts.q) -
                                                            (static_cast<std::uint32_t>(parts.octave + 24) << 23));
            }
            kernels::floats_of<Isa> together;  // what rows are summed by: the same
            static_assert(sizeof together == sizeof d);
            power.template of_lanes<Isa>(together, d);
            std::uint32_t here = 0;
            for (std::uint32_t lane = 0; lane < kernels::lanes; ++lane) {
                here += together[lane] != power.template of<Isa>(d[lane]);
                // Which rounds by less than 2^-23.
                const float about = power.template of<Isa>(d[lane]);
                here += !(exact[lane] >= static_cast<float>(Power::least) * about);
                here += !(exact[lane] <= static_cast<float>(Power::most) * about);
            }
            wrong += here;
        }
        return wrong;
    }
};

template <class Power>
std::uint64_t wrong_between(std::uint32_t first, std::uint32_t last) {
    const std::uint32_t step = full_effort ? 1 : 4099;
    return cpu::run_kernel<out_of_bounds<Power>>(first, (last - first) / step + 1, step);
}

constexpr std::uint32_t minus_44 = 0xc2300000u;

}  // namespace

TEST_CASE("the masses of the blocks are the sums of their tokens' masses") {
    for (const std::size_t size : sizes) {
        for (const double temperature : {0.05, 0.7, 1.0, 5.0, 1000.0}) {
            const std::vector<float> row = row_of(size, size + 1);
            const float scale = pluck::mass_scale(temperature);
            const float best = maximum(row);
            const std::vector<std::int32_t> block_best = block_best_of(row);
            std::vector<std::uint64_t> block_mass(block_best.size(), 77);
            const std::uint64_t total = kernels::sum_masses::run<isa>(
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
    CHECK(kernels::sum_masses::run<isa>(view, 0, 1, block_mass.data()) == best + 1);
    CHECK(block_mass == std::vector<std::uint64_t>{best, 1, 0});
}

TEST_CASE("split masses are those from a score on, by block and in all, and those of the whole row") {
    for (const std::size_t size : sizes) {
        const std::vector<float> row = row_of(size, size + 4);
        const std::vector<std::int32_t> block_best = block_best_of(row);
        const float best = maximum(row);
        for (const double temperature : {0.05, 1.0, 20.0}) {
            const float scale = pluck::mass_scale(temperature);
            for (const float least : {-30.0f, -1.0f, 0.0f, 2.9f, 3.0f, 1000.0f}) {
                const cpu::row_view view{row.data(), size, block_best.data(), {pluck::detail::ordered(least)}};
                std::vector<std::uint64_t> block_mass(block_best.size(), 77), expected(block_best.size(), 0);
                std::uint64_t kept = 0, all = 0;
                for (std::size_t i = 0; i < size; ++i) {
                    const std::uint64_t mass = pluck::mass_of(row[i] - best, scale);
                    all += mass;
                    if (row[i] < least) continue;
                    kept += mass;
                    expected[i / 64] += mass;
                }
                const kernels::split_mass split = kernels::split_masses::run<isa>(view, best, scale, block_mass.data());
                CHECK(split.kept == kept);
                CHECK(split.all == all);
                CHECK(block_mass == expected);
            }
        }
    }
}

// ---- bounds ----

TEST_CASE("a quartic is within its bounds of the mass, at every difference") {
    CHECK(wrong_between<kernels::quartic>(bits::sign, minus_44) == 0);
}

TEST_CASE("a chord is within its bounds of the mass, at every difference") {
    CHECK(wrong_between<kernels::chord>(bits::sign, minus_44) == 0);
}

TEST_CASE("masses below a score are between their bounds, and the bounds are as close as they say") {
    tally seen;
    std::size_t shallow_rows = 0;
    const auto check = [&](const std::vector<float>& row, double temperature, float high) {
        const float best = maximum(row);
        const float scale = pluck::mass_scale(temperature);
        const std::vector<std::int32_t> block_best = block_best_of(row);
        const cpu::row_view view{row.data(), row.size(), block_best.data(), {}};
        std::vector<float> gathered;
        std::uint64_t exact = 0, all = 0;
        for (const float score : row) {
            const std::uint64_t mass = pluck::mass_of(score - best, scale);
            all += mass;
            if (pluck::detail::ordered(score) < pluck::detail::ordered(high)) exact += mass;
            else gathered.push_back(score);
        }
        const auto bounds = [&]<class Build, class Power>(const Build& build, Power, float lowest) {
            return kernels::bounds_of_rest<Power>(build.template operator()<kernels::sum_powers<Power>>(
                                                      view, best, lowest, scale, gathered.data(), gathered.size()),
                                                  row.size(), Power::slack({best, scale}));
        };
        const kernels::mass_bounds close = bounds(dispatched{}, kernels::quartic({best, scale}), forbidden);
        seen.expect(close.low <= exact && exact <= close.high, "quartic: ", close.low, " <= ", exact,
                    " <= ", close.high, ", size ", row.size(), ", T ", temperature, ", below ", high);
        seen.expect(close.high - close.low <= exact / 65536 + all / 262144 + 2 * row.size() + 2, "the quartic's are ",
                    close.high - close.low, " apart, of ", exact);
        if (!kernels::chord::fits({best, scale})) return;
        const auto check_chord = [&](const char* name, const kernels::mass_bounds& far) {
            seen.expect(far.low <= exact && exact <= far.high, name, ": ", far.low, " <= ", exact, " <= ", far.high,
                        ", size ", row.size(), ", T ", temperature, ", below ", high);
            const auto slack =
                static_cast<std::uint64_t>(2 * kernels::chord::slack({best, scale}) * static_cast<double>(exact));
            seen.expect(far.high - far.low <= exact / 15 + slack + all / 200000 + 2 * row.size() + 2, name, "'s are ",
                        far.high - far.low, " apart, of ", exact, ", all ", all, ", size ", row.size(), ", T ",
                        temperature, ", below ", high);
        };
        const float lowest = *std::min_element(row.begin(), row.end());
        for_each_build([&](const auto& build) {
            check_chord("chord", bounds(build, kernels::chord({best, scale}), forbidden));
            check_chord("shallow chord", bounds(build, kernels::chord({best, scale}), lowest));
        });
        shallow_rows += kernels::chord::is_shallow({best, scale}, lowest);
    };
    for (std::uint64_t number = 0; number < repeated(400); ++number) {
        random_numbers numbers(number, 9);
        const std::vector<float> row = random_row(number, 3000);
        const double temperature = 0.02 + numbers.uniform() * (numbers.chance(3) ? 100 : 2);
        for (int i = 0; i < 3; ++i) {
            const float high = row[numbers.below(row.size())];
            if (bits_of(high) != bits::minus_infinity) check(row, temperature, high);
        }
        check(row, temperature, maximum(row));
        // Far from 0, where the chord rounds: up to what it still fits.
        std::vector<float> far = row;
        const float aside = static_cast<float>((numbers.uniform() - 0.5) * 40'000 * temperature);
        for (float& score : far) score += aside;
        check(far, temperature, far[numbers.below(far.size())]);
    }
    for (const double temperature : {0x1p-64, 0x1p-20, 1.0, 0x1p64}) {
        std::vector<float> row(1000, -0.0f);
        for (std::size_t i = 0; i < row.size(); i += 3) row[i] = 0.0f;
        for (std::size_t i = 0; i < row.size(); i += 7) row[i] = -1.0f;
        for (std::size_t i = 0; i < row.size(); i += 11) row[i] = -1e30f;
        for (std::size_t i = 0; i < row.size(); i += 13) row[i] = forbidden;
        for (const float high : {0.0f, -0.0f, -1.0f, -1e30f}) check(row, temperature, high);
    }
    // As low as a row of which no score has to be raised may be, and a little lower: full of such scores.
    for (const float lowest : {-119.0f, -120.0f, -120.0001f, -127.5f, -128.0f, -250.0f, -1e30f}) {
        std::vector<float> row(3000, lowest);
        row[700] = 0;
        row[1300] = -1;
        CHECK(kernels::chord::is_shallow({0, 1}, lowest) == (lowest >= -120));
        check(row, 1 / std::log(2.0), -0.5f);
    }
    CHECK(shallow_rows > repeated(400));
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("a chord's bounds hold however its offset is rounded") {
    tally seen;
    random_numbers numbers(3, 22);
    for (int i = 0; i < 2000; ++i) {
        // All of the rest lies at one edge of the bounds, or where a chord is furthest from the power.
        const auto best = static_cast<float>((numbers.uniform() - 0.5) * 120'000);
        const float below = best - (numbers.chance(2) ? 3.0f : 2.5573f);
        const float high[] = {best};
        std::vector<float> row(1000, below);
        row[17] = best;
        const std::vector<std::int32_t> block_best = block_best_of(row);
        const cpu::row_view view{row.data(), row.size(), block_best.data(), {}};
        const kernels::mass_bounds bounds = kernels::bounds_of_rest<kernels::chord>(
            cpu::run_kernel<kernels::sum_powers<kernels::chord>>(view, best, below, 1.0f, &high[0], std::size_t{1}),
            row.size(), kernels::chord::slack({best, 1.0f}));
        const std::uint64_t exact = 999 * pluck::mass_of(below - best, 1.0f);
        seen.expect(bounds.low <= exact && exact <= bounds.high, "best ", best, ": ", bounds.low, " <= ", exact,
                    " <= ", bounds.high);
    }
    PLUCK_CHECK_TALLY(seen);
}
