// SPDX-License-Identifier: MIT
//
// Shows:       why top-p adapts and top-k does not. On a confident row top_k(3) keeps two tokens that hardly count; on
//              an uncertain row it throws away seven that count as much as the three it keeps. top_p(0.9) keeps as
//              many tokens as it takes to hold nine tenths of the probability: few when sure, many when not.
// Leaves out:  chains of both (04_combined_batch); min_p, which adapts too (01_all_samplers).
// Next:        04_combined_batch.

#include "support/chart.hpp"
#include <pluck/pluck.hpp>

#include <Eigen/Core>

#include <iostream>
#include <string>
#include <vector>

using picture::percent;

namespace {

struct comparison {
    Eigen::VectorXf logits;
    Eigen::ArrayXd original = pluck::probabilities(logits, pluck::categorical());
    Eigen::ArrayXd top_k = pluck::probabilities(logits, pluck::top_k(3));  // renormalised, 0 where removed
    Eigen::ArrayXd top_p = pluck::probabilities(logits, pluck::top_p(0.9));

    // The original probability of what is kept.
    double share(const Eigen::ArrayXd& kept) const { return (kept > 0).select(original, 0.0).sum(); }
};

std::string kept(double p) { return p > 0 ? percent(p) : picture::paint("·", picture::colour::dim); }

picture::panel panel_of(const std::string& title, const comparison& c, const std::string& y_range) {
    return {.title = title,
            .x_label = "token",
            .y_label = "probability",
            .data = {{"original", {c.original.begin(), c.original.end()}, {}, "#b6bec9"},
                     {"top-k, k = 3", {c.top_k.begin(), c.top_k.end()}, {}, picture::palette()[1]},
                     {"top-p, p = 0.9", {c.top_p.begin(), c.top_p.end()}, {}, picture::palette()[0]}},
            .names = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
            .extra = "set yrange " + y_range};
}

}  // namespace

int main(int argc, char** argv) {
    const std::string file = picture::plot_file(argc, argv);

    const comparison sure{Eigen::VectorXf{{5.0f, 1.0f, 0.5f, 0.1f, -0.5f, -1.0f, -2.0f, -3.0f, -4.0f, -5.0f}}};
    const comparison unsure{Eigen::VectorXf{{1.0f, 0.9f, 0.85f, 0.8f, 0.7f, 0.6f, 0.5f, 0.3f, 0.1f, -0.1f}}};

    picture::heading("Original probability, and what is kept, renormalised");
    std::cout << "         confident                            uncertain\n";
    picture::table table({{"token"},
                          {"original"},
                          {"", picture::align::left},
                          {"top-k"},
                          {"top-p"},
                          {"original"},
                          {"", picture::align::left},
                          {"top-k"},
                          {"top-p"}});
    for (int token = 0; token < 10; ++token) {
        std::vector<std::string> cells = {std::to_string(token)};
        for (const comparison* c : {&sure, &unsure}) {
            cells.insert(cells.end(), {percent(c->original[token]), picture::bar(c->original[token], 10),
                                       kept(c->top_k[token]), kept(c->top_p[token])});
        }
        table.row(cells);
    }
    table.print();

    picture::heading("How many tokens are kept, and the share of probability they had");
    picture::table counts({{"row", picture::align::left}, {"top-k, k = 3"}, {"share"}, {"top-p, p = 0.9"}, {"share"}});
    for (const auto& [name, c] : {std::pair{"confident", &sure}, std::pair{"uncertain", &unsure}}) {
        counts.row({name, std::to_string((c->top_k > 0).count()), percent(c->share(c->top_k)),
                    std::to_string((c->top_p > 0).count()), percent(c->share(c->top_p))});
    }
    counts.print();

    picture::plot(file, {.title = "Top-k keeps a number, top-p keeps a share",
                         .panels = {panel_of("confident", sure, "[0:1]"), panel_of("uncertain", unsure, "[0:0.4]")},
                         .columns = 2,
                         .width = 1100});
}
