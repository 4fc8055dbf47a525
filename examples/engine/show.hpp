// SPDX-License-Identifier: MIT
//
// Pictures of what a chain does: one prompt by six strategies, and of each token what was kept.
#pragma once

#include "generate.hpp"
#include "stream.hpp"
#include "support/picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <iostream>
#include <set>
#include <string>
#include <vector>

namespace engine {

struct strategy {
    std::string name;
    pluck::sampling_params request;
};
inline std::vector<strategy> six_strategies() {
    return {{"greedy", {.temperature = 0}},
            {"T = 0.3", {.temperature = 0.3f}},
            {"T = 0.8", {.temperature = 0.8f}},
            {"T = 1.5", {.temperature = 1.5f}},
            {"T = 0.8, k = 40", {.temperature = 0.8f, .top_k = 40}},
            {"T = 0.8, p = 0.9", {.temperature = 0.8f, .top_p = 0.9f}}};
}

/// One prompt by the lesson's six strategies, side by side. The keys are the same for all, so that two texts differ
/// only where the strategies do.
inline void compare_strategies(const model& of, const options& given) {
    const std::uint64_t seed = seed_of(given.request);
    const auto prompt = prompt_tokens(of, given, "Write a short story about a lighthouse keeper.");
    int n = given.tokens(64);
    context engine = context_for(of, given, prompt.size(), n);

    struct column {
        std::string name;
        std::vector<std::string> lines{};
        std::string log_p{};
        std::string different{};
    };
    const int width = terminal_width();
    const int side_by_side = width >= 6 * 24 ? 6 : width >= 3 * 24 ? 3 : 2;
    const int columns = width / side_by_side - 2;
    std::vector<column> all;
    for (const strategy& each : six_strategies()) {
        engine.rewind(all.empty() ? 0 : prompt.size() - 1);
        running one(of, prompt, each.request, seed);
        pluck::report said{.of = pluck::base::raw};
        times took;
        std::string text;
        double log_p = 0;
        std::set<int> different;
        const ending why = generate(engine, one, n, took, &said, [&](int token) {
            text += of.piece(token);
            log_p += static_cast<double>(said.log_probability);
            different.insert(token);
            return true;
        });
        if (why == ending::cancelled) break;
        text.resize(text.size() - incomplete_bytes(text));
        const auto count = std::max(1u, one.text.generated());
        all.push_back(
            {each.name, wrapped(text, columns), "log p " + picture::number(log_p / count),
             std::to_string(different.size()) + " of " + std::to_string(one.text.generated()) + " different"});
    }

    for (std::size_t first = 0; first < all.size(); first += static_cast<std::size_t>(side_by_side)) {
        const std::size_t last = std::min(all.size(), first + static_cast<std::size_t>(side_by_side));
        const auto print = [&](auto cell) {
            std::string line;
            for (std::size_t i = first; i < last; ++i) line += picture::pad(cell(all[i]), columns) + "  ";
            line.resize(line.find_last_not_of(' ') + 1);
            std::cout << line << '\n';
        };
        std::cout << '\n';
        print([](const column& c) { return picture::paint(c.name, picture::colour::bold); });
        print([&](const column&) { return picture::paint(picture::repeat("─", columns), picture::colour::dim); });
        std::size_t height = 0;
        for (std::size_t i = first; i < last; ++i) height = std::max(height, all[i].lines.size());
        for (std::size_t line = 0; line < height; ++line)
            print([&](const column& c) { return line < c.lines.size() ? c.lines[line] : std::string(); });
        print([](const column& c) { return picture::paint(c.log_p, picture::colour::dim); });
        print([](const column& c) { return picture::paint(c.different, picture::colour::dim); });
    }
    std::cout << '\n';
    if (!all.empty())
        print_wrapped(
            "log p: the mean log-probability that the model itself gives the tokens; below it, how many "
            "differ. Seed " +
            std::to_string(seed) + ".");
    if (interrupted) throw cancelled("stopped by Ctrl-C after " + std::to_string(all.size()) + " of 6 strategies");
}

/// Of one token what the model gave the best tokens, which of them the chain kept, and what it drew from.
class token_picture {
public:
    explicit token_picture(const model& of) : of_(of) {}

    [[nodiscard]] pluck::report ask() { return {.of = pluck::base::raw, .top = {ids_, values_}}; }

    void draw(const pluck::logits_view<float>& logits, const running& one, std::int32_t token,
              const pluck::report& said) const {
        using picture::colour;
        const std::vector<pluck::candidate> kept = pluck::candidates(logits, one.chain, one.text.key());
        double drawn_from = 0, entropy = 0, shown = 0;
        for (const pluck::candidate& each : kept) {
            if (each.probability > 0) entropy -= each.probability * std::log(each.probability);
            if (each.token == token) drawn_from = each.probability;
        }
        std::cout << '\n'
                  << picture::paint(quoted(token), colour::bold) << "   log p "
                  << picture::number(static_cast<double>(said.log_probability)) << " (of the chain "
                  << picture::number(std::log(drawn_from)) << "), rank " << said.rank << "\n    entropy "
                  << picture::number(std::abs(entropy)) << " nats (of the model "
                  << picture::number(pluck::entropy(logits, pluck::categorical())) << "), kept " << kept.size() << '\n';
        std::size_t rows = 0;
        for (std::size_t i = 0; i < ids_.size(); ++i) {
            const auto at = std::find_if(kept.begin(), kept.end(), [&](const auto& c) { return c.token == ids_[i]; });
            const double model_p = std::exp(static_cast<double>(values_[i]));
            if (at == kept.end() && model_p < 0.0005) break;
            print(ids_[i], ids_[i] == token, model_p, at != kept.end() ? at->probability : -1);
            if (at != kept.end()) shown += at->probability, ++rows;
        }
        if (said.rank >= static_cast<std::int32_t>(ids_.size())) {
            print(token, true, std::exp(static_cast<double>(said.log_probability)), drawn_from);
            shown += drawn_from, ++rows;
        }
        if (kept.size() > rows) {
            std::cout << "    " << picture::pad(std::to_string(kept.size() - rows) + " more are kept", 46)
                      << picture::pad(picture::percent(std::abs(1 - shown)), 7, picture::align::right) << '\n';
        }
    }

private:
    [[nodiscard]] std::string quoted(std::int32_t token) const {
        return "\"" + one_line(of_.piece(token, /*special=*/true)) + "\"";
    }

    void print(std::int32_t token, bool drawn, double by_model, double by_chain) const {
        using picture::colour;
        const std::string name = quoted(token);
        std::cout << (drawn ? "  ▸ " : "    ") << picture::pad(name, 18)
                  << picture::pad(picture::percent(by_model), 7, picture::align::right) << ' '
                  << picture::bar(by_model, 20, colour::dim);
        if (by_chain < 0) {
            std::cout << picture::paint(" dropped", colour::dim) << '\n';
            return;
        }
        const std::string bar = picture::bar(by_chain, 20, drawn ? colour::green : colour::blue);
        std::cout << picture::pad(picture::percent(by_chain), 7, picture::align::right) << ' '
                  << bar.substr(0, bar.find_last_not_of(' ') + 1) << '\n';
    }

    const model& of_;
    std::array<std::int32_t, 6> ids_{};
    std::array<float, 6> values_{};
};

inline void show_tokens(const model& of, const options& given) {
    const std::uint64_t seed = seed_of(given.request);
    int n = given.tokens(12);
    running one(of, prompt_tokens(of, given, "What is gravity?"), given.request, seed);
    context engine = context_for(of, given, one.text.size(), n);
    token_picture pictured(of);
    pluck::report said = pictured.ask();
    times took;
    stream out(given.stops);
    std::string text;
    std::cout << picture::pad("", 23) << picture::pad("the model", 27) << "what the chain draws from\n";
    generate(engine, one, n, took, &said, [&](int token) {
        pictured.draw(pluck::llama_cpp::logits(engine.get(), -1), one, token, said);
        std::cout << std::flush;
        text += out.put(of.piece(token));
        return !out.stopped();
    });
    std::cout << '\n';
    print_wrapped("seed " + std::to_string(seed) + ": " + text + out.finish());
}

}  // namespace engine
