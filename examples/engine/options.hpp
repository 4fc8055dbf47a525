// SPDX-License-Identifier: MIT
//
// The command line, by the names that llama.cpp gives its options, and a request's body, by those of a server. What is
// wrong is a usage_error that names the option, its value and its range.
#pragma once

#include "model.hpp"
#include "support/picture.hpp"
#include <pluck/json.hpp>
#include <pluck/sampling_params.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#ifdef __linux__
#include <sched.h>
#endif

namespace engine {

struct usage_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Whose order of stages, defaults and ranges hold.
inline constexpr pluck::order rules = pluck::order::llama_cpp;

enum class mode { answer, strategies, show, batch, benchmark };

/// The cores that this process may run on. Two threads of libllama on one core wait for each other.
inline int usable_cores() {
#ifdef __linux__
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof cores, &cores) == 0) return CPU_COUNT(&cores);
#endif
    return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

struct options {
    mode what = mode::answer;
    std::string model{};
    std::optional<std::string> prompt{};  // none: the mode's own
    std::string system{};
    std::vector<message> messages{};  // of a request's body
    bool raw = false;                 // the prompt as it is, without the model's chat template
    std::optional<int> n{};           // most tokens, -1 for what the context holds; none: the mode's choice
    int batch = 0;
    int parallel = 0;  // 0: half of the batch
    bool check = false;
    int threads = usable_cores();
    int context = 0;  // 0: as many tokens as are needed
    bool verbose = false;
    bool help = false;
    std::string json_out{};
    std::vector<std::string> stops{};
    std::vector<std::string> settings{};  // the names of what a body says of drawing and stopping, but for the seed
    pluck::sampling_params request = pluck::defaults(rules);

    [[nodiscard]] int tokens(int otherwise) const {
        return n == -1 ? std::numeric_limits<int>::max() : n.value_or(otherwise);
    }
};

namespace detail {

/// A switch, or an option with a value, which `take` reads.
struct option {
    std::string_view name;
    std::string_view alias;
    std::string_view value;  // "" for a switch
    std::string_view meaning;
    std::function<void(const std::string& name, const std::string& value)> take;
};

template <class T>
std::string text_of(T value) {
    std::ostringstream out;
    out << value;
    return out.str();
}

/// Reads a number in a range, its ends included.
template <class T>
auto number(T& to, T least, T most, const char* also = "") {
    return [&to, least, most, also](const std::string& name, const std::string& text) {
        T value{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        const bool is_number = error == std::errc{} && end == text.data() + text.size();
        if (!is_number || !(value >= least && value <= most)) {
            throw usage_error(name + " must be " + also + (std::is_integral_v<T> ? "an integer " : "") + "in [" +
                              text_of(least) + ", " + text_of(most) + "], got " + (text.empty() ? "nothing" : text));
        }
        to = value;
    };
}
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

/// The names of one field, which the body has once at most.
inline const nlohmann::json* field(const nlohmann::json& body, std::initializer_list<const char*> names) {
    const char* found = nullptr;
    for (const char* const name : names) {
        if (!body.contains(name) || body[name].is_null()) continue;
        if (found != nullptr) throw usage_error(std::string(found) + " and " + name + " are the same field");
        found = name;
    }
    return found != nullptr ? &body[found] : nullptr;
}

/// The beginning of what is wrong, for a message.
inline std::string beginning(std::string text) {
    if (text.size() > 60) text.replace(57, std::string::npos, "...");
    return text;
}
inline std::string shown(const nlohmann::json& value) { return beginning(value.dump(-1, ' ', /*ensure_ascii=*/true)); }

inline bool is_literal(const std::string& text) {
    const std::size_t at = text.find_first_not_of(" \t\n");
    return at != std::string::npos && text[at] == '{';
}

/// Not deeper than any request is: what walks through it calls itself at each level.
inline nlohmann::json parse_json(const std::string& text) {
    return nlohmann::json::parse(
        text,
        [](int depth, nlohmann::json::parse_event_t, const nlohmann::json&) {
            if (depth > 100) throw usage_error("--json is nested more than 100 deep");
            return true;
        },
        /*allow_exceptions=*/false);
}

inline std::string bytes_of(const std::string& name) {
    std::ifstream file(name);
    std::ostringstream bytes;
    if (!file) throw usage_error("--json: there is no file " + name + ", nor is it a body {...}");
    bytes << file.rdbuf();
    return bytes.str();
}

inline void read_messages(const nlohmann::json& messages, std::vector<message>& to) {
    for (const auto& each : messages.is_array() ? messages : nlohmann::json::array({nullptr})) {
        if (!each.is_object() || !each.contains("role") || !each["role"].is_string() || !each.contains("content") ||
            !each["content"].is_string())
            throw usage_error("messages must be [{\"role\": TEXT, \"content\": TEXT}, ...]");
        to.push_back({each["role"].get<std::string>(), each["content"].get<std::string>()});
    }
    if (to.empty()) throw usage_error("messages must not be empty");
}

/// Whether pluck reads a field, whatever the defaults are.
inline bool is_setting(const std::string& name, const nlohmann::json& value) {
    const nlohmann::json alone = nlohmann::json::object({{name, value}});
    try {
        return pluck::params_from_json(alone, rules) != pluck::defaults(rules) ||
               pluck::params_from_json(alone, rules, {.base = pluck::sampling_params{}}) != pluck::sampling_params{};
    } catch (const std::invalid_argument&) {  // right only with another one
        return true;
    }
}

inline void read_request(const std::string& given, options& to) {
    const nlohmann::json body = parse_json(is_literal(given) ? given : bytes_of(given));
    if (!body.is_object()) throw usage_error("--json must be an object of JSON, which " + beginning(given) + " is not");
    try {
        to.request = pluck::params_from_json(body, rules);
        // pluck leaves these to the engine, and the engine has no use for them.
        for (const char* const name :
             {"input", "inputs", "suffix", "system", "tools", "functions", "echo", "include_stop_str_in_output",
              "chat_template", "continue_final_message", "prompt_logprobs", "image_data", "multimodal_data", "lora"}) {
            const auto* const value = field(body, {name});
            if (value != nullptr && *value != false && *value != "" && !value->empty())
                throw usage_error(std::string(name) + " is nothing that this engine does");
        }
        if (to.request.n != 1) throw usage_error("n must be 1, got " + std::to_string(to.request.n));
        if (to.request.logprobs.value_or(0) < 0 || to.request.logprobs.value_or(0) > 20)
            throw usage_error("logprobs must be in [0, 20], got " + std::to_string(*to.request.logprobs));
        if (const auto* const n = field(body, {"max_tokens", "max_completion_tokens", "n_predict", "max_new_tokens"}))
            number(to.n.emplace(), -1, 1 << 20)("max_tokens", shown(*n));
        if (const auto* const prompt = field(body, {"prompt"})) {
            if (!prompt->is_string()) throw usage_error("prompt must be a string, got " + shown(*prompt));
            to.prompt = prompt->get<std::string>();
            to.raw = true;
        }
        if (const auto* const messages = field(body, {"messages"})) {
            if (to.prompt) throw usage_error("prompt and messages are two questions: give one");
            read_messages(*messages, to.messages);
        }
        if (const auto* const stop = field(body, {"stop", "stop_strings", "stop_sequence"})) {
            for (const auto& each : stop->is_array() ? *stop : nlohmann::json::array({*stop})) {
                if (!each.is_string() || each.get<std::string>().empty())
                    throw usage_error("stop must be a string, or an array of strings, got " + shown(*stop));
                to.stops.push_back(each.get<std::string>());
            }
            if (!to.stops.empty()) to.settings.push_back("stop");
        }
        for (const auto& [name, value] : body.items())
            if (name != "seed" && is_setting(name, value)) to.settings.push_back(name);
    } catch (const std::exception& e) {  // pluck's std::invalid_argument has all that is wrong with the request
        throw usage_error(std::string("--json: ") + e.what());
    }
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
        detail::read_request(json, again);
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
