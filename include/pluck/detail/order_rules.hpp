// SPDX-License-Identifier: MIT
//
// What the orders differ in. Each line is a fact about an engine; docs/compatibility.md says the same in words.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/sampling_params.hpp>
#include <pluck/token_history.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>

namespace pluck { inline namespace v0 { namespace detail {

enum class adjust_step : std::uint8_t {
    allow,
    suppress,
    begin,
    bad_words,
    bias,
    phrases,
    penalise,
    dry,
    ngrams,
    ends,
    decay,
    count
};
enum class cut_step : std::uint8_t { heat, k, p, m, count };

/// What top_p = 0 means.
enum class zero_p : std::uint8_t {
    keeps_one,
    keeps_all,
    is_refused,
    is_unset,  ///< the best token if top_k leaves it open, else all that top_k keeps
};

/// A list of all values of an enumeration, in an order.
template <class Step>
struct steps_of {
    Step all[static_cast<std::size_t>(Step::count)];

    [[nodiscard]] PLUCK_TAGGED constexpr const Step* begin() const noexcept { return all; }
    [[nodiscard]] PLUCK_TAGGED constexpr const Step* end() const noexcept {
        return all + static_cast<std::size_t>(Step::count);
    }
};

/// Adjusters that an engine lacks stand behind its own, but biases before penalties.
struct adjust_orders {
    using enum adjust_step;
    static constexpr steps_of<adjust_step> biases_first{
        {suppress, bias, phrases, penalise, dry, ngrams, bad_words, ends, decay, begin, allow}};
    static constexpr steps_of<adjust_step> dry_first{
        {suppress, bias, phrases, dry, penalise, ngrams, bad_words, ends, decay, begin, allow}};
    static constexpr steps_of<adjust_step> hugging_face{
        {bias, phrases, penalise, dry, ngrams, bad_words, ends, allow, decay, suppress, begin}};
    static constexpr steps_of<adjust_step> vllm{
        {allow, bad_words, ends, bias, phrases, penalise, dry, ngrams, decay, suppress, begin}};
    static constexpr steps_of<adjust_step> sglang{
        {penalise, ends, allow, bias, phrases, dry, ngrams, bad_words, decay, suppress, begin}};
    static constexpr steps_of<adjust_step> tensorrt_llm{
        {bias, phrases, penalise, ends, ngrams, bad_words, dry, decay, suppress, begin, allow}};
};

struct order_rules {
    steps_of<adjust_step> adjusters;
    steps_of<cut_step> cuts;

    scope repeats = scope::all;  ///< which tokens repetition_penalty is for
    scope counts = scope::all;   ///< which ones the other penalties count

    float cold = 0;           ///< below it, a temperature is 0
    float coldest = 0;        ///< below it, one that is not 0 becomes this
    float hottest = 0x1p64f;  ///< above it, it is refused
    bool below_0_is_cold = false;

    std::int32_t least_k = -1;  ///< below it, top_k is refused; below 0, it is off
    zero_p top_p = zero_p::keeps_one;
    bool joint = false;                  ///< top_p is that of the whole row, unless min_p is set
    bool min_keep_is_for_top_k = false;  ///< as it is for top_p and min_p

    float most_repetition = 0x1p24f;
    float most_taken = (std::numeric_limits<float>::max)();  ///< as the frequency and presence penalties' size
    bool no_last_n_is_off = false;                           ///< penalty_last_n = 0; else it means all
    bool no_dry_last_n_is_off = false;
    bool base_below_1_is_off = false;  ///< dry_base; else it is refused
    bool penalises_hot = false;        ///< after the temperature

    bool forbids_eos = false;    ///< what ignore_eos does
    bool one_if_greedy = false;  ///< n > 1 is refused where all texts would be the same
    float no_adaptive_target = -1;
};

[[nodiscard]] PLUCK_TAGGED inline order_rules rules_of(order of) noexcept {
    using enum cut_step;
    using adjust = adjust_orders;
    constexpr std::int32_t any = (std::numeric_limits<std::int32_t>::min)();
    switch (of) {
        case order::llama_cpp:
            return {.adjusters = adjust::biases_first,
                    .cuts = {{k, p, m, heat}},
                    .below_0_is_cold = true,
                    .least_k = any,
                    .no_last_n_is_off = true,
                    .no_dry_last_n_is_off = true,
                    .base_below_1_is_off = true,
                    .forbids_eos = true};
        case order::hugging_face:
            return {.adjusters = adjust::hugging_face,
                    .cuts = {{heat, k, p, m}},
                    .counts = scope::generated,
                    .least_k = 0,
                    .min_keep_is_for_top_k = true};
        case order::vllm:
            return {.adjusters = adjust::vllm,
                    .cuts = {{heat, m, k, p}},
                    .counts = scope::generated,
                    .coldest = 0.01f,
                    .hottest = 2,
                    .top_p = zero_p::is_refused,
                    .most_taken = 2,
                    .one_if_greedy = true};
        case order::sglang:
            return {.adjusters = adjust::sglang,
                    .cuts = {{heat, k, p, m}},
                    .repeats = scope::generated,
                    .counts = scope::generated,
                    .cold = 1e-6f,
                    .top_p = zero_p::is_refused,
                    .joint = true,
                    .most_repetition = 2,
                    .most_taken = 2};
        case order::tensorrt_llm:
            return {.adjusters = adjust::tensorrt_llm,
                    .cuts = {{heat, k, p, m}},
                    .top_p = zero_p::is_unset,
                    .penalises_hot = true};
        case order::mlx_lm:
            return {.adjusters = adjust::biases_first,
                    .cuts = {{p, m, k, heat}},
                    .least_k = any,
                    .top_p = zero_p::keeps_all};
        case order::exllama:
            return {
                .adjusters = adjust::biases_first, .cuts = {{heat, m, k, p}}, .least_k = any, .no_adaptive_target = 1};
        case order::text_generation_webui:
            return {.adjusters = adjust::biases_first,
                    .cuts = {{heat, k, p, m}},
                    .forbids_eos = true,
                    .no_adaptive_target = 0};
        case order::koboldcpp:
            return {.adjusters = adjust::dry_first,
                    .cuts = {{k, p, m, heat}},
                    .below_0_is_cold = true,
                    .least_k = any,
                    .no_last_n_is_off = true,
                    .forbids_eos = true};
        case order::aphrodite: break;
    }
    return {.adjusters = adjust::dry_first, .cuts = {{heat, k, p, m}}, .counts = scope::generated, .cold = 1e-5f};
}

}}}  // namespace pluck::v0::detail
