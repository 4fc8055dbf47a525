// SPDX-License-Identifier: MIT
//
// Hugging Face's logits processors beside the stages that are to do the same; their rows are in transformers.txt.
#include "fixture.hpp"
#include <pluck/adjust/banned.hpp>
#include <pluck/adjust/begin_suppress.hpp>
#include <pluck/adjust/forced.hpp>
#include <pluck/adjust/guidance.hpp>
#include <pluck/adjust/length_decay.hpp>
#include <pluck/adjust/min_tokens.hpp>
#include <pluck/adjust/no_repeat_ngram.hpp>
#include <pluck/adjust/penalties.hpp>
#include <pluck/adjust/phrases.hpp>
#include <pluck/keep/min_p.hpp>
#include <pluck/keep/top_k.hpp>
#include <pluck/keep/top_p.hpp>
#include <pluck/shape/temperature.hpp>

using peers::each_case, peers::fields, peers::float_of, peers::ids_of, peers::kind, peers::numbered;
using peers::peer_case, peers::row_source, peers::sequence_list;
using pluck::token_history;

namespace {

constexpr const char* file = "transformers.txt";

pluck::length_decay_settings length_decay_of(const std::vector<std::string>& words) {
    return {.start = std::stoi(words.at(0)), .factor = float_of(words.at(1)), .token = std::stoi(words.at(2))};
}

/// An adjuster alone.
template <class Stage>
void compare(const peer_case& one, const Stage& stage, double relative = 0) {
    one.compare(stage, relative);
}

}  // namespace

TEST_CASE("a repetition penalty is transformers'") {
    CHECK(each_case(file, "repetition", [](const peer_case& one, const token_history& text) {
              const auto words = one.words();
              const bool ignores_prompt = words.at(1) == "1";
              compare(one, pluck::penalties(text,
                                            {.repetition = float_of(words.at(0)),
                                             .repeats = ignores_prompt ? pluck::scope::generated : pluck::scope::all}));
          }) == 150);
}

TEST_CASE("no_repeat_ngram is transformers'") {
    CHECK(each_case(file, "no_repeat_ngram", [](const peer_case& one, const token_history& text) {
              compare(one, pluck::no_repeat_ngram(text, std::stoi(one.parameters)));
          }) == 200);
}

TEST_CASE("biases of phrases are transformers' SequenceBias") {
    CHECK(each_case(file, "sequence_bias", [](const peer_case& one, const token_history& text) {
              const sequence_list phrases(one.words());
              compare(one, pluck::phrases(text, phrases.view(), phrases.values), 1e-7);
          }) == 150);
}

TEST_CASE("phrases without values are transformers' NoBadWords") {
    CHECK(each_case(file, "no_bad_words", [](const peer_case& one, const token_history& text) {
              const sequence_list phrases(one.words());
              compare(one, pluck::phrases(text, phrases.view()));
          }) == 150);
}

TEST_CASE("min_tokens is transformers' MinNewTokensLength, and MinLength if the prompt is taken off") {
    const auto compare_to = [](bool counts_prompt) {
        return [counts_prompt](const peer_case& one, const token_history& text) {
            auto ends = ids_of(one.words());
            const auto prompt = static_cast<std::int32_t>(text.prompt_size());
            const std::int32_t n = counts_prompt ? std::max(0, ends.at(0) - prompt) : ends.at(0);
            ends.erase(ends.begin());
            compare(one, pluck::min_tokens(text, n, ends));
        };
    };
    CHECK(each_case(file, "min_new_tokens", compare_to(false)) == 60);
    CHECK(each_case(file, "min_length", compare_to(true)) == 60);
}

TEST_CASE("forced is transformers' ForcedBOSToken and ForcedEOSToken, where these are due") {
    CHECK(each_case(file, "forced_bos", [](const peer_case& one, const token_history& text) {
              compare(one, pluck::forced(text.size() == 1 ? std::stoi(one.parameters) : -1));
          }) == 50);
    CHECK(each_case(file, "forced_eos", [](const peer_case& one, const token_history& text) {
              const auto ids = ids_of(one.words());
              compare(one, pluck::forced(static_cast<std::int32_t>(text.size()) == ids.at(0) - 1 ? ids.at(1) : -1));
          }) == 50);
}

TEST_CASE("banned and begin_suppress are transformers' SuppressTokens and SuppressTokensAtBegin") {
    CHECK(each_case(file, "suppress", [](const peer_case& one, const token_history&) {
              const auto ids = ids_of(one.words());
              compare(one, pluck::banned(ids));
          }) == 50);
    CHECK(each_case(file, "begin_suppress", [](const peer_case& one, const token_history& text) {
              const auto ids = ids_of(one.words());
              compare(one, pluck::begin_suppress(text, ids));
          }) == 100);
}

TEST_CASE("length_decay is transformers' ExponentialDecayLengthPenalty") {
    CHECK(each_case(file, "length_decay", [](const peer_case& one, const token_history& text) {
              compare(one, pluck::length_decay(text, length_decay_of(one.words())), 5e-7);
          }) == 200);
}

TEST_CASE("guidance is transformers' ClassifierFreeGuidance, and the unbatched one's distribution") {
    const auto compare_guided = [](const peer_case& one, const token_history&) {
        row_source other = one.source;
        other.seed += std::uint64_t{1} << 32;
        other.like = kind::fine;
        const std::vector<float> unconditional = other.logits();
        compare(one, pluck::guidance(unconditional, float_of(one.words().at(0))), 5e-7);
    };
    CHECK(each_case(file, "guidance", compare_guided) == 80);
    CHECK(each_case(file, "guidance_of_softmax", compare_guided) == 80);
}

TEST_CASE("a chain of adjusters and cuts is transformers'") {
    CHECK(each_case(file, "all", [](const peer_case& one, const token_history& text) {
              const std::vector<std::string> parts = fields(one.parameters, ';');
              const auto words = [&parts](std::size_t i) { return fields(parts.at(i), ' '); };
              const auto number = [&words](std::size_t i) { return float_of(words(i).at(0)); };
              const sequence_list biased(words(0)), bad(words(3));
              const auto least = ids_of(words(4)), suppressed = ids_of(words(6));
              const std::vector<std::int32_t> ends = {least.at(1)};
              one.compare(pluck::phrases(text, biased.view(), biased.values) |
                              pluck::penalties(text, {.repetition = number(1)}) |
                              pluck::no_repeat_ngram(text, std::stoi(parts.at(2))) | pluck::phrases(text, bad.view()) |
                              pluck::min_tokens(text, least.at(0), ends) |
                              pluck::length_decay(text, length_decay_of(words(5))) | pluck::banned(suppressed) |
                              pluck::temperature(number(7)) | pluck::top_k(std::stoi(parts.at(8))) |
                              pluck::top_p(number(9)) | pluck::min_p(number(10)),
                          0);
          }) == 100);
}
