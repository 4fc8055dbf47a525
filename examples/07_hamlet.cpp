// SPDX-License-Identifier: MIT
//
// Shows:       sampling in a real model. A small transformer (model/) learns a passage of Hamlet, character by
//              character; then each strategy writes on from the same prompt, and thirty runs of each are compared.
//              Twice: after 25 epochs, when the model half knows its text, and after 150, when it knows it by heart.
// Leaves out:  a text large enough to generalise from. Many rows at once: 04_combined_batch.
// Next:        08_your_own_sampler; model/train.hpp and model/generate.hpp for the transformer.
//
// The trained weights stay in files beside you, so only the first run trains.

#include "model/generate.hpp"
#include "model/load_or_train.hpp"
#include "support/chart.hpp"
#include <pluck/pluck.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <iostream>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using picture::number;

namespace {

const std::string prompt = "To be or ";
constexpr int text_length = 80;
constexpr int n_runs = 30;
constexpr int run_length = 40;

struct strategy {
    std::string name;
    pluck::combined chain;
};

std::vector<strategy> strategies() {
    return {
        {"greedy", {.temperature = 0}},
        {"T = 0.3", {.temperature = 0.3}},
        {"T = 0.8", {.temperature = 0.8}},
        {"T = 1.5", {.temperature = 1.5}},
        {"T = 0.8, k = 5", {.temperature = 0.8, .top_k = 5}},
        {"T = 0.8, p = 0.9", {.temperature = 0.8, .top_p = 0.9}},
    };
}

/// Writes on from what `start` has read. This is where pluck comes in: logits and a key in, a token out. The keys are
/// the same for every strategy, so two texts differ only where the strategies do.
std::vector<int> write(const model::reader<float>& start, const pluck::combined& chain, int sequence, int length) {
    return model::generate(start, length, [&](const model::row_vector<float>& logits, int position) {
        const pluck::pick next = pluck::sample(logits, chain, {.seed = 42, .sequence = sequence, .position = position});
        if (!next) throw std::runtime_error("no token: " + std::string(pluck::to_string(next.status)));
        return static_cast<int>(next.token);
    });
}

// ---- what is measured ----

struct outcome {
    int unique_sequences = 0;
    double unique_tokens = 0;  // mean per sequence
    double log_p = 0;          // mean per token, by the model itself at T = 1
};

double log_probability(const model::row_vector<float>& logits, int token) {
    return std::log(pluck::probabilities(logits, pluck::categorical())[token]);
}

double entropy(const model::row_vector<float>& logits, int) { return pluck::entropy(logits, pluck::categorical()); }

/// The mean of `measure(logits, token)` while `at` reads the tokens.
template <class Measure>
double mean_over(model::reader<float> at, const std::vector<int>& tokens, Measure measure) {
    double sum = 0;
    for (const int token : tokens) {
        sum += measure(at.logits(), token);
        at.read(token);
    }
    return sum / static_cast<double>(tokens.size());
}

outcome measure_runs(const model::reader<float>& start, const pluck::combined& chain) {
    outcome result;
    std::set<std::vector<int>> sequences;
    for (int run = 0; run < n_runs; ++run) {
        const std::vector<int> tokens = write(start, chain, run, run_length);
        const std::set<int> different(tokens.begin(), tokens.end());
        result.unique_tokens += static_cast<double>(different.size()) / n_runs;
        result.log_p += mean_over(start, tokens, log_probability) / n_runs;
        sequences.insert(tokens);
    }
    result.unique_sequences = static_cast<int>(sequences.size());
    return result;
}

// ---- what is shown ----

/// The text in lines of at most 72 columns, broken between words where there are any.
void print_wrapped(std::string text) {
    constexpr std::size_t columns = 72;
    while (text.size() > columns) {
        const std::size_t space = text.rfind(' ', columns);
        const bool between_words = space != std::string::npos && space > 0;
        std::cout << "    " << text.substr(0, between_words ? space : columns) << '\n';
        text.erase(0, between_words ? space + 1 : columns);
    }
    std::cout << "    " << text << '\n';
}

void print_comparison(const std::vector<outcome>& outcomes) {
    using picture::align;
    picture::table table({{"strategy", align::left},
                          {"unique runs"},
                          {"", align::left},
                          {"unique tokens"},
                          {"", align::left},
                          {"log p"}});
    const std::vector<strategy> all = strategies();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const outcome& o = outcomes[i];
        table.row({all[i].name, std::to_string(o.unique_sequences), picture::bar(1.0 * o.unique_sequences / n_runs, 10),
                   number(o.unique_tokens, 1), picture::bar(o.unique_tokens / 20, 10), number(o.log_p, 3)});
    }
    std::cout << "\n"
              << n_runs << " runs of " << run_length << " characters: how many of the runs differ, how many different "
              << "characters\na run has, and the mean log-probability that the model gave to what was drawn\n\n";
    table.print();
}

std::vector<outcome> show(const model::trained_model& trained) {
    const std::string epochs = std::to_string(trained.losses.size());
    picture::heading("After " + epochs + " epochs: \"" + prompt + "\" and " + std::to_string(text_length) + " more");
    model::reader<float> start(trained.net);
    start.read(model::alphabet(trained.characters).encode(prompt));

    std::vector<outcome> outcomes;
    for (const strategy& s : strategies()) {
        const std::vector<int> tokens = write(start, s.chain, 0, text_length);
        std::cout << "  " << picture::paint(s.name, picture::colour::bold) << '\n';
        print_wrapped(prompt + model::alphabet(trained.characters).decode(tokens));
        outcomes.push_back(measure_runs(start, s.chain));
    }
    print_comparison(outcomes);
    const std::vector<int> greedy = write(start, {.temperature = 0}, 0, run_length);
    std::cout << "\nalong the greedy text the next character has a mean entropy of "
              << number(mean_over(start, greedy, entropy), 3) << " nats\n";
    return outcomes;
}

/// One chart for all models: the loss of the longest training, and a group of bars per strategy.
void plot(const std::string& file, const std::vector<model::trained_model>& models,
          const std::vector<std::vector<outcome>>& outcomes) {
    picture::panel loss{.title = "Training",
                        .x_label = "epoch",
                        .y_label = "loss, nats per character",
                        .as = picture::kind::lines,
                        .data = {{}},
                        .extra = "set logscale y"};
    for (const float value : models.back().losses) {
        loss.data[0].y.push_back(value);
        loss.data[0].x.push_back(static_cast<double>(loss.data[0].y.size()));
    }
    std::vector<std::string> names;
    for (const strategy& s : strategies()) names.push_back(s.name);
    const auto bars = [&](const std::string& title, const std::string& label, int decimals, auto value_of) {
        picture::panel p{.title = title,
                         .x_label = "",
                         .y_label = label,
                         .data = {},
                         .names = names,
                         .value_decimals = decimals,
                         .extra = "set xtics font ',9'"};
        for (std::size_t m = 0; m < models.size(); ++m) {
            p.data.push_back({std::to_string(models[m].losses.size()) + " epochs", {}});
            for (const outcome& o : outcomes[m]) p.data.back().y.push_back(value_of(o));
        }
        return p;
    };
    picture::plot(
        file,
        {.title = "A transformer on Hamlet, sampled",
         .panels = {loss,
                    bars("Unique sequences", "of 30 runs", 0,
                         [](const outcome& o) { return 1.0 * o.unique_sequences; }),
                    bars("Unique tokens", "mean per sequence", 1, [](const outcome& o) { return o.unique_tokens; }),
                    bars("Surprise of the model", "mean of -log p, nats per character", 3,
                         [](const outcome& o) { return -o.log_p; })},
         .columns = 2,
         .width = 1500,
         .height = 900});
}

void run(const picture::arguments& given) {
    const std::string chart = picture::plot_file(given);
    const std::filesystem::path weights = given.text("--weights", "hamlet.weights");
    const long epochs = given.integer("--epochs", 150);
    const long threads = given.integer("--threads", std::clamp(std::thread::hardware_concurrency(), 1u, 4u));
    if (epochs < 1 || epochs > 100'000) given.fail("--epochs must be in [1, 100000]");
    if (threads < 1 || threads > 64) given.fail("--threads must be in [1, 64]");

    picture::heading("A transformer that learns Hamlet");
    std::vector<model::trained_model> models;
    if (!given.has("--epochs")) {
        std::filesystem::path early = weights;
        early.replace_filename(weights.stem().string() + "-early" + weights.extension().string());
        models.push_back(model::load_or_train(early.string(), 25, static_cast<int>(threads)));
    }
    models.push_back(model::load_or_train(weights.string(), static_cast<int>(epochs), static_cast<int>(threads)));
    const model::transformer<float>& net = models.back().net;
    std::cout << net.values.size() << " parameters: width " << net.size.width << ", " << net.size.layers
              << " layers of " << net.size.heads << " heads, context " << net.size.context << ", " << net.size.vocab
              << " characters\n";

    std::vector<std::vector<outcome>> outcomes;
    for (const model::trained_model& trained : models) outcomes.push_back(show(trained));
    plot(chart, models, outcomes);
}

}  // namespace

int main(int argc, char** argv) {
    const picture::arguments given(argc, argv,
                                   {{"--weights", "FILE", "the trained weights, made if not there (hamlet.weights)"},
                                    picture::plot_option,
                                    {"--epochs", "N", "one model, trained this long (two: 25 and 150)"},
                                    {"--threads", "N", "to train with (what the machine has, up to 4)"}});
    try {
        run(given);
    } catch (const std::exception& e) {
        given.fail(e.what(), 1);
    }
}
