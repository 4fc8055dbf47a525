// SPDX-License-Identifier: MIT
//
// What a peer has made of rows, as its file has it, and pluck held to it.
#pragma once

#include "rows.hpp"
#include "support/catch.hpp"
#include <pluck/inspect.hpp>
#include <pluck/sample.hpp>
#include <pluck/sequence.hpp>
#include <pluck/token_history.hpp>
#include <pluck/token_sequences.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <limits>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#ifndef PLUCK_SOURCE_DIR  // mutants' tests are run from there
#define PLUCK_SOURCE_DIR "."
#endif

namespace peers {

constexpr float infinity = std::numeric_limits<float>::infinity();
/// Below it are only scores that a penalty has moved beyond all reason.
constexpr float hopeless = -1e30f;

/// A float as the files have it: its bits, or - for -infinity.
inline float float_of(const std::string& text) {
    return text == "-" ? -infinity : std::bit_cast<float>(static_cast<std::uint32_t>(std::stoul(text, nullptr, 16)));
}

/// The fields of a text between separators; none of an empty one.
inline std::vector<std::string> fields(const std::string& text, char separator) {
    std::vector<std::string> found;
    std::istringstream in(text);
    for (std::string field; std::getline(in, field, separator);) {
        if (separator != ' ' || !field.empty()) found.push_back(field);
    }
    return found;
}

/// Ids with a number for each: `12:3f800000`.
struct numbered {
    std::vector<std::int32_t> ids;
    std::vector<float> values;

    explicit numbered(const std::vector<std::string>& words) {
        for (const std::string& word : words) {
            ids.push_back(std::stoi(word));
            values.push_back(float_of(word.substr(word.find(':') + 1)));
        }
    }
};

inline std::vector<std::int32_t> ids_of(const std::vector<std::string>& words) {
    std::vector<std::int32_t> ids;
    for (const std::string& word : words) ids.push_back(std::stoi(word));
    return ids;
}

/// Sequences of ids, each with a bias or not: `3,17,4` or `3,17,4:bf800000`.
struct sequence_list {
    std::vector<std::int32_t> tokens;
    std::vector<std::uint32_t> ends;
    std::vector<float> values;

    explicit sequence_list(const std::vector<std::string>& words) {
        for (const std::string& word : words) {
            const std::size_t colon = word.find(':');
            for (const std::string& id : fields(word.substr(0, colon), ',')) tokens.push_back(std::stoi(id));
            ends.push_back(static_cast<std::uint32_t>(tokens.size()));
            if (colon != std::string::npos) values.push_back(float_of(word.substr(colon + 1)));
        }
    }
    [[nodiscard]] pluck::token_sequences view() const {
        return {tokens.data(), ends.data(), static_cast<std::uint32_t>(ends.size())};
    }
};

/// The text of a source: its prompt at once, then token by token what was generated.
inline pluck::sequence sequence_of(const row_source& source) {
    const std::vector<std::int32_t> tokens = source.text();
    pluck::sequence text(std::span<const std::int32_t>(tokens.data(), source.prompt));
    for (std::size_t i = source.prompt; i < tokens.size(); ++i) text.accept(tokens[i]);
    return text;
}

/// A line of a file.
class peer_case {
public:
    explicit peer_case(const std::string& line) {
        const std::vector<std::string> parts = fields(line, '|');
        std::istringstream in(parts.at(0));
        int like = 0;
        in >> name >> source.seed >> source.vocab >> like >> source.length >> source.prompt >> source.alphabet;
        source.like = static_cast<kind>(like);
        parameters = parts.at(1);
        result_ = fields(parts.at(2), ' ');
        best_ = parts.size() > 3 ? fields(parts[3], ' ') : std::vector<std::string>{};
    }

    std::string name, parameters;
    row_source source;

    [[nodiscard]] std::vector<std::string> words() const { return fields(parameters, ' '); }

    /// Holds what the chain keeps of the row to what the peer keeps; scores to `relative` of theirs, or of 1 if that is
    /// larger; and probabilities to 2e-5.
    template <class Chain>
    void compare(const Chain& chain, double relative) const {
        const std::vector<float> row = source.logits();
        const std::vector<std::pair<std::int32_t, float>> theirs = kept(row);
        if (theirs.empty()) {
            CHECK(pluck::sample(row, chain, {}).status == pluck::status::no_candidate);
            return;
        }
        std::vector<pluck::candidate> ours = pluck::candidates(row, chain);
        // Where a penalty is beyond the floats llama.cpp's is infinite, and the score -infinity.
        std::erase_if(ours, [&](const auto& one) {
            return one.logit < hopeless && std::none_of(theirs.begin(), theirs.end(),
                                                        [&](const auto& their) { return their.first == one.token; });
        });
        std::sort(ours.begin(), ours.end(), [](const auto& a, const auto& b) { return a.token < b.token; });
        REQUIRE(ours.size() == theirs.size());
        const bool compares_scores = result_.empty() || result_[0] != "=";
        double best = -infinity, total = 0;
        for (const auto& [token, score] : theirs) best = std::max(best, double{score});
        for (const auto& [token, score] : theirs) total += std::exp(score - best);
        std::vector<double> probabilities(row.size());
        for (std::size_t i = 0; i < ours.size(); ++i) {
            const auto [token, score] = theirs[i];
            CAPTURE(token, score, ours[i].logit);
            REQUIRE(ours[i].token == token);
            probabilities[static_cast<std::size_t>(token)] = ours[i].probability;
            if (!compares_scores) continue;
            const double difference = std::abs(double{score} - double{ours[i].logit});
            const bool both_are_hopeless = score < hopeless && ours[i].logit < hopeless;
            if (!both_are_hopeless) CHECK(difference <= relative * std::max(1.0, std::abs(double{score})));
            CHECK(std::abs(ours[i].probability - std::exp(score - best) / total) <= 2e-5);
        }
        const numbered published(best_);
        for (std::size_t i = 0; i < published.ids.size(); ++i) {
            CAPTURE(published.ids[i], published.values[i]);
            CHECK(std::abs(probabilities[static_cast<std::size_t>(published.ids[i])] - published.values[i]) <= 2e-5);
        }
    }

private:
    /// What the peer keeps, in id order, with the score if the file has it.
    [[nodiscard]] std::vector<std::pair<std::int32_t, float>> kept(const std::vector<float>& row) const {
        std::vector<std::pair<std::int32_t, float>> found;
        if (!result_.empty() && result_[0] == "=") {
            for (std::size_t i = 1; i < result_.size(); ++i) found.emplace_back(std::stoi(result_[i]), 0.0f);
            return found;
        }
        std::vector<float> scores = row;
        for (const std::string& word : result_) {
            if (word == "*:-") {
                scores.assign(row.size(), -infinity);
            } else {
                scores.at(std::stoul(word)) = float_of(word.substr(word.find(':') + 1));
            }
        }
        for (std::size_t i = 0; i < scores.size(); ++i)
            if (scores[i] != -infinity) found.emplace_back(static_cast<std::int32_t>(i), scores[i]);
        return found;
    }

    std::vector<std::string> result_, best_;
};

/// Calls f(case, history) for each case of a peer's file that has the name; returns how many there are.
template <class F>
int each_case(const std::string& file, const std::string& name, const F& f) {
    std::ifstream in(PLUCK_SOURCE_DIR "/tests/peers/" + file);
    REQUIRE(in);
    int count = 0;
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with(name + " ")) continue;
        CAPTURE(line);
        const peer_case one(line);
        const pluck::sequence text = sequence_of(one.source);
        f(one, text.history());
        ++count;
    }
    return count;
}

}  // namespace peers
