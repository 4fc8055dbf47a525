// SPDX-License-Identifier: MIT
//
// A request from a JSON body, as OpenAI, vLLM, llama.cpp's server and Hugging Face's generation_config.json write it.
// The one header that needs nlohmann/json; no other of the library's includes it.
#pragma once

#if !__has_include(<nlohmann/json.hpp>)
#error "pluck/json.hpp needs nlohmann/json (Debian and Ubuntu: nlohmann-json3-dev; Fedora: json-devel)"
#endif

#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/detail/json_fields.hpp>
#include <pluck/detail/order_rules.hpp>
#include <pluck/detail/parameter.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/detail/request_faults.hpp>
#include <pluck/detail/score_arithmetic.hpp>
#include <pluck/sampling_params.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pluck { inline namespace v0 {

/// What a server adds to a body.
struct json_options {
    /// What fields have that the body does not: the model's generation_config, say. Left out: defaults(dialect).
    std::optional<sampling_params> base = {};
    /// Names of fields that the server reads itself: `{"grammar", "samplers"}`.
    std::vector<std::string> handled = {};
};

namespace detail {

inline constexpr const char* json_sequences = "sequences of token ids, since strings need a tokenizer";

/// Whether a value has few parts, and none far within another; `left` counts them down.
[[nodiscard]] PLUCK_TAGGED inline bool is_small(const nlohmann::json& value, int depth, int& left) {
    if (--left < 0 || depth == 0) return false;
    if (!value.is_structured()) return true;
    for (const auto& part : value) {
        if (!is_small(part, depth - 1, left)) return false;
    }
    return true;
}

/// As short as a message needs it. What is large or deep is not shown: dump() would call itself as often as the body's
/// sender likes.
[[nodiscard]] PLUCK_TAGGED inline std::string text_of_json(const nlohmann::json& value) {
    int most = 100;
    if (!is_small(value, 5, most)) return value.is_array() ? "[...]" : "{...}";
    std::string text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    if (text.size() > 40) text.replace(37, std::string::npos, "...");
    return text;
}

class json_reader {
public:
    PLUCK_TAGGED json_reader(sampling_params& to, order of) : to_(to), of_(of) {}

    /// A field of the body; one that is null is not there.
    PLUCK_TAGGED void read(const std::string& name, const nlohmann::json& value) {
        if (value.is_null()) return;
        const bool known = read_any(json_floats, name, value) || read_any(json_integers, name, value) ||
                           read_any(json_ids, name, value) || read_any(json_phrases, name, value) ||
                           read_any(json_flags, name, value) || read_special(name, value) ||
                           read_neutral(name, value) || is_ignored(name);
        if (known) return;
        const bool is_plain = name.size() <= 40 && std::all_of(name.begin(), name.end(), [](char c) {
                                  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                         c == '_' || c == '-' || c == '.';
                              });
        const std::string shown = is_plain ? name : text_of_json(name);
        found_.add({shown, " is no field that pluck knows"});
    }

    /// What depends on more than one field; then the text of all that is wrong.
    [[nodiscard]] PLUCK_TAGGED const std::string& finish() {
        if (to_.top_k == -1) to_.top_k = 0;
        if (of_ == order::text_generation_webui) {  // which writes these in ten thousandths
            if (given_.contains("epsilon_cutoff")) to_.epsilon_cutoff = score_over(to_.epsilon_cutoff, 10000.0f);
            if (given_.contains("eta_cutoff")) to_.eta_cutoff = score_over(to_.eta_cutoff, 10000.0f);
        }
        if (dynamic_range_ && ordered(*dynamic_range_) > 0) {
            to_.dynatemp_low =
                ordered(to_.temperature) > ordered(*dynamic_range_) ? to_.temperature - *dynamic_range_ : 0.0f;
            to_.dynatemp_high = to_.temperature + *dynamic_range_;
        }
        if (dynamic_temperature_ == false) to_.dynatemp_low = to_.dynatemp_high = 1;
        if (does_sample_ == false) to_.temperature = 0;
        if (reports_) to_.logprobs = *reports_ ? best_.value_or(0) : std::optional<std::int32_t>{};
        else if (best_) to_.logprobs = best_;
        if (!strings_.is_null() && ordered(to_.dry_multiplier) != 0)
            refuse("dry_sequence_breakers", json_sequences, strings_);
        check_fields(found_, to_, rules_of(of_));
        return found_.text();
    }

private:
    template <class Fields>
    [[nodiscard]] PLUCK_TAGGED bool read_any(const Fields& fields, const std::string& name,
                                             const nlohmann::json& value) {
        for (const auto& field : fields) {
            for (const char* each : field.names) {
                if (each == nullptr || name != each) continue;
                if (is_first(field.names[0], name)) convert(name, value, to_.*field.to);
                return true;
            }
        }
        return false;
    }
    /// Whether no other of a field's names was there before.
    [[nodiscard]] PLUCK_TAGGED bool is_first(const char* field, const std::string& name) {
        const auto [at, is_new] = given_.emplace(field, name);
        if (!is_new) found_.add({at->second, " and ", name, " are the same field"});
        return is_new;
    }

    PLUCK_TAGGED void refuse(std::string_view name, std::string_view what, const nlohmann::json& value) {
        found_.add({name, " must be ", what, ", got ", text_of_json(value)});
    }
    PLUCK_TAGGED void convert(const std::string& name, const nlohmann::json& value, float& to) {
        if (!value.is_number()) return refuse(name, "a number", value);
        const auto number = value.get<double>();
        to = held(number);
        const bool is_lost = ordered(to) == 0 && ordered(number) != 0;
        if (is_lost) refuse(name, "a number that a float holds", value);
    }
    PLUCK_TAGGED void convert(const std::string& name, const nlohmann::json& value, std::int32_t& to) {
        if (const auto integer = integer_of(value)) to = *integer;
        else refuse(name, "an integer of 32 bits", value);
    }
    PLUCK_TAGGED void convert(const std::string& name, const nlohmann::json& value, bool& to) {
        if (value.is_boolean()) to = value.get<bool>();
        else refuse(name, "true or false", value);
    }
    PLUCK_TAGGED void convert(const std::string& name, const nlohmann::json& value, std::vector<std::int32_t>& to) {
        if (const auto ids = ids_of(value)) to = *ids;
        else refuse(name, "token ids", value);
    }
    PLUCK_TAGGED void convert(const std::string& name, const nlohmann::json& value,
                              std::vector<std::vector<std::int32_t>>& to) {
        std::vector<std::vector<std::int32_t>> phrases;
        bool right = value.is_array();
        for (std::size_t i = 0; right && i < value.size(); ++i) {
            const auto ids = value[i].is_array() ? ids_of(value[i]) : std::nullopt;
            if (ids) phrases.push_back(*ids);
            right = ids.has_value();
        }
        if (right) to = std::move(phrases);
        else if (&to == &to_.dry_sequence_breakers) strings_ = value;  // which does not matter without DRY
        else refuse(name, json_sequences, value);
    }

    [[nodiscard]] PLUCK_TAGGED static std::optional<std::int32_t> integer_of(const nlohmann::json& value) {
        constexpr std::int64_t least = (std::numeric_limits<std::int32_t>::min)();
        constexpr std::int64_t most = (std::numeric_limits<std::int32_t>::max)();
        if (value.is_number_float()) {  // 40.0, as some clients write it
            const auto number = value.get<double>();
            if (!in_range(number, static_cast<double>(least), static_cast<double>(most))) return {};
            const auto integer = static_cast<std::int32_t>(number);
            return ordered(static_cast<double>(integer)) == ordered(number) ? std::optional(integer) : std::nullopt;
        }
        if (!value.is_number_integer()) return {};
        if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(most)) return {};
        const auto integer = value.get<std::int64_t>();
        if (integer < least || integer > most) return {};
        return static_cast<std::int32_t>(integer);
    }
    /// A list of ids, or one alone.
    [[nodiscard]] PLUCK_TAGGED static std::optional<std::vector<std::int32_t>> ids_of(const nlohmann::json& value) {
        std::vector<std::int32_t> ids;
        if (!value.is_array()) {
            const auto id = integer_of(value);
            if (!id) return {};
            return std::vector<std::int32_t>{*id};
        }
        for (const auto& each : value) {
            const auto id = integer_of(each);
            if (!id) return {};
            ids.push_back(*id);
        }
        return ids;
    }
    /// A bias; llama.cpp writes false for -infinity.
    [[nodiscard]] PLUCK_TAGGED static std::optional<float> bias_of(const nlohmann::json& value) {
        if (value.is_number()) return held(value.get<double>());
        if (value.is_boolean() && !value.get<bool>()) return minus_infinity;
        return {};
    }
    [[nodiscard]] PLUCK_TAGGED static std::optional<std::int32_t> id_of_key(const std::string& key) {
        const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
        const bool is_number = std::all_of(key.begin() + (key.starts_with('-') ? 1 : 0), key.end(), is_digit);
        if (!is_number || key.size() > 11) return {};
        const auto parsed = nlohmann::json::parse(key, nullptr, false);
        return parsed.is_number_integer() ? integer_of(parsed) : std::nullopt;
    }

    [[nodiscard]] PLUCK_TAGGED bool read_special(const std::string& name, const nlohmann::json& value) {
        if (name == "seed" || name == "sampler_seed") {
            if (is_first("seed", name)) read_seed(name, value);
        } else if (name == "logit_bias") {
            if (!read_biases(value)) refuse(name, "token ids, each once, and their biases", value);
        } else if (name == "sequence_bias") {
            if (!read_phrase_biases(value)) refuse(name, "[token ids, bias] pairs", value);
        } else if (name == "exponential_decay_length_penalty") {
            const bool is_new = is_first("length_decay_start", name) && is_first("length_decay_factor", name);
            if (!is_new) return true;
            if (value.is_array() && value.size() == 2) {
                convert(name, value[0], to_.length_decay_start);
                convert(name, value[1], to_.length_decay_factor);
            } else {
                refuse(name, "[start, factor]", value);
            }
        } else if (name == "logprobs" && value.is_boolean()) {
            reports_ = value.get<bool>();
        } else if (name == "logprobs" || name == "top_logprobs" || name == "n_probs") {
            std::int32_t best = 0;
            if (!is_first("logprobs", name)) return true;
            convert(name, value, best);
            if (name != "n_probs" || best != 0) best_ = best;
        } else if (name == "dynatemp_range") {
            convert(name, value, dynamic_range_.emplace(0.0f));
        } else if (name == "dynamic_temperature") {
            convert(name, value, dynamic_temperature_.emplace(true));
        } else if (name == "do_sample") {
            convert(name, value, does_sample_.emplace(true));
        } else {
            return false;
        }
        return true;
    }
    PLUCK_TAGGED void read_seed(const std::string& name, const nlohmann::json& value) {
        if (!value.is_number_integer()) return refuse(name, "an integer", value);
        const std::uint64_t seed = value.is_number_unsigned() ? value.get<std::uint64_t>()
                                                              : static_cast<std::uint64_t>(value.get<std::int64_t>());
        const bool is_minus_1 = !value.is_number_unsigned() && seed == ~std::uint64_t{0};
        const bool is_any = is_minus_1 || (of_ == order::llama_cpp && seed == 0xffffffffu);
        to_.seed = is_any ? std::optional<std::uint64_t>{} : seed;
    }
    [[nodiscard]] PLUCK_TAGGED bool read_biases(const nlohmann::json& value) {
        std::map<std::int32_t, float> biases;
        const auto add = [&](std::optional<std::int32_t> id, std::optional<float> bias) {
            return id && bias && biases.emplace(*id, *bias).second;
        };
        if (!value.is_object() && !value.is_array()) return false;
        for (auto at = value.begin(); at != value.end(); ++at) {
            const bool is_pair = value.is_array() && at->is_array() && at->size() == 2;
            if (value.is_array() && !is_pair) return false;
            const bool added =
                is_pair ? add(integer_of((*at)[0]), bias_of((*at)[1])) : add(id_of_key(at.key()), bias_of(*at));
            if (!added) return false;
        }
        to_.logit_bias = std::move(biases);
        return true;
    }
    [[nodiscard]] PLUCK_TAGGED bool read_phrase_biases(const nlohmann::json& value) {
        std::map<std::vector<std::int32_t>, float> biases;
        if (!value.is_array()) return false;
        for (const auto& each : value) {
            if (!each.is_array() || each.size() != 2) return false;
            const auto ids = ids_of(each[0]);
            const auto bias = bias_of(each[1]);
            if (!ids || !bias || !biases.emplace(*ids, *bias).second) return false;
        }
        to_.sequence_bias = std::move(biases);
        return true;
    }

    [[nodiscard]] PLUCK_TAGGED bool read_neutral(const std::string& name, const nlohmann::json& value) {
        for (const auto& [field, neutral] : json_neutral) {
            if (name != field) continue;
            if (value != nlohmann::json::parse(neutral))
                refuse(name, std::string(neutral).append(", since pluck does not do it"), value);
            return true;
        }
        return false;
    }
    [[nodiscard]] PLUCK_TAGGED static bool is_ignored(const std::string& name) {
        return std::find(std::begin(json_ignored), std::end(json_ignored), name) != std::end(json_ignored);
    }

    sampling_params& to_;
    order of_;
    faults found_;
    std::map<std::string, std::string> given_;  // of each field, the name that it has in the body
    std::optional<bool> reports_{}, dynamic_temperature_{}, does_sample_{};
    std::optional<std::int32_t> best_{};
    nlohmann::json strings_{};  // in the place of breakers
    std::optional<float> dynamic_range_{};
};

}  // namespace detail

/// A request from the body that a server has received.
///
///     const auto request = pluck::params_from_json(nlohmann::json::parse(body), pluck::order::vllm);
///
/// Definition.   Each field of sampling_params by its name, or by one that OpenAI, vLLM, Hugging Face, llama.cpp,
///               text-generation-webui, koboldcpp or mlx-lm give it: docs/compatibility.md lists them. null is as if a
///               field were not there. What is plainly not sampling is ignored: the model, messages, the stream, stop
///               strings, max_tokens. `"seed": -1` is none, `"top_k": -1` is 0, `"do_sample": false` is a temperature
///               of 0. logit_bias is an object, `{"50256": -100}`, or pairs, `[[50256, false]]`, where false is
///               -infinity.
/// Parameters.   body      an object
///               dialect   whose defaults and ranges hold; it is the one for make_chain()
///               how       see json_options
/// Cost.         About half a microsecond for a field.
/// Errors.       std::invalid_argument with all that is wrong: a value of another type, one out of its range, a field
///               that pluck does not know or has no stage for, two names of one field. What needs ids of an end
///               (min_tokens) is checked by make_chain(), since the server may add them.
[[nodiscard]] PLUCK_TAGGED inline sampling_params params_from_json(const nlohmann::json& body, order dialect,
                                                                   const json_options& how = {}) {
    if (!body.is_object())
        detail::raise({"pluck::params_from_json: the body must be an object, got ", detail::text_of_json(body)});
    sampling_params request = how.base ? *how.base : defaults(dialect);
    detail::json_reader reader(request, dialect);
    for (auto at = body.begin(); at != body.end(); ++at) {
        const auto& own = how.handled;
        if (std::find(own.begin(), own.end(), at.key()) == own.end()) reader.read(at.key(), at.value());
    }
    const std::string& wrong = reader.finish();
    if (!wrong.empty()) detail::raise({"pluck::params_from_json: ", wrong});
    return request;
}

}}  // namespace pluck::v0
