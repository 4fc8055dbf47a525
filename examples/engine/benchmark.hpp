// SPDX-License-Identifier: MIT
//
// What sampling adds to a token, by llama.cpp's own chain and by pluck. Every draw follows a forward pass of its own,
// as in an engine: the last token of the text is read once more before each, which gives the same logits. Strategies
// and the two take turns, token by token.
#pragma once

#include "generate.hpp"
#include "stream.hpp"
#include "support/picture.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace engine {

/// llama.cpp's chain for a request, in its own order, without stages that would do nothing; over an array of
/// candidates that is filled from the logits, which is what llama_sampler_sample() does.
class llama_chain {
public:
    llama_chain(const model& of, const pluck::sampling_params& request, std::uint64_t seed)
        : chain_(llama_sampler_chain_init({.no_perf = true}), llama_sampler_free) {
        const auto min_keep = static_cast<std::size_t>(request.min_keep);
        if (request.repetition_penalty != 1)
            add(llama_sampler_init_penalties(of.size(), request.penalty_last_n, request.repetition_penalty, 0, 0));
        if (request.temperature <= 0) {
            add(llama_sampler_init_greedy());
            return;
        }
        if (request.top_k > 0) add(llama_sampler_init_top_k(request.top_k));
        if (request.top_p < 1) add(llama_sampler_init_top_p(request.top_p, min_keep));
        if (request.min_p > 0) add(llama_sampler_init_min_p(request.min_p, min_keep));
        add(llama_sampler_init_temp(request.temperature));
        add(llama_sampler_init_dist(static_cast<std::uint32_t>(seed)));
    }

    void accept(std::int32_t token) { llama_sampler_accept(chain_.get(), token); }
    [[nodiscard]] std::int32_t draw(const pluck::logits_view<float>& logits) {
        candidates_.resize(logits.size);
        for (std::size_t i = 0; i < logits.size; ++i)
            candidates_[i] = {static_cast<llama_token>(i), logits.data[i], 0.0f};
        llama_token_data_array all{candidates_.data(), candidates_.size(), -1, false};
        llama_sampler_apply(chain_.get(), &all);
        return all.selected >= 0 ? all.data[all.selected].id : -1;
    }

private:
    void add(llama_sampler* stage) { llama_sampler_chain_add(chain_.get(), stage); }

    std::unique_ptr<llama_sampler, void (*)(llama_sampler*)> chain_;
    std::vector<llama_token_data> candidates_{};
};

struct contest {
    std::string name;
    pluck::sampling_params request;
    std::vector<double> by_llama{};  // microseconds of drawing and accepting each token
    std::vector<double> by_pluck{};
    std::size_t equal = 0;  // draws that are the same token
};

inline std::vector<contest> contests() {
    const pluck::sampling_params cut{.temperature = 0.8f, .top_k = 40, .top_p = 0.95f, .min_p = 0.05f};
    pluck::sampling_params penalised = cut;
    penalised.repetition_penalty = 1.1f;
    penalised.penalty_last_n = 64;
    return {{"greedy", {.temperature = 0}},
            {"T 0.8", {.temperature = 0.8f}},
            {"T 0.8, p 0.95", {.temperature = 0.8f, .top_p = 0.95f}},
            {"k 40, p 0.95, m 0.05, T 0.8", cut},
            {"the same, repetition 1.1", penalised}};
}
inline constexpr std::size_t writes = 2;  // whose tokens the texts are made of

struct measured {
    std::vector<contest> all = contests();
    std::vector<double> forward{};
    std::size_t tokens = 0;
    bool same_logits = true;
};

/// Writes one text of the prompt, of at most n tokens, and adds to what is measured.
inline void measure(const model& of, context& engine, const std::vector<std::int32_t>& prompt, int n,
                    std::uint64_t seed, bool counts, measured& to) {
    struct pair {
        running ours;
        llama_chain theirs;
    };
    std::vector<pair> pairs;
    for (const contest& each : to.all) {
        pairs.push_back({running(of, prompt, each.request, seed), llama_chain(of, each.request, seed)});
        for (const std::int32_t token : prompt) pairs.back().theirs.accept(token);
    }
    engine.rewind(0);
    if (!engine.read(std::span(prompt).first(prompt.size() - 1))) return;
    while (n-- > 0) {
        const std::span<const std::int32_t> text = pairs[0].ours.text.tokens();
        const std::size_t last = text.size() - 1;
        std::vector<std::uint64_t> seen;
        std::vector<std::pair<std::int32_t, std::int32_t>> drawn(pairs.size());
        std::vector<std::pair<double, double>> took(pairs.size());
        for (std::size_t turn = 0; turn < 2 * pairs.size(); ++turn) {
            const std::size_t which = (turn / 2 + text.size()) % pairs.size();
            const bool is_ours = (turn + text.size() / pairs.size()) % 2 == 0;
            if (!engine.rewind(last)) throw std::runtime_error("--benchmark needs a model that can forget a token");
            const auto reading = clock::now();
            if (!engine.read(text)) return;
            const double forward = microseconds_since(reading);
            const auto drawing = clock::now();
            if (is_ours) {
                running& one = pairs[which].ours;
                drawn[which].first = pluck::llama_cpp::sample(engine.get(), -1, one.chain, one.text.key()).token;
                took[which].first = microseconds_since(drawing);
            } else {
                drawn[which].second = pairs[which].theirs.draw(pluck::llama_cpp::logits(engine.get(), -1));
                took[which].second = microseconds_since(drawing);
            }
            if (counts) to.forward.push_back(forward);
            seen.push_back(hash_of(pluck::llama_cpp::logits(engine.get(), -1)));
        }
        to.same_logits = to.same_logits &&
                         std::all_of(seen.begin(), seen.end(), [&](std::uint64_t each) { return each == seen[0]; });

        const std::int32_t next = drawn[writes].first;
        if (next < 0) throw std::runtime_error("no token can be drawn");
        if (of.is_end(next)) return;
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            const auto ours = clock::now();
            pairs[i].ours.text.accept(next);
            took[i].first += microseconds_since(ours);
            const auto theirs = clock::now();
            pairs[i].theirs.accept(next);
            took[i].second += microseconds_since(theirs);
            if (!counts) continue;
            to.all[i].by_pluck.push_back(took[i].first);
            to.all[i].by_llama.push_back(took[i].second);
            if (drawn[i].first == drawn[i].second) ++to.all[i].equal;
        }
        if (counts) ++to.tokens;
    }
}

inline void print_benchmark(const measured& got) {
    using picture::align;
    using picture::number;
    const double forward = quartiles_of(got.forward).median;
    const bool is_wide = terminal_width() >= 100;
    std::vector<picture::table::column> heads = {{"", align::left}, {"", align::left}, {"sampling, us"},
                                                 {"share"},         {"tokens/s"},      {"speed"}};
    if (is_wide) heads.insert(heads.begin() + 3, {"quartiles"});
    picture::table table(heads);
    double longest = forward;
    for (const contest& each : got.all) longest = std::max(longest, forward + quartiles_of(each.by_llama).median);
    const auto row = [&](const std::string& name, const char* who, const quartiles& q, const std::string& times) {
        std::vector<std::string> cells = {name,
                                          who,
                                          number(q.median, 1),
                                          picture::percent(q.median / (forward + q.median), 2),
                                          number(1e6 / (forward + q.median), 1),
                                          times};
        if (is_wide) cells.insert(cells.begin() + 3, number(q.low, 1) + "-" + number(q.high, 1));
        table.row(cells);
    };
    for (const contest& each : got.all) {
        const quartiles theirs = quartiles_of(each.by_llama), ours = quartiles_of(each.by_pluck);
        row(each.name, "llama.cpp", theirs, "");
        row("", "pluck", ours, number(theirs.median / ours.median, 1) + "x");
    }
    std::cout << '\n';
    table.print();
    std::cout << '\n';
    print_wrapped(
        "Sampling is drawing a token and accepting it, in the median; its share of a token's time, and "
        "tokens a second, beside the median of the forward pass.");
    std::cout << '\n' << picture::paint("A token's time", picture::colour::bold) << ": ░ forward, █ sampling\n\n";
    const int columns = std::min(50, terminal_width() - 52);
    const int read = static_cast<int>(columns * forward / longest + 0.5);
    const auto line = [&](const std::string& name, const char* who, double sampling, picture::colour c) {
        const std::string bar = picture::bar(sampling / longest, columns, c);  // in eighths of a column
        std::cout << "  " << picture::pad(name, 29) << picture::pad(who, 11)
                  << picture::paint(picture::repeat("░", read), picture::colour::dim)
                  << bar.substr(0, bar.find_last_not_of(' ') + 1) << ' ' << number((forward + sampling) / 1000, 2)
                  << " ms\n";
    };
    for (const contest& each : got.all) {
        line(each.name, "llama.cpp", quartiles_of(each.by_llama).median, picture::colour::red);
        line("", "pluck", quartiles_of(each.by_pluck).median, picture::colour::green);
    }
}

inline void write_benchmark(const std::string& file, const model& of, const options& given, const measured& got) {
    const auto figures = [](const std::vector<double>& values) {
        const quartiles q = quartiles_of(values);
        return nlohmann::ordered_json{{"median", q.median}, {"first_quartile", q.low}, {"third_quartile", q.high}};
    };
    const double forward = quartiles_of(got.forward).median;
    const auto system = [&](const std::vector<double>& values) {
        const double sampling = quartiles_of(values).median;
        return nlohmann::ordered_json{{"sampling_us", figures(values)},
                                      {"share", sampling / (forward + sampling)},
                                      {"tokens_per_second", 1e6 / (forward + sampling)}};
    };
    nlohmann::ordered_json out{{"model", of.name()},
                               {"vocabulary", of.size()},
                               {"threads", given.threads},
                               {"complete", !interrupted.load()},  // false: stopped by Ctrl-C
                               {"tokens", got.tokens},
                               {"same_logits", got.same_logits},
                               {"forward_us", figures(got.forward)}};
    for (const contest& each : got.all) {
        out["strategies"].push_back({{"name", each.name},
                                     {"llama_cpp", system(each.by_llama)},
                                     {"pluck", system(each.by_pluck)},
                                     {"equal_tokens", each.equal}});
    }
    std::ofstream to(file);
    to << out.dump(2) << '\n';
    if (!to.flush()) throw std::runtime_error("--json: " + file + " cannot be written");
}

inline void run_benchmark(const model& of, const options& given) {
    if (!given.json_out.empty() && !std::ofstream(given.json_out, std::ios::app))
        throw usage_error("--json: " + given.json_out + " cannot be written");
    std::vector<std::vector<std::int32_t>> prompts;
    if (!given.prompt && given.messages.empty())
        for (const char* const each :
             {"Write a long story about a lighthouse keeper and the sea.", "Explain in detail how a bicycle works.",
              "Describe the history of the city of Rome, century by century."})
            prompts.push_back(prompt_tokens(of, given, each));
    else prompts.push_back(prompt_tokens(of, given, ""));
    int n = given.tokens(32);
    std::size_t longest = 0;
    for (const auto& each : prompts) longest = std::max(longest, each.size());
    context engine = context_for(of, given, longest, n);
    const std::uint64_t seed = given.request.seed.value_or(1);

    measured got;
    measure(of, engine, prompts[0], std::min(n, 4), seed, /*counts=*/false, got);
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        // A text that ends early is followed by another one.
        const std::size_t wanted = (i + 1) * static_cast<std::size_t>(n);
        for (std::uint64_t more = 0; got.tokens < wanted && more < 100 && !interrupted; ++more)
            measure(of, engine, prompts[i], static_cast<int>(wanted - got.tokens), seed + more, true, got);
        if (interrupted) break;
        picture::progress(static_cast<double>(i + 1) / static_cast<double>(prompts.size()),
                          "prompt " + std::to_string(i + 1) + " of " + std::to_string(prompts.size()));
    }
    const std::string some =
        std::to_string(got.tokens) + " of " + std::to_string(prompts.size() * static_cast<std::size_t>(n)) + " tokens";
    const std::string stopped = "stopped by Ctrl-C after " + some;
    if (got.tokens == 0 && interrupted) throw cancelled(stopped);
    if (got.tokens == 0) throw std::runtime_error("nothing was measured");
    const quartiles forward = quartiles_of(got.forward);
    const std::string texts =
        interrupted ? some + ", stopped by Ctrl-C"
                    : std::to_string(got.tokens) + " tokens of " + std::to_string(prompts.size()) + " prompts";
    std::cout << '\n' << picture::paint(of.name(), picture::colour::bold) << '\n';
    print_wrapped(std::to_string(of.size()) + " tokens in the vocabulary, " + std::to_string(given.threads) +
                  (given.threads == 1 ? " thread; " : " threads; ") + texts +
                  ", each drawn by all from the same logits, after a forward pass of its own: " +
                  picture::number(forward.median / 1000, 2) + " ms (" + picture::number(forward.low / 1000, 2) + "-" +
                  picture::number(forward.high / 1000, 2) + ")");
    print_benchmark(got);
    std::cout << "\ngreedy: " << got.all[0].equal << " of " << got.tokens << " tokens are the same by both";
    if (!got.same_logits) std::cout << "\nthe logits of one token were not always the same: libllama is not repeatable";
    std::cout << '\n';
    if (!given.json_out.empty()) write_benchmark(given.json_out, of, given, got);
    if (interrupted) throw cancelled(stopped);
}

}  // namespace engine
