// SPDX-License-Identifier: MIT
//
// The text that the model learns, and its alphabet: a token is a character.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace model {

/// After Shakespeare, Hamlet, act 3 scene 1.
inline constexpr std::string_view hamlet_passage =
    "To be or not to be that is the question. Whether tis nobler in the mind to suffer the slings and arrows of "
    "outrageous fortune or to take arms against a sea of troubles and by opposing end them. To die to sleep no more "
    "and by a sleep to say we end the heartache. ";

/// The passage ten times over.
inline std::string hamlet_text() {
    std::string text;
    for (int i = 0; i < 10; ++i) text += hamlet_passage;
    return text;
}

/// The characters of a text, sorted; the token id of a character is its index among them.
class alphabet {
public:
    explicit alphabet(std::string_view text) : characters_(text) {
        std::sort(characters_.begin(), characters_.end());
        characters_.erase(std::unique(characters_.begin(), characters_.end()), characters_.end());
    }

    [[nodiscard]] int size() const { return static_cast<int>(characters_.size()); }
    [[nodiscard]] const std::string& characters() const { return characters_; }

    [[nodiscard]] std::vector<int> encode(std::string_view text) const {
        std::vector<int> ids;
        for (const char c : text) {
            const auto at = characters_.find(c);
            if (at == std::string::npos) throw std::invalid_argument(std::string("not in the alphabet: '") + c + "'");
            ids.push_back(static_cast<int>(at));
        }
        return ids;
    }

    [[nodiscard]] std::string decode(const std::vector<int>& ids) const {
        std::string text;
        for (const int id : ids) text += characters_.at(static_cast<std::size_t>(id));
        return text;
    }

private:
    std::string characters_;
};

}  // namespace model
