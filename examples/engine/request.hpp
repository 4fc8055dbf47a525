// SPDX-License-Identifier: MIT
//
// A request's body, by the names that servers give its fields: of the text here, of sampling by pluck. What the engine
// does not do is refused by name, since an answer without it is not what was asked for.
#pragma once

#include "options.hpp"
#include <pluck/json.hpp>

#include <cstddef>
#include <exception>
#include <fstream>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace engine {

namespace detail {

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
        if ((to.back().role + to.back().content).find('\0') != std::string::npos)
            throw usage_error("messages must not have the character U+0000, which ends a chat template's text");
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

}  // namespace detail

/// Reads a file, or {...} itself.
inline void read_request(const std::string& given, options& to) {
    const nlohmann::json body = detail::parse_json(detail::is_literal(given) ? given : detail::bytes_of(given));
    if (!body.is_object())
        throw usage_error("--json must be an object of JSON, which " + detail::beginning(given) + " is not");
    try {
        to.request = pluck::params_from_json(body, rules);
        // pluck leaves these to the engine, and the engine has no use for them.
        for (const char* const name :
             {"input", "inputs", "suffix", "system", "tools", "functions", "echo", "include_stop_str_in_output",
              "chat_template", "continue_final_message", "prompt_logprobs", "image_data", "multimodal_data", "lora"}) {
            const auto* const value = detail::field(body, {name});
            if (value != nullptr && *value != false && *value != "" && !value->empty())
                throw usage_error(std::string(name) + " is nothing that this engine does");
        }
        if (to.request.n != 1) throw usage_error("n must be 1, got " + std::to_string(to.request.n));
        if (to.request.logprobs.value_or(0) < 0 || to.request.logprobs.value_or(0) > 20)
            throw usage_error("logprobs must be in [0, 20], got " + std::to_string(*to.request.logprobs));
        if (const auto* const n =
                detail::field(body, {"max_tokens", "max_completion_tokens", "n_predict", "max_new_tokens"}))
            detail::number(to.n.emplace(), -1, 1 << 20)("max_tokens", detail::shown(*n));
        if (const auto* const prompt = detail::field(body, {"prompt"})) {
            if (!prompt->is_string()) throw usage_error("prompt must be a string, got " + detail::shown(*prompt));
            to.prompt = prompt->get<std::string>();
            to.raw = true;
        }
        if (const auto* const messages = detail::field(body, {"messages"})) {
            if (to.prompt) throw usage_error("prompt and messages are two questions: give one");
            detail::read_messages(*messages, to.messages);
        }
        if (const auto* const stop = detail::field(body, {"stop", "stop_strings", "stop_sequence"})) {
            for (const auto& each : stop->is_array() ? *stop : nlohmann::json::array({*stop})) {
                if (!each.is_string() || each.get<std::string>().empty())
                    throw usage_error("stop must be a string, or an array of strings, got " + detail::shown(*stop));
                to.stops.push_back(each.get<std::string>());
            }
            if (!to.stops.empty()) to.settings.push_back("stop");
        }
        for (const auto& [name, value] : body.items())
            if (name != "seed" && detail::is_setting(name, value)) to.settings.push_back(name);
    } catch (const std::exception& e) {  // pluck's std::invalid_argument has all that is wrong with the request
        throw usage_error(std::string("--json: ") + e.what());
    }
}

}  // namespace engine
