// SPDX-License-Identifier: MIT
//
// Laws of the draw: which tokens it can return, that it can return each of them, and where their intervals lie.
#include "laws.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

using pluck_test::bits_of;
using pluck_test::draw_with;
using pluck_test::for_random_rows;
using pluck_test::random_numbers;
using row = std::vector<float>;

namespace {

constexpr std::uint64_t ones = ~std::uint64_t{0};

}  // namespace

TEST_CASE("a token drawn is in the row, allowed, kept, and of positive probability") {
    for_random_rows(100'000, [](const row& logits, random_numbers& numbers) {
        const pluck::combined chain = random_settings(numbers);
        const Eigen::ArrayXd probabilities = pluck::probabilities(logits, chain);
        bool lawful = true;
        for (int i = 0; i < 8; ++i) {
            const pluck::pick pick = pluck::sample(logits, chain, random_key(numbers));
            lawful = lawful && pick && pick.token >= 0 && static_cast<std::size_t>(pick.token) < logits.size() &&
                     logits[static_cast<std::size_t>(pick.token)] != pluck_test::forbidden &&
                     probabilities[pick.token] > 0;
        }
        REQUIRE(lawful);
    });
}

TEST_CASE("probabilities sum to one, and lie between 0 and 1") {
    for_random_rows(100'000, [](const row& logits, random_numbers& numbers) {
        const Eigen::ArrayXd probabilities = pluck::probabilities(logits, random_settings(numbers));
        REQUIRE(probabilities.size() == static_cast<Eigen::Index>(logits.size()));
        REQUIRE(std::abs(probabilities.sum() - 1) <= 1e-12);
        REQUIRE(probabilities.minCoeff() >= 0);
        REQUIRE(probabilities.maxCoeff() <= 1);
    });
}

TEST_CASE("candidates and probabilities tell the same") {
    for_random_rows(100'000, [](const row& logits, random_numbers& numbers) {
        const pluck::combined chain = random_settings(numbers);
        const Eigen::ArrayXd probabilities = pluck::probabilities(logits, chain);
        Eigen::ArrayXd listed = Eigen::ArrayXd::Zero(probabilities.size());
        for (const pluck::candidate& each : pluck::candidates(logits, chain)) listed[each.token] = each.probability;
        REQUIRE((probabilities == listed).all());
    });
}

TEST_CASE("as the uniform number grows, the token does not fall") {
    for_random_rows(100'000, [](const row& logits, random_numbers& numbers) {
        const pluck::combined chain = random_settings(numbers);
        std::uint64_t high = 0;
        std::int32_t token = draw_with(logits, chain, bits_of(0, 0)).token;
        bool monotone = token >= 0;
        for (int i = 0; i < 10; ++i) {
            high += numbers.bits() % (ones / 10);
            const std::int32_t next = draw_with(logits, chain, bits_of(high, numbers.bits())).token;
            monotone = monotone && next >= token;
            token = next;
        }
        REQUIRE(monotone);
        REQUIRE(draw_with(logits, chain, bits_of(ones, ones)).token >= token);
    });
}

TEST_CASE("the smallest and the largest uniform number draw the first and the last token of positive mass") {
    for_random_rows(100'000, [](const row& logits, random_numbers& numbers) {
        const pluck::combined chain = random_settings(numbers);
        const Eigen::ArrayXd probabilities = pluck::probabilities(logits, chain);
        std::int32_t first = -1, last = -1;
        for (std::int32_t i = 0; i < probabilities.size(); ++i) {
            if (!(probabilities[i] > 0)) continue;
            if (first < 0) first = i;
            last = i;
        }
        REQUIRE(draw_with(logits, chain, bits_of(0, 0)).token == first);
        REQUIRE(draw_with(logits, chain, bits_of(ones, ones)).token == last);
    });
}

TEST_CASE("each token owns an interval of the uniform number, as long as its mass, in id order") {
    for_random_rows(3'000, [](const row& logits, random_numbers& numbers) {
        const pluck::combined chain = random_settings(numbers);
        const std::vector<std::uint64_t> masses = pluck_test::masses_from(pluck::probabilities(logits, chain));
        const std::uint64_t total = std::accumulate(masses.begin(), masses.end(), std::uint64_t{0});
        std::uint64_t begin = 0;
        for (std::size_t i = 0; i < masses.size(); ++i) {
            if (masses[i] == 0) continue;
            const auto token = static_cast<std::int32_t>(i);
            const std::uint64_t end = begin + masses[i];
            CAPTURE(token, masses[i]);
            REQUIRE(draw_with(logits, chain, pluck_test::least_uniform(begin, total)).token == token);
            const pluck::bits128 last =
                end == total ? bits_of(ones, ones) : pluck_test::before(pluck_test::least_uniform(end, total));
            REQUIRE(draw_with(logits, chain, last).token == token);
            if (begin != 0) {
                const auto just_below = pluck_test::before(pluck_test::least_uniform(begin, total));
                REQUIRE(draw_with(logits, chain, just_below).token < token);
            }
            begin = end;
        }
    });
}

TEST_CASE("a token of 2^-40 of the best one's mass can be drawn, by a single point") {
    // The other token is 39.8 octaves down: its mass is 1.
    const row logits{-27.6f, 0.0f, -30.0f, pluck_test::forbidden};
    const std::vector<std::uint64_t> masses = pluck_test::masses_from(pluck::probabilities(logits, pluck::chain{}));
    REQUIRE(masses == std::vector<std::uint64_t>{1, std::uint64_t{1} << 40, 0, 0});
    const std::uint64_t total = (std::uint64_t{1} << 40) + 1;
    CHECK(draw_with(logits, pluck::chain{}, bits_of(0, 0)).token == 0);
    const pluck::bits128 edge = pluck_test::least_uniform(1, total);
    CHECK(draw_with(logits, pluck::chain{}, pluck_test::before(edge)).token == 0);
    CHECK(draw_with(logits, pluck::chain{}, edge).token == 1);
    CHECK(draw_with(logits, pluck::chain{}, bits_of(ones, ones)).token == 1);
}

TEST_CASE("a row with one candidate returns it for every uniform number") {
    for (const std::size_t vocab : {1u, 2u, 63u, 64u, 65u, 300u}) {
        for (std::size_t only = 0; only < vocab; ++only) {
            row logits(vocab, pluck_test::forbidden);
            logits[only] = -12345.0f;
            CAPTURE(vocab, only);
            for (const std::uint64_t high : {std::uint64_t{0}, std::uint64_t{1} << 63, ones}) {
                REQUIRE(draw_with(logits, pluck::chain{}, bits_of(high, ones)).token ==
                        static_cast<std::int32_t>(only));
            }
        }
    }
}

TEST_CASE("a key and a generator that yields the key's bits draw the same token") {
    for_random_rows(100'000, [](const row& logits, random_numbers& numbers) {
        const pluck::combined chain = random_settings(numbers);
        const pluck::key key = random_key(numbers);
        const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
        const auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
        const pluck::bits128 bits =
            pluck::philox4x32({{low(key.position), high(key.position), low(key.sequence), high(key.sequence)}},
                              {{low(key.seed), high(key.seed)}});
        REQUIRE(draw_with(logits, chain, bits) == pluck::sample(logits, chain, key));
    });
}
