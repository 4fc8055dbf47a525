// SPDX-License-Identifier: MIT
//
// Do counts come from a distribution? Pearson's chi-squared and the likelihood ratio G, both against the chi-squared
// distribution, two-sided: draws that fit too well are no random draws either.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace pluck_test {

/// The probability of a value below x, and of one above it. Each is computed where it is small, so both keep their
/// digits far out in their tail.
struct tails {
    double lower = 0;
    double upper = 1;
};

/// The regularised incomplete gamma functions P(a, x) and Q(a, x): the series of P below x = a + 1, beyond it the
/// continued fraction of Q by Lentz's method. Abramowitz and Stegun, 6.5.29 and 6.5.31.
[[nodiscard]] inline tails gamma_tails(double a, double x) {
    if (!(x > 0)) return {0, 1};
    constexpr double precision = 1e-15;
    const double front = std::exp(a * std::log(x) - x - std::lgamma(a));
    if (x < a + 1) {
        double term = 1 / a;
        double sum = term;
        for (double n = a + 1; term > sum * precision; ++n) sum += term *= x / n;
        return {front * sum, 1 - front * sum};
    }
    constexpr double tiny = std::numeric_limits<double>::min();
    double b = x + 1 - a;
    double c = 1 / tiny;
    double d = 1 / b;
    double fraction = d;
    for (double n = 1, change = 0; std::abs(change - 1) > precision; ++n) {
        const double numerator = -n * (n - a);
        b += 2;
        d = numerator * d + b;
        if (std::abs(d) < tiny) d = tiny;
        d = 1 / d;
        c = b + numerator / c;
        if (std::abs(c) < tiny) c = tiny;
        change = c * d;
        fraction *= change;
    }
    return {1 - front * fraction, front * fraction};
}

/// Where `statistic` lies in the chi-squared distribution.
[[nodiscard]] inline tails chi_squared_tails(double statistic, int degrees) {
    return gamma_tails(degrees / 2.0, statistic / 2.0);
}

/// One test in a million may fail by chance; the seeds are fixed, so one that passes does so for ever.
inline constexpr double alpha = 1e-6;

/// Bins whose expectations are large enough for the chi-squared approximation. `group[i]` is bin i's group, -1 for one
/// that can not happen. All rare bins make one group; if even that is rare, the least of the others takes it in, and
/// `rare` says which bins those were.
struct grouping {
    std::vector<int> group;
    std::vector<double> expected;
    std::vector<bool> rare;
    double rare_expected = 0;

    grouping(std::span<const double> probabilities, double count)
        : group(probabilities.size(), -1), rare(probabilities.size(), false) {
        constexpr double enough = 10;
        std::size_t least = 0;
        for (std::size_t i = 0; i < probabilities.size(); ++i) {
            const double expectation = probabilities[i] * count;
            if (!(expectation > 0)) continue;
            if (expectation < enough) {
                rare[i] = true;
                rare_expected += expectation;
            } else {
                group[i] = static_cast<int>(expected.size());
                expected.push_back(expectation);
                if (expectation < expected[least]) least = expected.size() - 1;
            }
        }
        if (rare_expected == 0) return;
        const bool enough_for_a_group = rare_expected >= enough || expected.empty();
        if (enough_for_a_group) {
            least = expected.size();
            expected.push_back(0);
        }
        expected[least] += rare_expected;
        for (std::size_t i = 0; i < group.size(); ++i) {
            if (rare[i]) group[i] = static_cast<int>(least);
            if (enough_for_a_group) rare[i] = false;
        }
    }

    [[nodiscard]] int degrees() const { return static_cast<int>(expected.size()) - 1; }

    [[nodiscard]] std::vector<double> grouped(std::span<const double> values) const {
        std::vector<double> sums(expected.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (group[i] >= 0) sums[static_cast<std::size_t>(group[i])] += values[i];
        }
        return sums;
    }
};

struct goodness_of_fit {
    std::uint64_t impossible = 0;  ///< counts in bins of probability zero
    std::uint64_t rare = 0;        ///< counts in bins that were too rare for a group of their own
    double rare_tail = 1;          ///< the probability of as many, by Poisson
    int degrees = 0;
    double chi_squared = 0;
    double g = 0;
    tails chi_squared_tail{0.5, 0.5};
    tails g_tail{0.5, 0.5};

    goodness_of_fit(std::span<const std::uint64_t> counts, std::span<const double> probabilities) {
        std::vector<double> observed(counts.begin(), counts.end());
        double count = 0;
        for (const double each : observed) count += each;
        const grouping bins(probabilities, count);
        degrees = bins.degrees();
        for (std::size_t i = 0; i < counts.size(); ++i) {
            if (bins.group[i] < 0) impossible += counts[i];
            if (bins.rare[i]) rare += counts[i];
        }
        if (rare > 0) rare_tail = gamma_tails(static_cast<double>(rare), bins.rare_expected).lower;
        observed = bins.grouped(observed);
        for (std::size_t i = 0; i < observed.size(); ++i) {
            const double difference = observed[i] - bins.expected[i];
            chi_squared += difference * difference / bins.expected[i];
            if (observed[i] > 0) g += 2 * observed[i] * std::log(observed[i] / bins.expected[i]);
        }
        if (degrees == 0) return;  // one token: that nothing else was drawn says it all
        chi_squared_tail = chi_squared_tails(chi_squared, degrees);
        g_tail = chi_squared_tails(g, degrees);
    }

    /// Neither too far from the distribution nor too close to it, by either statistic.
    [[nodiscard]] bool plausible() const {
        const auto inside = [](const tails& tail) { return tail.lower > alpha && tail.upper > alpha; };
        return impossible == 0 && rare_tail > alpha && inside(chi_squared_tail) && inside(g_tail);
    }
};

/// Whether `count` draws from `wrong` are certain to be told from `right`: chi-squared would have to come out five
/// standard deviations below its mean to pass, or so would the number of tokens that are impossible or rare.
[[nodiscard]] inline bool told_apart(std::span<const double> wrong, std::span<const double> right, double count) {
    const grouping bins(right, count);
    double impossible = 0;
    double rare = 0;
    for (std::size_t i = 0; i < wrong.size(); ++i) {
        if (bins.group[i] < 0) impossible += wrong[i] * count;
        if (bins.rare[i]) rare += wrong[i] * count;
    }
    const auto at_least = [](double mean) { return mean - 5 * std::sqrt(mean); };
    if (at_least(impossible) > 1) return true;
    if (at_least(rare) > 1 && gamma_tails(at_least(rare), bins.rare_expected).lower < alpha) return true;
    if (bins.degrees() == 0) return false;
    const std::vector<double> share = bins.grouped(wrong);
    double noncentrality = 0;
    for (std::size_t i = 0; i < share.size(); ++i) {
        const double difference = share[i] * count - bins.expected[i];
        noncentrality += difference * difference / bins.expected[i];
    }
    const double mean = bins.degrees() + noncentrality;
    const double deviation = std::sqrt(2 * bins.degrees() + 4 * noncentrality);
    return chi_squared_tails(std::max(0.0, mean - 5 * deviation), bins.degrees()).upper < alpha;
}

}  // namespace pluck_test
