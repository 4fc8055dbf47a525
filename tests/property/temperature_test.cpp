// SPDX-License-Identifier: MIT
//
// Laws of temperature: its limits at 0 and at infinity, and how likely the best token is between them.
#include "laws.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

using pluck_test::candidate_count;
using pluck_test::for_random_rows;
using pluck_test::kept;
using pluck_test::random_numbers;
using row = std::vector<float>;

namespace {

/// How far the best logit lies above the next lower one; infinite if there is none.
double gap_of(const row& logits) {
    const float best = *std::max_element(logits.begin(), logits.end());
    double gap = INFINITY;
    for (const float logit : logits) {
        if (logit < best) gap = std::min(gap, double{best} - double{logit});
    }
    return gap;
}

}  // namespace

TEST_CASE("at a temperature far below the gap, only what ties with the best is drawn") {
    for_random_rows(100'000, [](const row& logits, random_numbers& numbers) {
        // A mass vanishes below 2^-40, that is 27.8 T under the best.
        const double t = std::clamp(gap_of(logits) / 30, pluck::min_temperature, 1e10);
        const float best = *std::max_element(logits.begin(), logits.end());
        const auto ties = std::count(logits.begin(), logits.end(), best);
        for (const double cold : {t, t / 16, pluck::min_temperature}) {
            if (cold < pluck::min_temperature || cold * 30 > gap_of(logits) * 1.001) continue;
            const pluck::pick pick = pluck::sample(logits, pluck::temperature(cold), random_key(numbers));
            CAPTURE(cold);
            REQUIRE(logits.at(static_cast<std::size_t>(pick.token)) == best);
            REQUIRE((ties > 1 || pick == pluck::argmax(logits)));
            REQUIRE(pluck::probabilities(logits, pluck::temperature(cold)).maxCoeff() ==
                    1.0 / static_cast<double>(ties));
        }
    });
}

TEST_CASE("at the highest temperature every candidate is as likely as every other") {
    for_random_rows(100'000, [](const row& logits, random_numbers&) {
        const double each = 1.0 / static_cast<double>(candidate_count(logits));
        const Eigen::ArrayXd probabilities = pluck::probabilities(logits, pluck::temperature(pluck::max_temperature));
        bool even = true;
        for (std::size_t i = 0; i < logits.size(); ++i) {
            const double p = probabilities[static_cast<Eigen::Index>(i)];
            even = even && (logits[i] == pluck_test::forbidden ? p == 0 : std::abs(p - each) < 1e-6 * each);
        }
        REQUIRE(even);
    });
}

TEST_CASE("temperatures beyond the range stay at its ends") {
    for_random_rows(10'000, [](const row& logits, random_numbers& numbers) {
        const pluck::key key = random_key(numbers);
        const pluck::temperature hot = pluck::max_temperature, cold = pluck::min_temperature;
        REQUIRE(pluck::sample(logits, hot | hot, key) == pluck::sample(logits, hot, key));
        REQUIRE(pluck::sample(logits, cold | cold, key) == pluck::sample(logits, cold, key));
        REQUIRE(pluck::sample(logits, cold | cold | hot, key) == pluck::sample(logits, pluck::chain{}, key));
    });
}

TEST_CASE("the best token never gets likelier as the temperature rises") {
    for_random_rows(20'000, [](const row& logits, random_numbers& numbers) {
        double before = 1;
        double t = random_temperature(numbers) / 4;
        for (int step = 0; step < 12; ++step, t *= 1 + numbers.uniform()) {
            const double now = pluck::probabilities(logits, pluck::temperature(t)).maxCoeff();
            CAPTURE(t, before, now);
            REQUIRE(now <= before * (1 + 0x1p-21));  // masses are exact to about 2^-23
            before = now;
        }
    });
}

TEST_CASE("the least likely candidate never gets rarer as the temperature rises") {
    for_random_rows(20'000, [](const row& logits, random_numbers& numbers) {
        double before = 0;
        double t = random_temperature(numbers) / 4;
        const auto least = static_cast<Eigen::Index>(kept(logits, pluck::chain{}).back());
        for (int step = 0; step < 12; ++step, t *= 1 + numbers.uniform()) {
            const double now = pluck::probabilities(logits, pluck::temperature(t))[least];
            CAPTURE(t, before, now);
            REQUIRE(now >= before * (1 - 0x1p-19) - 0x1p-39);  // the mass's own last bit included
            before = now;
        }
    });
}

TEST_CASE("temperature moves no token in the ranking and removes none") {
    for_random_rows(50'000, [](const row& logits, random_numbers& numbers) {
        const pluck::temperature t = random_temperature(numbers);
        REQUIRE(kept(logits, t) == kept(logits, pluck::chain{}));
        const auto ranked = pluck::candidates(logits, t);
        bool falling = true;
        for (std::size_t i = 1; i < ranked.size(); ++i) {
            falling = falling && ranked[i].probability <= ranked[i - 1].probability;
        }
        REQUIRE(falling);
    });
}

TEST_CASE("tokens with equal logits are equally likely") {
    for_random_rows(50'000, [](const row& logits, random_numbers& numbers) {
        const auto ranked = pluck::candidates(logits, random_settings(numbers));
        bool equal = true;
        for (std::size_t i = 1; i < ranked.size(); ++i) {
            equal =
                equal && (ranked[i].logit != ranked[i - 1].logit || ranked[i].probability == ranked[i - 1].probability);
        }
        REQUIRE(equal);
    });
}
