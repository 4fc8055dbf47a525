// SPDX-License-Identifier: MIT
//
// Shows:       every sampler on the same ten logits: which tokens it keeps, how likely each becomes, what it draws.
// Leaves out:  why one would choose one or the other; the next examples take them one by one.
// Next:        02_temperature.
//
// Each sampler draws with the same twenty keys, so the draws differ only where the distributions do.

#include "support/chart.hpp"
#include <pluck/pluck.hpp>

#include <Eigen/Core>

#include <iostream>
#include <string>
#include <vector>

namespace {

Eigen::VectorXf ten_logits() {
    Eigen::VectorXf logits(10);
    logits << 2.0f, 1.5f, 1.0f, 0.5f, 0.1f, -0.5f, -1.0f, -2.0f, -3.0f, -5.0f;
    return logits;
}

struct gallery {
    Eigen::VectorXf logits = ten_logits();
    picture::table table{{{"sampler", picture::align::left},
                          {"kept"},
                          {"0123456789", picture::align::left},
                          {"H"},
                          {"twenty draws", picture::align::left}}};
    std::vector<picture::panel> panels{};

    // A sampler is a stage, a chain of stages or a `combined`: sample() and probabilities() take them all.
    template <class Chain>
    void show(const std::string& name, const Chain& chain) {
        const Eigen::ArrayXd p = pluck::probabilities(logits, chain);
        std::string draws;
        for (int position = 0; position < 20; ++position) {
            draws += std::to_string(pluck::sample(logits, chain, {.seed = 7, .position = position}).token);
        }
        std::string columns;
        for (const double height : p) columns += picture::spark(height / 0.5);
        table.row({name, std::to_string((p > 0).count()), columns, picture::number(pluck::entropy_of(p)), draws});

        panels.push_back({.title = name,
                          .data = {{"", {p.begin(), p.end()}}},
                          .names = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
                          .extra = "set yrange [0:1]; set ytics 0.25; set title font ',11'"});
    }
};

}  // namespace

int main(int argc, char** argv) {
    const std::string file = picture::plot_file(argc, argv);
    gallery all;

    picture::heading("The logits, and their softmax");
    const Eigen::ArrayXd plain = pluck::probabilities(all.logits, pluck::categorical());
    picture::table row({{"token"}, {"logit"}, {"p"}, {"", picture::align::left}});
    for (int token = 0; token < 10; ++token) {
        row.row({std::to_string(token), picture::number(all.logits[token], 1), picture::percent(plain[token]),
                 picture::bar(plain[token] / 0.5, 40)});
    }
    row.print();

    picture::heading("What each sampler makes of them");
    all.show("categorical()", pluck::categorical());
    all.show("rejection()", pluck::rejection());
    all.show("greedy()", pluck::greedy());
    all.show("temperature(0.5)", pluck::temperature(0.5));
    all.show("temperature(2)", pluck::temperature(2));
    all.show("top_k(3)", pluck::top_k(3));
    all.show("top_p(0.9)", pluck::top_p(0.9));
    all.show("min_p(0.1)", pluck::min_p(0.1));
    all.show("temperature(2) | min_p(0.1)", pluck::temperature(2) | pluck::min_p(0.1));
    all.show("presets::openai()", pluck::presets::openai());
    all.show("presets::claude()", pluck::presets::claude());
    all.show("presets::llama()", pluck::presets::llama());
    all.show("combined{0.8, 5, 0.9, 0.05}",
             pluck::combined{.temperature = 0.8f, .top_k = 5, .top_p = 0.9f, .min_p = 0.05f});
    all.table.print();
    std::cout << "\n  A column per token: as high as it is likely, full from 50 % on, a dot where it is\n  removed. H: "
                 "entropy in nats.\n";

    picture::plot(file, {.title = "Ten logits, thirteen samplers: probability of each token",
                         .panels = all.panels,
                         .columns = 5,
                         .width = 1200,
                         .height = 720});
}
