// SPDX-License-Identifier: MIT
//
// Laws of the cuts: how many tokens a stage keeps, which, how kept sets lie within each other, and how stages compose.
#include "laws.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

using pluck_test::begins;
using pluck_test::candidate_count;
using pluck_test::for_random_rows;
using pluck_test::kept;
using pluck_test::random_numbers;
using row = std::vector<float>;

TEST_CASE("a kept set is a head of the ranking: score descending, then token ascending") {
    for_random_rows(100'000, [](const row& logits, random_numbers& numbers) {
        const pluck::combined chain = random_settings(numbers);
        const std::vector<pluck::candidate> all = pluck::candidates(logits, pluck::chain{});
        const std::vector<pluck::candidate> some = pluck::candidates(logits, chain);
        bool sorted = true;
        for (std::size_t i = 1; i < all.size(); ++i) {
            sorted = sorted && (all[i - 1].logit > all[i].logit ||
                                (all[i - 1].logit == all[i].logit && all[i - 1].token < all[i].token));
        }
        REQUIRE(sorted);
        REQUIRE(all.size() == candidate_count(logits));
        REQUIRE(some.size() >= 1);
        REQUIRE(some.size() <= all.size());
        bool head = true;
        for (std::size_t i = 0; i < some.size(); ++i) {
            head = head && some[i].token == all[i].token && some[i].logit == all[i].logit &&
                   some[i].logit == logits[static_cast<std::size_t>(some[i].token)];
        }
        REQUIRE(head);
    });
}

TEST_CASE("top-k keeps the smaller of k and the candidates") {
    for_random_rows(100'000, [](const row& logits, random_numbers& numbers) {
        const int k = random_k(numbers);
        REQUIRE(kept(logits, pluck::top_k(k)).size() == std::min(static_cast<std::size_t>(k), candidate_count(logits)));
    });
}

TEST_CASE("the nucleus reaches p of the mass, and without its last token does not") {
    for_random_rows(100'000, [](const row& logits, random_numbers& numbers) {
        // p = j / 4096, so that p Z is compared in integers: Z < 300 * 2^40 < 2^49.
        const std::uint64_t j = numbers.below(4096);
        const pluck::temperature t = random_temperature(numbers);
        const std::vector<std::uint64_t> mass = pluck_test::masses_from(pluck::probabilities(logits, t));
        const std::vector<std::int32_t> tokens = kept(logits, t | pluck::top_p(static_cast<float>(j) / 4096));
        const std::uint64_t total = std::accumulate(mass.begin(), mass.end(), std::uint64_t{0});
        std::uint64_t held = 0;
        for (const std::int32_t token : tokens) held += mass[static_cast<std::size_t>(token)];
        const std::uint64_t without_the_last = held - mass[static_cast<std::size_t>(tokens.back())];
        CAPTURE(j, total, held, without_the_last);
        REQUIRE(held * 4096 >= j * total);
        REQUIRE((tokens.size() == 1 || without_the_last * 4096 < j * total));
    });
}

TEST_CASE("min-p keeps the tokens at least m times as likely as the best") {
    for_random_rows(100'000, [](const row& logits, random_numbers& numbers) {
        const double m = static_cast<double>(static_cast<float>(numbers.uniform()));
        const double t = random_temperature(numbers);
        const double best = *std::max_element(logits.begin(), logits.end());
        const std::vector<std::int32_t> tokens = kept(logits, pluck::temperature(t) | pluck::min_p(m));
        std::vector<bool> stays(logits.size());
        for (const std::int32_t token : tokens) stays[static_cast<std::size_t>(token)] = true;
        bool right = true;
        for (std::size_t i = 0; i < logits.size(); ++i) {
            if (logits[i] == pluck_test::forbidden) {
                right = right && !stays[i];
                continue;
            }
            // The threshold is rounded to float, by up to 2^-23 of its terms: as close as that, either answer will do.
            const double margin = logits[i] - (best + t * std::log(m));
            const double unsure = 0x1p-23 * (std::abs(best) + std::abs(t * std::log(m)));
            if (std::abs(margin) > unsure) right = right && stays[i] == (margin > 0);
        }
        REQUIRE(right);
    });
}

TEST_CASE("a larger k keeps what a smaller one keeps") {
    for_random_rows(100'000, [](const row& logits, random_numbers& numbers) {
        const int k = random_k(numbers);
        REQUIRE(begins(kept(logits, pluck::top_k(k)), kept(logits, pluck::top_k(k + numbers.between(0, 20)))));
    });
}

TEST_CASE("a larger p keeps what a smaller one keeps") {
    for_random_rows(100'000, [](const row& logits, random_numbers& numbers) {
        const float a = random_share(numbers), b = random_share(numbers);
        CAPTURE(a, b);
        REQUIRE(begins(kept(logits, pluck::top_p(std::min(a, b))), kept(logits, pluck::top_p(std::max(a, b)))));
    });
}

TEST_CASE("a larger m keeps nothing that a smaller one removes") {
    for_random_rows(100'000, [](const row& logits, random_numbers& numbers) {
        const float a = random_share(numbers), b = random_share(numbers);
        CAPTURE(a, b);
        REQUIRE(begins(kept(logits, pluck::min_p(std::max(a, b))), kept(logits, pluck::min_p(std::min(a, b)))));
    });
}

TEST_CASE("a hotter nucleus, and a hotter min-p, keep what a cooler one keeps") {
    for_random_rows(50'000, [](const row& logits, random_numbers& numbers) {
        const float t = random_temperature(numbers), share = random_share(numbers);
        const float hotter = t * static_cast<float>(1.1 + numbers.uniform());
        CAPTURE(t, hotter, share);
        REQUIRE(begins(kept(logits, pluck::temperature(t) | pluck::min_p(share)),
                       kept(logits, pluck::temperature(hotter) | pluck::min_p(share))));
        // The nucleus of softmax grows with T; masses round, so one token at the cut may fall either way.
        REQUIRE(kept(logits, pluck::temperature(t) | pluck::top_p(share)).size() <=
                kept(logits, pluck::temperature(hotter) | pluck::top_p(share)).size() + 1);
    });
}

TEST_CASE("two top-k stages are one with the smaller k, two min-p stages one with the larger m") {
    for_random_rows(100'000, [](const row& logits, random_numbers& numbers) {
        const int j = random_k(numbers), k = random_k(numbers);
        REQUIRE(kept(logits, pluck::top_k(j) | pluck::top_k(k)) == kept(logits, pluck::top_k(std::min(j, k))));
        const float a = random_share(numbers), b = random_share(numbers);
        CAPTURE(a, b);
        const pluck::temperature t = random_temperature(numbers);
        REQUIRE(kept(logits, t | pluck::min_p(a) | pluck::min_p(b)) == kept(logits, t | pluck::min_p(std::max(a, b))));
    });
}

TEST_CASE("top-k and min-p may change places, and temperature may change places with top-k") {
    for_random_rows(100'000, [](const row& logits, random_numbers& numbers) {
        const pluck::top_k k = random_k(numbers);
        const pluck::min_p m = random_share(numbers);
        const pluck::temperature t = random_temperature(numbers);
        const pluck::key key = random_key(numbers);
        REQUIRE(kept(logits, k | m) == kept(logits, m | k));
        REQUIRE(pluck::sample(logits, k | m, key) == pluck::sample(logits, m | k, key));
        REQUIRE(pluck::sample(logits, t | k, key) == pluck::sample(logits, k | t, key));
    });
}

TEST_CASE("a stage keeps min_keep tokens where there are as many") {
    for_random_rows(100'000, [](const row& logits, random_numbers& numbers) {
        const int min_keep = numbers.between(0, 40);
        const float share = random_share(numbers);
        const std::size_t floor = std::min(candidate_count(logits), static_cast<std::size_t>(std::max(1, min_keep)));
        CAPTURE(min_keep, share);
        const auto by_p = kept(logits, pluck::top_p(share));
        const auto by_m = kept(logits, pluck::min_p(share));
        REQUIRE(kept(logits, pluck::top_p(share, min_keep)).size() == std::max(by_p.size(), floor));
        REQUIRE(kept(logits, pluck::min_p(share, min_keep)).size() == std::max(by_m.size(), floor));
    });
}

TEST_CASE("where all logits differ, permuting the tokens permutes the kept set") {
    for_random_rows(100'000, [](const row& drawn, random_numbers& numbers) {
        row logits = drawn;
        std::sort(logits.begin(), logits.end());
        logits.erase(std::unique(logits.begin(), logits.end()), logits.end());
        numbers.shuffle(logits);
        std::vector<std::int32_t> place(logits.size());
        std::iota(place.begin(), place.end(), 0);
        numbers.shuffle(place);
        row permuted(logits.size());
        for (std::size_t i = 0; i < logits.size(); ++i) permuted[static_cast<std::size_t>(place[i])] = logits[i];
        const pluck::combined chain = random_settings(numbers);
        std::vector<std::int32_t> expected = kept(logits, chain);
        for (std::int32_t& token : expected) token = place[static_cast<std::size_t>(token)];
        REQUIRE(kept(permuted, chain) == expected);
    });
}

TEST_CASE("tokens that are forbidden may stand anywhere: they change nothing but the others' ids") {
    for_random_rows(50'000, [](const row& logits, random_numbers& numbers) {
        row padded;
        std::vector<std::int32_t> place;
        for (const float logit : logits) {
            while (numbers.chance(4)) padded.push_back(pluck_test::forbidden);
            place.push_back(static_cast<std::int32_t>(padded.size()));
            padded.push_back(logit);
        }
        const std::size_t tail = numbers.below(100);
        padded.insert(padded.end(), tail, pluck_test::forbidden);
        const pluck::combined chain = random_settings(numbers);
        const pluck::key key = random_key(numbers);
        const pluck::pick plain = pluck::sample(logits, chain, key);
        REQUIRE(plain);
        REQUIRE(pluck::sample(padded, chain, key).token == place[static_cast<std::size_t>(plain.token)]);
    });
}
