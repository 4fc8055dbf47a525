// SPDX-License-Identifier: MIT
//
// Laws that every sampler obeys, whatever it keeps. Each is tested on chains from its dossier and its own random
// stream, chosen at run time. Laws of those samplers that cut the ranking from below are in the other files.
#include "dossiers/all.hpp"
#include "laws.hpp"
#include <pluck/thread_pool.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

using pluck_test::random_numbers;
using row = std::vector<float>;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// The chain looks at lists that `steps` has.
[[nodiscard]] dossiers::chain random_rules(const dossiers::sampler& own, std::size_t vocab, dossiers::splitmix& stream,
                                           std::vector<dossiers::step>& steps) {
    dossiers::mix(steps, own, 5, stream, [&](const auto& each) { return each.random(vocab, stream); });
    return dossiers::chained(steps);
}

/// Calls law(row, rules, numbers) for `count` random rows and chains of each sampler that leaves scores where they are.
/// A failure names both.
template <class Law>
void for_samplers(std::size_t count, const Law& law) {
    for (const dossiers::sampler& own : dossiers::samplers()) {
        if (own.adjusts) continue;
        for (std::uint64_t number = 0; number < pluck_test::repeated_nightly(count); ++number) {
            CAPTURE(own.name, number);
            random_numbers numbers(number, dossiers::seed_of(own.name));
            dossiers::splitmix stream = own.stream(31, number);
            const row logits = pluck_test::random_row(number);
            std::vector<dossiers::step> steps;
            law(logits, random_rules(own, logits.size(), stream, steps), numbers);
        }
    }
}

}  // namespace

TEST_CASE("every sampler leaves tokens of the row in ranking order, and draws one of them") {
    for_samplers(10'000, [](const row& logits, const dossiers::chain& rules, random_numbers& numbers) {
        const pluck::key key = random_key(numbers);
        const auto kept = pluck::candidates(logits, rules, key);
        bool ranked = !kept.empty();
        double sum = 0, drawn = 0;
        const pluck::pick pick = pluck::sample(logits, rules, key);
        for (std::size_t i = 0; i < kept.size(); ++i) {
            const float logit = logits.at(static_cast<std::size_t>(kept[i].token));
            ranked = ranked && kept[i].logit == logit && logit != pluck_test::forbidden;
            ranked = ranked && (i == 0 || kept[i - 1].logit > logit ||
                                (kept[i - 1].logit == logit && kept[i - 1].token < kept[i].token));
            sum += kept[i].probability;
            if (kept[i].token == pick.token) drawn = kept[i].probability;
        }
        REQUIRE(ranked);
        REQUIRE(std::abs(sum - 1) <= 1e-12);
        REQUIRE(pick);
        REQUIRE(drawn > 0);
    });
}

TEST_CASE("every sampler is a pure function: who watches, what ran before and where the row lies do not show") {
    pluck::workspace used;
    std::vector<unsigned char> memory(300 * sizeof(float) + 64);
    for_samplers(4'000, [&](const row& logits, const dossiers::chain& rules, random_numbers& numbers) {
        const pluck::key key = random_key(numbers);
        const row copy = logits;
        const pluck::pick expected = pluck::sample(logits, rules, key);
        REQUIRE(pluck::sample(logits, rules, key, used) == expected);
        const Eigen::ArrayXd probabilities = pluck::probabilities(logits, rules, key);
        REQUIRE(probabilities[expected.token] > 0);
        REQUIRE(pluck::sample(logits, rules, key) == expected);
        REQUIRE(std::memcmp(logits.data(), copy.data(), copy.size() * sizeof(float)) == 0);

        const std::size_t offset = numbers.below(64);
        std::memcpy(memory.data() + offset, logits.data(), logits.size() * sizeof(float));
        const auto* data = reinterpret_cast<const float*>(memory.data() + offset);
        REQUIRE(pluck::sample(pluck::logits_view<float>{data, logits.size()}, rules, key) == expected);
        row reversed(2 * logits.size(), not_a_number);
        for (std::size_t i = 0; i < logits.size(); ++i) reversed[2 * (logits.size() - 1 - i)] = logits[i];
        const float* last = reversed.data() + 2 * (logits.size() - 1);
        REQUIRE(pluck::sample(pluck::logits_view<float>{last, logits.size(), -2}, rules, key) == expected);
    });
}

TEST_CASE("every sampler gives a bad row its status and no token, and the next row is drawn as ever") {
    for_samplers(4'000, [](const row& logits, const dossiers::chain& rules, random_numbers& numbers) {
        const pluck::key key = random_key(numbers);
        const pluck::pick good = pluck::sample(logits, rules, key);
        row bad = logits;
        const bool nan = numbers.chance(2);
        bad[numbers.below(bad.size())] = nan ? not_a_number : std::numeric_limits<float>::infinity();
        const pluck::status expected = nan ? pluck::status::nan_logit : pluck::status::pos_inf_logit;
        REQUIRE(pluck::sample(bad, rules, key) == pluck::pick{-1, expected});
        REQUIRE(pluck::sample(row(logits.size(), pluck_test::forbidden), rules, key) ==
                pluck::pick{-1, pluck::status::no_candidate});
        REQUIRE(pluck::sample(logits, rules, key) == good);
    });
}

TEST_CASE("every sampler draws a row of a batch as if it were alone, on any number of threads") {
    for (const int threads : {1, 3}) {
        const pluck::thread_pool pool(threads);
        for (const dossiers::sampler& own : dossiers::samplers()) {
            for (std::uint64_t number = 0; number < pluck_test::repeated(200); ++number) {
                CAPTURE(own.name, number, threads);
                random_numbers numbers(number, dossiers::seed_of(own.name) + 1);
                dossiers::splitmix stream = own.stream(32, number);
                const std::size_t rows = 1 + numbers.below(20), vocab = 1 + numbers.below(200);
                std::vector<row> logits;
                std::vector<dossiers::chain> chains;
                std::vector<std::vector<dossiers::step>> steps(rows);
                std::vector<pluck::key> keys;
                std::vector<pluck::pick> alone, picks(rows, pluck::pick{-7, pluck::status::row_too_long});
                for (std::size_t r = 0; r < rows; ++r) {
                    logits.push_back(pluck_test::logits_of(pluck_test::all_shapes[numbers.below(8)], vocab, numbers));
                    if (numbers.chance(8)) logits[r][numbers.below(vocab)] = not_a_number;
                    chains.push_back(random_rules(own, vocab, stream, steps[r]));
                    keys.push_back(random_key(numbers));
                    alone.push_back(pluck::sample(logits[r], chains[r], keys[r]));
                }
                pluck::sample_rows(logits, chains, keys, picks, pool);
                REQUIRE(picks == alone);
            }
        }
    }
}
