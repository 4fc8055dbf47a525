// SPDX-License-Identifier: MIT
//
// Shows:       what a sampler trades. Fifty draws by each of four strategies from the ten logits of example 1:
//              diversity is the number of different tokens, quality the mean log-probability that the untouched
//              distribution (T = 1) gives to the tokens drawn.
// Leaves out:  quality as a reader judges it: 07_hamlet writes text.
// Next:        06_repetition.

#include "support/chart.hpp"
#include <pluck/pluck.hpp>

#include <Eigen/Core>

#include <cmath>
#include <string>
#include <vector>

using picture::number;

namespace {

constexpr int n_draws = 50;

struct strategy {
    std::string name;
    Eigen::ArrayXd counts = Eigen::ArrayXd::Zero(10);  // of each token
    Eigen::Index unique = 0;
    double mean_log_p = 0;
};

template <class Chain>
strategy measure(const std::string& name, const Eigen::VectorXf& logits, const Chain& chain) {
    const Eigen::ArrayXd plain = pluck::probabilities(logits, pluck::categorical());
    strategy s{name};
    for (int position = 0; position < n_draws; ++position) {
        const pluck::pick next = pluck::sample(logits, chain, {.seed = 7, .position = position});
        s.mean_log_p += std::log(plain[next.token]) / n_draws;
        s.counts[next.token] += 1;
    }
    s.unique = (s.counts > 0).count();
    return s;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string file = picture::plot_file(argc, argv);

    const Eigen::VectorXf logits{{2.0f, 1.5f, 1.0f, 0.5f, 0.1f, -0.5f, -1.0f, -2.0f, -3.0f, -5.0f}};
    const std::vector<strategy> strategies = {
        measure("greedy", logits, pluck::greedy()),
        measure("T = 0.3", logits, pluck::temperature(0.3)),
        measure("T = 0.8, p = 0.9", logits, pluck::temperature(0.8) | pluck::top_p(0.9)),
        measure("T = 1.0", logits, pluck::temperature(1.0)),
    };

    picture::heading("How often each token was drawn, of 50");
    std::vector<picture::table::column> columns = {{"token"}};
    for (const strategy& s : strategies) {
        columns.push_back({""});
        columns.push_back({s.name, picture::align::left});
    }
    picture::table histogram(columns);
    for (int token = 0; token < 10; ++token) {
        std::vector<std::string> cells = {std::to_string(token)};
        for (const strategy& s : strategies) {
            cells.push_back(s.counts[token] > 0 ? number(s.counts[token], 0) : "·");
            cells.push_back(picture::bar(s.counts[token] / n_draws, 12));
        }
        histogram.row(cells);
    }
    histogram.print();

    picture::heading("Diversity against quality");
    picture::table summary(
        {{"strategy", picture::align::left}, {"unique tokens"}, {"", picture::align::left}, {"mean log-probability"}});
    for (const strategy& s : strategies) {
        summary.row({s.name, std::to_string(s.unique), picture::bar(static_cast<double>(s.unique) / 10, 20),
                     number(s.mean_log_p, 3)});
    }
    summary.print();

    picture::panel counts{.title = "Fifty draws",
                          .x_label = "token",
                          .y_label = "times drawn",
                          .names = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}};
    picture::panel trade{.title = "Diversity against quality",
                         .x_label = "unique tokens",
                         .y_label = "mean log-probability",
                         .as = picture::kind::points,
                         .extra = "set xrange [0:10]; set yrange [-1.8:-0.8]"};
    for (const strategy& s : strategies) {
        counts.data.push_back({s.name, {s.counts.begin(), s.counts.end()}});
        trade.data.push_back({s.name, {s.mean_log_p}, {static_cast<double>(s.unique)}});
    }
    picture::plot(file, {.title = "What a sampler trades", .panels = {counts, trade}, .columns = 2, .width = 1200});
}
