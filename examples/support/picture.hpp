// SPDX-License-Identifier: MIT
//
// Pictures in a terminal, for the examples: bars, tables, headings, progress, and the command line. Standard library
// only, apart from isatty. Every width is in columns as the eye counts them: one for a character of UTF-8, two for a
// wide one, none for a mark upon another or for a colour. There are colours only where a terminal shows them, so that
// output in a file is plain text.
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace picture {

enum class colour : int { bold = 1, dim = 2, red = 31, green = 32, yellow = 33, blue = 34, magenta = 35, cyan = 36 };

inline bool is_terminal() {
    static const bool answer = isatty(STDOUT_FILENO) != 0;
    return answer;
}

/// Colours are shown on a terminal that has them, unless NO_COLOR is set (no-color.org).
inline bool has_colours() {
    static const bool answer = [] {
        const char* const no_colour = std::getenv("NO_COLOR");
        const char* const kind = std::getenv("TERM");
        const bool is_dumb = kind != nullptr && std::string_view(kind) == "dumb";
        return is_terminal() && !is_dumb && (no_colour == nullptr || *no_colour == '\0');
    }();
    return answer;
}

inline std::string paint(std::string_view text, colour c) {
    if (!has_colours() || text.empty()) return std::string(text);
    return "\033[" + std::to_string(static_cast<int>(c)) + "m" + std::string(text) + "\033[0m";
}

/// Columns that a character takes: two in Chinese, Japanese, Korean and of a picture, none of a mark upon another.
inline int width_of(char32_t c) {
    struct range {
        char32_t first, last;
    };
    static constexpr range none[] = {{0x300, 0x36F},   {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F},
                                     {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};
    static constexpr range wide[] = {{0x1100, 0x115F}, {0x2E80, 0xA4CF}, {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
                                     {0xFE30, 0xFE6F}, {0xFF00, 0xFF60}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD}};
    const auto has = [c](const range& each) { return c >= each.first && c <= each.last; };
    if (std::any_of(std::begin(none), std::end(none), has)) return 0;
    return std::any_of(std::begin(wide), std::end(wide), has) ? 2 : 1;
}

/// Columns that the text takes: characters of UTF-8, without the colours.
inline int width_of(std::string_view text) {
    int width = 0;
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i++]);
        if (byte == '\033') {
            while (i < text.size() && text[i++] != 'm') {
            }
            continue;
        }
        char32_t c = byte >= 0xF0 ? byte & 0x07U : byte >= 0xE0 ? byte & 0x0FU : byte >= 0xC0 ? byte & 0x1FU : byte;
        while (i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U)
            c = (c << 6) | (static_cast<unsigned char>(text[i++]) & 0x3FU);
        width += width_of(c);
    }
    return width;
}

inline std::string repeat(std::string_view text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
}

enum class align { left, right };

/// The text filled up with spaces to `width` columns; a longer one stays as it is.
inline std::string pad(std::string_view text, int width, align to = align::left) {
    const std::string fill = repeat(" ", width - width_of(text));
    return to == align::left ? std::string(text) + fill : fill + std::string(text);
}

inline std::string number(double value, int decimals = 2) {
    char text[64];
    const int size = std::snprintf(text, sizeof text, "%.*f", decimals, value);
    std::string out(text, static_cast<std::size_t>(size));
    if (out.find_first_not_of("-0.") == std::string::npos && out[0] == '-') out.erase(0, 1);  // "-0.00"
    return out;
}

inline std::string percent(double fraction, int decimals = 1) { return number(100 * fraction, decimals) + "%"; }

/// A bar, `width` columns wide where fraction is 1, in steps of an eighth of a column. What is not 0 shows something.
inline std::string bar(double fraction, int width, colour c = colour::blue) {
    static constexpr std::string_view eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const double filled = std::clamp(fraction, 0.0, 1.0) * width;
    const int n = std::max(static_cast<int>(std::lround(filled * 8)), filled > 0 ? 1 : 0);
    return pad(paint(repeat("█", n / 8) + std::string(eighths[n % 8]), c), width);
}

/// One column high: "▁" to "█", a dot for 0. A row of them is a small chart inside a table.
inline std::string spark(double fraction) {
    static constexpr std::string_view eighths[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    if (!(fraction > 0)) return paint("·", colour::dim);
    const long n = std::clamp(std::lround(fraction * 8), 1L, 8L);
    return paint(eighths[n - 1], colour::blue);
}

inline void heading(std::string_view text) {
    std::cout << '\n' << paint(text, colour::bold) << '\n' << paint(repeat("─", width_of(text)), colour::dim) << '\n';
}

/// A table that lines up: the columns once, then row by row, then print().
class table {
public:
    struct column {
        std::string name;
        align to = align::right;
    };

    explicit table(std::vector<column> columns) : columns_(std::move(columns)) {
        for (const column& c : columns_) widths_.push_back(width_of(c.name));
    }

    table& row(std::vector<std::string> cells) {
        cells.resize(columns_.size());
        for (std::size_t i = 0; i < cells.size(); ++i) widths_[i] = std::max(widths_[i], width_of(cells[i]));
        rows_.push_back(std::move(cells));
        return *this;
    }

    void print(std::ostream& out = std::cout) const {
        std::vector<std::string> names;
        std::vector<std::string> rules;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            names.push_back(paint(columns_[i].name, colour::bold));
            rules.push_back(paint(repeat("─", widths_[i]), colour::dim));
        }
        print_row(out, names);
        print_row(out, rules);
        for (const std::vector<std::string>& cells : rows_) print_row(out, cells);
    }

private:
    void print_row(std::ostream& out, const std::vector<std::string>& cells) const {
        std::string line;
        for (std::size_t i = 0; i < cells.size(); ++i) line += "  " + pad(cells[i], widths_[i], columns_[i].to);
        line.resize(line.find_last_not_of(' ') + 1);
        out << line << '\n';
    }

    std::vector<column> columns_;
    std::vector<int> widths_;
    std::vector<std::vector<std::string>> rows_;
};

/// A progress line: call it with the fraction done as often as you like. Without a terminal, it prints one line a
/// tenth.
inline void progress(double fraction, std::string_view text) {
    static int shown = -1;
    const int tenths = static_cast<int>(fraction * 10 + 1e-9);
    if (is_terminal()) {
        std::cout << "\r\033[K  " << bar(fraction, 30) << "  " << text << (fraction >= 1 ? "\n" : "") << std::flush;
    } else if (tenths != shown) {
        std::cout << "  " << bar(fraction, 30) << "  " << text << std::endl;
    }
    shown = fraction >= 1 ? -1 : tenths;
}

/// The command line: `--name VALUE`, or `--name` alone for an option without a value. A wrong one ends the program with
/// a message and exit code 2.
class arguments {
public:
    struct option {
        std::string name;     // "--plot"
        std::string value;    // "FILE", or "" for a switch
        std::string meaning;  // "write a chart too"
    };

    arguments(int argc, char** argv, std::vector<option> options) : options_(std::move(options)) {
        program_ = argc > 0 ? argv[0] : "example";
        program_.erase(0, program_.find_last_of('/') + 1);
        for (int i = 1; i < argc; ++i) {
            const std::string name = argv[i];
            if (name == "--help" || name == "-h") {
                print_usage(std::cout);
                std::exit(0);
            }
            const auto known =
                std::find_if(options_.begin(), options_.end(), [&](const option& o) { return o.name == name; });
            if (known == options_.end()) fail("unknown option " + name);
            const bool is_switch = known->value.empty();
            if (!is_switch && i + 1 == argc) fail(name + " needs a value: " + name + ' ' + known->value);
            given_.emplace_back(name, is_switch ? "on" : argv[++i]);
        }
    }

    bool has(std::string_view name) const { return !text(name).empty(); }

    /// The last value given for an option, or its default.
    std::string text(std::string_view name, std::string otherwise = "") const {
        for (const auto& [option_name, value] : given_) {
            if (option_name == name) otherwise = value;
        }
        return otherwise;
    }

    long integer(std::string_view name, long otherwise) const {
        const std::string value = text(name, std::to_string(otherwise));
        long out = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
        if (error != std::errc{} || end != value.data() + value.size()) {
            fail(std::string(name) + " needs a whole number, got " + value);
        }
        return out;
    }

    [[noreturn]] void fail(std::string_view message, int exit_code = 2) const {
        std::cerr << program_ << ": " << message << '\n';
        if (exit_code == 2) print_usage(std::cerr);
        std::exit(exit_code);
    }

private:
    void print_usage(std::ostream& out) const {
        out << "usage: " << program_ << (options_.empty() ? "" : " [options]") << '\n';
        for (const option& o : options_) out << "  " << pad(o.name + ' ' + o.value, 20) << o.meaning << '\n';
    }

    std::string program_;
    std::vector<option> options_;
    std::vector<std::pair<std::string, std::string>> given_;
};

}  // namespace picture
