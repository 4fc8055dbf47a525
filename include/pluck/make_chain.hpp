// SPDX-License-Identifier: MIT
//
// From a request to the chain that draws for it.
#pragma once

#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/detail/order_rules.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/detail/request_faults.hpp>
#include <pluck/detail/score_arithmetic.hpp>
#include <pluck/dynamic_chain.hpp>
#include <pluck/sampling_params.hpp>
#include <pluck/sequence.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace pluck { inline namespace v0 {

namespace detail {

[[nodiscard]] PLUCK_TAGGED inline bool reads_matches(const sampling_params& request) noexcept {
    return request.no_repeat_ngram_size > 1 || ordered(request.dry_multiplier) != 0;
}

/// A request as an order reads it, and its stages in that order.
class request_chain {
public:
    PLUCK_TAGGED request_chain(const sampling_params& request, order of) : request_(request), rules_(rules_of(of)) {}

    [[nodiscard]] PLUCK_TAGGED std::string faults_for(const sequence& text, std::int32_t vocab) const {
        faults found(vocab);
        check_fields(found, request_, rules_);
        const bool decays = !are_equal(request_.length_decay_factor, 1.0f);
        const std::size_t ends = request_.eos_token_ids.size();
        if (ends == 0 && rules_.forbids_eos && request_.ignore_eos) found.add({"ignore_eos needs eos_token_ids"});
        if (ends == 0 && request_.stop_token_ids.empty() && request_.min_tokens > 0)
            found.add({"min_tokens needs eos_token_ids or stop_token_ids"});
        if (ends == 0 && decays) found.add({"length_decay_factor needs eos_token_ids"});
        if (ends > most_decays && decays)
            found.add_value("eos_token_ids.size()", "at most " + text_of(most_decays) + " with a length decay", ends);
        if (rules_.one_if_greedy && request_.n > 1 && is_greedy())
            found.add_value("n", "1 at a temperature of 0", request_.n);
        if (reads_matches(request_) && !text.history().has_matches())
            found.add({"dry and no_repeat_ngram_size need a sequence with matches (see options_of)"});
        if (vocab != 0) check_text(found, text);
        return found.text();
    }

    /// The chain of a request that has no fault.
    [[nodiscard]] PLUCK_TAGGED dynamic_chain make(sequence& text) const {
        dynamic_chain made;
        for (const adjust_step step : rules_.adjusters) adjust(made, text, step);
        if (is_greedy()) return made.add(greedy{});
        const bool joint = rules_.joint && ordered(request_.min_p) == 0;
        if (joint) {
            for (const cut_step step : {cut_step::heat, cut_step::p, cut_step::k}) cut(made, step);
        } else {
            for (const cut_step step : rules_.cuts) cut(made, step);
        }
        return made;
    }

private:
    /// A text is penalised by its tokens, and an engine may have some that are not of the vocabulary, as of images.
    PLUCK_TAGGED static void check_text(faults& found, const sequence& text) {
        for (const std::int32_t token : text.tokens()) {
            if (found.is_id(token)) continue;
            return found.add_value("a token of the text", found.id_range(), token);
        }
    }

    static constexpr std::size_t most_decays = 8;  // a chain has room for 32 stages

    [[nodiscard]] PLUCK_TAGGED float temperature() const noexcept {
        const float t = request_.temperature;
        if (ordered(t) <= 0 || ordered(t) < ordered(rules_.cold)) return 0;
        return ordered(t) < ordered(rules_.coldest) ? rules_.coldest : t;
    }
    [[nodiscard]] PLUCK_TAGGED bool is_greedy() const noexcept {
        const bool unset = rules_.top_p == zero_p::is_unset && ordered(request_.top_p) == 0 && request_.top_k <= 1;
        return unset || ordered(temperature()) == 0;
    }
    [[nodiscard]] PLUCK_TAGGED float top_p() const noexcept {
        const bool keeps_all = rules_.top_p == zero_p::keeps_all || rules_.top_p == zero_p::is_unset;
        return keeps_all && ordered(request_.top_p) == 0 ? 1.0f : request_.top_p;
    }

    PLUCK_TAGGED void cut(dynamic_chain& made, cut_step step) const {
        switch (step) {
            case cut_step::heat:
                if (!are_equal(temperature(), 1.0f)) made.add(pluck::temperature(temperature()));
                break;
            case cut_step::k:
                if (request_.top_k > 0) {
                    const std::int32_t least = rules_.min_keep_is_for_top_k ? request_.min_keep : 0;
                    made.add(top_k(larger(request_.top_k, least)));
                }
                break;
            case cut_step::p:
                if (!are_equal(top_p(), 1.0f)) made.add(pluck::top_p(top_p(), request_.min_keep));
                break;
            case cut_step::m:
                if (ordered(request_.min_p) != 0) made.add(min_p(request_.min_p, request_.min_keep));
                break;
            case cut_step::count: break;
        }
    }

    PLUCK_TAGGED void adjust(dynamic_chain& made, sequence& text, adjust_step step) const {
        const auto& history = text.history();
        switch (step) {
            case adjust_step::allow:
                if (!request_.allowed_token_ids.empty())
                    made.add(allowed(text.keep(rising(request_.allowed_token_ids))));
                break;
            case adjust_step::suppress: suppress(made, text); break;
            case adjust_step::begin:
                if (!request_.begin_suppress_tokens.empty())
                    made.add(begin_suppress(history, text.keep(request_.begin_suppress_tokens)));
                break;
            case adjust_step::bad_words:
                if (!request_.bad_words_ids.empty())
                    made.add(pluck::phrases(history, kept(text, request_.bad_words_ids)));
                break;
            case adjust_step::bias: bias(made, text); break;
            case adjust_step::phrases: bias_phrases(made, text); break;
            case adjust_step::penalise: penalise(made, history); break;
            case adjust_step::dry: dry_out(made, text); break;
            case adjust_step::ngrams:
                if (request_.no_repeat_ngram_size > 0)
                    made.add(no_repeat_ngram(history, request_.no_repeat_ngram_size));
                break;
            case adjust_step::ends:
                if (request_.min_tokens > 0)
                    made.add(min_tokens(history, request_.min_tokens,
                                        text.keep(both(request_.eos_token_ids, request_.stop_token_ids))));
                break;
            case adjust_step::decay:
                if (are_equal(request_.length_decay_factor, 1.0f)) break;
                for (const std::int32_t id : request_.eos_token_ids) {
                    made.add(length_decay(
                        history,
                        {.start = request_.length_decay_start, .factor = request_.length_decay_factor, .token = id}));
                }
                break;
            case adjust_step::count: break;
        }
    }

    PLUCK_TAGGED void suppress(dynamic_chain& made, sequence& text) const {
        const bool forbids_eos = rules_.forbids_eos && request_.ignore_eos;
        std::vector<std::int32_t> ids =
            forbids_eos ? both(request_.suppress_tokens, request_.eos_token_ids) : request_.suppress_tokens;
        if (!ids.empty()) made.add(banned(text.keep(std::move(ids))));
    }
    PLUCK_TAGGED void bias(dynamic_chain& made, sequence& text) const {
        if (request_.logit_bias.empty()) return;
        std::vector<std::int32_t> ids;
        std::vector<float> values;
        for (const auto& [id, value] : request_.logit_bias) {
            ids.push_back(id);
            values.push_back(value);
        }
        const auto kept_ids = text.keep(std::move(ids));
        made.add(logit_bias(kept_ids, text.keep(std::move(values))));
    }
    PLUCK_TAGGED void bias_phrases(dynamic_chain& made, sequence& text) const {
        if (request_.sequence_bias.empty()) return;
        std::vector<std::vector<std::int32_t>> list;
        std::vector<float> values;
        for (const auto& [phrase, value] : request_.sequence_bias) {
            list.push_back(phrase);
            values.push_back(value);
        }
        const auto sequences = kept(text, list);
        made.add(phrases(text.history(), sequences, text.keep(std::move(values))));
    }
    PLUCK_TAGGED void penalise(dynamic_chain& made, const token_history& history) const {
        penalty_settings set{.repetition = request_.repetition_penalty,
                             .frequency = request_.frequency_penalty,
                             .presence = request_.presence_penalty,
                             .last_n = larger(request_.penalty_last_n, 0),
                             .repeats = rules_.repeats,
                             .counts = rules_.counts};
        if (request_.penalty_last_n == 0 && rules_.no_last_n_is_off) return;
        if (are_equal(set.repetition, 1.0f) && ordered(set.frequency) == 0 && ordered(set.presence) == 0) return;
        if (rules_.penalises_hot) {  // s / T - f is (s - T f) / T, and a repetition's factor is the same of both
            set.frequency = score_times(set.frequency, temperature());
            set.presence = score_times(set.presence, temperature());
        }
        made.add(penalties(history, set));
    }
    PLUCK_TAGGED void dry_out(dynamic_chain& made, sequence& text) const {
        const dry_settings set{.multiplier = request_.dry_multiplier,
                               .base = request_.dry_base,
                               .allowed_length = request_.dry_allowed_length,
                               .last_n = larger(request_.dry_penalty_last_n, 0)};
        if (ordered(set.multiplier) == 0 || ordered(set.base) < ordered(1.0f)) return;
        if (request_.dry_penalty_last_n == 0 && rules_.no_dry_last_n_is_off) return;
        made.add(dry(text.history(), set, kept(text, request_.dry_sequence_breakers)));
    }

    [[nodiscard]] PLUCK_TAGGED static std::vector<std::int32_t> both(const std::vector<std::int32_t>& first,
                                                                     const std::vector<std::int32_t>& second) {
        std::vector<std::int32_t> ids = first;
        ids.insert(ids.end(), second.begin(), second.end());
        return ids;
    }
    /// The ids in their order, each once, as a set has them.
    [[nodiscard]] PLUCK_TAGGED static std::vector<std::int32_t> rising(std::vector<std::int32_t> ids) {
        std::sort(ids.begin(), ids.end());
        ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
        return ids;
    }
    [[nodiscard]] PLUCK_TAGGED static token_sequences kept(sequence& text,
                                                           const std::vector<std::vector<std::int32_t>>& list) {
        std::vector<std::int32_t> tokens;
        std::vector<std::uint32_t> ends;
        for (const auto& one : list) {
            tokens.insert(tokens.end(), one.begin(), one.end());
            ends.push_back(static_cast<std::uint32_t>(tokens.size()));
        }
        const auto kept_tokens = text.keep(std::move(tokens));
        return {kept_tokens.data(), text.keep(std::move(ends)).data(), static_cast<std::uint32_t>(list.size())};
    }

    const sampling_params& request_;
    order_rules rules_;
};

}  // namespace detail

/// What is wrong with a request, all of it, separated by "; ": empty if make_chain() makes a chain of it. For who
/// answers a request that is wrong without an exception.
[[nodiscard]] PLUCK_TAGGED inline std::string faults_of(const sampling_params& request, const sequence& text,
                                                        order rules, std::int32_t vocab = 0) {
    return detail::request_chain(request, rules).faults_for(text, vocab);
}

/// The chain of a request, for a text that is generated:
///
///     pluck::sequence text(prompt_ids, pluck::options_of(request, {.seed = seed}));  // for a request without one
///     const pluck::dynamic_chain chain = pluck::make_chain(request, text, pluck::order::vllm);
///     for (pluck::pick next; (next = pluck::sample(logits, chain, text.key())); text.accept(next.token)) ...
///
/// Definition.   The adjusters in the engine's order, then its shape and keep stages, without those that are neutral;
///               where the temperature is read as 0, greedy() instead of them. Adjusters come first in any case: where
///               an engine penalises after it has cut, docs/compatibility.md says so. A grammar's mask, or guidance,
///               goes before: `pluck::mask(words) | make_chain(request, text, order::vllm)`.
/// Shapes.       The request's lists are copied into the text, which keeps them as long as it is there; the request may
///               go. The chain looks at them and at the text's history: it is valid while the text is there, also if
///               that is moved. Each call adds lists of its own, and earlier chains remain valid: call it once for a
///               request, not once for a token. A copy of the text, or one that is loaded, needs a chain of its own.
///               What a chain looks at is in the host's memory: it is for the CPU.
/// Parameters.   request   any
///               text      of the tokens that penalties, dry and n-grams count; with matches for the latter two
///               rules     the engine by whose rules the request is read
///               vocab     how many tokens the rows will have, so that an id that is none of them is a fault of the
///                         request; 0: not known, and it is the status of each row
/// Randomness.   That of the key at each draw. The chain does not know the request's seed: options_of() does.
/// Cost.         Some tenths of a microsecond, and a copy of the request's lists.
/// Errors.       std::invalid_argument with all that is wrong, of a list the first thing: "pluck::sampling_params:
///               top_p must be in [0, 1], got 1.5; n must be >= 1, got 0". The text is as it was then.
[[nodiscard]] PLUCK_TAGGED inline dynamic_chain make_chain(const sampling_params& request, sequence& text, order rules,
                                                           std::int32_t vocab = 0) {
    const detail::request_chain chain(request, rules);
    const std::string wrong = chain.faults_for(text, vocab);
    if (!wrong.empty()) detail::raise({"pluck::sampling_params: ", wrong});
    return chain.make(text);
}

/// A sequence's options for a request: its seed, where it has one, and matches if its chain looks at them. For a stage
/// of your own that does, set `.matches` afterwards.
///
/// Parameters.   otherwise   the rest, and the seed of a request that has none: a server draws one, or all such
///                           requests have the same random bits
///
/// For n texts of one prompt: `text.fork(i)`, each with a chain of its own.
[[nodiscard]] PLUCK_TAGGED inline sequence::options options_of(const sampling_params& request,
                                                               sequence::options otherwise = {}) noexcept {
    if (request.seed) otherwise.seed = *request.seed;
    otherwise.matches = detail::reads_matches(request);
    return otherwise;
}

}}  // namespace pluck::v0
