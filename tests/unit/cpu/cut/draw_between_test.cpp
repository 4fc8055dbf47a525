// SPDX-License-Identifier: MIT
//
// A draw from a nucleus between two cuts against a draw from each of the cuts, by sorting.
#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/logit_cases.hpp"
#include "unit/cpu/row_steps.hpp"
#include "unit/helpers.hpp"
#include <pluck/cpu/cut/draw_between.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/philox.hpp>
#include <pluck/detail/ranking.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

using namespace pluck_test;

namespace {

struct head {
    std::vector<std::int32_t> scores;
    std::vector<std::uint64_t> masses;
    std::int32_t low = 0;
    std::int32_t high = 0;
    std::uint64_t sum = 0;

    std::size_t draw(std::uint64_t least, std::uint64_t most, const pluck::bits128& uniform) const {
        std::vector<std::uint64_t> block_mass(scores.size() / 64 + 1);
        return pluck::cpu::draw_between({scores.data(), masses.data(), scores.size(), {low, high}}, least, most,
                                        uniform, block_mass.data());
    }

    // The same by trying every cut there is between the targets; scores.size() if two differ.
    std::size_t by_trying(std::uint64_t least, std::uint64_t most, const pluck::bits128& uniform) const {
        std::vector<std::size_t> ranked(scores.size());
        std::iota(ranked.begin(), ranked.end(), std::size_t{0});
        std::stable_sort(ranked.begin(), ranked.end(),
                         [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
        std::vector<bool> kept(scores.size());
        std::uint64_t mass = 0;
        std::size_t result = scores.size();
        for (std::size_t rank = 0; rank < ranked.size() && mass < most; ++rank) {
            kept[ranked[rank]] = true;
            mass += masses[ranked[rank]];
            if (mass < least) continue;
            std::uint64_t rest = pluck::mass_point(uniform, mass);
            std::size_t drawn = 0;
            for (; !kept[drawn] || rest >= masses[drawn]; ++drawn) rest -= kept[drawn] ? masses[drawn] : 0;
            if (result != scores.size() && result != drawn) return scores.size();
            result = drawn;
        }
        return result;
    }
};

// Heads with ties and without, narrow and wide as scores can be, whose last tokens may have no mass.
head random_head(std::size_t size, random_numbers& numbers) {
    head made;
    const std::size_t kind = numbers.below(4);
    for (std::size_t i = 0; i < size; ++i) {
        float score = static_cast<float>(3 + std::abs(numbers.normal()));
        if (kind == 1) score = static_cast<float>(numbers.between(-3, 3));
        if (kind == 2) score = float_of(static_cast<std::uint32_t>(numbers.below(0x7f800000u) | i % 2 << 31));
        if (kind == 3) score = i % 3 == 0 ? 5.0f : static_cast<float>(4 * numbers.uniform());
        made.scores.push_back(pluck::detail::ordered(score));
    }
    made.low = *std::min_element(made.scores.begin(), made.scores.end());
    made.high = *std::max_element(made.scores.begin(), made.scores.end());
    const std::int64_t none = made.low + (numbers.chance(2) ? 0 : (std::int64_t{made.high} - made.low) / 8);
    for (const std::int32_t score : made.scores) {
        made.masses.push_back(score < none ? 0 : static_cast<std::uint64_t>(std::int64_t{score} - none) / 16 + 1);
        made.sum += made.masses.back();
    }
    return made;
}

}  // namespace

TEST_CASE("a draw between two cuts is that of each, or none") {
    tally seen;
    std::size_t drawn = 0, undecided = 0;
    for (const std::size_t size : {1u, 2u, 5u, 63u, 64u, 65u, 130u, 500u, 700u, 1500u}) {
        for (std::uint64_t seed = 0; seed < repeated(size < 200 ? 2000 : 400); ++seed) {
            random_numbers numbers(seed, size + 30);
            const head some = random_head(size, numbers);
            const std::uint64_t least = 1 + numbers.bits() % some.sum;
            const std::uint64_t room = some.sum - least;
            const std::uint64_t apart = numbers.chance(4) ? 0 : room / (numbers.chance(4) ? 1 : 1 + numbers.below(200));
            for (const pluck::bits128& uniform : {no_bits, all_bits, random_bits(numbers)}) {
                const std::size_t found = some.draw(least, least + apart, uniform);
                const std::size_t expected = some.by_trying(least, least + apart, uniform);
                const bool too_many = size > 512 && found == size;
                seen.expect(found == expected || too_many, "size ", size, ", seed ", seed, ": ", found, ", not ",
                            expected);
                drawn += found < size;
                undecided += found == size && expected < size;
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
    CHECK(undecided < drawn / 50);
}
