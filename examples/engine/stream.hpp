// SPDX-License-Identifier: MIT
//
// From tokens, which may be part of a character, to a text that ends before a stop string; and to lines that fit a
// terminal.
#pragma once

#include "support/picture.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace engine {

/// How many bytes at the end of a text begin a character of UTF-8 that is not complete.
inline std::size_t incomplete_bytes(std::string_view text) {
    for (std::size_t n = 1; n <= std::min<std::size_t>(3, text.size()); ++n) {
        const auto byte = static_cast<unsigned char>(text[text.size() - n]);
        if ((byte & 0xC0U) == 0x80U) continue;  // goes on
        const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
        return length > n ? n : 0;
    }
    return 0;
}

/// Holds back what may be the beginning of a character's rest, or of a stop string.
class stream {
public:
    explicit stream(std::vector<std::string> stops = {}) : stops_(std::move(stops)) {}

    /// What can be written after these bytes.
    [[nodiscard]] std::string put(std::string_view bytes) {
        held_ += bytes;
        // The one that ends first, and of those the longest: as if the bytes had come one by one.
        std::size_t cut = std::string::npos, end = std::string::npos;
        for (const std::string& stop : stops_) {
            const std::size_t at = held_.find(stop);
            if (at == std::string::npos || at + stop.size() > end || (at + stop.size() == end && at > cut)) continue;
            cut = at;
            end = at + stop.size();
        }
        if (cut != std::string::npos) {
            stopped_ = true;
            held_.resize(cut);
            return std::exchange(held_, {});
        }
        std::size_t kept = incomplete_bytes(held_);
        for (const std::string& stop : stops_) {
            for (std::size_t n = std::min(stop.size() - 1, held_.size()); n > kept; --n)
                if (held_.ends_with(std::string_view(stop).substr(0, n))) kept = n;
        }
        std::string out = held_.substr(0, held_.size() - kept);
        held_.erase(0, out.size());
        return out;
    }
    /// What was held back, at the end of the text; half a character is none.
    [[nodiscard]] std::string finish() {
        held_.resize(held_.size() - incomplete_bytes(held_));
        return std::exchange(held_, {});
    }
    /// Whether a stop string has come.
    [[nodiscard]] bool stopped() const { return stopped_; }

private:
    std::vector<std::string> stops_;
    std::string held_{};
    bool stopped_ = false;
};

/// A token in one line: a line's end as an arrow, other control characters as a dot, and bytes that are no character
/// by their number.
inline std::string one_line(std::string_view bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (std::size_t i = 0; i < bytes.size();) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
        bool is_whole = (byte & 0xC0U) != 0x80U && i + length <= bytes.size();
        for (std::size_t k = 1; is_whole && k < length; ++k)
            is_whole = (static_cast<unsigned char>(bytes[i + k]) & 0xC0U) == 0x80U;
        if (byte == '\n') out += "↵";
        else if (byte < 0x20 || byte == 0x7F) out += "·";
        else if (is_whole) out += bytes.substr(i, length);
        else (out += "\\x").append({digits[byte >> 4], digits[byte & 15]});
        i += is_whole ? length : 1;
    }
    return out;
}

/// At least 40, as the pictures need.
inline int terminal_width() {
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return std::max<int>(40, size.ws_col);
    const char* const columns = std::getenv("COLUMNS");
    const int given = columns != nullptr ? std::atoi(columns) : 0;
    return given > 0 ? std::max(40, given) : 120;
}

/// The text in lines of at most so many columns, broken between words where there are any.
inline std::vector<std::string> wrapped(const std::string& text, int columns) {
    std::vector<std::string> lines(1);
    const auto add = [&](std::string word) {
        const int gap = lines.back().empty() ? 0 : 1;
        if (picture::width_of(lines.back()) + gap + picture::width_of(word) > columns && gap == 1) lines.emplace_back();
        else if (gap == 1) lines.back() += ' ';
        while (picture::width_of(word) > columns) {  // longer than a line
            std::size_t bytes = 0;
            for (std::size_t next = 0; picture::width_of(word.substr(0, next)) <= columns;) {
                bytes = next++;
                while (next < word.size() && (static_cast<unsigned char>(word[next]) & 0xC0U) == 0x80U) ++next;
            }
            lines.back() += word.substr(0, bytes);
            lines.emplace_back();
            word.erase(0, bytes);
        }
        lines.back() += word;
    };
    std::string word;
    for (const char c : text + '\n') {
        if (c != ' ' && c != '\n') {
            word += c;
            continue;
        }
        if (!word.empty()) add(one_line(std::exchange(word, {})));
        if (c == '\n') lines.emplace_back();
    }
    while (!lines.empty() && lines.back().empty()) lines.pop_back();
    return lines;
}

/// A paragraph, in lines that fit the terminal.
inline void print_wrapped(const std::string& text) {
    for (const std::string& line : wrapped(text, terminal_width())) std::cout << line << '\n';
}

}  // namespace engine
