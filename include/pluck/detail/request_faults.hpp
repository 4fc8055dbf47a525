// SPDX-License-Identifier: MIT
//
// What is wrong with a request, all of it in one text: "top_p must be in [0, 1], got 1.5; n must be >= 1, got 0".
#pragma once

#include <pluck/base.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/detail/order_rules.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/detail/score_arithmetic.hpp>
#include <pluck/sampling_params.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace pluck { inline namespace v0 { namespace detail {

class faults {
public:
    /// Of ids that are below `vocab`, or where that is 0, of any.
    PLUCK_TAGGED explicit faults(std::int32_t vocab = 0) : vocab_(vocab) {}

    /// A fault in parts. Of many, no more than fit a message.
    PLUCK_TAGGED void add(std::initializer_list<std::string_view> parts) {
        constexpr std::size_t most = 4000;
        if (is_full_) return;
        if (!text_.empty()) text_ += "; ";
        is_full_ = text_.size() > most;
        if (is_full_) {
            text_ += "and more";
            return;
        }
        for (const std::string_view part : parts) text_ += part;
    }
    template <class T>
    PLUCK_TAGGED void add_value(std::string_view field, std::string_view range, T value) {
        const std::string got = text_of(value);
        add({field, " must be ", range, ", got ", got});
    }
    PLUCK_TAGGED void check(bool right, std::string_view field, std::string_view range, float value) {
        if (!right) add_value(field, range, value);
    }
    PLUCK_TAGGED void check_least(std::string_view field, std::int32_t value, std::int32_t least) {
        if (value < least) add_value(field, ">= " + text_of(least), value);
    }
    /// Of a list the first one that is wrong: it may be as long as the request's sender likes.
    PLUCK_TAGGED void check_ids(std::string_view field, const std::vector<std::int32_t>& ids) {
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (is_id(ids[i])) continue;
            const std::string index = text_of(i), got = text_of(ids[i]);
            return add({field, "[", index, "] must be ", id_range(), ", got ", got});
        }
    }
    PLUCK_TAGGED void check_phrases(std::string_view field, const std::vector<std::vector<std::int32_t>>& phrases) {
        for (std::size_t i = 0; i < phrases.size(); ++i) {
            const std::string one = std::string(field).append("[").append(text_of(i)).append("]");
            const std::size_t before = text_.size();
            if (phrases[i].empty()) add({one, " must have a token"});
            else check_ids(one, phrases[i]);
            if (text_.size() != before) return;
        }
    }
    /// A field whose stage is still to come.
    template <class T>
    PLUCK_TAGGED void check_unset(bool unset, std::string_view field, T neutral, T value) {
        if (unset) return;
        const std::string range = text_of(neutral).append(", since pluck has no stage for it yet");
        add_value(field, range, value);
    }

    [[nodiscard]] PLUCK_TAGGED bool is_id(std::int32_t id) const noexcept {
        return id >= 0 && (vocab_ == 0 || id < vocab_);
    }
    [[nodiscard]] PLUCK_TAGGED std::string id_range() const {
        return vocab_ == 0 ? ">= 0" : "in [0, " + text_of(vocab_) + ")";
    }

    [[nodiscard]] PLUCK_TAGGED const std::string& text() const noexcept { return text_; }

private:
    std::int32_t vocab_;
    bool is_full_ = false;
    std::string text_;
};

[[nodiscard]] PLUCK_TAGGED constexpr bool is_bias(float value) noexcept {
    return is_finite(value) || is_minus_infinity(value);
}
[[nodiscard]] PLUCK_TAGGED constexpr bool are_equal(float a, float b) noexcept { return ordered(a) == ordered(b); }

PLUCK_TAGGED inline void check_draw(faults& found, const sampling_params& request, const order_rules& rules) {
    constexpr float most = (std::numeric_limits<float>::max)();
    const float t = request.temperature;
    const bool no_temperature = ordered(t) == 0 || (rules.below_0_is_cold && in_range(t, -most, 0.0f));
    const bool raised = ordered(rules.coldest) != 0 || ordered(rules.cold) != 0;
    found.check(no_temperature || in_range(t, raised ? bits_as<float>(1u) : 0x1p-64f, rules.hottest), "temperature",
                are_equal(rules.hottest, 2.0f) ? "in [0, 2]"
                : rules.below_0_is_cold        ? "at most 0 or in [2^-64, 2^64]"
                : raised                       ? "in [0, 2^64]"
                                               : "0 or in [2^-64, 2^64]",
                t);
    found.check_least("top_k", request.top_k, rules.least_k);
    const bool no_zero = rules.top_p == zero_p::is_refused;
    found.check(in_range(request.top_p, 0.0f, 1.0f) && !(no_zero && ordered(request.top_p) == 0), "top_p",
                no_zero ? "in (0, 1]" : "in [0, 1]", request.top_p);
    found.check(in_range(request.min_p, 0.0f, 1.0f), "min_p", "in [0, 1]", request.min_p);
    found.check_least("min_keep", request.min_keep, 0);
}

PLUCK_TAGGED inline void check_penalties(faults& found, const sampling_params& request, const order_rules& rules) {
    const float r = request.repetition_penalty;
    found.check(ordered(r) > 0 && ordered(r) <= ordered(rules.most_repetition), "repetition_penalty",
                are_equal(rules.most_repetition, 2.0f) ? "in (0, 2]" : "in (0, 2^24]", r);
    const char* taken = are_equal(rules.most_taken, 2.0f) ? "in [-2, 2]" : "finite";
    const auto check_taken = [&](const char* field, float value) {
        found.check(in_range(value, -rules.most_taken, rules.most_taken), field, taken, value);
    };
    check_taken("frequency_penalty", request.frequency_penalty);
    check_taken("presence_penalty", request.presence_penalty);
    found.check_least("penalty_last_n", request.penalty_last_n, -1);

    found.check(is_finite(request.dry_multiplier), "dry_multiplier", "finite", request.dry_multiplier);
    const bool base =
        is_finite(request.dry_base) && (rules.base_below_1_is_off || ordered(request.dry_base) >= ordered(1.0f));
    found.check(base, "dry_base", rules.base_below_1_is_off ? "finite" : ">= 1 and finite", request.dry_base);
    found.check_least("dry_allowed_length", request.dry_allowed_length, 1);
    found.check_least("dry_penalty_last_n", request.dry_penalty_last_n, -1);
    found.check_phrases("dry_sequence_breakers", request.dry_sequence_breakers);
    found.check_least("no_repeat_ngram_size", request.no_repeat_ngram_size, 0);
}

PLUCK_TAGGED inline void check_lists(faults& found, const sampling_params& request) {
    for (const auto& [id, bias] : request.logit_bias) {
        if (found.is_id(id) && is_bias(bias)) continue;
        if (!found.is_id(id)) found.add_value("an id of logit_bias", found.id_range(), id);
        else found.add_value("logit_bias[" + text_of(id) + "]", "finite or -infinity", bias);
        break;
    }
    for (const auto& [phrase, bias] : request.sequence_bias) {
        const std::size_t before = found.text().size();
        if (phrase.empty()) found.add({"a phrase of sequence_bias must have a token"});
        found.check_ids("a phrase of sequence_bias", phrase);
        if (!is_bias(bias)) found.add_value("a bias of sequence_bias", "finite or -infinity", bias);
        if (found.text().size() != before) break;
    }
    found.check_phrases("bad_words_ids", request.bad_words_ids);
    found.check_ids("allowed_token_ids", request.allowed_token_ids);
    found.check_ids("suppress_tokens", request.suppress_tokens);
    found.check_ids("begin_suppress_tokens", request.begin_suppress_tokens);
    found.check_ids("eos_token_ids", request.eos_token_ids);
    found.check_ids("stop_token_ids", request.stop_token_ids);
    found.check_ids("logprob_token_ids", request.logprob_token_ids);
}

/// Of the stages that are still to come, whatever they would read besides.
PLUCK_TAGGED inline void check_unset(faults& found, const sampling_params& request, const order_rules& rules) {
    const auto unset = [&](const char* field, float neutral, float value) {
        found.check_unset(are_equal(value, neutral), field, neutral, value);
    };
    if (!are_equal(request.guidance_scale, 1.0f)) {
        found.add_value("guidance_scale", "1, since a chain of a request has no second row of logits (see guidance)",
                        request.guidance_scale);
    }
    unset("typical_p", 1, request.typical_p);
    unset("top_a", 0, request.top_a);
    unset("tail_free", 1, request.tail_free);
    unset("epsilon_cutoff", 0, request.epsilon_cutoff);
    unset("eta_cutoff", 0, request.eta_cutoff);
    constexpr float most = (std::numeric_limits<float>::max)();
    found.check_unset(in_range(request.top_n_sigma, -most, 0.0f), "top_n_sigma", 0.0f, request.top_n_sigma);
    unset("top_h", 0, request.top_h);
    if (request.p_less) found.add({"p_less must be false, since pluck has no stage for it yet, got true"});
    unset("xtc_probability", 0, request.xtc_probability);
    unset("dynatemp_low", 1, request.dynatemp_low);
    unset("dynatemp_high", 1, request.dynatemp_high);
    unset("smoothing_factor", 0, request.smoothing_factor);
    found.check_unset(request.mirostat == 0, "mirostat", 0, request.mirostat);
    const float target = request.adaptive_target;
    found.check_unset(in_range(target, -most, -0x1p-149f) || are_equal(target, rules.no_adaptive_target),
                      "adaptive_target", rules.no_adaptive_target, target);
}

/// Each field by itself.
PLUCK_TAGGED inline void check_fields(faults& found, const sampling_params& request, const order_rules& rules) {
    check_draw(found, request, rules);
    check_penalties(found, request, rules);
    check_lists(found, request);
    found.check_least("min_tokens", request.min_tokens, 0);
    found.check_least("length_decay_start", request.length_decay_start, 0);
    const float factor = request.length_decay_factor;
    found.check(is_finite(factor) && ordered(factor) >= 0, "length_decay_factor", ">= 0 and finite", factor);
    found.check_least("n", request.n, 1);
    if (request.logprobs && (*request.logprobs < -1 || *request.logprobs > static_cast<std::int32_t>(max_top)))
        found.add_value("logprobs", "in [-1, " + text_of(max_top) + "]", *request.logprobs);
    check_unset(found, request, rules);
}

}}}  // namespace pluck::v0::detail
