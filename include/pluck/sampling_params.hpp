// SPDX-License-Identifier: MIT
//
// What a request asks of a sampler, by the names that servers use, and whose rules it is read by. make_chain.hpp makes
// a chain of it; json.hpp reads it from a request's body.
#pragma once

#include <pluck/detail/config.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace pluck { inline namespace v0 {

/// Whose rules a request is read by: the order of the stages, the defaults, and what a value means.
/// docs/compatibility.md has them engine by engine.
enum class order : std::uint8_t {
    llama_cpp,
    hugging_face,
    vllm,  ///< also OpenAI's fields
    sglang,
    tensorrt_llm,
    mlx_lm,
    exllama,
    text_generation_webui,
    koboldcpp,
    aphrodite,
};

/// A request's fields, named as vLLM and OpenAI name them, else as Hugging Face, else as llama.cpp does. `{}` asks for
/// nothing: a draw in proportion to probability.
///
///     pluck::sampling_params request{.temperature = 0.8f, .top_p = 0.95f, .repetition_penalty = 1.1f};
///     request.logit_bias[50256] = -100.0f;
///
/// Definition.   Each field is a parameter of a stage, whose header defines it. Beside it stands the range that some
///               order takes; an order may take less, or more.
struct sampling_params {
    // Shape and keep.
    float temperature = 1;      ///< [0, 2^64]; 0 draws the best token
    std::int32_t top_k = 0;     ///< [-1, 2^31); 0 and -1 keep all
    float top_p = 1;            ///< [0, 1]; what 0 means depends on the order
    float min_p = 0;            ///< [0, 1]
    std::int32_t min_keep = 1;  ///< [0, 2^31); so many tokens stay whatever top_p and min_p say

    // penalties: what the text already has.
    float repetition_penalty = 1;      ///< (0, 2^24]
    float frequency_penalty = 0;       ///< finite
    float presence_penalty = 0;        ///< finite
    std::int32_t penalty_last_n = -1;  ///< [-1, 2^31); only the last tokens count, -1: all; what 0 means: see the order

    // dry: what would prolong a repetition.
    float dry_multiplier = 0;                                           ///< finite; 0: off
    float dry_base = 1.75f;                                             ///< [1, infinity)
    std::int32_t dry_allowed_length = 2;                                ///< [1, 2^31)
    std::int32_t dry_penalty_last_n = -1;                               ///< [-1, 2^31); as penalty_last_n
    std::vector<std::vector<std::int32_t>> dry_sequence_breakers = {};  ///< token sequences

    // Other adjusters; ids in [0, 2^31), in any order. Which are tokens is up to the row: see its status.
    std::int32_t no_repeat_ngram_size = 0;                          ///< [0, 2^31); 0: off
    std::map<std::int32_t, float> logit_bias = {};                  ///< finite or -infinity
    std::map<std::vector<std::int32_t>, float> sequence_bias = {};  ///< phrases: the same for sequences of tokens
    std::vector<std::vector<std::int32_t>> bad_words_ids = {};      ///< phrases: forbidden ones
    std::vector<std::int32_t> allowed_token_ids = {};               ///< allowed: no others; empty: all
    std::vector<std::int32_t> suppress_tokens = {};                 ///< banned
    std::vector<std::int32_t> begin_suppress_tokens = {};           ///< begin_suppress: not as the first one

    // The end of a text.
    std::vector<std::int32_t> eos_token_ids = {};   ///< the model's, which end a text
    std::vector<std::int32_t> stop_token_ids = {};  ///< the request's, which do so, too
    std::int32_t min_tokens = 0;                    ///< [0, 2^31); no such token before so many are generated
    bool ignore_eos = false;  ///< eos_token_ids do not end the text; whether they are forbidden: see the order
    std::int32_t length_decay_start = 0;  ///< [0, 2^31); length_decay of each of eos_token_ids
    float length_decay_factor = 1;        ///< [0, infinity)

    // What is not of the chain: see options_of() and sequence::fork().
    std::optional<std::uint64_t> seed = {};            ///< none: the caller's choice
    std::int32_t n = 1;                                ///< [1, 2^31); how many texts are to be drawn
    std::optional<std::int32_t> logprobs = {};         ///< [-1, 1024]; of how many of the best tokens, -1: of all
    std::vector<std::int32_t> logprob_token_ids = {};  ///< of which tokens as well

    // Stages that pluck does not have yet: any other value is refused. guidance_scale has one, which needs a second row
    // of logits: `guidance(unconditional, scale) | make_chain(...)`.
    float guidance_scale = 1;
    float typical_p = 1;
    float top_a = 0;
    float tail_free = 1;
    float epsilon_cutoff = 0;
    float eta_cutoff = 0;
    float top_n_sigma = 0;  ///< below 0: off, too
    float top_h = 0;
    bool p_less = false;
    float xtc_probability = 0;
    float xtc_threshold = 0.1f;  ///< read if xtc_probability is set
    float dynatemp_low = 1;
    float dynatemp_high = 1;
    float dynatemp_exponent = 1;
    float smoothing_factor = 0;
    float smoothing_curve = 1;  ///< read if smoothing_factor is set
    std::int32_t mirostat = 0;
    float mirostat_tau = 5;  ///< read if mirostat is set, as is mirostat_eta
    float mirostat_eta = 0.1f;
    float adaptive_target = -1;  ///< below 0: off; 1 as well in exllama's order, 0 in text-generation-webui's
    float adaptive_decay = 0.9f;

    [[nodiscard]] friend bool operator==(const sampling_params&, const sampling_params&) = default;
};

/// What an engine does with a request that has no field: where other requests begin, too.
[[nodiscard]] PLUCK_TAGGED inline sampling_params defaults(order of) {
    sampling_params request;
    switch (of) {
        case order::llama_cpp:
            request.temperature = 0.8f;
            request.top_k = 40;
            request.top_p = 0.95f;
            request.min_p = 0.05f;
            request.min_keep = 0;
            request.penalty_last_n = 64;
            request.dry_penalty_last_n = 64;
            break;
        case order::hugging_face: request.top_k = 50; break;
        case order::tensorrt_llm: request.top_p = 0; break;  // the best token, unless top_k or top_p is set
        case order::mlx_lm:
            request.temperature = 0;
            request.top_p = 0;
            request.penalty_last_n = 20;
            break;
        case order::text_generation_webui: request.penalty_last_n = 1024; break;
        case order::koboldcpp:
            request.temperature = 0.75f;
            request.top_k = 100;
            request.top_p = 0.92f;
            request.penalty_last_n = 320;
            request.dry_penalty_last_n = 320;
            request.xtc_threshold = 0.2f;
            break;
        case order::vllm:
        case order::sglang:
        case order::exllama:
        case order::aphrodite: break;
    }
    return request;
}

}}  // namespace pluck::v0
