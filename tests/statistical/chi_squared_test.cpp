// SPDX-License-Identifier: MIT
//
// The statistics themselves are tested first: the other tests rely on them.
#include "support/chi_squared.hpp"

#include "support/catch.hpp"
#include "support/effort.hpp"
#include "textbook.hpp"

#include <cmath>
#include <cstdint>
#include <vector>

using pluck_test::chi_squared_tails;
using pluck_test::goodness_of_fit;

TEST_CASE("the chi-squared distribution has its published critical values") {
    const struct {
        int degrees;
        double critical;
    } at_one_in_a_million[] = {{9, 44.81}, {63, 131.37}, {99, 180.79}, {255, 377.08}, {999, 1226.05}};
    for (const auto& [degrees, critical] : at_one_in_a_million) {
        CAPTURE(degrees);
        CHECK(chi_squared_tails(critical - 0.006, degrees).upper > 1e-6);
        CHECK(chi_squared_tails(critical + 0.006, degrees).upper < 1e-6);
    }
    CHECK(chi_squared_tails(3.841458820694124, 1).upper == Approx(0.05).epsilon(1e-12));
    CHECK(chi_squared_tails(18.307038053275146, 10).upper == Approx(0.05).epsilon(1e-12));
    CHECK(chi_squared_tails(124.34211340400407, 100).upper == Approx(0.05).epsilon(1e-12));
}

TEST_CASE("the tails of the chi-squared distribution are those of its closed forms") {
    for (const double x : {1e-6, 0.01, 0.5, 1.0, 3.0, 4.0, 10.0, 40.0, 100.0, 700.0}) {
        CAPTURE(x);
        // One degree: a squared normal. Two: an exponential. Four: a sum of two of them.
        CHECK(chi_squared_tails(x, 1).upper == Approx(std::erfc(std::sqrt(x / 2))).epsilon(1e-11));
        CHECK(chi_squared_tails(x, 1).lower == Approx(std::erf(std::sqrt(x / 2))).epsilon(1e-11));
        CHECK(chi_squared_tails(x, 2).upper == Approx(std::exp(-x / 2)).epsilon(1e-12));
        CHECK(chi_squared_tails(x, 2).lower == Approx(-std::expm1(-x / 2)).epsilon(1e-11));
        CHECK(chi_squared_tails(x, 4).upper == Approx(std::exp(-x / 2) * (1 + x / 2)).epsilon(1e-12));
    }
    CHECK(chi_squared_tails(0, 5).lower == 0);
    CHECK(chi_squared_tails(0, 5).upper == 1);
    CHECK(chi_squared_tails(1e6, 255).upper == 0);
}

TEST_CASE("both tails add up to one, and the lower one grows with the statistic") {
    for (const int degrees : {1, 2, 9, 31, 100, 255}) {
        double before = -1;
        for (double x = 0; x < 4.0 * degrees; x += 0.25) {
            const pluck_test::tails tail = chi_squared_tails(x, degrees);
            CAPTURE(degrees, x);
            REQUIRE(tail.lower + tail.upper == Approx(1).epsilon(1e-13));
            REQUIRE(tail.lower >= before);
            before = tail.lower;
        }
    }
}

TEST_CASE("rare bins are merged until ten draws are expected in each") {
    const std::vector<double> probabilities{0.5, 0.25, 0.2, 0.01, 0.02, 0, 0.02};
    const pluck_test::grouping wide(probabilities, 1000);
    CHECK(wide.degrees() == 5);
    CHECK(wide.group[5] == -1);
    const pluck_test::grouping pooled(probabilities, 300);  // 3, 6 and 6 draws make a bin of 15
    CHECK(pooled.degrees() == 3);
    CHECK(pooled.group[3] == pooled.group[4]);
    CHECK(pooled.group[3] == pooled.group[6]);
    CHECK(pooled.expected.back() == Approx(15));
    const pluck_test::grouping joined(probabilities, 100);  // 5 draws are too few for a bin: the least other takes them
    CHECK(joined.degrees() == 2);
    CHECK(joined.group[3] == joined.group[2]);
    CHECK(joined.expected[2] == Approx(25));
    CHECK(joined.rare[3]);
    CHECK(joined.rare_expected == Approx(5));
    CHECK(pooled.rare == std::vector<bool>(7, false));
}

TEST_CASE("both statistics have their textbook values") {
    // Mendel's peas: 9 : 3 : 3 : 1 expected.
    const std::vector<std::uint64_t> counts{315, 108, 101, 32};
    const std::vector<double> probabilities{9 / 16.0, 3 / 16.0, 3 / 16.0, 1 / 16.0};
    const goodness_of_fit fit(counts, probabilities);
    CHECK(fit.degrees == 3);
    CHECK(fit.chi_squared == Approx(0.470024).epsilon(1e-5));
    CHECK(fit.g == Approx(0.475445).epsilon(1e-5));
    CHECK(fit.chi_squared_tail.upper == Approx(0.925426).epsilon(1e-5));
    CHECK(fit.plausible());
}

TEST_CASE("counts that fit too well, too badly, or not at all are refused") {
    const std::vector<double> even(16, 1 / 16.0);
    CHECK_FALSE(goodness_of_fit(std::vector<std::uint64_t>(16, 10000), even).plausible());  // a counter, not chance
    std::vector<std::uint64_t> skewed(16, 10000);
    skewed[3] += 1000;
    CHECK_FALSE(goodness_of_fit(skewed, even).plausible());
    std::vector<double> without_the_last = even;
    without_the_last[15] = 0;
    without_the_last[14] = 2 / 16.0;
    auto counts = pluck_test::counts_from(without_the_last, 100000, 1);
    CHECK(goodness_of_fit(counts, without_the_last).plausible());
    counts[15] = 1;  // a single draw of what can not be drawn
    CHECK_FALSE(goodness_of_fit(counts, without_the_last).plausible());
    const std::vector<double> nearly_sure{1 - 1e-6, 1e-6};  // one rare token in a million draws, not twenty
    CHECK(goodness_of_fit(std::vector<std::uint64_t>{999'999, 1}, nearly_sure).plausible());
    CHECK_FALSE(goodness_of_fit(std::vector<std::uint64_t>{999'980, 20}, nearly_sure).plausible());
}

TEST_CASE("p-values of a true law are uniform") {
    const std::vector<double> probabilities{0.4, 0.3, 0.2, 0.05, 0.03, 0.02};
    std::vector<std::uint64_t> chi_squared_decile(10), g_decile(10);
    const std::size_t repetitions = pluck_test::repeated(20000);
    for (std::size_t i = 0; i < repetitions; ++i) {
        const goodness_of_fit fit(pluck_test::counts_from(probabilities, 3000, i << 32), probabilities);
        ++chi_squared_decile[static_cast<std::size_t>(fit.chi_squared_tail.upper * 10)];
        ++g_decile[static_cast<std::size_t>(fit.g_tail.upper * 10)];
    }
    const std::vector<double> even(10, 0.1);
    CHECK(goodness_of_fit(chi_squared_decile, even).plausible());
    CHECK(goodness_of_fit(g_decile, even).plausible());
}
