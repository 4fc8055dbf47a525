// SPDX-License-Identifier: MIT
//
// Shows:       how temperature reshapes a distribution, and its entropy H beside each T. All probabilities are of
//              softmax(logits / T): below 1 the best tokens gain, above 1 the others do; the ranking never changes.
// Leaves out:  removing tokens; temperature alone keeps them all.
// Next:        03_top_k_against_top_p.

#include "support/chart.hpp"
#include <pluck/pluck.hpp>

#include <Eigen/Core>

#include <cmath>
#include <iostream>
#include <string>
#include <vector>

using picture::number;

int main(int argc, char** argv) {
    const std::string file = picture::plot_file(argc, argv);

    Eigen::VectorXf logits(10);
    logits << 3.0f, 2.5f, 2.0f, 1.5f, 1.0f, 0.5f, 0.0f, -0.5f, -1.0f, -2.0f;
    const std::vector<double> temperatures = {0.3, 0.5, 1, 2, 5};

    // probabilities() gives the exact distribution that sample() draws from.
    std::vector<Eigen::ArrayXd> distributions;
    for (const double t : temperatures) distributions.push_back(pluck::probabilities(logits, pluck::temperature(t)));

    picture::heading("Probability of each token, by temperature");
    std::vector<picture::table::column> columns = {{"token"}, {"logit"}};
    for (const double t : temperatures) columns.push_back({"T = " + number(t, t < 1 ? 1 : 0), picture::align::left});
    picture::table bars(columns);
    for (int token = 0; token < logits.size(); ++token) {
        std::vector<std::string> cells = {std::to_string(token), number(logits[token], 1)};
        for (const Eigen::ArrayXd& p : distributions) cells.push_back(picture::bar(p[token], 11));
        bars.row(cells);
    }
    bars.print();

    picture::heading("How spread out it is");
    picture::table spread(
        {{"T"}, {"H / nats"}, {"", picture::align::left}, {"exp H"}, {"best token"}, {"worst token"}});
    for (std::size_t i = 0; i < temperatures.size(); ++i) {
        const Eigen::ArrayXd& p = distributions[i];
        const double h = pluck::entropy_of(p);
        spread.row({number(temperatures[i], 1), number(h, 3), picture::bar(h / std::log(10.0), 20),
                    number(std::exp(h), 1), picture::percent(p[0]), picture::percent(p[9], 2)});
    }
    spread.print();
    std::cout << "\n  A full bar is ln 10 = " << number(std::log(10.0), 3)
              << " nats, that of ten equally likely tokens;\n"
                 "  exp H is how many equally likely tokens would be as spread out.\n";

    std::vector<picture::series> lines;
    for (std::size_t i = 0; i < temperatures.size(); ++i) {
        const Eigen::ArrayXd& p = distributions[i];
        lines.push_back({.name = "T = " + number(temperatures[i], temperatures[i] < 1 ? 1 : 0),
                         .y = {p.begin(), p.end()},
                         .colour = picture::cold_to_hot(static_cast<int>(i), static_cast<int>(temperatures.size()))});
    }
    // Entropy as a function of T, from 0.1 to 10, with the five temperatures marked on it.
    picture::series curve{.name = "", .y = {}, .x = {}, .colour = "#9ca3af", .as = picture::kind::curve};
    for (int i = 0; i <= 80; ++i) {
        const double t = 0.1 * std::pow(10.0, i / 40.0);
        curve.x.push_back(t);
        curve.y.push_back(pluck::entropy(logits, pluck::temperature(t)));
    }
    std::vector<picture::series> entropies = {curve};
    for (std::size_t i = 0; i < temperatures.size(); ++i) {
        entropies.push_back({.name = "",
                             .y = {pluck::entropy_of(distributions[i])},
                             .x = {temperatures[i]},
                             .colour = lines[i].colour,
                             .as = picture::kind::points});
    }
    picture::panel entropy{.title = "Entropy",
                           .x_label = "temperature T",
                           .y_label = "H / nats",
                           .as = picture::kind::lines,
                           .data = entropies,
                           .extra = "set logscale x; set xrange [0.1:10]; set yrange [0:2.5]"};
    picture::plot(file, {.title = "Temperature reshapes a distribution",
                         .panels = {{.title = "Distribution",
                                     .x_label = "token",
                                     .y_label = "probability",
                                     .as = picture::kind::lines,
                                     .data = lines,
                                     .extra = "set xtics 1; set xrange [-0.3:9.3]; set yrange [0:0.9]"},
                                    entropy},
                         .columns = 2,
                         .width = 1100});
}
