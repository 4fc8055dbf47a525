// SPDX-License-Identifier: MIT
//
// Rows of halves and bfloat16 that are read as they are, against the same rows as floats.
#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/logit_cases.hpp"
#include "unit/cpu/builds.hpp"
#include "unit/cpu/kernel_rows.hpp"
#include "unit/cpu/long_rows.hpp"
#include "unit/cpu/row_steps.hpp"
#include "unit/helpers.hpp"
#include <pluck/chain.hpp>
#include <pluck/cpu/deferred.hpp>
#include <pluck/cpu/kernels/moved.hpp>
#include <pluck/draw/rejection.hpp>
#include <pluck/sample.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

using namespace pluck_test;
namespace cpu = pluck::cpu;
namespace kernels = pluck::cpu::kernels;

namespace {

template <class Format>
float widened(std::uint16_t bits) {
    return pluck::scalar_traits<Format>::widen(Format{bits});
}

template <class Format>
std::vector<float> widened(const std::vector<std::uint16_t>& row) {
    std::vector<float> floats;
    for (const std::uint16_t bits : row) floats.push_back(widened<Format>(bits));
    return floats;
}

// Rounded towards zero; a half below the least normal one is zero.
template <class Format>
std::uint16_t narrowed(float value) {
    const std::uint32_t bits = bits_of(value);
    if (std::is_same_v<Format, pluck::bfloat16>) return static_cast<std::uint16_t>(bits >> 16);
    const std::uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
    if (magnitude == bits::plus_infinity) return static_cast<std::uint16_t>(sign | 0x7c00u);
    if (magnitude < 0x38800000u) return static_cast<std::uint16_t>(sign);
    return static_cast<std::uint16_t>(sign | std::min((magnitude - 0x38000000u) >> 13, 0x7bffu));
}

// Any bits, or those of one sign, or of few values; NaNs and infinities are rare, or absent.
std::vector<std::uint16_t> random_bits_row(std::size_t size, std::uint64_t seed, std::uint16_t infinity) {
    random_numbers numbers(seed, 16);
    std::vector<std::uint16_t> row(size);
    const std::size_t kind = numbers.below(4);
    for (std::uint16_t& bits : row) {
        bits = static_cast<std::uint16_t>(numbers.bits());
        if (kind == 1) bits |= 0x8000u;
        if (kind == 2) bits &= 0x83ffu;
        if (kind == 3 && numbers.chance(2)) bits = numbers.chance(2) ? 0x8000u : 0;
        if ((bits & 0x7fffu) >= infinity && !numbers.chance(500)) bits &= 0x8fffu;
    }
    return row;
}

template <class Format, class Build>
void expect_the_scan_of_floats(const Build& build) {
    tally seen;
    for (const std::size_t size : sizes) {
        for (std::uint64_t seed = 0; seed < repeated(200); ++seed) {
            const std::vector<std::uint16_t> row =
                random_bits_row(size, seed, static_cast<std::uint16_t>(kernels::infinite_bits<Format>));
            const std::vector<float> floats = widened<Format>(row);
            std::vector<std::int32_t> best(cpu::blocks_of(size)), expected = best;
            const cpu::extremes found =
                build.template operator()<kernels::scan_narrow<Format>>(row.data(), size, best.data());
            const cpu::extremes wanted =
                kernels::scan::run<pluck::detail::default_isa>(floats.data(), size, expected.data());
            seen.expect(found.nan == wanted.nan, "size ", size, ", seed ", seed, ": nan ", found.nan);
            if (wanted.nan) continue;
            seen.expect(found.best == wanted.best, "size ", size, ", seed ", seed, ": best ", found.best);
            seen.expect(found.lowest == wanted.lowest, "size ", size, ", seed ", seed, ": lowest ", found.lowest);
            seen.expect(best == expected, "size ", size, ", seed ", seed, ": blocks");
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

// All there are; a NaN may become another.
template <class Format, class Build>
void expect_every_float(const Build& build) {
    std::vector<std::uint16_t> all;
    for (std::uint32_t bits = 0; bits < 0x10000u; ++bits) all.push_back(static_cast<std::uint16_t>(bits));
    for (const std::size_t size : {std::size_t{0x10000}, std::size_t{0xfff7}}) {
        std::vector<float> floats(size, 77.0f);
        const std::vector<std::int32_t> best(cpu::blocks_of(size), 5);
        const std::int32_t low = 5, high = 6;
        build.template operator()<kernels::copy_blocks<Format>>(all.data(), size, best.data(), low, high,
                                                                cpu::edited_scores{}, floats.data());
        tally seen;
        for (std::size_t i = 0; i < size; ++i) {
            const std::uint32_t got = bits_of(floats[i]), expected = bits_of(widened<Format>(all[i]));
            const auto is_nan = [](std::uint32_t bits) { return (bits & 0x7fffffffu) > bits::plus_infinity; };
            seen.expect(is_nan(expected) ? is_nan(got) : got == expected, "bits ", i, ": ", got, ", not ", expected);
        }
        PLUCK_CHECK_TALLY(seen);
    }
}

}  // namespace

TEMPLATE_TEST_CASE("a scan of 16-bit logits finds what the scan of the same floats finds", "", pluck::half,
                   pluck::bfloat16) {
    expect_the_scan_of_floats<TestType>(generic{});
    expect_the_scan_of_floats<TestType>(dispatched{});
}

TEMPLATE_TEST_CASE("a scan of 16-bit logits sees every NaN, whatever its sign, payload and place", "", pluck::half,
                   pluck::bfloat16) {
    const auto infinity = static_cast<std::uint32_t>(kernels::infinite_bits<TestType>);
    tally seen;
    for (const std::size_t size : {1u, 64u, 65u, 130u, 700u}) {
        for (const std::uint32_t bits : {infinity + 1, infinity | 0x8001u, 0x7fffu, 0xffffu, infinity | 0x8000u}) {
            for (std::size_t at = 0; at < size; ++at) {
                std::vector<std::uint16_t> row(size, narrowed<TestType>(at % 2 == 0 ? 1.0f : -1.0f));
                row[at] = static_cast<std::uint16_t>(bits);
                std::vector<std::int32_t> best(cpu::blocks_of(size));
                const bool nan = cpu::run_kernel<kernels::scan_narrow<TestType>>(row.data(), size, best.data()).nan;
                seen.expect(nan == (bits != (infinity | 0x8000u)), "size ", size, ", at ", at, ", bits ", bits);
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEMPLATE_TEST_CASE("every 16-bit logit becomes the float that it is, whatever is flushed to zero", "", pluck::half,
                   pluck::bfloat16) {
    expect_every_float<TestType>(generic{});
    expect_every_float<TestType>(dispatched{});
#if defined(__SSE2__)
    const unsigned int before = _mm_getcsr();
    _mm_setcsr(before | 0x8040u);  // flush to zero, denormals are zero
    expect_every_float<TestType>(generic{});
    expect_every_float<TestType>(dispatched{});
    _mm_setcsr(before);
#endif
}

TEMPLATE_TEST_CASE("only blocks that are needed become floats, and each of them does", "", pluck::half,
                   pluck::bfloat16) {
    std::vector<std::uint16_t> row(300);
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = narrowed<TestType>(static_cast<float>(i / 64 * 3 % 5));
    std::vector<float> floats(row.size(), 77.0f);
    std::vector<std::int32_t> best(cpu::blocks_of(row.size()));
    cpu::deferred_row narrow;
    const auto* logits = reinterpret_cast<const TestType*>(row.data());
    CHECK_FALSE(narrow.read(pluck::logits_view<TestType>{logits, row.size(), 2}, floats.data()));
    CHECK_FALSE(narrow.read(pluck::logits_view<TestType>{nullptr, row.size()}, floats.data()));
    REQUIRE(narrow.read(pluck::logits_view<TestType>{logits, row.size()}, floats.data()));
    cpu::extremes seen_by_scan;
    REQUIRE(narrow.scan(best.data(), seen_by_scan));
    float least = 5;
    for (const float score : {4.0f, 4.5f, 3.0f, 1.0f, 1.5f, 0.0f}) {
        least = std::min(least, score);
        narrow.need(pluck::detail::ordered(score));
        for (std::size_t i = 0; i < row.size(); ++i) {
            const auto value = static_cast<float>(i / 64 * 3 % 5);
            CHECK(floats[i] == (value >= least ? value : 77.0f));
        }
    }
}

TEMPLATE_TEST_CASE("loops that read a row once find what they find in its floats, wherever its ties end", "",
                   pluck::half, pluck::bfloat16) {
    constexpr std::size_t size = 9'001;
    random_numbers numbers(1, 22);
    std::vector<std::uint16_t> row(size);
    for (std::uint16_t& bits : row) bits = narrowed<TestType>(static_cast<float>(numbers.below(7)));
    const std::vector<float> floats = widened<TestType>(row);
    std::vector<float> scratch(size, 77.0f);
    std::vector<std::int32_t> best(cpu::blocks_of(size));
    cpu::deferred_row narrow;
    REQUIRE(
        narrow.read(pluck::logits_view<TestType>{reinterpret_cast<const TestType*>(row.data()), size}, scratch.data()));
    cpu::extremes seen_by_scan;
    REQUIRE(narrow.scan(best.data(), seen_by_scan));
    tally seen;
    for_each_build([&](const auto& build) {
        const auto run = [&]<class Kernel>(Kernel, const auto&... arguments) {
            return build.template operator()<Kernel>(arguments...);
        };
        const auto compare = [&](float least, std::size_t ties_end, std::int32_t high) {
            const cpu::row_view whole{floats.data(), size, best.data(), {pluck::detail::ordered(least), ties_end}};
            cpu::row_view view = whole;
            view.scores = scratch.data();
            view = narrow.view(view);
            const std::string where =
                "least " + std::to_string(least) + ", ties_end " + std::to_string(ties_end) + ": ";
            std::vector<std::uint64_t> masses(best.size()), expected_masses(best.size());
            std::uint64_t mass = 0;
            narrow.in_parts(whole, whole.kept.score, [&](const cpu::row_view& part, std::size_t begin) {
                mass += run(kernels::sum_masses(), part, 6.0f, 1.0f, masses.data() + begin / cpu::block_size);
                return true;
            });
            seen.expect(mass == run(kernels::sum_masses(), whole, 6.0f, 1.0f, expected_masses.data()), where, "mass");
            seen.expect(masses == expected_masses, where, "masses");
            kernels::split_mass split{0, 0};
            const std::int32_t lowest = -pluck::detail::ordered_infinity;
            narrow.in_parts(whole, lowest, [&](const cpu::row_view& part, std::size_t begin) {
                const auto some =
                    run(kernels::split_masses(), part, 6.0f, 1.0f, masses.data() + begin / cpu::block_size);
                split.kept += some.kept;
                split.all += some.all;
                return true;
            });
            const auto expected_split = run(kernels::split_masses(), whole, 6.0f, 1.0f, expected_masses.data());
            seen.expect(split.kept == expected_split.kept && split.all == expected_split.all, where, "split mass");
            seen.expect(masses == expected_masses, where, "split masses");
            std::vector<float> scores(size), expected_scores(size);
            std::vector<std::int32_t> places(size), expected_places(size);
            const std::size_t count = run(kernels::gather(), view, high, size, scores.data(), places.data());
            const std::size_t expected_count =
                run(kernels::gather(), whole, high, size, expected_scores.data(), expected_places.data());
            seen.expect(count == expected_count, where, "gathered ", count, ", not ", expected_count);
            for (std::size_t i = 0; i < std::min(count, expected_count); ++i)
                seen.expect(scores[i] == expected_scores[i] && places[i] == expected_places[i], where, i);
            std::size_t in_parts = 0;
            narrow.in_parts(whole, whole.kept.score, [&](const cpu::row_view& part, std::size_t begin) {
                const std::size_t before = in_parts;
                in_parts += run(kernels::gather(), part, high, size, scores.data() + before, places.data() + before);
                for (std::size_t i = before; i < in_parts; ++i) places[i] += static_cast<std::int32_t>(begin);
                return true;
            });
            seen.expect(in_parts == expected_count, where, "gathered in parts ", in_parts);
            for (std::size_t i = 0; i < std::min(in_parts, expected_count); ++i)
                seen.expect(scores[i] == expected_scores[i] && places[i] == expected_places[i], where, "in parts ", i);
        };
        for (const float least : {1.0f, 4.0f, 6.0f}) {
            for (const std::size_t ties_end : {std::size_t{1}, std::size_t{4095}, std::size_t{4096}, std::size_t{4097},
                                               std::size_t{8990}, size, ~std::size_t{0}}) {
                compare(least, ties_end, pluck::detail::ordered_infinity);
                compare(least, ties_end, pluck::detail::ordered(5.0f));
            }
        }
        const cpu::row_view all{floats.data(), size, best.data(), {}};
        const auto powers = [&](const cpu::row_view& view) {
            const std::size_t none = 0;
            return run(kernels::sum_powers<kernels::chord>(), view, 6.0f, 0.0f, 1.0f, floats.data(), none).all +
                   run(kernels::sum_powers<kernels::quartic>(), view, 6.0f, 0.0f, 1.0f, floats.data(), none).all;
        };
        double sum = 0;
        narrow.in_parts(all, -pluck::detail::ordered_infinity, [&](const cpu::row_view& part, std::size_t) {
            sum += powers(part);
            return true;
        });
        const double whole_sum = powers(all);
        seen.expect(std::abs(sum - whole_sum) < 1e-12 * whole_sum, "powers");  // doubles, added up in another order
    });
    for (const float score : scratch) seen.expect(score == 77.0f, "written to");
    PLUCK_CHECK_TALLY(seen);
}

TEMPLATE_TEST_CASE("a row of 16-bit logits keeps and draws what its floats do", "", pluck::half, pluck::bfloat16) {
    tally seen;
    for (const std::size_t size : {1u, 64u, 65u, 130u, 1000u, 2049u, 5000u, 17'000u}) {
        for (std::uint64_t seed = 0; seed < (full_effort ? 2 : 1) * long_row_kinds; ++seed) {
            std::vector<std::uint16_t> row;
            for (const float score : long_row(size, seed)) row.push_back(narrowed<TestType>(score));
            const std::vector<float> floats = widened<TestType>(row);
            const pluck::logits_view<TestType> view{reinterpret_cast<const TestType*>(row.data()), size};
            const std::string where = "size " + std::to_string(size) + ", seed " + std::to_string(seed) + ":";
            random_numbers numbers(seed, size + 17);
            for (int round = 0; round < (full_effort ? 4 : 1); ++round) {
                pluck::workspace scratch;
                const pluck::key key{.seed = seed, .position = static_cast<std::uint64_t>(round)};
                cpu::row narrow(view, scratch, pluck::randomness(key), 0);
                sorted_row expected(floats);
                if (!narrow.settle()) FAIL("the row is bad");
                std::string steps;
                for (int i = 0; i < 2; ++i) steps += step(narrow, expected, numbers);
                const pluck::bits128 uniform = random_bits(numbers);
                seen.expect(narrow.draw(uniform) == expected.draw(uniform), where, steps, " draw");
                seen.expect(agree(narrow, expected), where, steps);

                const auto drawn = [&](const auto& chain) {
                    const std::int32_t token = pluck::sample(view, chain, key).token;
                    seen.expect(token == pluck::sample(std::span(floats), chain, key).token, where, " a chain");
                };
                drawn(pluck::greedy());
                drawn(pluck::temperature(0.7) | pluck::rejection());
                drawn(pluck::min_p(0.3) | pluck::rejection());
                drawn(pluck::top_k(size / 3 + 1) | pluck::rejection());
                drawn(pluck::top_p(0.7) | pluck::temperature(2) | pluck::top_p(0.7));
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}
