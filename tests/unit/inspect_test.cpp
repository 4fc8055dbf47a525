// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/eigen.hpp>
#include <pluck/inspect.hpp>

#include <Eigen/Core>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <vector>

using namespace pluck_test;
using pluck::candidate;
using pluck::candidates;
using pluck::probabilities;
using pluck::sample;

namespace {

constexpr auto usual = pluck::temperature(0.8f) | pluck::top_k(50) | pluck::top_p(0.9f);

struct by_chance : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    [[maybe_unused]] static constexpr bool random = true;
    template <class Row>
    void operator()(Row& row) const {
        row.keep_largest(1 + row.random(0x80000001u, 0).word[0] % 3);
    }
};

struct counting : pluck::stage {  // a stage with memory
    static constexpr pluck::verb does = pluck::verb::keep;
    int* draws;
    template <class Row>
    void operator()(Row&) const {}
    template <class Row>
    void after(Row&, std::int32_t) const {
        ++*draws;
    }
};

}  // namespace

TEST_CASE("probabilities are mass over Z, zero where nothing is kept, and sum to one") {
    for (std::uint64_t number = 0; number < 200; ++number) {
        const std::vector<float> row = random_row(number);
        const Eigen::ArrayXd p = probabilities(row, usual);
        REQUIRE(p.size() == static_cast<Eigen::Index>(row.size()));
        CHECK(p.sum() == Approx(1).epsilon(1e-12));
        CHECK((p >= 0).all());
        std::vector<bool> kept(row.size(), false);
        for (const candidate& one : candidates(row, usual)) {
            CHECK(p[one.token] == one.probability);
            kept[static_cast<std::size_t>(one.token)] = true;
        }
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (!kept[i]) CHECK(p[static_cast<Eigen::Index>(i)] == 0);
        }
    }
}

TEST_CASE("probabilities are the softmax of the row") {
    Eigen::VectorXf x(5);
    x << 2, 1.5f, 1, 0.5f, 0.1f;
    const Eigen::ArrayXd p = probabilities(x, pluck::chain{});
    const Eigen::ArrayXd softmax = x.cast<double>().array().exp() / x.cast<double>().array().exp().sum();
    CHECK((p - softmax).abs().maxCoeff() < 1e-7);
}

TEST_CASE("the probability of a token is that of its draw") {
    const std::vector<float> row = {1, 0, -1, -1};
    const Eigen::ArrayXd p = probabilities(row, usual);
    Eigen::ArrayXd counts = Eigen::ArrayXd::Zero(4);
    for (int position = 0; position < 50'000; ++position) ++counts[sample(row, usual, {.position = position}).token];
    for (int i = 0; i < 4; ++i) CHECK(std::abs(counts[i] / 50'000 - p[i]) <= 5 * std::sqrt(p[i] / 50'000));
}

TEST_CASE("candidates come in ranking order with their adjusted logits, before temperature") {
    const std::vector<float> row = {1, 3, 2, 3, forbidden};
    const std::vector<candidate> kept = candidates(row, pluck::temperature(0.5f) | pluck::top_k(3));
    REQUIRE(kept.size() == 3);
    CHECK(kept[0].token == 1);
    CHECK(kept[1].token == 3);
    CHECK(kept[2].token == 2);
    CHECK(kept[0].logit == 3);
    CHECK(kept[2].logit == 2);
    CHECK(kept[0].probability == kept[1].probability);
    CHECK(kept[0].probability > kept[2].probability);
    CHECK(kept[0].probability + kept[1].probability + kept[2].probability == Approx(1));
}

TEST_CASE("a kept token without mass is a candidate of probability zero, and never drawn") {
    const std::vector<float> row = {0, -1000};
    const std::vector<candidate> kept = candidates(row, pluck::chain{});
    REQUIRE(kept.size() == 2);
    CHECK(kept[1].token == 1);
    CHECK(kept[1].probability == 0);
    CHECK(probabilities(row, pluck::chain{})[1] == 0);
}

TEST_CASE("inspection takes every row and chain that a draw takes") {
    const Eigen::MatrixXf m = Eigen::MatrixXf::Identity(3, 3);
    CHECK(probabilities(m.row(1), pluck::greedy{})[1] == 1);
    CHECK(probabilities(m.row(1) + m.row(2), pluck::top_k(1))[1] == 1);
    CHECK(probabilities(std::vector<double>{1, 2}, pluck::combined{.top_k = 1})[1] == 1);
    CHECK(probabilities(pluck::logits_view<float>{m.data(), 3, 3}, pluck::greedy{})[0] == 1);
    CHECK(candidates(m.row(1), pluck::chain{}).front().token == 1);
    CHECK(pluck::entropy(m.row(1), pluck::greedy{}) == 0);
    CHECK(pluck::entropy(m.row(1), pluck::top_k(1), {.seed = 1}) == 0);
    CHECK(pluck::perplexity(m.row(1), pluck::top_k(1), {.seed = 1}) == 1);
    CHECK(pluck::effective_size(m.row(1), pluck::top_k(1), {.seed = 1}) == 1);
}

TEST_CASE("to inspect a random stage takes the key of the draw, and shows that draw") {
    const std::vector<float> row = {4, 3, 2, 1};
    for (int position = 0; position < 30; ++position) {
        const pluck::key key{.seed = 2, .position = position};
        const Eigen::ArrayXd p = probabilities(row, by_chance{}, key);
        CHECK(p[sample(row, by_chance{}, key).token] > 0);
        CHECK(static_cast<std::size_t>((p > 0).count()) == candidates(row, by_chance{}, key).size());
        CHECK(pluck::entropy(row, by_chance{}, key) == pluck::entropy_of(p));
        CHECK(pluck::perplexity(row, by_chance{}, key) == pluck::perplexity_of(p));
        CHECK(pluck::effective_size(row, by_chance{}, key) == pluck::effective_size_of(p));
    }
}

TEST_CASE("a key makes no difference to a chain without randomness") {
    const std::vector<float> row = random_row(5);
    CHECK((probabilities(row, usual) == probabilities(row, usual, {.seed = 77})).all());
}

TEST_CASE("inspection is no draw: a stage with memory does not learn of it") {
    int draws = 0;
    counting stage;
    stage.draws = &draws;
    const std::vector<float> row = {1, 2, 3};
    (void)probabilities(row, stage | pluck::top_k(2));
    (void)candidates(row, stage);
    (void)pluck::entropy(row, stage);
    CHECK(draws == 0);
    (void)sample(row, stage, {});
    CHECK(draws == 1);
}

TEST_CASE("inspection does not change what a draw returns, nor the row") {
    const std::vector<float> row = random_row(9);
    const pluck::pick before = sample(row, usual, {.seed = 4});
    const std::vector<float> copy = row;
    (void)probabilities(row, usual);
    (void)candidates(row, usual);
    CHECK(sample(row, usual, {.seed = 4}) == before);
    CHECK(row == copy);
}

TEST_CASE("a row that nothing can be drawn from throws, with its status in the text") {
    const auto text = [](std::vector<float> row) {
        return message_of([&row] { (void)probabilities(row, pluck::top_k(2)); });
    };
    using Catch::Matchers::ContainsSubstring;
    using Catch::Matchers::StartsWith;
    CHECK_THAT(text({1, float_of(bits::nans[0])}),
               StartsWith("pluck::probabilities: ") && ContainsSubstring("nan_logit"));
    CHECK_THAT(text({1, float_of(bits::plus_infinity)}), ContainsSubstring("pos_inf_logit"));
    CHECK_THAT(text({forbidden}), ContainsSubstring("no_candidate"));
    CHECK_THAT(text({}), ContainsSubstring("no_candidate"));
    CHECK_THAT(message_of([] { (void)candidates(std::vector<float>{}, pluck::chain{}); }),
               StartsWith("pluck::candidates: ") && ContainsSubstring("no_candidate"));
    const std::vector<float> none;
    CHECK_THAT(
        message_of([&] { (void)probabilities(std::vector<float>{1}, pluck::top_p(pluck::per_row<float>{none})); }),
        ContainsSubstring("bad_parameter"));
    CHECK_THROWS_AS(pluck::entropy(none, pluck::chain{}), std::invalid_argument);
}

// ---- measures ----

TEST_CASE("the entropy of n equal tokens is log n") {
    for (const Eigen::Index n : {1, 2, 10, 1000}) {
        const Eigen::VectorXf x = Eigen::VectorXf::Constant(n, -3.5f);
        const double exact = std::log(static_cast<double>(n));
        CHECK(pluck::entropy(x, pluck::chain{}) == Approx(exact).margin(1e-12));
        CHECK(pluck::perplexity(x, pluck::chain{}) == Approx(static_cast<double>(n)));
        CHECK(pluck::effective_size(x, pluck::chain{}) == Approx(static_cast<double>(n)));
    }
}

TEST_CASE("the measures of a known distribution") {
    Eigen::Array4d p;
    p << 0.5, 0.25, 0.25, 0;
    CHECK(pluck::entropy_of(p) == Approx(1.5 * std::numbers::ln2));
    CHECK(pluck::perplexity_of(p) == Approx(std::pow(2, 1.5)));
    CHECK(pluck::effective_size_of(p) == Approx(1 / 0.375));
    Eigen::Array4d q;
    q << 0.25, 0.25, 0.25, 0.25;
    CHECK(pluck::kl_divergence(p, q) == Approx(0.5 * std::numbers::ln2));
    CHECK(pluck::kl_divergence(p, p) == 0);
    CHECK(pluck::total_variation(p, q) == Approx(0.25));
    CHECK(pluck::total_variation(p, p) == 0);
    CHECK(pluck::kl_divergence(q, p) == std::numeric_limits<double>::infinity());
}

TEST_CASE("measures take any dense type, expressions and floats included") {
    Eigen::Vector3f p(0.5f, 0.25f, 0.25f);
    CHECK(pluck::entropy_of(p) == Approx(1.5 * std::numbers::ln2));
    CHECK(pluck::entropy_of(p.transpose()) == Approx(1.5 * std::numbers::ln2));
    CHECK(pluck::entropy_of(p.array() * 1) == Approx(1.5 * std::numbers::ln2));
    CHECK(pluck::entropy_of(p.reverse()) == Approx(1.5 * std::numbers::ln2));
    CHECK(pluck::effective_size_of(p.cast<double>()) == Approx(1 / 0.375));
    CHECK(pluck::total_variation(p, p.reverse()) == Approx(0.25));
    CHECK(pluck::kl_divergence(p, p.cast<double>()) == 0);
}

TEST_CASE("measures of two matrices compare the same places, whatever their order in memory") {
    Eigen::Matrix<double, 2, 2> p;
    p << 0.4, 0.3, 0.1, 0.2;
    const Eigen::Matrix<double, 2, 2, Eigen::RowMajor> same = p;
    CHECK(pluck::kl_divergence(p, same) == 0);
    CHECK(pluck::total_variation(p, same) == 0);
    CHECK(pluck::total_variation(p, p.transpose()) == Approx(0.2));
    CHECK(pluck::entropy_of(p.topRows(1)) == Approx(-0.4 * std::log(0.4) - 0.3 * std::log(0.3)));
    const Eigen::MatrixXd wide = Eigen::MatrixXd::Constant(2, 3, 1.0 / 6), high = wide.transpose();
    CHECK(message_of([&] { (void)pluck::total_variation(wide, high); }) ==
          "pluck::total_variation: q's columns must be p's 3, got 2");
    const Eigen::RowVectorXd lying = Eigen::RowVectorXd::Constant(4, 0.25);
    CHECK(pluck::kl_divergence(lying, Eigen::VectorXd(lying.transpose())) == 0);
}

TEST_CASE("measures of two distributions of different sizes are refused") {
    const Eigen::ArrayXd three = Eigen::ArrayXd::Constant(3, 1.0 / 3), four = Eigen::ArrayXd::Constant(4, 0.25);
    CHECK(message_of([&] { (void)pluck::kl_divergence(three, four); }) ==
          "pluck::kl_divergence: q.size() must be p's size 3, got 4");
    CHECK(message_of([&] { (void)pluck::total_variation(four, three); }) ==
          "pluck::total_variation: q.size() must be p's size 4, got 3");
}

TEST_CASE("measures of what is no probability are NaN") {
    const std::vector<double> fine = {0.5, 0.5, 0};
    for (const double wrong : {std::numeric_limits<double>::quiet_NaN(), -0.25}) {
        for (const std::vector<double>& p : {std::vector{wrong, 0.5, 0.5}, std::vector{0.5, 0.5, wrong}}) {
            CHECK(std::isnan(pluck::entropy_of(p)));
            CHECK(std::isnan(pluck::perplexity_of(p)));
            CHECK(std::isnan(pluck::kl_divergence(p, std::vector<double>(3, 0.4))));
            CHECK(std::isnan(pluck::kl_divergence(std::vector<double>(3, 0.4), p)));
        }
        CHECK(std::isnan(pluck::kl_divergence(fine, std::vector<double>{0, 1, wrong})) == false);  // weighted by 0
        CHECK(std::isnan(pluck::kl_divergence(fine, std::vector<double>{0, wrong, 1})));  // infinite, but for that
    }
    const std::vector<double> nan = {std::numeric_limits<double>::quiet_NaN(), 1};
    CHECK(std::isnan(pluck::effective_size_of(nan)));
    CHECK(std::isnan(pluck::total_variation(nan, std::vector<double>{0, 1})));
}

TEST_CASE("entropy rises with temperature, from that of the best to that of all") {
    const std::vector<float> row = {3, 2.5f, 2, 1.5f, 1, 0.5f, 0, -0.5f, -1, -2};
    double previous = 0;
    for (const float t : {0.0f, 0.1f, 0.3f, 0.5f, 1.0f, 2.0f, 5.0f, 100.0f}) {
        const double here = pluck::entropy(row, pluck::temperature(t));
        CHECK(here >= previous);
        previous = here;
    }
    CHECK(previous < std::log(10));
    CHECK(previous > std::log(10) - 0.01);
}
