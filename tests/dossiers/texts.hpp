// SPDX-License-Identifier: MIT
//
// Texts for the dossiers of adjusters that read one. Their rules look at the tokens alone; the library's stages get a
// token_history, which copies of a dossier share.
#pragma once

#include "dossiers/lists.hpp"
#include "dossiers/random.hpp"
#include "reference/widen.hpp"
#include <pluck/token_history.hpp>
#include <pluck/token_sequences.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace dossiers {

class token_text {
public:
    token_text() : token_text({}, 0) {}
    token_text(std::vector<std::int32_t> tokens, std::size_t prompt)
        : shared_(std::make_shared<const state>(std::move(tokens), prompt)) {}

    [[nodiscard]] const std::vector<std::int32_t>& tokens() const { return shared_->tokens; }
    [[nodiscard]] std::size_t prompt() const { return shared_->prompt; }
    [[nodiscard]] std::size_t generated() const { return tokens().size() - prompt(); }
    [[nodiscard]] const pluck::token_history& history() const { return shared_->history; }
    [[nodiscard]] std::string print() const { return list_text(tokens()) + '/' + std::to_string(prompt()); }

    [[nodiscard]] bool is_within(std::size_t vocab) const {
        for (const std::int32_t token : tokens())
            if (!is_token(token, vocab)) return false;
        return true;
    }
    /// Where the last n tokens begin, 0: all.
    [[nodiscard]] std::size_t begin_of_last(std::int32_t n) const {
        const auto last = static_cast<std::size_t>(n);
        return n == 0 || last > tokens().size() ? 0 : tokens().size() - last;
    }
    /// How often a token occurs in [begin, end) of the text.
    [[nodiscard]] std::size_t count(std::int32_t token, std::size_t begin) const {
        std::size_t found = 0;
        for (std::size_t i = begin; i < tokens().size(); ++i) found += tokens()[i] == token;
        return found;
    }
    /// How many tokens up to position `at`, from `begin` on, are the text's last ones as well.
    [[nodiscard]] std::size_t match(std::size_t at, std::size_t begin) const {
        std::size_t length = 0;
        while (at + 1 - length > begin && tokens()[at - length] == tokens()[tokens().size() - 1 - length]) ++length;
        return length;
    }

private:
    struct state {
        state(std::vector<std::int32_t> all, std::size_t of_prompt)
            : tokens(std::move(all)),
              prompt(of_prompt),
              words(pluck::token_history::words(static_cast<std::uint32_t>(tokens.size()))),
              history(words.data(), static_cast<std::uint32_t>(tokens.size())) {
            for (std::size_t i = 0; i < tokens.size(); ++i) {
                if (i == prompt) history.end_prompt();
                (void)history.append(tokens[i]);
            }
            if (prompt == tokens.size()) history.end_prompt();
        }
        std::vector<std::int32_t> tokens;
        std::size_t prompt;
        std::vector<std::uint32_t> words;
        pluck::token_history history;
    };

    std::shared_ptr<const state> shared_;
};

/// Few different tokens, and parts that come again; now and then one that is outside of the row.
[[nodiscard]] inline token_text random_text(std::size_t vocab, splitmix& random) {
    const std::size_t most = random.one_in(8) ? 300 : 40;
    const std::size_t size = random.below(most + 1);
    const bool few = !random.one_in(4);
    const std::size_t kinds = few ? 1 + random.below(vocab < 6 ? vocab : 6) : vocab;
    const std::size_t first = random.below(vocab - kinds + 1);
    std::vector<std::int32_t> tokens;
    while (tokens.size() < size) {
        if (tokens.empty() || !random.one_in(6)) {
            tokens.push_back(static_cast<std::int32_t>(first + random.below(kinds)));
            continue;
        }
        const std::size_t from = random.below(tokens.size());
        const std::size_t length = 1 + random.below(8);
        for (std::size_t i = 0; i < length && tokens.size() < size; ++i) tokens.push_back(tokens[from + i]);
    }
    if (random.one_in(24)) tokens.push_back(random.one_in(2) ? static_cast<std::int32_t>(vocab) : 0x7ffffffe);
    const std::size_t prompt = random.below(tokens.size() + 1);
    return {tokens, prompt};
}

/// Sequences of tokens, as lists of the library and as vectors.
class sequences {
public:
    sequences() : sequences(std::vector<std::vector<std::int32_t>>{}) {}
    sequences(std::vector<std::vector<std::int32_t>> all) : shared_(std::make_shared<const state>(std::move(all))) {}

    [[nodiscard]] const std::vector<std::vector<std::int32_t>>& get() const { return shared_->all; }
    [[nodiscard]] pluck::token_sequences view() const {
        return {shared_->tokens.data(), shared_->ends.data(), static_cast<std::uint32_t>(shared_->ends.size())};
    }
    [[nodiscard]] std::string print() const {
        std::string text = "{";
        for (const auto& each : get()) text += list_text(each);
        return text + '}';
    }

private:
    struct state {
        explicit state(std::vector<std::vector<std::int32_t>> sequences) : all(std::move(sequences)) {
            for (const auto& each : all) {
                tokens.insert(tokens.end(), each.begin(), each.end());
                ends.push_back(static_cast<std::uint32_t>(tokens.size()));
            }
        }
        std::vector<std::vector<std::int32_t>> all;
        std::vector<std::int32_t> tokens;
        std::vector<std::uint32_t> ends;
    };

    std::shared_ptr<const state> shared_;
};

/// Short ones, often as they are in the text, of which a few come to its end.
[[nodiscard]] inline sequences random_sequences(const token_text& from, std::size_t vocab, splitmix& random) {
    std::vector<std::vector<std::int32_t>> all(random.below(5));
    for (auto& each : all) {
        const std::size_t length = 1 + random.below(4);
        const std::size_t size = from.tokens().size();
        const bool at_end = random.one_in(2);
        std::size_t begin = random.below(size + 1);
        if (at_end && length <= size + 1) begin = size + 1 - length;  // all but the last one
        const bool from_text = !random.one_in(3);
        for (std::size_t i = 0; i < length; ++i) {
            const bool has_it = from_text && begin + i < size;
            each.push_back(has_it ? from.tokens()[begin + i] : static_cast<std::int32_t>(random.below(vocab)));
        }
    }
    return all;
}

using token_lists = std::vector<std::vector<std::int32_t>>;
[[nodiscard]] inline sequences sequences_of(const token_lists& all) { return {all}; }

/// A float as a double, also where subnormal floats count as 0.
[[nodiscard]] inline double wide(const float& x) {
    const int magnitude = std::bit_cast<int>(x) & 0x7fffffff;
    if (magnitude >= 0x800000) return x;
    return (std::bit_cast<int>(x) < 0 ? -0x1p-149 : 0x1p-149) * magnitude;
}

/// A score that an adjuster of texts may move: no NaN, and not infinite.
[[nodiscard]] inline bool is_number(const float& x) {
    return oracle::order(x) < oracle::infinity && oracle::order(x) > -oracle::infinity;
}

/// A result by itself: -ffast-math takes no two operations together, nor a divisor's reciprocal.
[[nodiscard]] inline double alone(double x) {
    const volatile double result = x;
    return result;
}

/// score - less, rounded once.
[[nodiscard]] inline float minus(const float& score, const float& less) {
    const double difference = alone(wide(score) - wide(less));
    return oracle::float_from_double(difference);
}

/// base^n by n products; the largest float where one is above it.
[[nodiscard]] inline double power_of(const float& base, std::size_t n) {
    volatile double result = 1;
    for (std::size_t i = 0; i < n && oracle::order(base) != oracle::one; ++i) {
        result = result * wide(base);
        if (result >= 0x1.fffffep127) return 0x1.fffffep127;
    }
    return result;
}

/// A parameter: mostly near 1, now and then any.
[[nodiscard]] inline float random_factor(splitmix& random) {
    return random.one_in(8) ? random.positive(-20, 20) : random.positive(-1, 1);
}

}  // namespace dossiers
