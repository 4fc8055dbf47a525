// SPDX-License-Identifier: MIT
//
// Shows:       a batch: temperature, then top-p, then a draw, for eight rows in one call. First one chain for all rows,
//              then a chain for each. A row is drawn with its own key, {seed, sequence, position}, and its token is the
//              same alone, in any batch, and with any number of threads.
// Leaves out:  the threads: sample_rows(batch, chain, keys, picks, pool) with the pool of <pluck/thread_pool.hpp>.
// Next:        05_diversity_and_quality.

#include "support/chart.hpp"
#include <pluck/pluck.hpp>

#include <Eigen/Core>

#include <cstddef>
#include <iostream>
#include <string>
#include <vector>

using picture::number;
using picture::percent;

namespace {

constexpr std::size_t n_rows = 8;
constexpr std::size_t n_positions = 1000;

// [batch, vocab], a row per sequence.
using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// The keys of one step: a sequence per row, and the position that all of them have reached.
std::vector<pluck::key> keys_at(std::size_t position) {
    std::vector<pluck::key> keys;
    for (std::size_t row = 0; row < n_rows; ++row) keys.push_back({.seed = 7, .sequence = row, .position = position});
    return keys;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string file = picture::plot_file(argc, argv);

    const Eigen::RowVectorXf logits{{3.0f, 2.0f, 1.5f, 1.0f, 0.5f, 0.0f, -1.0f, -2.0f}};
    const matrix batch = logits.replicate<n_rows, 1>();  // all rows equal, so that only the keys differ
    std::vector<pluck::pick> picks(n_rows);

    // One chain for all rows.
    const auto chain = pluck::temperature(0.8) | pluck::top_p(0.9);
    std::vector<std::string> sequences(n_rows);
    Eigen::ArrayXd drawn = Eigen::ArrayXd::Zero(8);
    bool same_alone = true;
    for (std::size_t position = 0; position < n_positions; ++position) {
        const std::vector<pluck::key> keys = keys_at(position);
        pluck::sample_rows(batch, chain, keys, picks);
        for (std::size_t row = 0; row < n_rows; ++row) {
            if (position < 30) sequences[row] += std::to_string(picks[row].token) + ' ';
            drawn[picks[row].token] += 1.0 / static_cast<double>(n_rows * n_positions);
            same_alone =
                same_alone && picks[row] == pluck::sample(batch.row(static_cast<Eigen::Index>(row)), chain, keys[row]);
        }
    }

    picture::heading("One chain for all rows: temperature(0.8) | top_p(0.9)");
    picture::table draws({{"row"}, {"first 30 tokens of 1000", picture::align::left}});
    for (std::size_t row = 0; row < n_rows; ++row) draws.row({std::to_string(row), sequences[row]});
    draws.print();
    std::cout << "\n  Each row drawn alone gives the same tokens: " << (same_alone ? "yes" : "no") << '\n';

    picture::heading("What the chain does to the row, step by step, and how often each token was drawn");
    const Eigen::ArrayXd original = pluck::probabilities(logits, pluck::categorical());
    const Eigen::ArrayXd sharper = pluck::probabilities(logits, pluck::temperature(0.8));
    const Eigen::ArrayXd kept = pluck::probabilities(logits, chain);
    picture::table steps({{"token"},
                          {"logit"},
                          {"original"},
                          {"T = 0.8"},
                          {"then p = 0.9"},
                          {"drawn of 8000"},
                          {"", picture::align::left}});
    for (int token = 0; token < 8; ++token) {
        steps.row({std::to_string(token), number(logits[token], 1), percent(original[token]), percent(sharper[token]),
                   kept[token] > 0 ? percent(kept[token]) : "·", percent(drawn[token]),
                   picture::bar(drawn[token], 24)});
    }
    steps.print();

    // A chain per row: in a server, every user has his own settings. Neutral fields cost nothing.
    const std::vector<pluck::combined> settings = {
        {.temperature = 0.0f},
        {.temperature = 0.5f},
        {.temperature = 0.8f},
        {.temperature = 0.8f, .top_p = 0.9f},
        {.temperature = 1.5f, .top_p = 0.9f},
        {.temperature = 1.5f, .top_k = 4},
        {.temperature = 1.5f, .top_k = 4, .top_p = 0.7f},
        {.min_p = 0.2f},
    };
    const std::vector<std::string> names = {
        "T 0", "T 0.5", "T 0.8", "T 0.8, p 0.9", "T 1.5, p 0.9", "T 1.5, k 4", "T 1.5, k 4, p 0.7", "min-p 0.2"};
    pluck::sample_rows(batch, settings, keys_at(0), picks);

    picture::heading("A chain for each row, and its candidates in ranking order");
    picture::table rows({{"row"},
                         {"settings", picture::align::left},
                         {"pick"},
                         {"candidates: token probability", picture::align::left}});
    for (std::size_t row = 0; row < n_rows; ++row) {
        std::string text;
        for (const pluck::candidate& c : pluck::candidates(logits, settings[row])) {
            text += std::to_string(c.token) + ' ' + (c.probability < 0.005 ? "<1%" : percent(c.probability, 0)) + "  ";
        }
        rows.row({std::to_string(row), names[row], std::to_string(picks[row].token), text});
    }
    rows.print();

    const auto values = [](const Eigen::ArrayXd& p) { return std::vector<double>(p.begin(), p.end()); };
    picture::plot(file, {.title = "Temperature 0.8, then top-p 0.9, then a draw",
                         .panels = {{.x_label = "token",
                                     .y_label = "probability",
                                     .data = {{"original", values(original), {}, "#b6bec9"},
                                              {"after temperature", values(sharper), {}, picture::palette()[1]},
                                              {"after top-p", values(kept), {}, picture::palette()[0]},
                                              {"drawn, of 8000", values(drawn), {}, picture::palette()[2]}},
                                     .names = {"0", "1", "2", "3", "4", "5", "6", "7"}}}});
    return same_alone ? 0 : 1;
}
