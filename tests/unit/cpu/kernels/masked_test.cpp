// SPDX-License-Identifier: MIT
//
// The loops for masks, against the same loops on rows into which -infinity was written.
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/cpu/builds.hpp"
#include "unit/cpu/kernel_rows.hpp"
#include "unit/helpers.hpp"
#include <pluck/cpu/kernels/masked.hpp>
#include <pluck/cpu/kernels/moved.hpp>
#include <pluck/cpu/kernels/scan.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

using namespace pluck_test;
namespace cpu = pluck::cpu;
namespace kernels = pluck::cpu::kernels;

namespace {

/// Words of a mask of a random kind; some are 0, and some allow all.
std::vector<std::uint32_t> random_words(std::size_t vocab, random_numbers& numbers) {
    std::vector<std::uint32_t> words((vocab + 31) / 32);
    const std::size_t kind = numbers.below(5), run = 1 + numbers.below(40);
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto any = static_cast<std::uint32_t>(numbers.bits()), more = static_cast<std::uint32_t>(numbers.bits());
        words[i] = kind == 0 ? any & more : kind == 1 ? any | more : kind == 3 ? any : ~std::uint32_t{0};
        if (kind >= 3 && i / run % 2 == 0) words[i] = 0;  // whole blocks, and eight of them
        if (kind == 2 && numbers.chance(5)) words[i] &= ~(1u << numbers.below(32));
    }
    if (numbers.chance(4)) words.resize(numbers.below(words.size() + 2));
    return words;
}

bool is_allowed(const std::vector<std::uint32_t>& words, std::size_t i) {
    return i / 32 < words.size() && (words[i / 32] >> (i % 32) & 1u) != 0;
}

/// The words of bits that the library keeps of a mask, with one more, as it has them.
std::vector<std::uint64_t> forbidden_by(const std::vector<std::uint32_t>& words, std::size_t size) {
    std::vector<std::uint64_t> forbidden(cpu::blocks_of(size) + 1);
    for (std::size_t i = 0; i < size; ++i) forbidden[i / 64] |= std::uint64_t{!is_allowed(words, i)} << (i % 64);
    return forbidden;
}

template <class Format>
struct masked_row {
    std::vector<kernels::stored<Format>> logits;
    std::vector<float> scores;  // with -infinity where it is forbidden
    std::vector<std::uint64_t> forbidden;

    masked_row(std::size_t size, std::uint64_t seed) {
        random_numbers numbers(seed, 31);
        const std::vector<std::uint32_t> words = random_words(size, numbers);
        forbidden = forbidden_by(words, size);
        const bool has_nan = numbers.chance(2), all_negative = numbers.chance(3);
        for (std::size_t i = 0; i < size; ++i) {
            auto bits = static_cast<std::uint32_t>(numbers.bits());
            if ((bits & 0x7fffffffu) >= 0x47800000u) bits &= 0x83ffffffu;  // such as halves have
            if (all_negative) bits |= 0x80000000u;
            if (has_nan && !is_allowed(words, i) && numbers.chance(9)) bits = numbers.chance(2) ? 0x7fc00000u : ~0u;
            if (has_nan && seed % 16 == 0 && numbers.chance(100)) bits = 0xffc00000u;
            if constexpr (std::is_same_v<Format, float>) logits.push_back(float_of(bits));
            else logits.push_back(static_cast<std::uint16_t>(bits >> 16));
            scores.push_back(is_allowed(words, i) ? kernels::one_of<Format>(logits.data(), i)
                                                  : float_of(bits::minus_infinity));
        }
    }
};

}  // namespace

TEST_CASE("what masks forbid is kept as bits, those past the end of the row as 0, and what they leave is counted") {
    tally seen;
    for_each_build([&](const auto& build) {
        for (const std::size_t size : {1u, 31u, 32u, 33u, 64u, 65u, 127u, 255u, 256u, 257u, 300u, 2000u}) {
            for (std::uint64_t seed = 0; seed < 39; ++seed) {
                random_numbers numbers(seed, size);
                const std::vector<std::uint32_t> first = random_words(size, numbers),
                                                 second = random_words(size, numbers);
                std::vector<std::uint64_t> found(cpu::blocks_of(size) + 1), expected = found;
                std::size_t left = 0;
                for (std::size_t i = 0; i < size; ++i) {
                    const bool allowed = is_allowed(first, i) && is_allowed(second, i);
                    left += allowed;
                    expected[i / 64] |= std::uint64_t{!allowed} << (i % 64);
                }
                std::uint64_t* bits = found.data();
                static_cast<void>(build.template operator()<kernels::forbid>(first.data(), first.size(), size, bits));
                const std::size_t counted =
                    build.template operator()<kernels::forbid>(second.data(), second.size(), size, bits);
                seen.expect(counted == left, "size ", size, ", seed ", seed, ": ", counted, " for ", left);
                seen.expect(found == expected, "size ", size, ", seed ", seed, ": bits");
            }
        }
    });
    PLUCK_CHECK_TALLY(seen);
}

TEMPLATE_TEST_CASE("a scan past a mask finds what the scan of the masked scores finds", "", float, pluck::half,
                   pluck::bfloat16) {
    tally seen;
    for_each_build([&](const auto& build) {
        for (const std::size_t size : sizes) {
            for (std::uint64_t seed = 0; seed < 60; ++seed) {
                const masked_row<TestType> row(size, seed);
                const auto* logits = row.logits.data();
                const std::uint64_t* words = row.forbidden.data();
                std::vector<std::int32_t> best(cpu::blocks_of(size)), expected = best;
                const cpu::extremes found =
                    build.template operator()<kernels::scan_masked<TestType>>(logits, words, size, best.data());
                const cpu::extremes wanted =
                    kernels::scan::run<pluck::detail::default_isa>(row.scores.data(), size, expected.data());
                seen.expect(found.nan == wanted.nan, "size ", size, ", seed ", seed, ": nan ", found.nan);
                if (wanted.nan) continue;
                seen.expect(found.best == wanted.best, "size ", size, ", seed ", seed, ": best ", found.best);
                seen.expect(found.lowest <= wanted.lowest, "size ", size, ", seed ", seed, ": lowest ", found.lowest);
                seen.expect(best == expected, "size ", size, ", seed ", seed, ": blocks");
            }
        }
    });
    PLUCK_CHECK_TALLY(seen);
}

TEMPLATE_TEST_CASE("blocks are copied with what moved and without what is forbidden", "", float, pluck::half,
                   pluck::bfloat16) {
    tally seen;
    for_each_build([&](const auto& build) {
        for (const std::size_t size : {1u, 63u, 64u, 65u, 300u, 4200u}) {
            for (std::uint64_t seed = 0; seed < 20; ++seed) {
                masked_row<TestType> row(size, seed);
                random_numbers numbers(seed, 32);
                std::vector<float> to(size, 77.0f);
                std::vector<std::uint64_t> marks(cpu::blocks_of(size));
                for (std::size_t i = 0; i < size; ++i) {
                    if (!numbers.chance(20)) continue;
                    marks[i / 64] |= std::uint64_t{1} << (i % 64);
                    to[i] = static_cast<float>(i);
                    if ((row.forbidden[i / 64] >> (i % 64) & 1u) == 0) row.scores[i] = static_cast<float>(i);
                }
                const std::vector<std::int32_t> best(marks.size(), 5);
                const std::int32_t low = 5, high = 6;
                const auto* logits = row.logits.data();
                const cpu::edited_scores edited{marks.data(), to.data(), row.forbidden.data()};
                std::vector<float> scores(size);
                std::vector<std::int32_t> tokens(size);
                const std::size_t left = build.template operator()<kernels::gather_allowed<TestType>>(
                    logits, size, edited, scores.data(), tokens.data());
                build.template operator()<kernels::copy_blocks<TestType>>(logits, size, best.data(), low, high, edited,
                                                                          to.data());
                std::size_t listed = 0;
                for (std::size_t i = 0; i < size; ++i) {
                    const bool allowed = (row.forbidden[i / 64] >> (i % 64) & 1u) == 0;
                    seen.expect(bits_of(to[i]) == bits_of(row.scores[i]), "size ", size, ", seed ", seed, ": ", i);
                    if (!allowed) continue;
                    seen.expect(listed < left && tokens[listed] == static_cast<std::int32_t>(i) &&
                                    bits_of(scores[listed]) == bits_of(row.scores[i]),
                                "size ", size, ", seed ", seed, ": token ", i);
                    ++listed;
                }
                seen.expect(listed == left, "size ", size, ", seed ", seed, ": ", left, " listed");
            }
        }
    });
    PLUCK_CHECK_TALLY(seen);
}

namespace {

/// Counts how many vectors of halves are widened.
struct counting_isa : pluck::detail::default_isa {
    static inline std::size_t widened = 0;

    template <class Floats>
    static void widen(const std::uint16_t* halves, Floats& to) noexcept {
        ++widened;
        for (std::size_t i = 0; i < sizeof to / sizeof(float); ++i)
            to[i] = pluck::scalar_traits<pluck::half>::widen(pluck::half{halves[i]});
    }
};

}  // namespace

TEST_CASE("no block is looked at anew twice, in whatever order its tokens moved") {
    constexpr std::size_t blocks = 50, size = blocks * cpu::block_size;
    const std::vector<std::uint16_t> logits(size, 0x3c00);  // all equal: each is the best of its block
    std::vector<float> scores(size);
    std::vector<std::uint64_t> marks(blocks, ~std::uint64_t{1});  // 63 of each 64 go
    std::vector<std::int32_t> places;
    for (std::size_t n = 0; n < size; ++n) {
        const std::size_t i = n * 1237 % size;  // neighbours come far from each other
        if (i % cpu::block_size == 0) continue;
        places.push_back(static_cast<std::int32_t>(i));
        scores[i] = -1.0f;
    }
    std::vector<float> before(places.size(), 1.0f);
    std::vector<std::int32_t> best(blocks, pluck::detail::ordered(1.0f));
    cpu::extremes seen;
    seen.best = pluck::detail::ordered(1.0f);
    counting_isa::widened = 0;
    seen = kernels::scan_moved<pluck::half>::run<counting_isa>(logits.data(), size, {marks.data(), scores.data()},
                                                               {places.data(), before.data(), places.size()},
                                                               best.data(), seen);
    CHECK(counting_isa::widened == blocks * cpu::block_size / kernels::lanes);
    CHECK(seen.best == pluck::detail::ordered(1.0f));
    CHECK(seen.lowest == pluck::detail::ordered(-1.0f));
    CHECK(best == std::vector<std::int32_t>(blocks, pluck::detail::ordered(1.0f)));
}
