// SPDX-License-Identifier: MIT
//
// A draw is a pure function: it leaves its input alone, keeps no state, and does not depend on inspection.
#include "laws.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

using pluck_test::for_random_rows;
using pluck_test::random_numbers;
using row = std::vector<float>;

TEST_CASE("asking for probabilities, candidates or measures never changes the pick") {
    for_random_rows(50'000, [](const row& logits, random_numbers& numbers) {
        const pluck::combined chain = random_settings(numbers);
        const pluck::key key = random_key(numbers);
        const pluck::pick before = pluck::sample(logits, chain, key);
        const auto probabilities = pluck::probabilities(logits, chain);
        REQUIRE(pluck::sample(logits, chain, key) == before);
        const auto candidates = pluck::candidates(logits, chain, key);
        REQUIRE(pluck::sample(logits, chain, key) == before);
        REQUIRE(pluck::entropy(logits, chain) >= 0);
        REQUIRE(pluck::sample(logits, chain, key) == before);
        REQUIRE(probabilities[before.token] > 0);
        REQUIRE_FALSE(candidates.empty());
    });
}

TEST_CASE("the logits are byte for byte what they were") {
    for_random_rows(50'000, [](const row& drawn, random_numbers& numbers) {
        row logits = drawn;
        if (numbers.chance(8)) logits[numbers.below(logits.size())] = std::bit_cast<float>(0x7fa00001u);  // a NaN
        const row copy = logits;
        const pluck::combined chain = random_settings(numbers);
        static_cast<void>(pluck::sample(logits, chain, random_key(numbers)));
        static_cast<void>(pluck::argmax(logits));
        if (pluck::argmax(logits)) {
            static_cast<void>(pluck::candidates(logits, chain));
            static_cast<void>(pluck::probabilities(logits, chain));
        }
        REQUIRE(std::memcmp(logits.data(), copy.data(), copy.size() * sizeof(float)) == 0);
    });
}

TEST_CASE("the same draw a thousand times gives the same token a thousand times") {
    for_random_rows(200, [](const row& logits, random_numbers& numbers) {
        const pluck::combined chain = random_settings(numbers);
        const pluck::key key = random_key(numbers);
        const pluck::pick first = pluck::sample(logits, chain, key);
        bool same = true;
        for (int i = 0; i < 1000; ++i) same = same && pluck::sample(logits, chain, key) == first;
        REQUIRE(same);
    });
}

TEST_CASE("what a workspace has seen before does not show") {
    pluck::workspace used;
    for_random_rows(50'000, [&](const row& logits, random_numbers& numbers) {
        const pluck::combined chain = random_settings(numbers);
        const pluck::key key = random_key(numbers);
        pluck::workspace fresh;
        const pluck::pick expected = pluck::sample(logits, chain, key, fresh);
        REQUIRE(pluck::sample(logits, chain, key, used) == expected);
        REQUIRE(pluck::sample(logits, chain, key) == expected);
        const row bad(logits.size(), std::numeric_limits<float>::quiet_NaN());
        REQUIRE(pluck::sample(bad, chain, key, used).status == pluck::status::nan_logit);
        REQUIRE(pluck::sample(logits, chain, key, used) == expected);
    });
}

TEST_CASE("where a row lies in memory does not show") {
    std::vector<unsigned char> memory(300 * 4 * sizeof(float) + 64);
    for_random_rows(20'000, [&](const row& logits, random_numbers& numbers) {
        const pluck::combined chain = random_settings(numbers);
        const pluck::key key = random_key(numbers);
        const pluck::pick expected = pluck::sample(logits, chain, key);
        for (const std::size_t offset : {0u, 1u, 2u, 3u, 4u, 8u, 15u, 16u, 31u, 63u}) {
            std::memcpy(memory.data() + offset, logits.data(), logits.size() * sizeof(float));
            const auto* data = reinterpret_cast<const float*>(memory.data() + offset);
            REQUIRE(pluck::sample(pluck::logits_view<float>{data, logits.size()}, chain, key) == expected);
        }
        // Every second, third and fourth float, forwards and backwards; a NaN in each gap.
        for (const std::size_t stride : {2u, 3u, 4u}) {
            row spread(logits.size() * stride, std::numeric_limits<float>::quiet_NaN());
            row reversed = spread;
            for (std::size_t i = 0; i < logits.size(); ++i) {
                spread[i * stride] = logits[i];
                reversed[(logits.size() - 1 - i) * stride] = logits[i];
            }
            const auto step = static_cast<std::ptrdiff_t>(stride);
            const float* end = reversed.data() + (logits.size() - 1) * stride;
            REQUIRE(pluck::sample(pluck::logits_view<float>{spread.data(), logits.size(), step}, chain, key) ==
                    expected);
            REQUIRE(pluck::sample(pluck::logits_view<float>{end, logits.size(), -step}, chain, key) == expected);
        }
    });
}

TEST_CASE("a bad row is a status and no token, and the next row is drawn as ever") {
    for_random_rows(50'000, [](const row& logits, random_numbers& numbers) {
        const pluck::combined chain = random_settings(numbers);
        const pluck::key key = random_key(numbers);
        const pluck::pick good = pluck::sample(logits, chain, key);
        row bad = logits;
        const bool nan = numbers.chance(2);
        bad[numbers.below(bad.size())] =
            nan ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity();
        const pluck::status expected = nan ? pluck::status::nan_logit : pluck::status::pos_inf_logit;
        REQUIRE(pluck::sample(bad, chain, key) == pluck::pick{-1, expected});
        REQUIRE(pluck::sample(row(logits.size(), pluck_test::forbidden), chain, key) ==
                pluck::pick{-1, pluck::status::no_candidate});
        REQUIRE(pluck::sample(row{}, chain, key) == pluck::pick{-1, pluck::status::no_candidate});
        REQUIRE(pluck::sample(logits, chain, key) == good);
    });
}
