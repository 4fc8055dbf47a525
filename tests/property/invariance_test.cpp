// SPDX-License-Identifier: MIT
//
// What must not change a pick: a constant added to all logits, a common factor of logits and temperature, neutral
// stages, other ways to write the same chain.
#include "laws.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

using pluck_test::for_random_rows;
using pluck_test::kept;
using pluck_test::random_numbers;
using row = std::vector<float>;

namespace {

/// The same kept set, the same probabilities bit for bit, the same pick.
template <class A, class B>
bool same(const row& a, const A& chain_of_a, const row& b, const B& chain_of_b, const pluck::key& key) {
    return kept(a, chain_of_a) == kept(b, chain_of_b) &&
           (pluck::probabilities(a, chain_of_a) == pluck::probabilities(b, chain_of_b)).all() &&
           pluck::sample(a, chain_of_a, key) == pluck::sample(b, chain_of_b, key);
}

/// Every logit moved to the nearest multiple of `step`, and into [-bound, bound].
row rounded(const row& logits, double step, double bound) {
    row result;
    for (const float logit : logits) {
        const double nearest = std::round(std::clamp(double{logit}, -bound, bound) / step) * step;
        result.push_back(logit == pluck_test::forbidden ? logit : static_cast<float>(nearest));
    }
    return result;
}

}  // namespace

TEST_CASE("a constant added to all logits changes nothing where the sums are exact") {
    for_random_rows(100'000, [](const row& drawn, random_numbers& numbers) {
        // Multiples of 2^-10 below 2^6, moved by one below 2^12: 23 bits at most.
        const row logits = rounded(drawn, 0x1p-10, 63);
        const float shift = static_cast<float>(numbers.between(-(1 << 22), 1 << 22)) * 0x1p-10f;
        row shifted = logits;
        for (float& logit : shifted) logit += shift;
        pluck::combined chain = random_settings(numbers);
        // The threshold of min-p is a score, rounded as the scores are: m = 1 alone is exact after a shift.
        if (!numbers.chance(4)) chain.min_p = 0;
        else chain.min_p = 1;
        CAPTURE(shift);
        REQUIRE(same(logits, chain, shifted, chain, random_key(numbers)));
    });
}

TEST_CASE("logits and temperature scaled by the same power of two change nothing") {
    for_random_rows(100'000, [](const row& logits, random_numbers& numbers) {
        const pluck::combined chain = random_settings(numbers);
        const float scale = static_cast<float>(std::exp2(numbers.between(-20, 20)));
        row scaled = logits;
        for (float& logit : scaled) logit *= scale;
        CAPTURE(scale);
        REQUIRE(same(logits, chain, scaled, pluck::temperature(scale) | chain, random_key(numbers)));
    });
}

TEST_CASE("temperatures multiply") {
    for_random_rows(100'000, [](const row& logits, random_numbers& numbers) {
        const pluck::key key = random_key(numbers);
        const float a = static_cast<float>(std::exp2(numbers.between(-4, 4)));
        const float b = random_temperature(numbers);
        REQUIRE(same(logits, pluck::temperature(a) | pluck::temperature(b), logits, pluck::temperature(a * b), key));
        REQUIRE(same(logits, pluck::temperature(b) | pluck::temperature(a), logits, pluck::temperature(a * b), key));
        REQUIRE(same(logits, pluck::temperature(a) | pluck::temperature(1 / a), logits, pluck::chain{}, key));
    });
}

TEST_CASE("neutral stages change nothing") {
    for_random_rows(40'000, [](const row& logits, random_numbers& numbers) {
        const pluck::key key = random_key(numbers);
        const auto vocab = logits.size();
        REQUIRE(same(logits, pluck::temperature(1), logits, pluck::chain{}, key));
        REQUIRE(same(logits, pluck::top_k(0), logits, pluck::chain{}, key));
        REQUIRE(same(logits, pluck::top_k(vocab), logits, pluck::chain{}, key));
        REQUIRE(same(logits, pluck::top_k(~std::uint64_t{0}), logits, pluck::chain{}, key));
        REQUIRE(same(logits, pluck::top_p(1), logits, pluck::chain{}, key));
        REQUIRE(same(logits, pluck::min_p(0), logits, pluck::chain{}, key));
        REQUIRE(same(logits, pluck::combined{}, logits, pluck::chain{}, key));
        REQUIRE(same(logits, pluck::presets::openai(), logits, pluck::chain{}, key));
        REQUIRE(same(logits, pluck::categorical{}, logits, pluck::chain{}, key));
    });
}

TEST_CASE("neutral stages change nothing in the midst of others either") {
    for_random_rows(50'000, [](const row& logits, random_numbers& numbers) {
        const pluck::combined a = random_settings(numbers), b = random_settings(numbers);
        const auto neutral = pluck::top_p(1) | pluck::top_k(0) | pluck::temperature(1) | pluck::min_p(0);
        REQUIRE(same(logits, a | neutral | b, logits, a | b, random_key(numbers)));
        REQUIRE(same(logits, neutral | a | pluck::chain{} | b | neutral, logits, a | b, random_key(numbers)));
    });
}

TEST_CASE("combined is temperature, top-k, top-p, min-p, and so is the chain of its stages") {
    for_random_rows(100'000, [](const row& logits, random_numbers& numbers) {
        const float t = random_temperature(numbers), p = random_share(numbers), m = random_share(numbers);
        const int k = random_k(numbers);
        const pluck::combined fields{.temperature = t, .top_k = k, .top_p = p, .min_p = m};
        const auto piped = pluck::temperature(t) | pluck::top_k(k) | pluck::top_p(p) | pluck::min_p(m);
        const pluck::chain listed{pluck::temperature(t), pluck::top_k(k), pluck::top_p(p), pluck::min_p(m)};
        const pluck::key key = random_key(numbers);
        REQUIRE(same(logits, fields, logits, piped, key));
        REQUIRE(same(logits, fields, logits, listed, key));
    });
}

TEST_CASE("a chain is associative: how it is bracketed changes nothing") {
    for_random_rows(50'000, [](const row& logits, random_numbers& numbers) {
        const pluck::temperature a = random_temperature(numbers);
        const pluck::top_p b = random_share(numbers);
        const pluck::top_k c = random_k(numbers);
        const pluck::key key = random_key(numbers);
        REQUIRE(same(logits, (a | b) | c, logits, a | (b | c), key));
    });
}

TEST_CASE("greedy, temperature 0, top-k 1, top-p 0 and argmax are one") {
    for_random_rows(100'000, [](const row& logits, random_numbers& numbers) {
        const pluck::key key = random_key(numbers);
        REQUIRE(pluck::sample(logits, pluck::greedy{}, key) == pluck::argmax(logits));
        REQUIRE(same(logits, pluck::greedy{}, logits, pluck::temperature(0), key));
        REQUIRE(same(logits, pluck::greedy{}, logits, pluck::top_k(1), key));
        REQUIRE(same(logits, pluck::greedy{}, logits, pluck::top_p(0), key));
        REQUIRE(same(logits, pluck::greedy{}, logits, random_settings(numbers) | pluck::greedy{}, key));
    });
}

TEST_CASE("argmax is the lowest token of the highest logit") {
    for_random_rows(100'000, [](const row& logits, random_numbers&) {
        std::size_t best = 0;
        for (std::size_t i = 1; i < logits.size(); ++i) {
            if (logits[i] > logits[best]) best = i;
        }
        REQUIRE(pluck::argmax(logits).token == static_cast<std::int32_t>(best));
    });
}

TEST_CASE("the sign of zero changes nothing") {
    for_random_rows(20'000, [](const row& drawn, random_numbers& numbers) {
        row positive = rounded(drawn, 4, 8), negative = positive;
        for (std::size_t i = 0; i < positive.size(); ++i) {
            if (positive[i] == 0) {
                positive[i] = 0.0f;
                negative[i] = numbers.chance(2) ? -0.0f : 0.0f;
            }
        }
        const pluck::combined chain = random_settings(numbers);
        REQUIRE(same(positive, chain, negative, chain, random_key(numbers)));
    });
}
