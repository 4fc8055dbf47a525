// SPDX-License-Identifier: MIT
//
// Every sampler on every shape of row: four million draws each, held against the textbook's probabilities. Each test
// also shows its power: it must refuse the same number of draws from samplers that are a little wrong.
#include "support/catch.hpp"
#include "support/chi_squared.hpp"
#include "support/effort.hpp"
#include "support/logit_cases.hpp"
#include "textbook.hpp"
#include <pluck/pluck.hpp>
#include <pluck/urbg.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace {

using pluck_test::shape;
using pluck_test::textbook;

const std::size_t draws = pluck_test::repeated(4'000'000);

struct drawn_from {
    shape which;
    std::size_t vocab;
};

/// Short rows, for four million draws from each; some longer than a block of 64.
constexpr drawn_from shapes[] = {{shape::flat, 16},         {shape::zipf, 20},      {shape::geometric, 48},
                                 {shape::one_dominant, 16}, {shape::two_level, 20}, {shape::ties, 66},
                                 {shape::half_zeros, 24}};

struct wrong_sampler {
    std::string name;
    std::vector<double> probabilities;
};

std::vector<double> normalised(std::vector<double> weights) {
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (double& weight : weights) weight /= total;
    return weights;
}

/// The defects that peers have shipped, as distributions.
std::vector<wrong_sampler> wrong_samplers(const std::vector<float>& row, const textbook& law) {
    const std::vector<double> right = law.probabilities();
    std::vector<wrong_sampler> all;

    std::vector<double> hotter = right;
    for (double& p : hotter) p = std::pow(p, 1 / 1.02);
    all.push_back({"temperature 1.02 times too high", normalised(hotter)});

    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < right.size(); ++i) {
        if (right[i] > 0) kept.push_back(i);
    }
    std::sort(kept.begin(), kept.end(), [&](std::size_t a, std::size_t b) { return right[a] < right[b]; });
    std::vector<double> headed = right;
    double dropped = 0;
    for (const std::size_t i : kept) {
        if ((dropped += right[i]) > 0.05) break;
        headed[i] = 0;
    }
    all.push_back({"the least likely 5 % never drawn", normalised(headed)});

    std::vector<double> alternating = right;
    for (std::size_t i = 0; i < right.size(); ++i) alternating[i] *= i % 2 == 0 ? 1.01 : 0.99;
    all.push_back({"1 % too often and too rarely in turn", normalised(alternating)});

    all.push_back({"one token more kept", law.probabilities(1)});
    all.push_back({"no stage applied", textbook(row).probabilities()});
    return all;
}

/// `draw(i)` is the i-th token, `law` what it should follow.
template <class Draw>
void require_fit(const std::vector<float>& row, const textbook& law, const Draw& draw) {
    const std::vector<double> right = law.probabilities();
    std::vector<std::uint64_t> counts(right.size());
    for (std::size_t i = 0; i < draws; ++i) ++counts.at(static_cast<std::size_t>(draw(i)));

    const pluck_test::goodness_of_fit fit(counts, right);
    CAPTURE(fit.degrees, fit.rare, fit.chi_squared, fit.g, fit.chi_squared_tail.upper, fit.g_tail.upper);
    CHECK(fit.impossible == 0);
    CHECK(fit.plausible());

    CHECK(pluck_test::goodness_of_fit(pluck_test::counts_from(right, draws, 1), right).plausible());
    int refused = 0;
    for (const auto& [name, wrong] : wrong_samplers(row, law)) {
        if (!pluck_test::told_apart(wrong, right, static_cast<double>(draws))) continue;
        CAPTURE(name);
        CHECK_FALSE(pluck_test::goodness_of_fit(pluck_test::counts_from(wrong, draws, 1), right).plausible());
        ++refused;
    }
    if (pluck_test::full_effort) CHECK(refused >= 1);
}

/// `law_of(textbook)` does to the textbook what `draw(row, i)` does to the row.
template <class Draw, class Law>
void require_fit_on(drawn_from from, const Draw& draw, const Law& law_of) {
    CAPTURE(to_string(from.which), from.vocab);
    pluck_test::random_numbers numbers(2026, static_cast<std::uint64_t>(from.which));
    const std::vector<float> row = pluck_test::logits_of(from.which, from.vocab, numbers);
    textbook law(row);
    law_of(law);
    require_fit(row, law, [&](std::size_t i) { return draw(row, i).token; });
}

template <class Chain, class Law>
void require_fit_on_every_shape(const Chain& chain, const Law& law_of) {
    for (const drawn_from from : shapes) {
        const pluck::key first{.seed = 0x5eed, .sequence = static_cast<int>(from.which), .position = 0};
        require_fit_on(
            from,
            [&](const std::vector<float>& row, std::size_t i) {
                return pluck::sample(row, chain, {.seed = first.seed, .sequence = first.sequence, .position = i});
            },
            law_of);
    }
}

}  // namespace

TEST_CASE("plain draws follow the softmax of the logits") {
    require_fit_on_every_shape(pluck::chain{}, [](textbook&) {});
}

TEST_CASE("draws at temperature 0.5 follow the softmax of twice the logits") {
    require_fit_on_every_shape(pluck::temperature(0.5f), [](textbook& law) { law.temperature(0.5); });
}

TEST_CASE("draws at temperature 2 follow the softmax of half the logits") {
    require_fit_on_every_shape(pluck::temperature(2), [](textbook& law) { law.temperature(2); });
}

TEST_CASE("top-k draws follow the softmax of the k best") {
    require_fit_on_every_shape(pluck::top_k(8), [](textbook& law) { law.top_k(8); });
}

TEST_CASE("top-p draws follow the softmax of the nucleus") {
    require_fit_on_every_shape(pluck::top_p(0.9f), [](textbook& law) { law.top_p(0.9); });
}

TEST_CASE("min-p draws follow the softmax of the tokens above the threshold") {
    require_fit_on_every_shape(pluck::min_p(0.08f), [](textbook& law) { law.min_p(0.08); });
}

TEST_CASE("combined draws follow temperature, top-k, top-p and min-p in this order") {
    require_fit_on_every_shape(pluck::combined{.temperature = 0.8f, .top_k = 12, .top_p = 0.95f, .min_p = 0.02f},
                               [](textbook& law) { law.temperature(0.8f).top_k(12).top_p(0.95f).min_p(0.02f); });
}

TEST_CASE("a chain's stages act in the order in which they stand") {
    const auto chain = pluck::min_p(0.02f) | pluck::top_p(0.85f) | pluck::temperature(1.5f) | pluck::top_k(7);
    for (const drawn_from from : {drawn_from{shape::zipf, 24}, {shape::half_zeros, 64}}) {
        require_fit_on(
            from, [&](const auto& row, std::size_t i) { return pluck::sample(row, chain, {.seed = 8, .position = i}); },
            [](textbook& law) { law.min_p(0.02f).top_p(0.85f).temperature(1.5).top_k(7); });
    }
}

TEST_CASE("greedy draws follow the best token alone") {
    require_fit_on_every_shape(pluck::greedy(), [](textbook& law) { law.top_k(1); });
}

namespace {

/// A generator whose range starts at 5 and is no power of two: the bits taken from it must be even all the same.
class narrow_generator {
public:
    using result_type = std::uint32_t;
    static constexpr result_type min() { return 5; }
    static constexpr result_type max() { return 5 + 1499; }
    result_type operator()() { return 5 + static_cast<result_type>(wide_() % 1500); }

private:
    std::mt19937_64 wide_{3};
};

}  // namespace

TEST_CASE("draws by a generator of the caller's follow the softmax too") {
    std::mt19937_64 generator(2026);
    for (const drawn_from from : shapes) {
        require_fit_on(
            from, [&](const auto& row, std::size_t) { return pluck::sample(row, pluck::chain{}, generator); },
            [](textbook&) {});
    }
}

TEST_CASE("draws by a generator whose range is no power of two follow the softmax too") {
    narrow_generator generator;
    require_fit_on(
        {shape::zipf, 24}, [&](const auto& row, std::size_t) { return pluck::sample(row, pluck::chain{}, generator); },
        [](textbook&) {});
}

TEST_CASE("rejection follows the softmax, over one block and over two") {
    for (const drawn_from from : {drawn_from{shape::zipf, 20}, drawn_from{shape::ties, 66}}) {
        require_fit_on(
            from,
            [](const std::vector<float>& row, std::size_t i) {
                return pluck::sample(row, pluck::temperature(0.8) | pluck::rejection{},
                                     {.seed = 0xda27, .position = i});
            },
            [](textbook& law) { law.temperature(double{0.8f}); });
    }
}

TEST_CASE("draws from a row of several blocks follow the softmax") {
    require_fit_on(
        {shape::normal, 200},
        [](const auto& row, std::size_t i) { return pluck::sample(row, pluck::chain{}, {.seed = 9, .position = i}); },
        [](textbook&) {});
}
