// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/cpu/cut/select.hpp>
#include <pluck/detail/ranking.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

using namespace pluck_test;
using pluck::cpu::score_cut;
using pluck::cpu::score_range;
using scores = std::vector<std::int32_t>;

namespace {

struct unit_weight {
    std::uint64_t operator()(std::int32_t) const { return 1; }
};

// Some weight of each score, with zeros among them.
struct hashed_weight {
    std::uint64_t operator()(std::int32_t score) const {
        const auto bits = static_cast<std::uint64_t>(static_cast<std::uint32_t>(score));
        const std::uint64_t mixed = (bits ^ bits >> 13) * 0x9e3779b97f4a7c15u;
        return mixed % 5 == 0 ? 0 : mixed >> 24;
    }
};

// As masses fall: the better half of the scores weighs something, the rest nothing.
struct falling_weight {
    std::int32_t median;
    std::uint64_t operator()(std::int32_t score) const {
        return score < median ? 0 : static_cast<std::uint64_t>(std::int64_t{score} - median) + 1;
    }
};

template <class Weight>
score_cut by_sorting(scores list, std::uint64_t target, const Weight& weight) {
    std::sort(list.begin(), list.end(), std::greater<>{});
    std::uint64_t above = 0;  // the weight of the better scores
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (i > 0 && list[i] != list[i - 1]) above = sum;
        sum += weight(list[i]);
        if (sum >= target) return {list[i], target - above};
    }
    return {list.back(), target - above};
}

// Weights of 1 are given by none at all.
std::uint64_t* weights_of(const scores&, const unit_weight&, std::vector<std::uint64_t>&) { return nullptr; }
template <class Weight>
std::uint64_t* weights_of(const scores& list, const Weight& weight, std::vector<std::uint64_t>& weights) {
    for (const std::int32_t score : list) weights.push_back(weight(score));
    return weights.data();
}

// In the range of the scores, in a wider one, and in all there is.
template <class Weight>
void expect_same(tally& seen, const scores& list, std::uint64_t target, const Weight& weight) {
    const auto [least, most] = std::minmax_element(list.begin(), list.end());
    const score_cut expected = by_sorting(list, target, weight);
    using limits = std::numeric_limits<std::int32_t>;
    for (const score_range& range :
         {score_range{*least, *most}, {limits::min(), *most}, {limits::min(), limits::max()}}) {
        scores scratch = list;
        std::vector<std::uint64_t> weights;
        const score_cut got =
            pluck::cpu::select(scratch.data(), weights_of(list, weight, weights), scratch.size(), target, range);
        seen.expect(got.score == expected.score && got.rest == expected.rest, list.size(), " scores, target ", target,
                    ": ", got.score, ", rest ", got.rest, ", not ", expected.score, ", ", expected.rest);
    }
}

template <class Weight>
std::uint64_t weight_of(const scores& list, const Weight& weight) {
    std::uint64_t sum = 0;
    for (const std::int32_t score : list) sum += weight(score);
    return sum;
}

template <class Weight>
void expect_same_at_all_targets(tally& seen, const scores& list, const Weight& weight) {
    const std::uint64_t sum = weight_of(list, weight);
    if (sum == 0) return;
    scores sorted = list;
    std::sort(sorted.begin(), sorted.end(), std::greater<>{});
    std::uint64_t prefix = 0;
    for (const std::int32_t score : sorted) {  // every edge: the last target of this one, and the first of the next
        prefix += weight(score);
        if (prefix > 0) expect_same(seen, list, prefix, weight);
        if (prefix < sum) expect_same(seen, list, prefix + 1, weight);
    }
    expect_same(seen, list, 1, weight);
    expect_same(seen, list, sum, weight);
}

void expect_same_under_all_weights(const scores& list) {
    tally seen;
    scores sorted = list;
    std::sort(sorted.begin(), sorted.end());
    expect_same_at_all_targets(seen, list, unit_weight{});
    expect_same_at_all_targets(seen, list, hashed_weight{});
    expect_same_at_all_targets(seen, list, falling_weight{sorted[sorted.size() / 2]});
    PLUCK_CHECK_TALLY(seen);
}

scores scores_of(const std::vector<float>& row) {
    scores list;
    for (const float score : row) list.push_back(pluck::detail::ordered(score));
    return list;
}

}  // namespace

TEST_CASE("of a single score, that score") {
    std::int32_t score = 7;
    const score_cut cut = pluck::cpu::select(&score, nullptr, 1, 1, {0, 100});
    CHECK(cut.score == 7);
    CHECK(cut.rest == 1);
}

TEST_CASE("of two scores, the better and then the worse") {
    for (const bool swapped : {false, true}) {
        scores list = {5, 9};
        if (swapped) std::swap(list[0], list[1]);
        scores again = list;
        CHECK(pluck::cpu::select(list.data(), nullptr, 2, 1, {5, 9}).score == 9);
        CHECK(pluck::cpu::select(again.data(), nullptr, 2, 2, {5, 9}).score == 5);
    }
}

TEST_CASE("what is left of the target is for the tokens that tie") {
    for (std::uint64_t target = 1; target <= 6; ++target) {
        scores list = {3, 8, 3, 8, 3, 1};
        const score_cut cut = pluck::cpu::select(list.data(), nullptr, 6, target, {1, 8});
        CHECK(cut.score == (target <= 2 ? 8 : target <= 5 ? 3 : 1));
        CHECK(cut.rest == (target <= 2 ? target : target <= 5 ? target - 2 : 1));
    }
}

TEST_CASE("a target beyond the sum of the weights ends at the lowest score of the range") {
    for (const std::uint64_t target : {std::uint64_t{4}, ~std::uint64_t{0}}) {
        scores list = {3, 1, 2};
        CHECK(pluck::cpu::select(list.data(), nullptr, 3, target, {1, 3}).score == 1);
    }
}

TEST_CASE("selection equals sorting on random rows") {
    for (std::uint64_t number = 0; number < 60; ++number) expect_same_under_all_weights(scores_of(random_row(number)));
}

TEST_CASE("selection equals sorting where all scores are equal") {
    expect_same_under_all_weights(scores_of(std::vector<float>(300, 1.5f)));
    expect_same_under_all_weights(scores_of(std::vector<float>(257, -0.0f)));
}

TEST_CASE("selection equals sorting on a staircase of neighbouring floats") {
    std::vector<float> rising, falling;
    for (std::uint32_t i = 0; i < 300; ++i) rising.push_back(float_of(0x3f800000u + i));
    for (std::uint32_t i = 0; i < 300; ++i) falling.push_back(float_of(0x3f800000u - i));
    expect_same_under_all_weights(scores_of(rising));
    expect_same_under_all_weights(scores_of(falling));
}

TEST_CASE("selection equals sorting where the gaps grow geometrically, so that buckets are as uneven as can be") {
    scores up, down;
    for (int bit = 0; bit < 31; ++bit) {
        up.push_back(std::numeric_limits<std::int32_t>::min() + (std::int32_t{1} << bit));
        down.push_back(std::numeric_limits<std::int32_t>::max() - (std::int32_t{1} << bit));
    }
    up.push_back(std::numeric_limits<std::int32_t>::min());
    down.push_back(std::numeric_limits<std::int32_t>::max());
    expect_same_under_all_weights(up);
    expect_same_under_all_weights(down);
}

TEST_CASE("selection equals sorting over the whole range of floats") {
    std::vector<float> row;
    for (std::uint32_t exponent = 0; exponent < 255; ++exponent) {
        row.push_back(float_of(exponent << 23));
        row.push_back(float_of(bits::sign | exponent << 23));
    }
    expect_same_under_all_weights(scores_of(row));
}

TEST_CASE("selection equals sorting on organ pipes, and on one score far from all others") {
    std::vector<float> pipes;
    for (int i = 0; i < 200; ++i) pipes.push_back(static_cast<float>(std::min(i, 199 - i)));
    expect_same_under_all_weights(scores_of(pipes));
    std::vector<float> lonely(200, 1.0f);
    lonely[117] = 1e30f;
    expect_same_under_all_weights(scores_of(lonely));
    lonely[117] = -1e30f;
    expect_same_under_all_weights(scores_of(lonely));
}

TEST_CASE("selection equals sorting on many scores, however they lie") {
    tally seen;
    random_numbers numbers(1);
    scores geometric, equal, spread;
    for (int i = 0; i < 20'000; ++i) {
        geometric.push_back((std::int32_t{1} << (i % 31)) | i);
        equal.push_back(2);
        spread.push_back(static_cast<std::int32_t>(static_cast<std::uint32_t>(numbers.bits())));
    }
    for (const scores* list : {&geometric, &equal, &spread}) {
        for (const std::uint64_t target : {1u, 50u, 10'000u, 19'999u}) {
            expect_same(seen, *list, target, unit_weight{});
            expect_same(seen, *list, weight_of(*list, hashed_weight{}) / 20'000 * target, hashed_weight{});
        }
    }
    PLUCK_CHECK_TALLY(seen);
}
