// SPDX-License-Identifier: MIT
//
// Shows:       two stages of your own, in a chain with the library's. `ban` moves scores (verb adjust: it comes first),
//              `epsilon_cutoff` moves a cut (verb keep). A stage is a small value with one call operator, a template
//              over the row; it calls the row's verbs, and runs on every row, in batches and on GPUs too.
// Leaves out:  draw stages, whose call returns the token, and stages that use randomness: stage.hpp.
// Next:        include/pluck/row/concept.hpp, the verbs of a row.

#include "support/chart.hpp"
#include <pluck/pluck.hpp>

#include <Eigen/Core>

#include <cmath>
#include <cstdint>
#include <iostream>
#include <span>
#include <string>
#include <vector>

/// Keeps the tokens whose probability is at least epsilon, and always the best one. Hewitt, Manning, Liang 2022.
struct epsilon_cutoff : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    float epsilon;

    explicit epsilon_cutoff(float least) : epsilon(least) {}

    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        row.keep_mass_at_least(pluck::mass_share(epsilon, row.total()));  // in integers, so the same everywhere
    }
};

/// Forbids some tokens. The ids stay in the caller's memory.
struct ban : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::adjust;
    std::span<const std::int32_t> ids;

    explicit ban(std::span<const std::int32_t> banned) : ids(banned) {}

    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        row.edit(ids, [](float, std::size_t) { return -INFINITY; });
    }
};

// The same from the definition, in plain floating point: what the chain must agree with.
Eigen::ArrayXd expected(const Eigen::ArrayXd& logits, std::span<const std::int32_t> banned, double epsilon) {
    Eigen::ArrayXd p = logits.exp();
    for (const std::int32_t id : banned) p[id] = 0;
    p /= p.sum();
    p = (p >= epsilon).select(p, 0);
    return p / p.sum();
}

int main(int argc, char** argv) {
    const std::string file = picture::plot_file(argc, argv);

    const Eigen::VectorXf logits{{2.0f, 1.5f, 1.0f, 0.5f, 0.1f, -0.5f, -1.0f, -2.0f, -3.0f, -5.0f}};
    const std::vector<std::int32_t> banned = {1, 3};

    const Eigen::ArrayXd original = pluck::probabilities(logits, pluck::categorical());
    const Eigen::ArrayXd allowed = pluck::probabilities(logits, ban(banned));
    const auto chain = ban(banned) | epsilon_cutoff(0.05f);
    const Eigen::ArrayXd kept = pluck::probabilities(logits, chain);

    picture::heading("ban({1, 3}) | epsilon_cutoff(0.05)");
    const auto cell = [](double p) { return p > 0 ? picture::percent(p) : "·"; };
    picture::table table({{"token"}, {"original"}, {"banned 1 and 3"}, {"then cut off"}, {"", picture::align::left}});
    for (int token = 0; token < 10; ++token) {
        table.row({std::to_string(token), picture::percent(original[token]), cell(allowed[token]), cell(kept[token]),
                   picture::bar(kept[token], 30)});
    }
    table.print();

    const double difference = (kept - expected(logits.cast<double>().array(), banned, 0.05)).abs().maxCoeff();
    const bool right = difference < 1e-6;
    std::cout << "\n  The same as its definition in floating point: " << (right ? "yes" : "no") << '\n';

    // They combine with every other stage, by | or in a chain, and draw like any sampler.
    const pluck::chain longer{ban(banned), pluck::temperature(1.5), epsilon_cutoff(0.05f), pluck::top_k(3)};
    std::cout << "  Drawn by ban | temperature(1.5) | epsilon_cutoff(0.05) | top_k(3):";
    for (int position = 0; position < 16; ++position) {
        std::cout << ' ' << pluck::sample(logits, longer, {.seed = 7, .position = position}).token;
    }
    std::cout << '\n';

    const auto values = [](const Eigen::ArrayXd& p) { return std::vector<double>(p.begin(), p.end()); };
    picture::plot(file, {.title = "A chain of two stages of your own",
                         .panels = {{.x_label = "token",
                                     .y_label = "probability",
                                     .data = {{"original", values(original), {}, "#b6bec9"},
                                              {"tokens 1 and 3 banned", values(allowed), {}, picture::palette()[1]},
                                              {"then epsilon_cutoff(0.05)", values(kept), {}, picture::palette()[0]}},
                                     .names = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}}}});
    return right ? 0 : 1;
}
