// SPDX-License-Identifier: MIT
//
// How uncertain a draw is: the measures against closed forms and hand-made values, and against the draws themselves.
//
// Tolerances. A mass is exact to 2^-23 of itself (a 24-bit polynomial) and to |d| 2^-24 more, where the scale was
// rounded to float, with d the score's distance from the best. Weighed with p, that is at most 2^-22 (1 + E|d|) in each
// term of p log p, and so at most 2^-22 (1 + E|d|)(1 + H) in H: below 1e-6 (1 + H) for the rows here.
#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/logit_cases.hpp"
#include <pluck/pluck.hpp>

#include <Eigen/Core>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace {

double tolerance(double entropy) { return 1e-6 * (1 + entropy); }

}  // namespace

TEST_CASE("a flat row has entropy log V, exactly but for the last bits") {
    for (const std::size_t vocab : {1u, 2u, 3u, 10u, 64u, 65u, 1000u, 50257u}) {
        CAPTURE(vocab);
        const std::vector<float> row(vocab, -3.5f);
        const double expected = std::log(static_cast<double>(vocab));
        // All masses are the same integer, so only the sum in doubles rounds.
        CHECK(std::abs(pluck::entropy(row, pluck::chain{}) - expected) < 1e-11);
        CHECK(pluck::perplexity(row, pluck::chain{}) == Approx(vocab).epsilon(1e-11));
        CHECK(pluck::effective_size(row, pluck::chain{}) == Approx(vocab).epsilon(1e-11));
    }
}

TEST_CASE("a geometric row has the entropy of its closed form") {
    for (const double step : {0.0625, 0.25, 0.5, 1.0, 2.0}) {
        for (const double t : {0.25, 0.5, 1.0, 2.0, 8.0}) {
            for (const std::size_t vocab : {1u, 2u, 7u, 64u, 100u, 300u}) {
                CAPTURE(step, t, vocab);
                std::vector<float> row(vocab);
                for (std::size_t i = 0; i < vocab; ++i) row[i] = static_cast<float>(-step * static_cast<double>(i));
                const double n = static_cast<double>(vocab);
                const double rate = step / t;
                const double r = std::exp(-rate);
                // Z = (1 - r^n) / (1 - r), E[i] = r / (1 - r) - n r^n / (1 - r^n), H = log Z + rate E[i].
                const double z = -std::expm1(-rate * n) / -std::expm1(-rate);
                const double mean = r / -std::expm1(-rate) - n * std::exp(-rate * n) / -std::expm1(-rate * n);
                const double expected = std::log(z) + rate * mean;
                CHECK(std::abs(pluck::entropy(row, pluck::temperature(t)) - expected) <= tolerance(expected));
            }
        }
    }
}

TEST_CASE("a two-level row has the entropy of its closed form") {
    for (const int high : {1, 3, 50}) {
        for (const int low : {1, 10, 1000}) {
            for (const double gap : {0.5, 2.0, 8.0, 16.0}) {
                CAPTURE(high, low, gap);
                Eigen::VectorXf row = Eigen::VectorXf::Constant(high + low, 1.0f);
                row.head(high).array() += static_cast<float>(gap);
                const double z = high + low * std::exp(-gap);
                const double expected = std::log(z) + low * std::exp(-gap) * gap / z;
                CHECK(std::abs(pluck::entropy(row, pluck::chain{}) - expected) <= tolerance(expected));
                const double squares = (high + low * std::exp(-2 * gap)) / (z * z);
                CHECK(pluck::effective_size(row, pluck::chain{}) == Approx(1 / squares).epsilon(1e-6));
            }
        }
    }
}

TEST_CASE("a row that keeps one token has no entropy") {
    const std::vector<float> row{0.5f, 2.0f, 2.0f, -1.0f};
    CHECK(pluck::entropy(row, pluck::greedy()) == 0);
    CHECK(pluck::entropy(row, pluck::temperature(0)) == 0);
    CHECK(pluck::perplexity(row, pluck::top_k(1)) == 1);
    CHECK(pluck::effective_size(row, pluck::top_p(0)) == 1);
}

TEST_CASE("probabilities are those of softmax to a few parts in ten million") {
    for (std::uint64_t number = 0; number < pluck_test::repeated(4000); ++number) {
        const std::vector<float> row = pluck_test::random_row(number);
        CAPTURE(number);
        double best = -std::numeric_limits<double>::infinity();
        for (const float logit : row) best = std::max(best, double{logit});
        double total = 0;
        for (const float logit : row) total += std::exp(logit - best);
        const Eigen::ArrayXd probabilities = pluck::probabilities(row, pluck::chain{});
        for (std::size_t i = 0; i < row.size(); ++i) {
            const double distance = best - row[i];
            const double expected = std::exp(-distance) / total;
            const double got = probabilities[static_cast<Eigen::Index>(i)];
            // Below 2^-16 of the best, the integer's own last bits show as well.
            const bool close = expected == 0
                                   ? got == 0
                                   : std::abs(got - expected) <= 0x1p-22 * (1 + distance) * expected + 0x1p-39 / total;
            if (!close) CHECK(got == Approx(expected));
        }
    }
}

TEST_CASE("entropy falls as the temperature falls") {
    for (std::uint64_t number = 0; number < pluck_test::repeated(2000); ++number) {
        const std::vector<float> row = pluck_test::random_row(number);
        double before = 0;
        for (double t = 0x1p-10; t < 0x1p10; t *= 1.25) {
            const double now = pluck::entropy(row, pluck::temperature(t));
            if (now < before - tolerance(before)) {
                CAPTURE(number, t);
                CHECK(now >= before);
            }
            before = now;
        }
    }
}

TEST_CASE("the entropy of millions of draws is that of the probabilities") {
    const std::size_t draws = pluck_test::repeated_nightly(4'000'000);
    std::uint64_t sequence = 0;
    for (const auto which : {pluck_test::shape::zipf, pluck_test::shape::normal, pluck_test::shape::two_level}) {
        for (const float t : {0.5f, 1.0f}) {
            CAPTURE(to_string(which), t);
            pluck_test::random_numbers numbers(11, static_cast<std::uint64_t>(which));
            const std::vector<float> row = pluck_test::logits_of(which, 32, numbers);
            const Eigen::ArrayXd exact = pluck::probabilities(row, pluck::temperature(t));
            Eigen::ArrayXd drawn = Eigen::ArrayXd::Zero(exact.size());
            ++sequence;
            for (std::size_t i = 0; i < draws; ++i) {
                const pluck::key key{.seed = 2026, .sequence = sequence, .position = i};
                drawn[pluck::sample(row, pluck::temperature(t), key).token] += 1.0;
            }
            drawn /= static_cast<double>(draws);
            // The estimate's deviation is sqrt(Var(log p) / N), its bias -(V - 1) / 2N (Miller and Madow).
            const double entropy = pluck::entropy_of(exact);
            const double n = static_cast<double>(draws);
            const double variance = (exact * (exact.max(1e-300).log() + entropy).square()).sum();
            const double bias = static_cast<double>(exact.size() - 1) / (2 * n);
            CHECK(std::abs(pluck::entropy_of(drawn) + bias - entropy) < 5 * std::sqrt(variance / n) + bias);
            CHECK(pluck::total_variation(drawn, exact) < std::sqrt(static_cast<double>(exact.size()) / n));
            CHECK(pluck::kl_divergence(drawn, exact) < 5 * bias);
        }
    }
}

TEST_CASE("measures of hand-made distributions have their hand-made values") {
    const Eigen::Array4d p{0.5, 0.25, 0.25, 0.0};
    const Eigen::Array4d q{0.25, 0.25, 0.25, 0.25};
    const double log2 = std::log(2.0);
    CHECK(pluck::entropy_of(p) == Approx(1.5 * log2).epsilon(1e-15));
    CHECK(pluck::entropy_of(q) == Approx(2 * log2).epsilon(1e-15));
    CHECK(pluck::perplexity_of(p) == Approx(std::sqrt(8.0)).epsilon(1e-15));
    CHECK(pluck::perplexity_of(q) == Approx(4).epsilon(1e-15));
    CHECK(pluck::effective_size_of(p) == Approx(1 / 0.375).epsilon(1e-15));
    CHECK(pluck::effective_size_of(q) == 4);
    CHECK(pluck::kl_divergence(p, q) == Approx(0.5 * log2).epsilon(1e-15));
    CHECK(pluck::kl_divergence(q, p) == std::numeric_limits<double>::infinity());
    CHECK(pluck::kl_divergence(p, p) == 0);
    CHECK(pluck::total_variation(p, q) == 0.25);
    CHECK(pluck::total_variation(q, p) == 0.25);
    CHECK(pluck::total_variation(p, p) == 0);
    const Eigen::Vector2f certain{0.0f, 1.0f};
    CHECK(pluck::entropy_of(certain) == 0);
    CHECK(pluck::perplexity_of(certain) == 1);
    CHECK(pluck::effective_size_of(certain) == 1);
    CHECK(pluck::total_variation(certain, Eigen::Vector2f{1.0f, 0.0f}) == 1);
}

TEST_CASE("measures of two distributions of different size are refused") {
    const Eigen::ArrayXd two = Eigen::ArrayXd::Constant(2, 0.5);
    const Eigen::ArrayXd four = Eigen::ArrayXd::Constant(4, 0.25);
    CHECK_THROWS_AS(pluck::kl_divergence(two, four), std::invalid_argument);
    CHECK_THROWS_AS(pluck::total_variation(four, two), std::invalid_argument);
}

TEST_CASE("cutting the tail never adds entropy, and its cost is what was cut") {
    for (std::uint64_t number = 0; number < pluck_test::repeated(10'000); ++number) {
        CAPTURE(number);
        const std::vector<float> row = pluck_test::random_row(number);
        const Eigen::ArrayXd whole = pluck::probabilities(row, pluck::chain{});
        const Eigen::ArrayXd head = pluck::probabilities(row, pluck::top_p(0.8f));
        // Conditioning on a set of share s: KL(head, whole) = -log s, and the distance is 1 - s.
        const double share = (head > 0).select(whole, 0.0).sum();
        REQUIRE(pluck::kl_divergence(head, whole) == Approx(-std::log(share)).margin(1e-12));
        REQUIRE(pluck::total_variation(head, whole) == Approx(1 - share).margin(1e-12));
        REQUIRE(pluck::entropy_of(head) <= pluck::entropy_of(whole) + 1e-12);
    }
}
