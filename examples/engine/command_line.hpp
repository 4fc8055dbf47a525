// SPDX-License-Identifier: MIT
//
// The command line, by the names that llama.cpp gives its options. What is wrong is a usage_error with the option, its
// value and its range; so is what a mode would not heed.
#pragma once

#include "options.hpp"
#include "request.hpp"
#include "support/picture.hpp"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace engine {

namespace detail {

/// A switch, or an option with a value, which `take` reads.
struct option {
    std::string_view name;
    std::string_view alias;
    std::string_view value;  // "" for a switch
    std::string_view meaning;
    std::function<void(const std::string& name, const std::string& value)> take;
};

inline auto text(std::string& to) {
    return [&to](const std::string&, const std::string& value) { to = value; };
}
/// What must not be empty: a name, or a body.
inline auto filled(std::string& to) {
    return [&to](const std::string& name, const std::string& value) {
        if (value.empty()) throw usage_error(name + " must not be empty");
        to = value;
    };
}
inline auto flag(bool& to) {
    return [&to](const std::string&, const std::string&) { to = true; };
}

inline std::vector<option> options_for(options& to, std::string& json) {
    constexpr int most = std::numeric_limits<int>::max();
    constexpr float any = 3.4e38f;
    pluck::sampling_params& request = to.request;
    const auto modes = [&to](mode which) {
        return [&to, which](const std::string& name, const std::string&) {
            if (to.what != mode::answer && to.what != which)
                throw usage_error(name +
                                  " is one of --strategies, --show, --batch and --benchmark, and another is given");
            to.what = which;
        };
    };
    return {
        {"--model", "-m", "FILE", "the model, a GGUF file", text(to.model)},
        {"--prompt", "-p", "TEXT", "what to answer",
         [&to](const std::string&, const std::string& value) { to.prompt = value; }},
        {"--system-prompt", "-sys", "TEXT", "who the model is to be", text(to.system)},
        {"--raw", "", "", "go on with the prompt as it is, without the model's chat template", flag(to.raw)},
        {"--json", "", "REQUEST", "a request's body as servers take it: a file, or {...} itself", filled(json)},
        {"", "-n", "N", "at most so many tokens, -1 for as many as the context holds",
         [&to](const std::string& name, const std::string& value) {
             number(to.n.emplace(), -1, 1 << 20)(name, value);
         }},
        {"--temp", "", "T", "temperature, 0 for the best token (0.8)", number(request.temperature, 0.0f, 1e6f)},
        {"--top-k", "", "K", "the k best tokens, 0 for all (40)", number(request.top_k, 0, most)},
        {"--top-p", "", "P", "the best tokens that have this probability, 1 for all (0.95)",
         number(request.top_p, 0.0f, 1.0f)},
        {"--min-p", "", "P", "tokens so likely beside the best, 0 for all (0.05)", number(request.min_p, 0.0f, 1.0f)},
        {"--repeat-penalty", "", "R", "makes less likely what the text has, 1 for none (1)",
         number(request.repetition_penalty, 0.01f, 1e6f)},
        {"--frequency-penalty", "", "F", "the same by how often (0)", number(request.frequency_penalty, -any, any)},
        {"--presence-penalty", "", "F", "the same, however often (0)", number(request.presence_penalty, -any, any)},
        {"--repeat-last-n", "", "N", "of so many tokens, -1 for all (64)", number(request.penalty_last_n, -1, most)},
        {"--seed", "-s", "S", "of the random bits; -1, the default, for any",
         [&request](const std::string& name, const std::string& value) {
             if (value == "-1") request.seed.reset();
             else number(request.seed.emplace(), std::uint64_t{0}, ~std::uint64_t{0}, "-1 or ")(name, value);
         }},
        {"--strategies", "", "", "the prompt by six strategies side by side", modes(mode::strategies)},
        {"--show", "", "", "of each token what the chain kept, and drew from", modes(mode::show)},
        {"--batch", "", "N", "N different requests in one continuous batch",
         [&to, modes](const std::string& name, const std::string& value) {
             number(to.batch, 1, 64)(name, value);
             modes(mode::batch)(name, value);
         }},
        {"--parallel", "-np", "N", "of which so many at once (half of them)", number(to.parallel, 1, 64)},
        {"--check", "", "", "that each gets the tokens that it gets alone", flag(to.check)},
        {"--benchmark", "", "", "the time of sampling, by llama.cpp and by pluck; --json FILE for the figures",
         modes(mode::benchmark)},
        {"--json-out", "", "FILE", "where the figures go", filled(to.json_out)},
        {"--threads", "-t", "N", "of the model (all cores)", number(to.threads, 1, 512)},
        {"--ctx-size", "-c", "N", "room for so many tokens, 0 for as many as are needed", number(to.context, 0, most)},
        {"--verbose", "-v", "", "shows what libllama logs", flag(to.verbose)},
        {"--help", "-h", "", "shows this", flag(to.help)},
    };
}

/// Whether --benchmark may write there by --json, which is the name of a request's file in all other modes.
inline void check_figures_file(const std::string& name) {
    if (is_literal(name)) throw usage_error("--benchmark reads no request: --json must be a file for the figures");
    if (!std::ifstream(name)) return;
    const nlohmann::json old = parse_json(bytes_of(name));
    if (!old.is_object() || !old.contains("forward_us") || !old.contains("strategies"))
        throw usage_error("--benchmark --json would overwrite " + name +
                          ", which holds no figures of a benchmark; --json-out does");
}

/// What a mode with requests of its own would not heed.
inline void check_mode(const options& given, const std::vector<std::string>& names) {
    static const char* const modes[] = {"", "--strategies", "--show", "--batch", "--benchmark"};
    const std::string mode = modes[static_cast<int>(given.what)];
    const bool has_own = given.what != mode::answer && given.what != mode::show;
    for (const std::string& name : names) {
        for (const char* const setting : {"--temp", "--top-k", "--top-p", "--min-p", "--repeat-penalty",
                                          "--frequency-penalty", "--presence-penalty", "--repeat-last-n"})
            if (has_own && name == setting)
                throw usage_error(name + " does nothing with " + mode + ", which has its own settings");
    }
    if (has_own && !given.settings.empty())
        throw usage_error("--json: " + given.settings[0] + " does nothing with " + mode +
                          ", which has its own settings");
    if (given.what == mode::show && given.request.logprobs)
        throw usage_error("--json: logprobs does nothing with --show");
    if (has_own && given.n && *given.n < 1)
        throw usage_error("-n must be in [1, 1048576] with " + mode + ", got " + std::to_string(*given.n));
    if (given.raw && !given.system.empty())
        throw usage_error(
            "--system-prompt does nothing with a prompt that is taken as it is: --raw, or a body's prompt");
    if (given.raw && !given.messages.empty()) throw usage_error("--raw does nothing with the messages of a body");
}

}  // namespace detail

inline void print_usage(std::ostream& out) {
    options none;
    std::string json;
    out << "usage: engine --model FILE.gguf [options]\n\n";
    for (const detail::option& each : detail::options_for(none, json)) {
        std::string names(each.name);
        if (!each.alias.empty()) names.append(names.empty() ? "" : ", ").append(each.alias);
        out << "  " << picture::pad(names + " " + std::string(each.value), 30) << each.meaning << '\n';
    }
    out << "\nSampling follows llama.cpp's order of stages and its defaults. Exit codes: 0; 1 what went wrong; 2 a "
           "wrong option; 130 Ctrl-C before all was done.\n";
}

inline options parse(int argc, char** argv) {
    options read;
    std::string json;
    const std::vector<detail::option> known = detail::options_for(read, json);
    std::vector<std::pair<const detail::option*, std::pair<std::string, std::string>>> given;
    for (int i = 1; i < argc; ++i) {
        const std::string name = argv[i];
        const auto found = std::find_if(known.begin(), known.end(), [&](const detail::option& each) {
            return !name.empty() && (each.name == name || each.alias == name);
        });
        if (found == known.end()) throw usage_error("there is no option " + name + "; --help lists them");
        const bool is_switch = found->value.empty();
        if (!is_switch && i + 1 == argc)
            throw usage_error(name + " needs a value: " + name + ' ' + found->value.data());
        given.push_back({&*found, {name, is_switch ? "" : argv[++i]}});
    }
    // A request's body is where the options begin; each of them counts, wherever it stands.
    for (const auto& [option, text] : given) option->take(text.first, text.second);
    if (read.what == mode::benchmark && !json.empty()) {
        if (!read.json_out.empty()) throw usage_error("--json and --json-out are the same with --benchmark");
        detail::check_figures_file(json);
        read.json_out = json;
    } else if (!json.empty()) {
        options again;
        read_request(json, again);
        std::string ignored;
        for (const auto& [option, text] : given) {
            for (const detail::option& same : detail::options_for(again, ignored))
                if (same.name == option->name && same.alias == option->alias) same.take(text.first, text.second);
        }
        if (read.prompt) {
            again.messages.clear();
            again.raw = read.raw;
        }
        if (!again.prompt && again.messages.empty() && !again.help)
            throw usage_error("--json has neither prompt nor messages, and there is no --prompt");
        read = again;
    }
    std::vector<std::string> names;
    for (const auto& [option, text] : given) names.push_back(text.first);
    detail::check_mode(read, names);
    if (read.check && read.what != mode::batch) throw usage_error("--check needs --batch N");
    if (read.parallel > 0 && read.what != mode::batch) throw usage_error("--parallel needs --batch N");
    if (!read.json_out.empty() && read.what != mode::benchmark) throw usage_error("--json-out needs --benchmark");
    if (read.model.empty() && !read.help) throw usage_error("--model needs a value: the GGUF file of a model");
    return read;
}

}  // namespace engine
