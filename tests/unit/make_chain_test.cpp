// SPDX-License-Identifier: MIT
//
// From a request to a chain: each order's stages against the same ones written by hand, what neutral values mean, what
// is refused and in which words, and how long what a chain looks at is there.
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/make_chain.hpp>
#include <pluck/pluck.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace pluck_test;
using pluck::defaults;
using pluck::dynamic_chain;
using pluck::make_chain;
using pluck::min_p;
using pluck::order;
using pluck::sampling_params;
using pluck::scope;
using pluck::sequence;
using pluck::status;
using pluck::temperature;
using pluck::top_k;
using pluck::top_p;

namespace {

constexpr order all_orders[] = {order::llama_cpp,    order::hugging_face, order::vllm,    order::sglang,
                                order::tensorrt_llm, order::mlx_lm,       order::exllama, order::text_generation_webui,
                                order::koboldcpp,    order::aphrodite};
constexpr std::size_t vocab = 200;

std::vector<float> row_of(std::uint64_t number) {
    random_numbers numbers(number, 14);
    std::vector<float> row;
    for (std::size_t i = 0; i < vocab; ++i) row.push_back(static_cast<float>(2 * numbers.normal()));
    return row;
}

// A prompt of 20 and a text of 20 tokens, of which several occur often.
sequence some_text() {
    std::vector<std::int32_t> prompt;
    for (std::int32_t i = 0; i < 20; ++i) prompt.push_back(i % 7);
    sequence text(prompt, {.seed = 3});
    for (std::int32_t i = 0; i < 20; ++i) text.accept(4 + i % 9);
    return text;
}

template <class Chain>
std::vector<std::pair<std::int32_t, double>> candidates_of(const std::vector<float>& row, const Chain& chain) {
    std::vector<std::pair<std::int32_t, double>> kept;
    for (const pluck::candidate& each : pluck::candidates(row, chain)) kept.emplace_back(each.token, each.probability);
    return kept;
}

// A request's chain keeps the same tokens with the same probabilities, and draws the same ones, as the one by hand.
template <class Typed>
void expect_same(const sampling_params& request, order rules, const Typed& by_hand, sequence& text) {
    INFO("order " << static_cast<int>(rules));
    const dynamic_chain made = make_chain(request, text, rules);
    tally same;
    for (std::uint64_t number = 0; number < 60; ++number) {
        const std::vector<float> row = row_of(number);
        same.expect(candidates_of(row, made) == candidates_of(row, by_hand), "candidates of row ", number);
        const pluck::key key{.seed = number, .position = 7};
        same.expect(pluck::sample(row, made, key) == pluck::sample(row, by_hand, key), "pick of row ", number);
    }
    PLUCK_CHECK_TALLY(same);
}
template <class Typed>
void expect_same(const sampling_params& request, order rules, const Typed& by_hand) {
    sequence text = some_text();
    expect_same(request, rules, by_hand, text);
}

std::string refusal(const sampling_params& request, order rules = order::exllama) {
    sequence text = some_text();
    const std::string message = message_of([&] { (void)make_chain(request, text, rules); });
    const std::string said = pluck::faults_of(request, text, rules);
    if (said.empty()) return message;
    CHECK(message == "pluck::sampling_params: " + said);
    return said;
}
const std::string nothing = message_of([] {});

}  // namespace

// ---- shape and keep ----

TEST_CASE("each order has its engine's shape and keep stages") {
    const sampling_params request{.temperature = 1.5f, .top_k = 40, .top_p = 0.8f, .min_p = 0.06f, .min_keep = 2};
    const auto t = temperature(1.5f);
    const auto k = top_k(40);
    const auto p = top_p(0.8f, 2);
    const auto m = min_p(0.06f, 2);
    expect_same(request, order::llama_cpp, k | p | m | t);
    expect_same(request, order::hugging_face, t | k | p | m);
    expect_same(request, order::vllm, t | m | k | p);
    expect_same(request, order::sglang, t | k | p | m);
    expect_same(request, order::tensorrt_llm, t | k | p | m);
    expect_same(request, order::mlx_lm, p | m | k | t);
    expect_same(request, order::exllama, t | m | k | p);
    expect_same(request, order::text_generation_webui, t | k | p | m);
    expect_same(request, order::koboldcpp, k | p | m | t);
    expect_same(request, order::aphrodite, t | k | p | m);

    // Without min_p, SGLang takes top_p of the whole row.
    expect_same({.top_k = 12, .top_p = 0.8f}, order::sglang, top_p(0.8f) | top_k(12));
    // Hugging Face's min_tokens_to_keep is for top_k, too; no other's is.
    expect_same({.top_k = 2, .min_keep = 5}, order::hugging_face, top_k(5));
    expect_same({.top_k = 2, .min_keep = 5}, order::llama_cpp, top_k(2));
}

TEST_CASE("an order's defaults are its engine's") {
    expect_same(defaults(order::llama_cpp), order::llama_cpp,
                top_k(40) | top_p(0.95f) | min_p(0.05f) | temperature(0.8f));
    expect_same(defaults(order::hugging_face), order::hugging_face, top_k(50));
    expect_same(defaults(order::tensorrt_llm), order::tensorrt_llm, pluck::greedy{});
    expect_same(defaults(order::mlx_lm), order::mlx_lm, pluck::greedy{});
    expect_same(defaults(order::koboldcpp), order::koboldcpp, top_k(100) | top_p(0.92f) | temperature(0.75f));
    for (const order plain :
         {order::vllm, order::sglang, order::exllama, order::text_generation_webui, order::aphrodite})
        expect_same(defaults(plain), plain, pluck::categorical{});
    CHECK(defaults(order::llama_cpp).penalty_last_n == 64);
    CHECK(defaults(order::llama_cpp).dry_penalty_last_n == 64);
    CHECK(defaults(order::mlx_lm).penalty_last_n == 20);
    CHECK(defaults(order::text_generation_webui).penalty_last_n == 1024);
    CHECK(defaults(order::koboldcpp).penalty_last_n == 320);
    CHECK(defaults(order::koboldcpp).dry_penalty_last_n == 320);
}

TEST_CASE("a request that asks for nothing is a draw from the whole row") {
    sequence text = some_text();
    for (const order rules : all_orders) {
        INFO("order " << static_cast<int>(rules));
        CHECK(make_chain({}, text, rules).empty());
        CHECK(make_chain({.top_k = 0, .seed = 3, .n = 4, .logprobs = 5}, text, rules).empty());
    }
}

TEST_CASE("a temperature of 0 draws the best token, and so does what an engine reads as 0") {
    const sampling_params cold{.temperature = 0, .top_k = 40, .top_p = 0.9f, .min_p = 0.1f};
    for (const order rules : all_orders) expect_same(cold, rules, pluck::greedy{});

    for (const order rules : {order::llama_cpp, order::koboldcpp})
        expect_same({.temperature = -1}, rules, pluck::greedy{});
    CHECK(refusal({.temperature = -1}) == "temperature must be 0 or in [2^-64, 2^64], got -1");

    expect_same({.temperature = 0.9e-6f}, order::sglang, pluck::greedy{});
    expect_same({.temperature = 1.1e-6f}, order::sglang, temperature(1.1e-6f));
    expect_same({.temperature = 0.9e-5f}, order::aphrodite, pluck::greedy{});
    expect_same({.temperature = 1.1e-5f}, order::aphrodite, temperature(1.1e-5f));
    expect_same({.temperature = 1e-30f}, order::vllm, temperature(0.01f));
    expect_same({.temperature = 0.02f}, order::vllm, temperature(0.02f));
    expect_same({.temperature = 1e-3f}, order::exllama, temperature(1e-3f));
}

TEST_CASE("what top_k and top_p are off at depends on the order") {
    for (const order rules : {order::llama_cpp, order::mlx_lm, order::exllama, order::koboldcpp})
        expect_same({.top_k = -7}, rules, pluck::categorical{});
    for (const order rules : {order::vllm, order::sglang, order::tensorrt_llm, order::aphrodite}) {
        expect_same({.top_k = -1}, rules, pluck::categorical{});
        CHECK(refusal({.top_k = -2}, rules) == "top_k must be >= -1, got -2");
    }
    CHECK(refusal({.top_k = -1}, order::hugging_face) == "top_k must be >= 0, got -1");

    for (const order rules : {order::llama_cpp, order::hugging_face, order::exllama, order::text_generation_webui,
                              order::koboldcpp, order::aphrodite})
        expect_same({.top_p = 0}, rules, top_p(0));
    expect_same({.top_p = 0}, order::mlx_lm, pluck::categorical{});
    expect_same({.top_p = 0}, order::tensorrt_llm, pluck::greedy{});
    expect_same({.top_k = 1, .top_p = 0}, order::tensorrt_llm, pluck::greedy{});
    expect_same({.top_k = 5, .top_p = 0}, order::tensorrt_llm, top_k(5));
    for (const order rules : {order::vllm, order::sglang})
        CHECK(refusal({.top_p = 0}, rules) == "top_p must be in (0, 1], got 0");
}

// ---- adjusters ----

TEST_CASE("an order's penalties count what its engine counts") {
    const sampling_params request{.repetition_penalty = 1.5f, .frequency_penalty = 0.5f, .presence_penalty = 0.25f};
    const auto penalised = [&](scope repeats, scope counts, std::int32_t last_n = 0) {
        return pluck::penalty_settings{.repetition = 1.5f,
                                       .frequency = 0.5f,
                                       .presence = 0.25f,
                                       .last_n = last_n,
                                       .repeats = repeats,
                                       .counts = counts};
    };
    sequence text = some_text();
    for (const order rules : {order::llama_cpp, order::mlx_lm, order::exllama, order::text_generation_webui,
                              order::koboldcpp, order::tensorrt_llm})
        expect_same(request, rules, pluck::penalties(text.history(), penalised(scope::all, scope::all)), text);
    for (const order rules : {order::hugging_face, order::vllm, order::aphrodite})
        expect_same(request, rules, pluck::penalties(text.history(), penalised(scope::all, scope::generated)), text);
    expect_same(request, order::sglang, pluck::penalties(text.history(), penalised(scope::generated, scope::generated)),
                text);

    sampling_params last = request;
    last.penalty_last_n = 8;
    expect_same(last, order::llama_cpp, pluck::penalties(text.history(), penalised(scope::all, scope::all, 8)), text);
    last.penalty_last_n = 0;
    for (const order rules : {order::llama_cpp, order::koboldcpp}) expect_same(last, rules, pluck::categorical{}, text);
    expect_same(last, order::mlx_lm, pluck::penalties(text.history(), penalised(scope::all, scope::all)), text);

    // Each alone makes the stage.
    expect_same({.repetition_penalty = 0.5f}, order::vllm, pluck::penalties(text.history(), {.repetition = 0.5f}),
                text);
    expect_same({.frequency_penalty = -1}, order::vllm, pluck::penalties(text.history(), {.frequency = -1}), text);
    expect_same({.presence_penalty = 2}, order::vllm, pluck::penalties(text.history(), {.presence = 2}), text);
}

TEST_CASE("TensorRT-LLM penalises after the temperature") {
    sequence text = some_text();
    const sampling_params request{.temperature = 0.5f, .frequency_penalty = 0.5f, .presence_penalty = 1};
    const pluck::penalty_settings cold{.frequency = 0.25f, .presence = 0.5f, .counts = scope::all};
    expect_same(request, order::tensorrt_llm, pluck::penalties(text.history(), cold) | temperature(0.5f), text);
}

TEST_CASE("dry is read as its engine reads it") {
    sequence text({}, {.seed = 3});
    for (const std::int32_t token : {1, 2, 3, 4, 5, 1, 2, 3, 4}) text.accept(token);
    sampling_params request{.dry_multiplier = 3, .dry_base = 2, .dry_allowed_length = 2};
    const pluck::dry_settings set{.multiplier = 3, .base = 2, .allowed_length = 2};
    const std::vector<std::int32_t> tokens = {3, 9, 8};
    const std::vector<std::uint32_t> ends = {1, 3};
    for (const order rules : all_orders) {
        request.dry_sequence_breakers.clear();
        request.dry_penalty_last_n = -1;
        expect_same(request, rules, pluck::dry(text.history(), set), text);
        request.dry_penalty_last_n = 0;
        if (rules == order::llama_cpp) expect_same(request, rules, pluck::categorical{}, text);
        else expect_same(request, rules, pluck::dry(text.history(), set), text);
        pluck::dry_settings last = set;
        last.last_n = request.dry_penalty_last_n = 7;
        expect_same(request, rules, pluck::dry(text.history(), last), text);
        request.dry_sequence_breakers = {{3}, {9, 8}};
        expect_same(request, rules, pluck::dry(text.history(), last, {tokens.data(), ends.data(), 2}), text);
    }
    request.dry_base = 0.5f;
    expect_same(request, order::llama_cpp, pluck::categorical{}, text);
    CHECK(refusal(request) == "dry_base must be >= 1 and finite, got 0.5");
}

TEST_CASE("a request's lists become adjusters, in any order") {
    sampling_params request{.no_repeat_ngram_size = 3,
                            .logit_bias = {{3, 2.5f}, {150, -1.0f}},
                            .sequence_bias = {{{7, 8}, 1.5f}, {{9}, -2.0f}, {{4, 5, 6}, 3.0f}},
                            .bad_words_ids = {{6, 12}, {11}},
                            .suppress_tokens = {17, 16},
                            .begin_suppress_tokens = {20, 21},
                            .eos_token_ids = {30, 31},
                            .stop_token_ids = {32},
                            .min_tokens = 21,
                            .length_decay_start = 3,
                            .length_decay_factor = 1.01f};
    for (std::int32_t id = 60; id >= 0; --id)
        request.allowed_token_ids.insert(request.allowed_token_ids.end(), {id, id});

    const std::vector<std::int32_t> phrase_ids = {4, 5, 6, 7, 8, 9}, word_ids = {6, 12, 11};
    const std::vector<std::uint32_t> phrase_ends = {3, 5, 6}, word_ends = {2, 3};
    const std::vector<std::int32_t> bias_ids = {3, 150}, suppressed = {17, 16}, begin = {20, 21}, ends = {30, 31, 32};
    const std::vector<float> biases = {2.5f, -1.0f}, phrase_biases = {3.0f, 1.5f, -2.0f};
    std::vector<std::int32_t> allowed;
    for (std::int32_t id = 0; id <= 60; ++id) allowed.push_back(id);
    for (const bool begins : {false, true}) {
        sequence text = some_text();
        if (begins) text.rollback(20);
        const pluck::token_history& history = text.history();
        const auto by_hand =
            pluck::logit_bias(bias_ids, biases) |
            pluck::phrases(history, {phrase_ids.data(), phrase_ends.data(), 3}, phrase_biases) |
            pluck::no_repeat_ngram(history, 3) | pluck::phrases(history, {word_ids.data(), word_ends.data(), 2}) |
            pluck::min_tokens(history, 21, ends) |
            pluck::length_decay(history, {.start = 3, .factor = 1.01f, .token = 30}) |
            pluck::length_decay(history, {.start = 3, .factor = 1.01f, .token = 31}) | pluck::banned(suppressed) |
            pluck::begin_suppress(history, begin) | pluck::allowed(allowed);
        for (const order rules : all_orders) expect_same(request, rules, by_hand, text);
        // Past min_tokens, ends are as they are.
        request.min_tokens = 20;
        const auto without_min = pluck::allowed(allowed) | pluck::logit_bias(bias_ids, biases) |
                                 pluck::phrases(history, {phrase_ids.data(), phrase_ends.data(), 3}, phrase_biases) |
                                 pluck::no_repeat_ngram(history, 3) |
                                 pluck::phrases(history, {word_ids.data(), word_ends.data(), 2}) |
                                 pluck::length_decay(history, {.start = 3, .factor = 1.01f, .token = 30}) |
                                 pluck::length_decay(history, {.start = 3, .factor = 1.01f, .token = 31}) |
                                 pluck::banned(suppressed) | pluck::begin_suppress(history, begin);
        if (!begins) {
            for (const order rules : all_orders) expect_same(request, rules, without_min, text);
        }
        request.min_tokens = 21;
    }
}

TEST_CASE("whether a bias is penalised depends on the order") {
    sequence text = some_text();
    const std::vector<std::int32_t> ids = {4, 5, 6, 120};
    const std::vector<float> values = {2.0f, -3.0f, 1.0f, 0.5f};
    sampling_params request{.repetition_penalty = 1.75f};
    for (std::size_t i = 0; i < ids.size(); ++i) request.logit_bias[ids[i]] = values[i];
    const pluck::logit_bias bias(ids, values);
    for (const order rules : all_orders) {
        const auto repeats = rules == order::sglang ? scope::generated : scope::all;
        const pluck::penalties penalties(text.history(), {.repetition = 1.75f, .repeats = repeats});
        if (rules == order::sglang) expect_same(request, rules, penalties | bias, text);
        else expect_same(request, rules, bias | penalties, text);
    }
}

TEST_CASE("whether dry comes before the other penalties depends on the order") {
    sequence text({}, {.seed = 3});
    for (const std::int32_t token : {1, 2, 3, 4, 5, 1, 2, 3, 4}) text.accept(token);
    const sampling_params request{.repetition_penalty = 1.75f, .dry_multiplier = 3};
    for (const order rules : all_orders) {
        const auto repeats = rules == order::sglang ? scope::generated : scope::all;
        const pluck::penalties penalties(text.history(), {.repetition = 1.75f, .repeats = repeats});
        const pluck::dry dry(text.history(), {.multiplier = 3});
        if (rules == order::koboldcpp || rules == order::aphrodite) expect_same(request, rules, dry | penalties, text);
        else expect_same(request, rules, penalties | dry, text);
    }
}

TEST_CASE("ignore_eos forbids the end where its engine does so") {
    const sampling_params request{.suppress_tokens = {5}, .eos_token_ids = {7, 9}, .ignore_eos = true};
    const std::vector<std::int32_t> all = {5, 7, 9}, suppressed = {5};
    for (const order rules : {order::llama_cpp, order::text_generation_webui, order::koboldcpp})
        expect_same(request, rules, pluck::banned(all));
    for (const order rules : {order::vllm, order::sglang, order::tensorrt_llm, order::hugging_face})
        expect_same(request, rules, pluck::banned(suppressed));
    CHECK(refusal({.ignore_eos = true}, order::llama_cpp) == "ignore_eos needs eos_token_ids");
    CHECK(refusal({.ignore_eos = true}, order::vllm) == nothing);
}

TEST_CASE("a grammar's mask goes before a request's chain") {
    sequence text = some_text();
    std::array<std::uint32_t, 7> words{};
    words[1] = 0xff00u;
    const auto chain = pluck::mask(words) | make_chain({.top_k = 3, .repetition_penalty = 1.2f}, text, order::vllm);
    for (const auto& kept : pluck::candidates(row_of(1), chain)) {
        CHECK(kept.token >= 40);
        CHECK(kept.token < 48);
    }
}

// ---- what is refused ----

TEST_CASE("each field that is wrong is named, with its range and its value") {
    const float nan = float_of(bits::nans[0]), infinity = float_of(bits::plus_infinity);
    CHECK(refusal({.temperature = nan}).starts_with("temperature must be 0 or in [2^-64, 2^64], got "));
    CHECK(refusal({.temperature = infinity}) == "temperature must be 0 or in [2^-64, 2^64], got inf");
    CHECK(refusal({.temperature = 0x1p-65f}).starts_with("temperature must be 0 or in [2^-64, 2^64], got 2.7"));
    CHECK(refusal({.temperature = nan}, order::llama_cpp).starts_with("temperature must be at most 0 or in [2^-64, 2"));
    CHECK(refusal({.temperature = 2.5f}, order::vllm) == "temperature must be in [0, 2], got 2.5");
    CHECK(refusal({.temperature = -1}, order::sglang) == "temperature must be in [0, 2^64], got -1");
    CHECK(refusal({.top_p = 1.5f}) == "top_p must be in [0, 1], got 1.5");
    CHECK(refusal({.top_p = nan}).starts_with("top_p must be in [0, 1], got "));
    CHECK(refusal({.min_p = -0.5f}) == "min_p must be in [0, 1], got -0.5");
    CHECK(refusal({.min_keep = -1}) == "min_keep must be >= 0, got -1");
    CHECK(refusal({.repetition_penalty = 0}) == "repetition_penalty must be in (0, 2^24], got 0");
    CHECK(refusal({.repetition_penalty = 0x1.000002p24f}) == "repetition_penalty must be in (0, 2^24], got 16777218");
    CHECK(refusal({.repetition_penalty = 2.5f}, order::sglang) == "repetition_penalty must be in (0, 2], got 2.5");
    CHECK(refusal({.frequency_penalty = infinity}) == "frequency_penalty must be finite, got inf");
    CHECK(refusal({.presence_penalty = -infinity}) == "presence_penalty must be finite, got -inf");
    for (const order rules : {order::vllm, order::sglang}) {
        CHECK(refusal({.frequency_penalty = 2.5f}, rules) == "frequency_penalty must be in [-2, 2], got 2.5");
        CHECK(refusal({.presence_penalty = -2.5f}, rules) == "presence_penalty must be in [-2, 2], got -2.5");
        CHECK(refusal({.frequency_penalty = -2, .presence_penalty = 2}, rules) == nothing);
    }
    CHECK(refusal({.penalty_last_n = -2}) == "penalty_last_n must be >= -1, got -2");
    CHECK(refusal({.dry_multiplier = infinity}) == "dry_multiplier must be finite, got inf");
    CHECK(refusal({.dry_base = nan}, order::llama_cpp).starts_with("dry_base must be finite, got "));
    CHECK(refusal({.dry_allowed_length = 0}) == "dry_allowed_length must be >= 1, got 0");
    CHECK(refusal({.dry_penalty_last_n = -2}) == "dry_penalty_last_n must be >= -1, got -2");
    CHECK(refusal({.dry_sequence_breakers = {{1}, {2, -3}}}) == "dry_sequence_breakers[1][1] must be >= 0, got -3");
    CHECK(refusal({.no_repeat_ngram_size = -1}) == "no_repeat_ngram_size must be >= 0, got -1");
    CHECK(refusal({.logit_bias = {{-3, 1.0f}}}) == "an id of logit_bias must be >= 0, got -3");
    CHECK(refusal({.logit_bias = {{3, infinity}}}) == "logit_bias[3] must be finite or -infinity, got inf");
    CHECK(refusal({.logit_bias = {{3, nan}}}).starts_with("logit_bias[3] must be finite or -infinity, got "));
    CHECK(refusal({.logit_bias = {{3, -infinity}}}) == nothing);
    CHECK(refusal({.sequence_bias = {{{}, 1.0f}}}) == "a phrase of sequence_bias must have a token");
    CHECK(refusal({.sequence_bias = {{{4, -4}, 1.0f}}}) == "a phrase of sequence_bias[1] must be >= 0, got -4");
    CHECK(refusal({.sequence_bias = {{{4}, infinity}}}) ==
          "a bias of sequence_bias must be finite or -infinity, got inf");
    CHECK(refusal({.bad_words_ids = {{1}, {}}}) == "bad_words_ids[1] must have a token");
    CHECK(refusal({.allowed_token_ids = {4, -4}}) == "allowed_token_ids[1] must be >= 0, got -4");
    CHECK(refusal({.suppress_tokens = {-1}}) == "suppress_tokens[0] must be >= 0, got -1");
    CHECK(refusal({.begin_suppress_tokens = {-1}}) == "begin_suppress_tokens[0] must be >= 0, got -1");
    CHECK(refusal({.eos_token_ids = {1, 2, -9}}) == "eos_token_ids[2] must be >= 0, got -9");
    CHECK(refusal({.stop_token_ids = {-1}}) == "stop_token_ids[0] must be >= 0, got -1");
    CHECK(refusal({.min_tokens = -1}) == "min_tokens must be >= 0, got -1");
    CHECK(refusal({.length_decay_start = -1}) == "length_decay_start must be >= 0, got -1");
    CHECK(refusal({.eos_token_ids = {1}, .length_decay_factor = -1}) ==
          "length_decay_factor must be >= 0 and finite, got -1");
    CHECK(refusal({.n = 0}) == "n must be >= 1, got 0");
    CHECK(refusal({.logprobs = -2}) == "logprobs must be in [-1, 1024], got -2");
    CHECK(refusal({.logprob_token_ids = {-1}}) == "logprob_token_ids[0] must be >= 0, got -1");
}

TEST_CASE("a field without a stage is refused by name") {
    const std::string why = ", since pluck has no stage for it yet, got ";
    CHECK(refusal({.typical_p = 0.5f}) == "typical_p must be 1" + why + "0.5");
    CHECK(refusal({.top_a = 0.5f}) == "top_a must be 0" + why + "0.5");
    CHECK(refusal({.tail_free = 0.5f}) == "tail_free must be 1" + why + "0.5");
    CHECK(refusal({.epsilon_cutoff = 0.5f}) == "epsilon_cutoff must be 0" + why + "0.5");
    CHECK(refusal({.eta_cutoff = 0.5f}) == "eta_cutoff must be 0" + why + "0.5");
    CHECK(refusal({.top_n_sigma = 0.5f}) == "top_n_sigma must be 0" + why + "0.5");
    CHECK(refusal({.top_n_sigma = -1}) == nothing);
    CHECK(refusal({.top_h = 0.5f}) == "top_h must be 0" + why + "0.5");
    CHECK(refusal({.p_less = true}) == "p_less must be false" + why + "true");
    CHECK(refusal({.xtc_probability = 0.5f}) == "xtc_probability must be 0" + why + "0.5");
    CHECK(refusal({.xtc_threshold = 0.5f}) == nothing);
    CHECK(refusal({.dynatemp_low = 0.5f}) == "dynatemp_low must be 1" + why + "0.5");
    CHECK(refusal({.dynatemp_high = 2}) == "dynatemp_high must be 1" + why + "2");
    CHECK(refusal({.smoothing_factor = 0.5f}) == "smoothing_factor must be 0" + why + "0.5");
    CHECK(refusal({.mirostat = 2}) == "mirostat must be 0" + why + "2");
    CHECK(refusal({.adaptive_target = 0.5f}, order::llama_cpp) == "adaptive_target must be -1" + why + "0.5");
    CHECK(refusal({.adaptive_target = 1}, order::exllama) == nothing);
    CHECK(refusal({.adaptive_target = 0}, order::text_generation_webui) == nothing);
    CHECK(refusal({.adaptive_target = 0}, order::exllama) == "adaptive_target must be 1" + why + "0");
    CHECK(refusal({.guidance_scale = 1.5f}) ==
          "guidance_scale must be 1, since a chain of a request has no second row of logits (see guidance), got 1.5");
}

TEST_CASE("what a field needs is asked for") {
    CHECK(refusal({.min_tokens = 3}) == "min_tokens needs eos_token_ids or stop_token_ids");
    CHECK(refusal({.stop_token_ids = {3}, .min_tokens = 3}) == nothing);
    CHECK(refusal({.length_decay_factor = 1.5f}) == "length_decay_factor needs eos_token_ids");
    const std::vector<std::int32_t> nine = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    CHECK(refusal({.eos_token_ids = nine, .length_decay_factor = 1.5f}) ==
          "eos_token_ids.size() must be at most 8 with a length decay, got 9");
    CHECK(refusal({.eos_token_ids = nine}) == nothing);
    CHECK(refusal({.temperature = 0, .n = 2}, order::vllm) == "n must be 1 at a temperature of 0, got 2");
    CHECK(refusal({.temperature = 0, .n = 2}, order::llama_cpp) == nothing);

    sequence small({}, {.matches = false});
    const std::string matches = "dry and no_repeat_ngram_size need a sequence with matches (see options_of)";
    CHECK(pluck::faults_of({.dry_multiplier = 1}, small, order::vllm) == matches);
    CHECK(pluck::faults_of({.no_repeat_ngram_size = 2}, small, order::vllm) == matches);
    CHECK(pluck::faults_of({.no_repeat_ngram_size = 1}, small, order::vllm).empty());
}

TEST_CASE("all that is wrong is in one message") {
    const sampling_params request{.temperature = -2, .top_p = 1.5f, .min_p = 2, .bad_words_ids = {{-1}, {-2}}, .n = 0};
    CHECK(refusal(request, order::vllm) ==
          "temperature must be in [0, 2], got -2; top_p must be in (0, 1], got 1.5; min_p must be in [0, 1], got 2; "
          "bad_words_ids[0][0] must be >= 0, got -1; n must be >= 1, got 0");
    sequence text = some_text();
    CHECK(message_of([&] { (void)make_chain({.top_p = 1.5f}, text, order::exllama); }) ==
          "pluck::sampling_params: top_p must be in [0, 1], got 1.5");
}

TEST_CASE("an id that is no token is the status of the row") {
    sequence text = some_text();
    const dynamic_chain chain = make_chain({.logit_bias = {{1000, 1.0f}}}, text, order::vllm);
    CHECK(pluck::sample(row_of(0), chain, text.key()).status == status::bad_parameter);
}

// ---- how long it is there ----

TEST_CASE("a request's lists are the text's, also when it is moved") {
    std::optional<sampling_params> request =
        sampling_params{.logit_bias = {{3, 50.0f}}, .bad_words_ids = {{3}, {4, 5}}};
    auto text = std::optional<sequence>(some_text());
    const dynamic_chain first = make_chain(*request, *text, order::vllm);
    request->logit_bias = {{8, 50.0f}};
    request->bad_words_ids.clear();
    const dynamic_chain second = make_chain(*request, *text, order::vllm);
    request.reset();
    sequence moved = std::move(*text);
    text.reset();
    std::vector<dynamic_chain> more;
    for (std::int32_t i = 0; i < 50; ++i) more.push_back(make_chain({.logit_bias = {{i, 90.0f}}}, moved, order::vllm));

    // Each has its own lists: token 3 is raised and forbidden in the first, 8 is raised in the second.
    for (std::uint64_t number = 0; number < 20; ++number) {
        const std::vector<float> row = row_of(number);
        const pluck::key key{.seed = number};
        CHECK(pluck::sample(row, first, key).token != 3);
        CHECK(pluck::sample(row, second, key).token == 8);
        for (std::int32_t i = 0; i < 50; ++i)
            CHECK(pluck::sample(row, more[static_cast<std::size_t>(i)], key).token == i);
    }
}

TEST_CASE("a list that a text keeps stays where it is") {
    sequence text;
    const std::span<const std::int32_t> ids = text.keep(std::vector<std::int32_t>{3, 4});
    const std::span<const float> values = text.keep(std::vector<float>{1.5f});
    const std::span<const std::uint32_t> words = text.keep(std::vector<std::uint32_t>{9});
    for (int i = 0; i < 40; ++i) {
        (void)text.keep(std::vector<std::int32_t>(10, i));
        (void)text.keep(std::vector<float>(10, 0.0f));
        (void)text.keep(std::vector<std::uint32_t>(10, 7));
    }
    const sequence copy(text);
    const sequence moved(std::move(text));
    CHECK(std::vector<std::int32_t>(ids.begin(), ids.end()) == std::vector<std::int32_t>{3, 4});
    CHECK(values[0] == 1.5f);
    CHECK(words[0] == 9);
}

TEST_CASE("a chain follows its text") {
    sequence text({}, {.seed = 1});
    const dynamic_chain chain = make_chain({.no_repeat_ngram_size = 1}, text, order::vllm);
    std::vector<std::int32_t> drawn;
    for (int i = 0; i < 100; ++i) {
        const pluck::pick next = pluck::sample(row_of(5), chain, text.key());
        REQUIRE(next);
        for (const std::int32_t before : drawn) CHECK(next.token != before);
        drawn.push_back(next.token);
        text.accept(next.token);
    }
}

TEST_CASE("where the vocabulary is known, ids beyond it are faults of the request") {
    sequence text(std::vector<std::int32_t>{1, 2});
    const sampling_params request{.logit_bias = {{99, 1.0f}}, .stop_token_ids = {3, 100}};
    CHECK(pluck::faults_of(request, text, order::vllm).empty());
    CHECK(pluck::faults_of(request, text, order::vllm, 101).empty());
    CHECK(pluck::faults_of(request, text, order::vllm, 99) ==
          "an id of logit_bias must be in [0, 99), got 99; stop_token_ids[1] must be in [0, 99), got 100");
    CHECK(pluck::faults_of({}, text, order::vllm, 2) == "a token of the text must be in [0, 2), got 2");
    CHECK(message_of([&] { (void)pluck::make_chain({}, text, order::vllm, 2); }) ==
          "pluck::sampling_params: a token of the text must be in [0, 2), got 2");
    CHECK(pluck::faults_of({.logprobs = 1024}, text, order::vllm).empty());
    CHECK(pluck::faults_of({.logprobs = 1025}, text, order::vllm) == "logprobs must be in [-1, 1024], got 1025");
    CHECK(pluck::faults_of({.logprobs = -2}, text, order::vllm) == "logprobs must be in [-1, 1024], got -2");
}

TEST_CASE("a sequence's options for a request have its seed, and the matches that it needs") {
    CHECK(pluck::options_of({.seed = 7}, {.seed = 9}).seed == 7);
    CHECK(pluck::options_of({}, {.seed = 9, .sequence = 4, .undo = 3}).seed == 9);
    CHECK(pluck::options_of({}, {.seed = 9, .sequence = 4, .undo = 3}).sequence == 4);
    CHECK(pluck::options_of({}, {.seed = 9, .sequence = 4, .undo = 3}).undo == 3);
    CHECK(pluck::options_of({.seed = ~std::uint64_t{0}}).seed == ~std::uint64_t{0});
    CHECK_FALSE(pluck::options_of({}).matches);
    CHECK_FALSE(pluck::options_of({}, {.matches = true}).matches);
    CHECK_FALSE(pluck::options_of({.no_repeat_ngram_size = 1}, {.matches = false}).matches);
    CHECK(pluck::options_of({.no_repeat_ngram_size = 2}, {.matches = false}).matches);
    CHECK(pluck::options_of({.dry_multiplier = -1}, {.matches = false}).matches);
}
