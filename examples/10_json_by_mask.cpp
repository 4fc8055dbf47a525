// SPDX-License-Identifier: MIT
//
// Shows:       a grammar as a mask. Whatever a model would like to say, only tokens that may come next in JSON keep
//              their logits, and the draw is from these. The bits are those of xgrammar and llguidance: bit j of word w
//              is token 32 w + j.
// Leaves out:  a tokenizer whose tokens are pieces of words, for which a grammar library makes the mask.
// Next:        include/pluck/adjust/mask.hpp, and its neighbours: logit_bias, banned, allowed, forced.

#include "support/picture.hpp"
#include <pluck/adjust/mask.hpp>
#include <pluck/pluck.hpp>

#include <cstdint>
#include <iostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view vocabulary[] = {
    "{",        "}",      "[",     "]",     ",",       ":",       "\"id\"",  "\"name\"", "\"size\"",
    "\"tags\"", "\"up\"", "\"x\"", "\"y\"", "\"oak\"", "\"elm\"", "\"ash\"", "\"red\"",  "\"blue\"",
    "0",        "1",      "2",     "3",     "17",      "42",      "3.14",    "-1",       "1e9",
    "true",     "false",  "null",  "the",   "a",       "however", "\n",      "<end>"};
constexpr std::size_t vocab = std::size(vocabulary);
constexpr std::size_t end_of_text = vocab - 1;

/// Which token may come next. It knows what is open, and what the innermost of that waits for.
class json {
public:
    [[nodiscard]] bool allows(std::size_t token) const {
        const std::string_view text = vocabulary[token];
        const bool closes = text == (in_object() ? "}" : "]") && !open_.empty();
        switch (waits_for_) {
            case what::value: return starts_value(text);
            case what::value_or_close: return closes || starts_value(text);
            case what::key: return text.front() == '"';
            case what::key_or_close: return closes || text.front() == '"';
            case what::colon: return text == ":";
            case what::comma_or_close: return closes || (text == "," && room_ > 0);
            case what::end: return token == end_of_text;
        }
        return false;
    }

    void accept(std::size_t token) {
        const std::string_view text = vocabulary[token];
        room_ -= room_ > 0 ? 1 : 0;
        if (text == "{" || text == "[") {
            open_ += text;
            waits_for_ = text == "{" ? what::key_or_close : what::value_or_close;
        } else if (text == "," || text == ":") {
            waits_for_ = text == "," && in_object() ? what::key : what::value;
        } else if (waits_for_ == what::key || (waits_for_ == what::key_or_close && text != "}")) {
            waits_for_ = what::colon;
        } else {
            if (text == "}" || text == "]") open_.pop_back();
            waits_for_ = open_.empty() ? what::end : what::comma_or_close;
        }
    }

    /// A word for each 32 tokens.
    [[nodiscard]] std::vector<std::uint32_t> mask() const {
        std::vector<std::uint32_t> words((vocab + 31) / 32);
        for (std::size_t token = 0; token < vocab; ++token)
            if (allows(token)) words[token / 32] |= 1u << (token % 32);
        return words;
    }

private:
    enum class what { value, value_or_close, key, key_or_close, colon, comma_or_close, end };

    [[nodiscard]] bool in_object() const { return !open_.empty() && open_.back() == '{'; }
    /// At the top only an object; nested ones while there is room.
    [[nodiscard]] bool starts_value(std::string_view text) const {
        if (open_.empty()) return text == "{";
        if (text == "{" || text == "[") return open_.size() < 3 && room_ > 0;
        const bool is_number = text.front() == '-' || (text.front() >= '0' && text.front() <= '9');
        return is_number || text.front() == '"' || text == "true" || text == "false" || text == "null";
    }

    std::string open_;
    what waits_for_ = what::value;
    int room_ = 12;  // tokens until all that is open has to close
};

/// Stands for a model that has never heard of JSON.
std::vector<float> logits_of_model(std::mt19937_64& weights) {
    std::vector<float> logits(vocab);
    for (float& logit : logits) logit = static_cast<float>(weights() >> 40) * 0x1p-21f;  // in [0, 8)
    return logits;
}

/// A text of at most 80 tokens; `by_grammar` or as the model likes.
std::string write(std::uint64_t seed, bool by_grammar, bool& is_json) {
    std::mt19937_64 weights(seed);
    json grammar;
    std::string text;
    is_json = true;
    for (int position = 0; position < 80; ++position) {
        const std::vector<float> logits = logits_of_model(weights);
        const auto draw = pluck::temperature(0.9f) | pluck::top_p(0.95f);
        const pluck::key key{.seed = seed, .position = position};
        pluck::pick next;
        if (by_grammar) {
            const std::vector<std::uint32_t> words = grammar.mask();
            next = pluck::sample(logits, pluck::mask(words) | draw, key);
        } else {
            next = pluck::sample(logits, draw, key);
        }
        const auto token = static_cast<std::size_t>(next.token);
        is_json = is_json && grammar.allows(token);
        if (is_json) grammar.accept(token);
        if (token == end_of_text) return text;
        text += vocabulary[token] == "\n" ? std::string_view("\\n") : vocabulary[token];
        if (!by_grammar) text += ' ';
    }
    is_json = false;
    return text;
}

std::string shortened(const std::string& text) { return text.size() <= 90 ? text : text.substr(0, 87) + "..."; }

}  // namespace

int main() {
    for (const bool by_grammar : {false, true}) {
        picture::heading(by_grammar ? "The same model under a mask" : "A model that knows no JSON");
        bool is_json = false;
        for (std::uint64_t seed = 1; seed <= 5; ++seed)
            std::cout << "  " << shortened(write(seed, by_grammar, is_json)) << '\n';
        int valid = 0;
        for (std::uint64_t seed = 0; seed < 1000; ++seed) {
            (void)write(seed, by_grammar, is_json);
            valid += is_json ? 1 : 0;
        }
        std::cout << "\n  Of 1,000 texts, " << valid << " are JSON.\n";
    }
}
