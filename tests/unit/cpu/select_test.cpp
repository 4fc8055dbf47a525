// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/cpu/select.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

using namespace pluck_test;
using pluck::ranking_key;

namespace {

using keys_of_row = std::vector<ranking_key>;

struct unit_weight {
    std::uint64_t operator()(ranking_key) const { return 1; }
};

// Some weight of each key, with zeros among them.
struct hashed_weight {
    std::uint64_t operator()(ranking_key key) const {
        const std::uint64_t mixed = (key.value ^ key.value >> 31) * 0x9e3779b97f4a7c15u;
        return mixed % 5 == 0 ? 0 : mixed >> 24;
    }
};

// As masses fall: the better half of the keys weighs something, the rest nothing.
struct falling_weight {
    std::uint64_t median;
    std::uint64_t operator()(ranking_key key) const { return key.value < median ? 0 : key.value >> 32; }
};

template <class Weight>
ranking_key by_sorting(keys_of_row keys, std::uint64_t target, const Weight& weight) {
    std::sort(keys.begin(), keys.end(), std::greater<>{});
    for (const ranking_key key : keys) {
        if (weight(key) >= target) return key;
        target -= weight(key);
    }
    return keys.back();
}

template <class Weight>
std::uint64_t weight_of(const keys_of_row& keys, const Weight& weight) {
    std::uint64_t sum = 0;
    for (const ranking_key key : keys) sum += weight(key);
    return sum;
}

// Weights of 1 are given by none at all.
std::uint64_t* weights_of(const keys_of_row&, const unit_weight&, std::vector<std::uint64_t>&) { return nullptr; }
template <class Weight>
std::uint64_t* weights_of(const keys_of_row& keys, const Weight& weight, std::vector<std::uint64_t>& weights) {
    for (const ranking_key key : keys) weights.push_back(weight(key));
    return weights.data();
}

template <class Weight>
void expect_same(tally& seen, const keys_of_row& keys, std::uint64_t target, const Weight& weight) {
    keys_of_row scratch = keys;
    std::vector<std::uint64_t> weights;
    const ranking_key got =
        pluck::cpu::select(scratch.data(), weights_of(keys, weight, weights), scratch.size(), target);
    const ranking_key expected = by_sorting(keys, target, weight);
    seen.expect(got == expected, keys.size(), " keys, target ", target, ": ", got.value, ", not ", expected.value);
}

template <class Weight>
void expect_same_at_all_targets(tally& seen, const keys_of_row& keys, const Weight& weight) {
    const std::uint64_t sum = weight_of(keys, weight);
    if (sum == 0) return;
    keys_of_row sorted = keys;
    std::sort(sorted.begin(), sorted.end(), std::greater<>{});
    std::uint64_t prefix = 0;
    for (const ranking_key key : sorted) {  // every edge: the last target of this key, and the first of the next
        prefix += weight(key);
        if (prefix > 0) expect_same(seen, keys, prefix, weight);
        if (prefix < sum) expect_same(seen, keys, prefix + 1, weight);
    }
    expect_same(seen, keys, 1, weight);
    expect_same(seen, keys, sum, weight);
}

void expect_same_under_all_weights(const keys_of_row& keys) {
    tally seen;
    keys_of_row sorted = keys;
    std::sort(sorted.begin(), sorted.end());
    expect_same_at_all_targets(seen, keys, unit_weight{});
    expect_same_at_all_targets(seen, keys, hashed_weight{});
    expect_same_at_all_targets(seen, keys, falling_weight{sorted[sorted.size() / 2].value});
    PLUCK_CHECK_TALLY(seen);
}

keys_of_row keys_of(const std::vector<float>& scores) {
    keys_of_row keys;
    for (std::size_t i = 0; i < scores.size(); ++i) keys.emplace_back(scores[i], static_cast<std::int32_t>(i));
    return keys;
}

}  // namespace

TEST_CASE("of a single key, that key") {
    ranking_key key{1.0f, 5};
    CHECK(pluck::cpu::select(&key, nullptr, 1, 1) == ranking_key{1.0f, 5});
}

TEST_CASE("of two keys, the better and then the worse") {
    for (const bool swapped : {false, true}) {
        keys_of_row keys = {ranking_key{1.0f, 5}, ranking_key{2.0f, 9}};
        if (swapped) std::swap(keys[0], keys[1]);
        keys_of_row again = keys;
        CHECK(pluck::cpu::select(keys.data(), nullptr, 2, 1).token() == 9);
        CHECK(pluck::cpu::select(again.data(), nullptr, 2, 2).token() == 5);
    }
}

TEST_CASE("a target beyond the sum of the weights gives the last key") {
    keys_of_row keys = keys_of({3, 1, 2});
    CHECK(pluck::cpu::select(keys.data(), nullptr, 3, 4).token() == 1);
    keys = keys_of({3, 1, 2});
    CHECK(pluck::cpu::select(keys.data(), nullptr, 3, ~std::uint64_t{0}).token() == 1);
}

TEST_CASE("selection equals sorting on random rows") {
    for (std::uint64_t number = 0; number < 60; ++number) expect_same_under_all_weights(keys_of(random_row(number)));
}

TEST_CASE("selection equals sorting where all scores are equal") {
    expect_same_under_all_weights(keys_of(std::vector<float>(300, 1.5f)));
    expect_same_under_all_weights(keys_of(std::vector<float>(257, -0.0f)));
}

TEST_CASE("selection equals sorting on a staircase of neighbouring floats") {
    std::vector<float> rising, falling;
    for (std::uint32_t i = 0; i < 300; ++i) rising.push_back(float_of(0x3f800000u + i));
    for (std::uint32_t i = 0; i < 300; ++i) falling.push_back(float_of(0x3f800000u - i));
    expect_same_under_all_weights(keys_of(rising));
    expect_same_under_all_weights(keys_of(falling));
}

TEST_CASE("selection equals sorting where the gaps grow geometrically, so that buckets are as uneven as can be") {
    keys_of_row up, down;
    for (int bit = 0; bit < 64; ++bit) {
        up.emplace_back(std::uint64_t{1} << bit);
        down.emplace_back(~(std::uint64_t{1} << bit));
    }
    up.emplace_back(std::uint64_t{0});
    down.emplace_back(~std::uint64_t{0});
    expect_same_under_all_weights(up);
    expect_same_under_all_weights(down);
}

TEST_CASE("selection equals sorting over the whole range of floats") {
    std::vector<float> row;
    for (std::uint32_t exponent = 0; exponent < 255; ++exponent) {
        row.push_back(float_of(exponent << 23));
        row.push_back(float_of(bits::sign | exponent << 23));
    }
    expect_same_under_all_weights(keys_of(row));
}

TEST_CASE("selection equals sorting on organ pipes, and on one key far from all others") {
    std::vector<float> pipes;
    for (int i = 0; i < 200; ++i) pipes.push_back(static_cast<float>(std::min(i, 199 - i)));
    expect_same_under_all_weights(keys_of(pipes));
    std::vector<float> lonely(200, 1.0f);
    lonely[117] = 1e30f;
    expect_same_under_all_weights(keys_of(lonely));
    lonely[117] = -1e30f;
    expect_same_under_all_weights(keys_of(lonely));
}

TEST_CASE("selection equals sorting on many keys, however they lie") {
    tally seen;
    random_numbers numbers(1);
    keys_of_row geometric, equal, spread;
    for (int i = 0; i < 20'000; ++i) {
        geometric.emplace_back(std::uint64_t{1} << (i % 64) | static_cast<std::uint64_t>(i));
        equal.emplace_back(2.0f, i);
        spread.emplace_back(numbers.bits());
    }
    for (keys_of_row* keys : {&geometric, &equal, &spread}) {
        std::sort(keys->begin(), keys->end());
        keys->erase(std::unique(keys->begin(), keys->end()), keys->end());
        for (const std::uint64_t target : {1u, 50u, 10'000u, 19'999u}) {
            expect_same(seen, *keys, std::min<std::uint64_t>(target, keys->size()), unit_weight{});
            expect_same(seen, *keys, weight_of(*keys, hashed_weight{}) / 20'000 * target, hashed_weight{});
        }
    }
    PLUCK_CHECK_TALLY(seen);
}
