// SPDX-License-Identifier: MIT
//
// Each primitive of the row against its definition by a sorted list, alone and after others, on rows of one block, of
// several, and of a part of one more.
#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/logit_cases.hpp"
#include "unit/cpu/long_rows.hpp"
#include "unit/cpu/row_steps.hpp"
#include "unit/helpers.hpp"
#include "unit/library_row.hpp"
#include <pluck/chain.hpp>
#include <pluck/cpu/row.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

using namespace pluck_test;
using pluck::ranking_key;
using pluck::status;

namespace {

constexpr std::size_t sizes[] = {1, 2, 3, 4, 5, 6, 63, 64, 65, 127, 128, 129, 1000};

// Scores of several kinds: many ties, neighbours, wide gaps, plain noise; some of them forbidden, at least one not.
std::vector<float> scores_of(std::size_t size, std::uint64_t seed) {
    random_numbers numbers(seed, 4);
    const std::size_t kind = numbers.below(6);
    const bool with_forbidden = numbers.chance(2);
    std::vector<float> row;
    for (std::size_t i = 0; i < size; ++i) {
        float score = 0;
        switch (kind) {
            case 0: score = static_cast<float>(numbers.between(-2, 2)); break;
            case 1: score = 1.5f; break;
            case 2: score = float_of(0x3f800000u + static_cast<std::uint32_t>(numbers.below(40))); break;
            case 3: score = float_of(static_cast<std::uint32_t>(numbers.below(0x7f800000u)) | bits::sign); break;
            case 4: score = numbers.chance(2) ? 0.0f : -0.0f; break;
            default: score = static_cast<float>(numbers.normal() * 3); break;
        }
        row.push_back(with_forbidden && numbers.chance(4) ? forbidden : score);
    }
    row[numbers.below(size)] = kind == 3 ? -1.0f : 1.5f;
    return row;
}

}  // namespace

// ---- against the definition ----

TEST_CASE("a row knows its best token, its candidates and their mass") {
    tally seen;
    for (const std::size_t size : sizes) {
        for (std::uint64_t seed = 0; seed < 30; ++seed) {
            library_row of(scores_of(size, seed));
            REQUIRE(of.row.settle());
            seen.expect(agree(of.row, sorted_row(of.logits)), "size ", size, ", seed ", seed);
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("any sequence of primitives keeps what the definitions keep, and draws what they draw") {
    tally seen;
    for (const std::size_t size : sizes) {
        for (std::uint64_t seed = 0; seed < repeated(size < 100 ? 800 : 200); ++seed) {
            library_row of(scores_of(size, seed));
            sorted_row expected(of.logits);
            random_numbers numbers(seed, size);
            if (!of.row.settle()) FAIL("the row is bad");
            std::string steps;
            for (int i = 0; i < 6; ++i) {
                steps += step(of.row, expected, numbers);
                // Half of the time nothing is asked in between, so that what is lazy stays so.
                if (seed % 2 == 0 || i == 5) {
                    seen.expect(agree(of.row, expected), "size ", size, ", seed ", seed, ":", steps);
                }
            }
            for (const pluck::bits128& uniform : {no_bits, all_bits, random_bits(numbers), random_bits(numbers)}) {
                seen.expect(of.row.draw(uniform) == expected.draw(uniform), "size ", size, ", seed ", seed, ":", steps,
                            " draw");
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("long rows keep and draw what the definitions say") {
    tally seen;
    for (const std::size_t size : {2049u, 5000u, 16'383u, 20'000u}) {
        for (std::uint64_t seed = 0; seed < repeated(full_effort ? 48 : 480); ++seed) {
            library_row of(long_row(size, seed));
            sorted_row expected(of.logits);
            random_numbers numbers(seed, size + 1);
            if (!of.row.settle()) FAIL("the row is bad");
            std::string steps;
            for (int i = 0; i < 3; ++i) steps += step(of.row, expected, numbers);
            const pluck::bits128 uniform = random_bits(numbers);
            seen.expect(of.row.draw(uniform) == expected.draw(uniform), "size ", size, ", seed ", seed, ":", steps,
                        " draw");
            seen.expect(agree(of.row, expected), "size ", size, ", seed ", seed, ":", steps);
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("one cut of a long row is where the definition has it, wherever that is") {
    tally seen;
    for (const std::size_t size : {3000u, 17'000u}) {
        for (std::uint64_t seed = 0; seed < long_row_kinds; seed += full_effort ? 1 : 3) {
            const std::vector<float> logits = long_row(size, seed);
            const sorted_row whole(logits);
            const std::size_t all = whole.count();
            const std::uint64_t total = whole.total();
            std::uint64_t before = 0;
            const auto expect = [&](library_row& of, const sorted_row& expected, const std::string& what) {
                const std::string where = what + ", size " + std::to_string(size) + ", seed " + std::to_string(seed);
                const bool same = of.row.count() == expected.count() && kept_ids(of.row) == expected.ids();
                seen.expect(same, where, ": ", of.row.count(), ", not ", expected.count());
                seen.expect(of.row.total() == expected.total(), where, ": total");
                seen.expect(of.row.draw(all_bits) == expected.draw(all_bits), where, ": draw");
            };
            for (std::size_t k = 2; k <= size; k += 1 + k / 2) {
                library_row of(logits);
                sorted_row expected = whole;
                if (!of.row.settle()) FAIL("the row is bad");
                of.row.keep_largest(k);
                expected.keep_largest(k);
                expect(of, expected, "k " + std::to_string(k));
            }
            // Shares of which the nearest float is as close as can be to an edge between two tokens.
            std::size_t next = 0;
            for (std::size_t rank = 0; rank < all; ++rank) {
                before += whole.mass(rank);
                if (rank < next) continue;
                next += 1 + next / 2;
                const auto share = static_cast<float>(static_cast<double>(before) / static_cast<double>(total));
                for (const std::uint32_t aside : {~std::uint32_t{0}, std::uint32_t{0}, std::uint32_t{1}}) {
                    const float p = float_of(bits_of(share) + aside);
                    if (p >= 1) continue;
                    library_row of(logits);
                    sorted_row expected = whole;
                    if (!of.row.settle()) FAIL("the row is bad");
                    of.row.keep_mass(p, 1);
                    expected.keep_mass(p, 1);
                    expect(of, expected, "p " + std::to_string(p));
                }
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("a row that deceives every sample is cut where the definition has it") {
    tally seen;
    for (const std::size_t size : {2049u, 9000u, 17'000u}) {
        for (const float sampled : {-3.0f, 0.5f, 3.0f}) {
            // What a sample sees is lower, or higher, than all else; or one thing where there are many.
            random_numbers numbers(size, 15);
            std::vector<float> logits(size);
            for (float& logit : logits) logit = static_cast<float>(numbers.normal() / 2);
            pluck::cpu::kernels::sample_places places(size);
            for (std::size_t place = 0; place < pluck::cpu::kernels::sampled_places; ++place) {
                const std::size_t begin = places.next();
                for (std::size_t i = 0; i < pluck::cpu::kernels::sampled_neighbours; ++i) {
                    logits[begin + i] = sampled + (sampled == 0.5f ? 0.0f : static_cast<float>(numbers.normal() / 8));
                }
            }
            const sorted_row whole(logits);
            for (const double share : {0.01, 0.1, 0.3, 0.6, 0.9, 0.99}) {
                library_row by_count(logits), by_mass(logits);
                sorted_row counted = whole, weighed = whole;
                if (!by_count.row.settle() || !by_mass.row.settle()) FAIL("the row is bad");
                const auto k = static_cast<std::size_t>(share * static_cast<double>(size));
                by_count.row.keep_largest(k);
                counted.keep_largest(k);
                seen.expect(agree(by_count.row, counted), "size ", size, ", sampled ", sampled, ", k ", k);
                by_mass.row.keep_mass(static_cast<float>(share), 1);
                weighed.keep_mass(static_cast<float>(share), 1);
                seen.expect(agree(by_mass.row, weighed), "size ", size, ", sampled ", sampled, ", p ", share);
                seen.expect(by_mass.row.draw(all_bits) == weighed.draw(all_bits), "size ", size, ", p ", share);
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("a nucleus of more ties than a draw looks into is cut") {
    for (const std::size_t size : {600u, 1500u, 20'000u}) {
        std::vector<float> scores(size, 0.5f);
        scores[size / 3] = 1.5f;
        for (const float p : {0.1f, 0.5f, 0.999f}) {
            library_row of(scores);
            sorted_row expected(scores);
            REQUIRE(of.row.settle());
            of.row.keep_mass(p, 1);
            expected.keep_mass(p, 1);
            for (const pluck::bits128& uniform : {no_bits, all_bits}) {
                CHECK(of.row.draw(uniform) == expected.draw(uniform));
            }
            CHECK(agree(of.row, expected));
        }
    }
}

TEST_CASE("a nucleus is the definition's where scores are as large as can be, or the temperature as low") {
    tally seen;
    for (const double factor : {1.0, 0x1p-64, 0x1p64, 0x1p-10}) {
        for (const float largest : {0x1.fffffep127f, 1e30f, 70'000.0f, -1e30f, -0x1.fffffep127f}) {
            std::vector<float> scores = long_row(17'000, 0);
            for (float& score : scores) score = largest * (1 + std::abs(score) / 1000 * (largest > 0 ? -1 : 0));
            library_row of(scores);
            sorted_row expected(scores);
            REQUIRE(of.row.settle());
            of.row.scale(factor);
            expected.scale(factor);
            of.row.keep_mass(0.9f, 1);
            expected.keep_mass(0.9f, 1);
            seen.expect(of.row.draw(all_bits) == expected.draw(all_bits), "draw, T ", factor, ", ", largest);
            seen.expect(agree(of.row, expected), "T ", factor, ", ", largest);
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("a draw hits each token's interval at both of its ends") {
    tally seen;
    for (const std::size_t size : {1u, 3u, 64u, 65u, 130u}) {
        library_row of(scores_of(size, 99));
        REQUIRE(of.row.settle());
        const std::uint64_t total = of.row.total();
        std::uint64_t before = 0;
        of.row.for_each([&](std::int32_t token, float, std::uint64_t mass) {
            for (const std::uint64_t point : {before, before + mass - 1}) {
                if (mass == 0) continue;
                // The least U with floor(U Z / 2^128) = point: its upper 64 bits, rounded up, and zeros below.
                const auto high = static_cast<std::uint64_t>(
                    ((static_cast<pluck::detail::uint128>(point) << 64) + total - 1) / total);
                const pluck::bits128 uniform{
                    {0, 0, static_cast<std::uint32_t>(high), static_cast<std::uint32_t>(high >> 32)}};
                if (pluck::mass_point(uniform, total) != point) continue;  // an interval narrower than 2^-64
                seen.expect(of.row.draw(uniform) == token, "size ", size, ", token ", token);
            }
            before += mass;
        });
        CHECK(before == total);
    }
    PLUCK_CHECK_TALLY(seen);
}

// ---- the primitives, one by one, at their edges ----

TEST_CASE("keep_largest keeps exactly k, the lowest ids of a tie, and at least one") {
    for (const std::size_t size : {5u, 64u, 200u}) {
        for (const std::size_t k : {std::size_t{0}, std::size_t{1}, std::size_t{2}, size - 1, size, size + 1,
                                    std::numeric_limits<std::size_t>::max()}) {
            library_row of(std::vector<float>(size, 0.5f));
            REQUIRE(of.row.settle());
            of.row.keep_largest(k);
            const std::size_t kept = std::clamp<std::size_t>(k, 1, size);
            CHECK(of.row.count() == kept);
            CHECK(kept_ids(of.row).back() == static_cast<int>(kept) - 1);
        }
    }
}

TEST_CASE("keep_largest leaves forbidden tokens out, also where it keeps all others") {
    std::vector<float> scores(200, forbidden);
    for (const std::size_t at : {3u, 70u, 199u}) scores[at] = static_cast<float>(at);
    for (const std::size_t k : {2u, 3u, 4u, 150u, 199u, 200u}) {
        library_row of(scores);
        REQUIRE(of.row.settle());
        of.row.keep_largest(k);
        CHECK(kept_ids(of.row) == (k == 2 ? std::vector<int>{70, 199} : std::vector<int>{3, 70, 199}));
        CHECK(of.row.count() == (k == 2 ? 2u : 3u));
    }
}

TEST_CASE("keep_mass cuts inside a tie, by token id") {
    library_row of(std::vector<float>(10, 3.0f));
    REQUIRE(of.row.settle());
    of.row.keep_mass(0.35f, 1);
    CHECK(kept_ids(of.row) == std::vector<int>{0, 1, 2, 3});
    of.row.keep_mass(0.5f, 1);  // half of what is left
    CHECK(kept_ids(of.row) == std::vector<int>{0, 1});
}

TEST_CASE("keep_mass drops tokens without mass, unless min_keep asks for them or p is 1") {
    const std::vector<float> scores = {0, -1000, 0, -2000};
    for (const float p : {0x1.fffffep-1f, 1.0f}) {
        library_row of(scores);
        REQUIRE(of.row.settle());
        of.row.keep_mass(p, 1);
        CHECK(of.row.count() == (p < 1 ? 2u : 4u));
    }
    library_row of(scores);
    REQUIRE(of.row.settle());
    of.row.keep_mass(0.5f, 3);
    CHECK(kept_ids(of.row) == std::vector<int>{0, 1, 2});
}

TEST_CASE("a nucleus that min_keep overrules leaves the masses as they are") {
    const std::vector<float> scores = long_row(20'000, 1);
    const sorted_row expected(scores);
    for (const float p : {0.1f, 0.5f, 0.95f}) {
        library_row of(scores);
        REQUIRE(of.row.settle());
        CHECK(of.row.total() == expected.total());
        of.row.keep_mass(p, scores.size());
        CHECK(of.row.count() == expected.count());
        CHECK(of.row.draw(all_bits) == expected.draw(all_bits));
    }
}

TEST_CASE("keep_mass counts from the mass at the temperature so far") {
    const std::vector<float> scores = {0, -1, -2, -3};
    library_row cold(scores), hot(scores);
    REQUIRE(cold.row.settle());
    REQUIRE(hot.row.settle());
    cold.row.scale(0.1);
    cold.row.keep_mass(0.9f, 1);
    hot.row.scale(100);
    hot.row.keep_mass(0.9f, 1);
    CHECK(cold.row.count() == 1);
    CHECK(hot.row.count() == 4);
}

TEST_CASE("keep_at_least keeps ties with the threshold, minus zero at zero included") {
    const std::vector<float> scores = {-0.0f, 0.0f, -0x1p-149f, 1.0f};
    for (const float least : {0.0f, -0.0f}) {
        library_row of(scores);
        REQUIRE(of.row.settle());
        of.row.keep_at_least(least, 1);
        CHECK(kept_ids(of.row) == std::vector<int>{0, 1, 3});
    }
}

TEST_CASE("keep_at_least a NaN keeps the best alone, whatever its sign") {
    for (const std::uint32_t nan : bits::nans) {
        library_row of({1, 3, 2});
        REQUIRE(of.row.settle());
        of.row.keep_at_least(float_of(nan), 1);
        CHECK(kept_ids(of.row) == std::vector<int>{1});
    }
}

TEST_CASE("keep_mass of a share below 0 or above 1 neither crashes nor empties the row") {
    std::vector<float> many = long_row(20'000, 1);
    many[1] = 20;
    for (const std::vector<float>& scores : {std::vector<float>{1, 3, 2}, many, std::vector<float>(20'000, 7.0f)}) {
        const auto check = [&](std::uint32_t share) {
            library_row of(scores);
            REQUIRE(of.row.settle());
            of.row.keep_mass(float_of(share), 1);
            CHECK(of.row.count() >= 1);
            CHECK(of.row.best().token() == (scores[1] > scores[0] ? 1 : 0));
            CHECK(of.row.draw(no_bits) >= 0);
        };
        for (const std::uint32_t share : {0x40000000u, 0xbf000000u, 0xff800000u, 0x7f800000u, 0xff7fffffu, 0x80000001u})
            check(share);
        for (const std::uint32_t nan : bits::nans) check(nan);
    }
}

TEST_CASE("scaling by what is no temperature leaves a temperature within its range") {
    for (const std::uint64_t factor : {std::uint64_t{0}, std::uint64_t{1} << 63, std::uint64_t{0xbff0000000000000},
                                       std::uint64_t{0x7ff0000000000000}, std::uint64_t{0xfff0000000000000},
                                       std::uint64_t{0x7ff8000000000000}, std::uint64_t{0xfff8000000000000}}) {
        library_row of({1, 3, 2});
        REQUIRE(of.row.settle());
        of.row.scale(double_of(factor));
        CHECK(pluck::detail::in_range(of.row.temperature(), pluck::min_temperature, pluck::max_temperature));
        CHECK(of.row.draw(no_bits) >= 0);
        CHECK(of.row.draw(all_bits) >= 0);
    }
}

TEST_CASE("keep_mass_at_least keeps the best where nothing weighs enough") {
    library_row of({0, 0, -1});
    REQUIRE(of.row.settle());
    of.row.keep_mass_at_least((std::uint64_t{1} << 40) + 1);
    CHECK(kept_ids(of.row) == std::vector<int>{0});
}

TEST_CASE("keep_mass_at_least cuts between neighbouring scores exactly where the mass does") {
    std::vector<float> scores;
    for (std::uint32_t i = 0; i < 300; ++i) scores.push_back(-float_of(0x3f800000u + i * 3));
    scores.push_back(0);
    const float scale = pluck::mass_scale(1.0);
    for (std::size_t at = 0; at < 300; at += 7) {
        const std::uint64_t mass = pluck::mass_of(scores[at], scale);
        library_row of(scores);
        REQUIRE(of.row.settle());
        of.row.keep_mass_at_least(mass);
        std::size_t expected = 0;
        for (const float score : scores) expected += pluck::mass_of(score, scale) >= mass;
        CHECK(of.row.count() == expected);
    }
}

TEST_CASE("drop_above removes what is ranked before the cut, and makes its masses anew") {
    library_row of({5, 4, 4, 3, 2});
    REQUIRE(of.row.settle());
    const std::uint64_t before = of.row.total();
    of.row.drop_above(ranking_key{4.0f, 2});
    CHECK(kept_ids(of.row) == std::vector<int>{2, 3, 4});
    CHECK(of.row.best() == ranking_key{4.0f, 2});
    CHECK(of.row.total() > std::uint64_t{1} << 40);
    CHECK(of.row.total() < before + (std::uint64_t{1} << 40));
    CHECK(of.row.draw(no_bits) == 2);
}

TEST_CASE("drop_above changes nothing where nothing would be left, or where nothing is above") {
    library_row of({5, 4, 3});
    REQUIRE(of.row.settle());
    of.row.drop_above(ranking_key{2.0f, 0});
    CHECK(of.row.count() == 3);
    of.row.drop_above(ranking_key{forbidden, 0});
    CHECK(of.row.count() == 3);
    of.row.drop_above(ranking_key{5.0f, 0});
    CHECK(of.row.count() == 3);
    of.row.drop_above(ranking_key{6.0f, 0});
    CHECK(of.row.count() == 3);
    of.row.drop_above(ranking_key{3.0f, 2});
    CHECK(kept_ids(of.row) == std::vector<int>{2});
}

TEST_CASE("cuts from both ends leave an interval of the ranking") {
    std::vector<float> scores(130);
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = static_cast<float>(i % 65);
    library_row of(scores);
    sorted_row expected(scores);
    REQUIRE(of.row.settle());
    of.row.keep_largest(40);
    expected.keep_largest(40);
    of.row.drop_above(expected.key(7));
    expected.drop_above(expected.key(7));
    of.row.keep_largest(20);
    expected.keep_largest(20);
    of.row.drop_above(expected.key(3));
    expected.drop_above(expected.key(3));
    CHECK(agree(of.row, expected));
    CHECK(of.row.count() == 17);
}

TEST_CASE("the temperature starts at 1 and multiplies") {
    library_row of({1, 2});
    REQUIRE(of.row.settle());
    CHECK(of.row.temperature() == 1.0);
    of.row.scale(0.5);
    of.row.scale(0.5);
    CHECK(of.row.temperature() == 0.25);
    of.row.scale(0x1p-64);
    CHECK(of.row.temperature() == 0x1p-64);
}

TEST_CASE("a row has its index and its random bits") {
    const pluck::key key{.seed = 1, .sequence = 2, .position = 3};
    library_row of({1, 2}, key, 17);
    CHECK(of.row.index() == 17);
    CHECK(of.row.uniform() == pluck::randomness(key).base);
    CHECK(of.row.random(4, 5) == pluck::randomness(key).bits(4, 5));
}

TEST_CASE("the row's verbs do not throw") {
    using row = pluck::cpu::row;
    STATIC_REQUIRE(noexcept(std::declval<row&>().settle()));
    STATIC_REQUIRE(noexcept(std::declval<row&>().best()));
    STATIC_REQUIRE(noexcept(std::declval<row&>().count()));
    STATIC_REQUIRE(noexcept(std::declval<row&>().total()));
    STATIC_REQUIRE(noexcept(std::declval<row&>().keep_largest(1)));
    STATIC_REQUIRE(noexcept(std::declval<row&>().keep_mass(1.0f, 1)));
    STATIC_REQUIRE(noexcept(std::declval<row&>().keep_at_least(1.0f, 1)));
    STATIC_REQUIRE(noexcept(std::declval<row&>().keep_mass_at_least(1)));
    STATIC_REQUIRE(noexcept(std::declval<row&>().drop_above(ranking_key{})));
    STATIC_REQUIRE(noexcept(std::declval<row&>().scale(1.0)));
    STATIC_REQUIRE(noexcept(std::declval<row&>().draw(pluck::bits128{})));
    STATIC_REQUIRE(noexcept(std::declval<row&>().fail(status::ok)));
    STATIC_REQUIRE(noexcept(std::declval<row&>().mask(std::span<const std::uint32_t>{})));
}
