// SPDX-License-Identifier: MIT
//
// The names that a request's fields have in JSON bodies.
#pragma once

#include <pluck/sampling_params.hpp>

#include <cstdint>
#include <vector>

namespace pluck { inline namespace v0 { namespace detail {

/// A field and its names: first the request's own, then what others call it.
template <class T>
struct json_field {
    T sampling_params::*to;
    const char* names[7];
};

inline constexpr json_field<float> json_floats[] = {
    {&sampling_params::temperature, {"temperature", "temp"}},
    {&sampling_params::top_p, {"top_p"}},
    {&sampling_params::min_p, {"min_p"}},
    {&sampling_params::repetition_penalty, {"repetition_penalty", "repeat_penalty", "rep_pen"}},
    {&sampling_params::frequency_penalty, {"frequency_penalty"}},
    {&sampling_params::presence_penalty, {"presence_penalty"}},
    {&sampling_params::dry_multiplier, {"dry_multiplier"}},
    {&sampling_params::dry_base, {"dry_base"}},
    {&sampling_params::length_decay_factor, {"length_decay_factor"}},
    {&sampling_params::guidance_scale, {"guidance_scale"}},
    {&sampling_params::typical_p, {"typical_p", "typ_p", "typical"}},
    {&sampling_params::top_a, {"top_a"}},
    {&sampling_params::tail_free, {"tail_free", "tfs", "tfs_z"}},
    {&sampling_params::epsilon_cutoff, {"epsilon_cutoff"}},
    {&sampling_params::eta_cutoff, {"eta_cutoff"}},
    {&sampling_params::top_n_sigma, {"top_n_sigma", "nsigma"}},
    {&sampling_params::top_h, {"top_h"}},
    {&sampling_params::xtc_probability, {"xtc_probability"}},
    {&sampling_params::xtc_threshold, {"xtc_threshold"}},
    {&sampling_params::dynatemp_low, {"dynatemp_low", "dynatemp_min"}},
    {&sampling_params::dynatemp_high, {"dynatemp_high", "dynatemp_max"}},
    {&sampling_params::dynatemp_exponent, {"dynatemp_exponent"}},
    {&sampling_params::smoothing_factor, {"smoothing_factor"}},
    {&sampling_params::smoothing_curve, {"smoothing_curve"}},
    {&sampling_params::mirostat_tau, {"mirostat_tau"}},
    {&sampling_params::mirostat_eta, {"mirostat_eta"}},
    {&sampling_params::adaptive_target, {"adaptive_target"}},
    {&sampling_params::adaptive_decay, {"adaptive_decay"}},
};

inline constexpr json_field<std::int32_t> json_integers[] = {
    {&sampling_params::top_k, {"top_k"}},
    {&sampling_params::min_keep, {"min_keep"}},
    {&sampling_params::penalty_last_n,
     {"penalty_last_n", "repeat_last_n", "repetition_penalty_range", "rep_pen_range", "repetition_context_size"}},
    {&sampling_params::dry_allowed_length, {"dry_allowed_length"}},
    {&sampling_params::dry_penalty_last_n, {"dry_penalty_last_n", "dry_range"}},
    {&sampling_params::no_repeat_ngram_size, {"no_repeat_ngram_size"}},
    {&sampling_params::length_decay_start, {"length_decay_start"}},
    {&sampling_params::min_tokens, {"min_tokens", "min_new_tokens"}},
    {&sampling_params::n, {"n", "num_return_sequences", "n_cmpl"}},
    {&sampling_params::mirostat, {"mirostat", "mirostat_mode"}},
};

inline constexpr json_field<std::vector<std::int32_t>> json_ids[] = {
    {&sampling_params::allowed_token_ids, {"allowed_token_ids"}},
    {&sampling_params::suppress_tokens, {"suppress_tokens"}},
    {&sampling_params::begin_suppress_tokens, {"begin_suppress_tokens"}},
    {&sampling_params::eos_token_ids, {"eos_token_ids", "eos_token_id", "end_id"}},
    {&sampling_params::stop_token_ids, {"stop_token_ids"}},
    {&sampling_params::logprob_token_ids, {"logprob_token_ids"}},
};

inline constexpr json_field<std::vector<std::vector<std::int32_t>>> json_phrases[] = {
    {&sampling_params::bad_words_ids, {"bad_words_ids"}},
    {&sampling_params::dry_sequence_breakers, {"dry_sequence_breakers"}},
};

inline constexpr json_field<bool> json_flags[] = {
    {&sampling_params::ignore_eos, {"ignore_eos", "ban_eos_token", "use_default_badwordsids"}},
    {&sampling_params::p_less, {"p_less"}},
};

/// What servers take and pluck does not, at the value that changes nothing, as JSON.
inline constexpr const char* json_neutral[][2] = {
    {"best_of", "1"},
    {"use_beam_search", "false"},
    {"num_beams", "1"},
    {"num_beam_groups", "1"},
    {"diversity_penalty", "0"},
    {"encoder_repetition_penalty", "1"},
    {"encoder_no_repeat_ngram_size", "0"},
    {"penalty_alpha", "0"},
    {"min_length", "0"},
    {"remove_invalid_values", "false"},
    {"temperature_last", "false"},
    {"rep_pen_slope", "1"},
    {"skew", "0"},
    {"bad_words", "[]"},
    {"response_format", R"({"type":"text"})"},
};

/// What is not sampling: the model, the prompt, the stream, where a text stops, and how the answer looks.
inline constexpr const char* json_ignored[] = {
    "model",
    "messages",
    "prompt",
    "input",
    "inputs",
    "suffix",
    "system",
    "user",
    "metadata",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "verbosity",
    "modalities",
    "audio",
    "prediction",
    "web_search_options",
    "store",
    "service_tier",
    "stream",
    "stream_options",
    "echo",
    "stop",
    "stop_sequence",
    "stop_strings",
    "max_tokens",
    "max_completion_tokens",
    "max_new_tokens",
    "max_length",
    "max_time",
    "n_predict",
    "t_max_predict_ms",
    "max_context_length",
    "n_indent",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "functions",
    "function_call",
    "chat_template",
    "chat_template_kwargs",
    "add_generation_prompt",
    "continue_final_message",
    "add_special_tokens",
    "documents",
    "reasoning_effort",
    "reasoning_format",
    "skip_special_tokens",
    "spaces_between_special_tokens",
    "include_stop_str_in_output",
    "detokenize",
    "truncate_prompt_tokens",
    "prompt_logprobs",
    "priority",
    "request_id",
    "cache_salt",
    "return_token_ids",
    "return_tokens_as_token_ids",
    "return_tokens",
    "return_progress",
    "timings_per_token",
    "post_sampling_probs",
    "cache_prompt",
    "id_slot",
    "n_keep",
    "n_discard",
    "response_fields",
    "lora",
    "image_data",
    "multimodal_data",
    "bos_token_id",
    "pad_token_id",
    "decoder_start_token_id",
    "transformers_version",
    "_from_model_config",
    "use_cache",
    "cache_implementation",
    "cache_config",
    "return_dict_in_generate",
    "output_scores",
    "output_logits",
    "output_attentions",
    "output_hidden_states",
    "early_stopping",
    "length_penalty",
    "renormalize_logits",
    "trim_stop",
    "genkey",
    "quiet",
    "memory",
};

}}}  // namespace pluck::v0::detail
