// SPDX-License-Identifier: MIT
//
// Shows:       why greedy decoding repeats itself. Twenty steps of a model that gives five rows of logits in turn: the
//              best token is always the same, by a little. Greedy takes it every time; sampling explores the others,
//              and so does greedy with a penalty for each time that the text already has a token.
// Leaves out:  a model whose next row depends on what was drawn: 07_hamlet.
// Next:        07_hamlet, or 08_your_own_sampler.

#include "support/chart.hpp"
#include <pluck/pluck.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace {

constexpr int n_steps = 20;

Eigen::Matrix<float, 5, 5, Eigen::RowMajor> rows() {
    return Eigen::Matrix<float, 5, 5, Eigen::RowMajor>{{3.0f, 2.5f, 2.0f, 1.0f, 0.5f},
                                                       {2.8f, 2.6f, 2.1f, 1.2f, 0.3f},
                                                       {3.2f, 2.4f, 1.9f, 1.1f, 0.4f},
                                                       {2.9f, 2.7f, 2.0f, 0.9f, 0.5f},
                                                       {3.1f, 2.3f, 2.2f, 1.3f, 0.1f}};
}

template <class Chain>
std::vector<double> generate(const Chain& chain) {
    const auto logits = rows();
    std::vector<double> tokens;
    for (int step = 0; step < n_steps; ++step) {
        tokens.push_back(pluck::sample(logits.row(step % 5), chain, {.seed = 7, .position = step}).token);
    }
    return tokens;
}

// The best token again, but a token loses 0.25 for each time that the text has it.
std::vector<double> generate_with_penalties() {
    const auto logits = rows();
    pluck::sequence text;
    const auto chain = pluck::penalties(text.history(), {.frequency = 0.25f}) | pluck::greedy();
    for (int step = 0; step < n_steps; ++step) {
        text.accept(pluck::sample(logits.row(step % 5), chain, text.key()).token);
    }
    return {text.tokens().begin(), text.tokens().end()};
}

// The tokens' ids, each id in a colour of its own.
std::string strip_of(const std::vector<double>& tokens) {
    using picture::colour;
    static constexpr colour colours[] = {colour::blue, colour::yellow, colour::green, colour::magenta, colour::red};
    std::string out;
    for (const double token : tokens) {
        const int id = static_cast<int>(token);
        out += picture::paint(std::to_string(id), colours[id]) + ' ';
    }
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string file = picture::plot_file(argc, argv);

    const std::vector<std::pair<std::string, std::vector<double>>> strategies = {
        {"greedy", generate(pluck::greedy())},
        {"greedy, penalties", generate_with_penalties()},
        {"T = 0.5", generate(pluck::temperature(0.5))},
        {"T = 0.8, p = 0.9", generate(pluck::temperature(0.8) | pluck::top_p(0.9))},
        {"T = 1.0", generate(pluck::temperature(1.0))},
    };

    picture::heading("Twenty steps over five rows of logits");
    picture::table table({{"strategy", picture::align::left},
                          {"tokens", picture::align::left},
                          {"different"},
                          {"longest run"},
                          {"repeats"}});
    for (const auto& [name, tokens] : strategies) {
        const std::size_t different = std::set<double>(tokens.begin(), tokens.end()).size();
        int repeats = 0;  // steps that take the token of the step before
        int run = 1;
        int longest_run = 1;
        for (std::size_t i = 1; i < tokens.size(); ++i) {
            const bool repeated = tokens[i] == tokens[i - 1];
            repeats += repeated ? 1 : 0;
            run = repeated ? run + 1 : 1;
            longest_run = std::max(longest_run, run);
        }
        table.row(
            {name, strip_of(tokens), std::to_string(different), std::to_string(longest_run), std::to_string(repeats)});
    }
    table.print();

    // A line of tiles per strategy, a colour per token.
    picture::panel tiles{.x_label = "step", .as = picture::kind::tiles};
    for (int token = 0; token < 5; ++token) {
        picture::series s{.name = "token " + std::to_string(token), .y = {}};
        for (std::size_t i = 0; i < strategies.size(); ++i) {
            for (std::size_t step = 0; step < n_steps; ++step) {
                if (strategies[i].second[step] != token) continue;
                s.x.push_back(static_cast<double>(step + 1));
                s.y.push_back(static_cast<double>(i));
            }
        }
        if (!s.y.empty()) tiles.data.push_back(s);
    }
    tiles.extra = "set yrange [4.6:-0.6]; set xrange [0.4:20.6]; set xtics 1; unset grid; set ytics (";
    for (std::size_t i = 0; i < strategies.size(); ++i) {
        tiles.extra += (i == 0 ? "'" : ", '") + strategies[i].first + "' " + std::to_string(i);
    }
    tiles.extra += ")";
    picture::plot(file, {.title = "Greedy repeats, penalties and sampling explore", .panels = {tiles}, .height = 420});
}
