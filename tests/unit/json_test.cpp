// SPDX-License-Identifier: MIT
//
// Requests from JSON: the bodies that servers receive, the names that they use, and what is refused.
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/json.hpp>
#include <pluck/make_chain.hpp>
#include <pluck/sample.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

using namespace pluck_test;
using nlohmann::json;
using pluck::defaults;
using pluck::order;
using pluck::params_from_json;
using pluck::sampling_params;

namespace {

sampling_params read(const std::string& body, order dialect = order::vllm, const pluck::json_options& how = {}) {
    return params_from_json(json::parse(body), dialect, how);
}
std::string refusal(const std::string& body, order dialect = order::vllm, const pluck::json_options& how = {}) {
    const std::string message = message_of([&] { (void)read(body, dialect, how); });
    const std::string who = "pluck::params_from_json: ";
    return message.starts_with(who) ? message.substr(who.size()) : message;
}
const std::string nothing = message_of([] {});

}  // namespace

TEST_CASE("a body of OpenAI's chat completions is a request") {
    CHECK(read(R"({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": true,
                   "stream_options": {"include_usage": true}, "max_completion_tokens": 100, "stop": ["\n"],
                   "temperature": 0.7, "top_p": 0.9, "frequency_penalty": 0.5, "presence_penalty": -0.5, "n": 2,
                   "seed": 11, "logit_bias": {"50256": -100, "7": 1.5}, "logprobs": true, "top_logprobs": 4,
                   "response_format": {"type": "text"}, "user": "u", "tools": [], "tool_choice": "auto"})") ==
          sampling_params{.temperature = 0.7f,
                          .top_p = 0.9f,
                          .frequency_penalty = 0.5f,
                          .presence_penalty = -0.5f,
                          .logit_bias = {{7, 1.5f}, {50256, -100.0f}},
                          .seed = 11,
                          .n = 2,
                          .logprobs = 4});
}

TEST_CASE("a body of vLLM's server is a request") {
    CHECK(read(R"({"prompt": [1, 2, 3], "temperature": 0, "top_k": -1, "min_p": 0.1, "repetition_penalty": 1.1,
                   "stop_token_ids": [2, 3], "ignore_eos": true, "min_tokens": 5, "max_tokens": null, "logprobs": 3,
                   "allowed_token_ids": [5, 6, 7], "skip_special_tokens": false, "use_beam_search": false,
                   "best_of": 1, "length_penalty": 1.0, "seed": null})") ==
          sampling_params{.temperature = 0,
                          .min_p = 0.1f,
                          .repetition_penalty = 1.1f,
                          .allowed_token_ids = {5, 6, 7},
                          .stop_token_ids = {2, 3},
                          .min_tokens = 5,
                          .ignore_eos = true,
                          .logprobs = 3});
}

TEST_CASE("a body of llama.cpp's server is a request") {
    sampling_params expected = defaults(order::llama_cpp);
    expected.temperature = 0.5f;
    expected.repetition_penalty = 1.25f;
    expected.penalty_last_n = -1;
    expected.dry_multiplier = 0.75f;
    expected.dry_penalty_last_n = 0;
    expected.logit_bias = {{15043, -pluck::detail::bits_as<float>(0x7f800000u)}, {9, 1.0f}};
    expected.top_n_sigma = -1;
    expected.logprobs = 5;
    CHECK(read(R"({"prompt": "Hi", "n_predict": 16, "cache_prompt": true, "id_slot": -1, "temperature": 0.5,
                   "dynatemp_range": 0.0, "dynatemp_exponent": 1.0, "repeat_penalty": 1.25, "repeat_last_n": -1,
                   "dry_multiplier": 0.75, "dry_penalty_last_n": 0, "mirostat": 0, "mirostat_tau": 5.0,
                   "typical_p": 1.0, "xtc_probability": 0.0, "top_n_sigma": -1.0, "seed": 4294967295,
                   "logit_bias": [[15043, false], [9, 1.0]], "n_probs": 5, "min_keep": 0, "ignore_eos": false})",
               order::llama_cpp) == expected);
    CHECK(read(R"({"n_probs": 0})", order::llama_cpp).logprobs == std::nullopt);
}

TEST_CASE("a generation_config.json is a request") {
    sampling_params expected = defaults(order::hugging_face);
    expected.temperature = 0.6f;
    expected.top_p = 0.9f;
    expected.eos_token_ids = {128001, 128009};
    expected.begin_suppress_tokens = {220, 50257};
    expected.suppress_tokens = {1, 2};
    expected.bad_words_ids = {{4}, {5, 6}};
    expected.sequence_bias = {{{4, 5}, -1.5f}, {{6}, 2.0f}};
    expected.length_decay_start = 20;
    expected.length_decay_factor = 1.05f;
    expected.no_repeat_ngram_size = 3;
    expected.min_tokens = 2;
    CHECK(read(R"({"_from_model_config": true, "bos_token_id": 128000, "eos_token_id": [128001, 128009],
                   "pad_token_id": 0, "transformers_version": "5.0.0", "do_sample": true, "temperature": 0.6,
                   "top_p": 0.9, "max_length": 4096, "num_beams": 1, "begin_suppress_tokens": [220, 50257],
                   "suppress_tokens": [1, 2], "bad_words_ids": [[4], [5, 6]], "min_new_tokens": 2,
                   "sequence_bias": [[[4, 5], -1.5], [[6], 2.0]], "no_repeat_ngram_size": 3,
                   "exponential_decay_length_penalty": [20, 1.05], "encoder_repetition_penalty": 1.0})",
               order::hugging_face) == expected);
    CHECK(read(R"({"eos_token_id": 2})", order::hugging_face).eos_token_ids == std::vector<std::int32_t>{2});
    CHECK(read(R"({"do_sample": false, "temperature": 0.6})", order::hugging_face).temperature == 0);
}

TEST_CASE("a field has the names that servers give it") {
    const struct {
        const char* name;
        float sampling_params::*field;
    } floats[] = {{"temp", &sampling_params::temperature},
                  {"repeat_penalty", &sampling_params::repetition_penalty},
                  {"rep_pen", &sampling_params::repetition_penalty},
                  {"dry_base", &sampling_params::dry_base},
                  {"top_p", &sampling_params::top_p},
                  {"min_p", &sampling_params::min_p}};
    for (const auto& [name, field] : floats) {
        INFO(name);
        const float value = field == &sampling_params::dry_base ? 2.5f : 0.25f;
        CHECK(read(json{{name, value}}.dump()).*field == value);
    }
    const struct {
        const char* name;
        std::int32_t sampling_params::*field;
    } integers[] = {{"penalty_last_n", &sampling_params::penalty_last_n},
                    {"repeat_last_n", &sampling_params::penalty_last_n},
                    {"repetition_penalty_range", &sampling_params::penalty_last_n},
                    {"rep_pen_range", &sampling_params::penalty_last_n},
                    {"repetition_context_size", &sampling_params::penalty_last_n},
                    {"dry_range", &sampling_params::dry_penalty_last_n},
                    {"min_new_tokens", &sampling_params::min_tokens},
                    {"num_return_sequences", &sampling_params::n}};
    for (const auto& [name, field] : integers) {
        INFO(name);
        CHECK(read(json{{name, 17}}.dump()).*field == 17);
    }
    CHECK(read(R"({"sampler_seed": 5})").seed == 5);
    CHECK(read(R"({"ban_eos_token": true})").ignore_eos);
    CHECK(read(R"({"end_id": 5})").eos_token_ids == std::vector<std::int32_t>{5});
    CHECK(read(R"({"dry_sequence_breakers": [[1], [2, 3]]})").dry_sequence_breakers ==
          std::vector<std::vector<std::int32_t>>{{1}, {2, 3}});

    // Those of stages still to come: neutral, they pass; else make_chain's words.
    CHECK(refusal(R"({"typ_p": 1, "tfs_z": 1.0, "top_a": 0, "nsigma": 0, "smoothing_factor": 0, "mirostat_mode": 0,
                      "skew": 0, "temperature_last": false})") == nothing);
    const std::string why = ", since pluck has no stage for it yet, got ";
    CHECK(refusal(R"({"typ_p": 0.5})") == "typical_p must be 1" + why + "0.5");
    CHECK(refusal(R"({"typical": 0.5})") == "typical_p must be 1" + why + "0.5");
    CHECK(refusal(R"({"tfs": 0.5})") == "tail_free must be 1" + why + "0.5");
    CHECK(refusal(R"({"tfs_z": 0.5})") == "tail_free must be 1" + why + "0.5");
    CHECK(refusal(R"({"nsigma": 1.5})") == "top_n_sigma must be 0" + why + "1.5");
    CHECK(refusal(R"({"mirostat_mode": 2})") == "mirostat must be 0" + why + "2");
    CHECK(refusal(R"({"dynatemp_range": 0.5})") ==
          "dynatemp_low must be 1" + why + "0.5; dynatemp_high must be 1" + why + "1.5");
    CHECK(refusal(R"({"temperature": 0.25, "dynatemp_range": 0.5})") ==
          "dynatemp_low must be 1" + why + "0; dynatemp_high must be 1" + why + "0.75");
    CHECK(refusal(R"({"dynatemp_low": 0.5})") == "dynatemp_low must be 1" + why + "0.5");
    CHECK(refusal(R"({"dynatemp_low": 0.5, "dynamic_temperature": false})") == nothing);
    CHECK(refusal(R"({"eta_cutoff": 3.0})", order::text_generation_webui) == "eta_cutoff must be 0" + why + "3e-04");
    CHECK(refusal(R"({"guidance_scale": 1.5})").starts_with("guidance_scale must be 1, since "));
}

TEST_CASE("a seed of -1 is none, and any other is 64 bits") {
    CHECK(read(R"({"seed": -1})").seed == std::nullopt);
    CHECK(read(R"({"seed": -2})").seed == ~std::uint64_t{1});
    CHECK(read(R"({"seed": 18446744073709551615})").seed == ~std::uint64_t{0});
    CHECK(read(R"({"seed": 4294967295})", order::vllm).seed == 4294967295u);
    CHECK(read(R"({"seed": 4294967295})", order::llama_cpp).seed == std::nullopt);
    CHECK(params_from_json(json{{"seed", 4}}, order::vllm).seed == 4);  // not parsed: a signed number
    CHECK(refusal(R"({"seed": 1.5})") == "seed must be an integer, got 1.5");
    CHECK(refusal(R"({"seed": "1"})") == "seed must be an integer, got \"1\"");
}

TEST_CASE("a body begins with the dialect's defaults, or with those that it is given") {
    CHECK(read("{}", order::llama_cpp) == defaults(order::llama_cpp));
    CHECK(read(R"({"top_k": null})", order::llama_cpp).top_k == 40);
    CHECK(read("{}", order::vllm) == sampling_params{});
    const sampling_params base{.temperature = 0.25f, .eos_token_ids = {2}};
    const sampling_params request = read(R"({"min_tokens": 5})", order::vllm, {.base = base, .handled = {}});
    CHECK(request == sampling_params{.temperature = 0.25f, .eos_token_ids = {2}, .min_tokens = 5});
    // What a server adds later is asked for by make_chain.
    CHECK(refusal(R"({"min_tokens": 5})") == nothing);
}

TEST_CASE("log-probabilities are asked for in each server's way") {
    CHECK(read(R"({"logprobs": true})").logprobs == 0);
    CHECK(read(R"({"logprobs": false, "top_logprobs": 3})").logprobs == std::nullopt);
    CHECK(read(R"({"top_logprobs": 3})").logprobs == 3);
    CHECK(read(R"({"logprobs": 0})").logprobs == 0);
    CHECK(refusal(R"({"logprobs": -2})") == "logprobs must be in [-1, 1024], got -2");
}

TEST_CASE("a field that pluck does not know is refused, unless the server handles it") {
    CHECK(refusal(R"({"temprature": 0.5})") == "temprature is no field that pluck knows");
    CHECK(refusal(json{{std::string(50, 'a'), 1}}.dump()) ==
          "\"" + std::string(36, 'a') + "... is no field that pluck knows");
    CHECK(refusal(R"({"grammar": "root ::= \"a\""})") == "grammar is no field that pluck knows");
    CHECK(refusal(R"({"grammar": "root", "samplers": []})", order::vllm, {.base = {}, .handled = {"grammar"}}) ==
          "samplers is no field that pluck knows");
    CHECK(refusal(R"({"temperature": "mine"})", order::vllm, {.base = {}, .handled = {"temperature"}}) == nothing);
    CHECK(refusal(R"({"response_format": {"type": "json_object"}})") ==
          "response_format must be {\"type\":\"text\"}, since pluck does not do it, got {\"type\":\"json_object\"}");
    CHECK(refusal(R"({"num_beams": 4})") == "num_beams must be 1, since pluck does not do it, got 4");
    CHECK(refusal(R"({"min_length": 4})") == "min_length must be 0, since pluck does not do it, got 4");
}

TEST_CASE("two names of one field are refused") {
    CHECK(refusal(R"({"repeat_penalty": 1.5, "repetition_penalty": 1.2})") ==
          "repeat_penalty and repetition_penalty are the same field");
    CHECK(refusal(R"({"seed": 1, "sampler_seed": 1})") == "sampler_seed and seed are the same field");
}

TEST_CASE("values of another type are refused") {
    CHECK(refusal("[]") == "the body must be an object, got []");
    CHECK(refusal(R"({"temperature": "hot"})") == "temperature must be a number, got \"hot\"");
    CHECK(refusal(R"({"temperature": true})") == "temperature must be a number, got true");
    CHECK(refusal(R"({"top_k": 4.5})") == "top_k must be an integer of 32 bits, got 4.5");
    CHECK(refusal(R"({"top_k": 2147483648})") == "top_k must be an integer of 32 bits, got 2147483648");
    CHECK(refusal(R"({"top_k": 18446744073709551615})") ==
          "top_k must be an integer of 32 bits, got 18446744073709551615");
    CHECK(refusal(R"({"top_k": -2147483649})") == "top_k must be an integer of 32 bits, got -2147483649");
    CHECK(refusal(R"({"ignore_eos": 1})") == "ignore_eos must be true or false, got 1");
    CHECK(refusal(R"({"stop_token_ids": ["a"]})") == "stop_token_ids must be token ids, got [\"a\"]");
    CHECK(refusal(R"({"bad_words_ids": [4]})") ==
          "bad_words_ids must be sequences of token ids, since strings need a tokenizer, got [4]");
    CHECK(refusal(R"({"dry_multiplier": 1, "dry_sequence_breakers": ["\n", ":"]})") ==
          "dry_sequence_breakers must be sequences of token ids, since strings need a tokenizer, got [\"\\n\",\":\"]");
    CHECK(refusal(R"({"sequence_bias": [[[4], true]]})") ==
          "sequence_bias must be [token ids, bias] pairs, got [[[4],true]]");
    CHECK(refusal(R"({"sequence_bias": {"4": 1}})") == "sequence_bias must be [token ids, bias] pairs, got {\"4\":1}");
    CHECK(refusal(R"({"exponential_decay_length_penalty": [4]})") ==
          "exponential_decay_length_penalty must be [start, factor], got [4]");
    for (const char* biases : {R"({"a":1})", R"({"4.5":1})", R"({"4":"1"})", R"({"4":true})", "[[4]]", "[4,1]", "3",
                               R"([["a",1]])", "[[4,1],[4,2]]", R"({"99999999999":1})"}) {
        CHECK(refusal(std::string(R"({"logit_bias": )") + biases + "}") ==
              "logit_bias must be token ids, each once, and their biases, got " + std::string(biases));
    }
    CHECK(refusal(R"({"temperature": "a string that is longer than a message needs"})") ==
          "temperature must be a number, got \"a string that is longer than a messa...");
    const json broken = {{"temperature", "\xff"}};
    CHECK(message_of([&] {
              (void)params_from_json(broken, order::vllm);
          }).starts_with("pluck::params_from_json: temperature must be a number, got \""));
}

TEST_CASE("numbers that no float holds are the largest, and refused where that is out of range") {
    CHECK(
        refusal(R"({"repetition_penalty": 1e300})").starts_with("repetition_penalty must be in (0, 2^24], got 3.4028"));
    CHECK(read(R"({"logit_bias": {"4": -1e300}})").logit_bias.at(4) == -(std::numeric_limits<float>::max)());
    const json infinite = {{"temperature", std::numeric_limits<double>::infinity()}};
    CHECK(message_of([&] { (void)params_from_json(infinite, order::exllama); }) ==
          "pluck::params_from_json: temperature must be 0 or in [2^-64, 2^64], got inf");
}

TEST_CASE("all that is wrong with a body is in one message, types and ranges alike") {
    CHECK(refusal(R"({"logit_bias": {"-4": 1}, "magic": 1, "min_p": 2, "temperature": "hot", "top_a": 0.5,
                      "top_p": 1.5})") ==
          "magic is no field that pluck knows; temperature must be a number, got \"hot\"; top_p must be in (0, 1], got "
          "1.5; min_p must be in [0, 1], got 2; an id of logit_bias must be >= 0, got -4; top_a must be 0, since pluck "
          "has no stage for it yet, got 0.5");
}

TEST_CASE("what real clients send does no harm where it changes nothing") {
    CHECK(read(R"({"dry_multiplier": 0, "dry_sequence_breakers": ["\n", ":"]})") == sampling_params{});
    CHECK(read(R"({"bad_words": [], "prompt_cache_key": "k", "verbosity": "low"})") == sampling_params{});
    CHECK(read(R"({"top_k": 40.0})").top_k == 40);
    CHECK(refusal(R"({"top_k": 40.5})") == "top_k must be an integer of 32 bits, got 40.5");
    CHECK(refusal(R"({"top_k": 1e30})") == "top_k must be an integer of 32 bits, got 1e+30");
    CHECK(refusal(R"({"logit_bias": {"1e3": 1}})").starts_with("logit_bias must be token ids"));
}

TEST_CASE("a hostile body gets a short message") {
    std::string deep(200000, '[');
    deep += std::string(200000, ']');
    CHECK(refusal("{\"top_k\":" + deep + "}") == "top_k must be an integer of 32 bits, got [...]");
    CHECK(refusal("{\"response_format\":{\"type\":" + deep + "}}") ==
          "response_format must be {\"type\":\"text\"}, since pluck does not do it, got {...}");
    CHECK(refusal(deep) == "the body must be an object, got [...]");
    CHECK(refusal(R"({"a\u0000b":1,"top_p":7})") ==
          "\"a\\u0000b\" is no field that pluck knows; top_p must be in (0, 1], got 7");
    std::string many = "{\"z0\":1";
    for (int i = 1; i < 3000; ++i) many += ",\"z" + std::to_string(i) + "\":1";
    CHECK(refusal(many + "}").size() < 4200);
    CHECK(refusal(many + "}").ends_with("; and more"));
    CHECK(refusal(R"({"temperature": 1e-300})") == "temperature must be a number that a float holds, got 1e-300");
    CHECK(refusal(R"({"min_p": -1e-60})") == "min_p must be a number that a float holds, got -1e-60");
    CHECK(refusal(R"({"logit_bias": {" 12": 1}})").starts_with("logit_bias must be token ids"));
    CHECK(refusal(R"({"logprobs": 3, "n_probs": 4})") == "logprobs and n_probs are the same field");
    CHECK(read(R"({"length_decay_start": 3, "length_decay_factor": 1.5})").length_decay_start == 3);
}

TEST_CASE("a body's request makes a chain") {
    pluck::sequence text(std::vector<std::int32_t>{1, 2}, {.seed = 1});
    const sampling_params request = read(R"({"top_k": 1, "logit_bias": {"3": 100}})");
    const pluck::dynamic_chain chain = pluck::make_chain(request, text, order::vllm);
    CHECK(pluck::sample(std::vector<float>(10, 0.0f), chain, text.key()).token == 3);
}
