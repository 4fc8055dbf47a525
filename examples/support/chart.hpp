// SPDX-License-Identifier: MIT
//
// Charts for the examples, drawn by gnuplot: grouped bars and lines, in panels, as SVG or PNG. The data and the script
// go to gnuplot through a pipe; nothing else is written. Without gnuplot the examples still run, only --plot needs it.
#pragma once

#include "picture.hpp"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace picture {

enum class kind { bars, lines, curve, points, tiles };

struct series {
    std::string name;          // in the legend; "" for none
    std::vector<double> y;     // NaN leaves a gap
    std::vector<double> x{};   // 0, 1, 2, ... if empty
    std::string colour{};      // "#rrggbb", or the next of the palette
    std::optional<kind> as{};  // as its panel, if nothing is said
};

struct panel {
    std::string title{};
    std::string x_label{};
    std::string y_label{};
    kind as = kind::bars;
    std::vector<series> data{};
    std::vector<std::string> names{};  // of the groups of bars, or of the places 0, 1, 2, ... of a line
    int value_decimals = -1;           // 0 or more: the value over each bar
    std::string extra{};               // gnuplot commands for what is not thought of here: "set logscale x"
};

struct figure {
    std::string title{};
    std::vector<panel> panels{};
    int columns = 1;
    int width = 960;
    int height = 540;
};

// Told apart by people who see no red or green, too; ordered by contrast.
inline const std::vector<std::string>& palette() {
    static const std::vector<std::string> colours = {"#3b76af", "#ef8536", "#519e8a", "#c44e63",
                                                     "#8d69b8", "#d5a41f", "#7f8894"};
    return colours;
}

/// For a series that is a scale (temperatures, say): n colours from cold to hot.
inline std::string cold_to_hot(int i, int n) {
    static const std::vector<std::string> colours = {"#2f5fb3", "#4d9fc4", "#7d8a99", "#eb9a3e", "#cf4446"};
    const int last = static_cast<int>(colours.size()) - 1;
    return colours[static_cast<std::size_t>(n > 1 ? i * last / (n - 1) : 0)];
}

namespace gnuplot {

/// A text as a gnuplot expression: in single quotes, since gnuplot would run what is between backquotes in double ones.
inline std::string quote(std::string_view text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? "''" : c == '\n' ? "'.\"\\n\".'" : std::string(1, c);
    return out + "'";
}

inline bool is_installed() {
    const char* const path = std::getenv("PATH");
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');) {
        std::error_code ignored;
        if (std::filesystem::exists(folder + "/gnuplot", ignored)) return true;
    }
    return false;
}

inline std::string terminal(const figure& f, std::string_view extension) {
    const std::string size = " size " + std::to_string(f.width) + ',' + std::to_string(f.height);
    if (extension == ".svg") return "svg noenhanced" + size + " font 'DejaVu Sans, Helvetica, Arial, sans-serif,13'";
    return "pngcairo noenhanced size " + std::to_string(2 * f.width) + ',' + std::to_string(2 * f.height) +
           " font 'DejaVu Sans,11' fontscale 2 linewidth 2 pointscale 2";
}

inline std::string_view style_of(kind k) {
    switch (k) {
        case kind::bars: return "boxes fillstyle solid 1 noborder";
        case kind::lines: return "linespoints linewidth 2 pointtype 7 pointsize 0.6";
        case kind::curve: return "lines linewidth 2";
        case kind::points: return "points pointtype 7 pointsize 1.6";
        case kind::tiles: return "points pointtype 5 pointsize 3";
    }
    return "";
}

/// The layout of the legend below a panel: so many entries a line, so that gnuplot does not wrap it onto the axis.
struct legend {
    int entries = 0;
    int columns = 1;
    int lines = 0;
};

inline legend legend_of(const panel& p, int panel_width) {
    legend l;
    int longest = 0;
    for (const series& d : p.data) {
        l.entries += d.name.empty() ? 0 : 1;
        longest = std::max(longest, width_of(d.name));
    }
    if (l.entries == 0) return l;
    l.columns = std::clamp(panel_width / (9 * longest + 50), 1, l.entries);
    l.lines = (l.entries + l.columns - 1) / l.columns;
    l.columns = (l.entries + l.lines - 1) / l.lines;
    return l;
}

/// Names that would touch one another are broken after a comma.
inline std::vector<std::string> tic_names(const panel& p, int panel_width) {
    std::vector<std::string> names = p.names;
    int longest = 0;
    for (const std::string& name : names) longest = std::max(longest, width_of(name));
    if (9 * longest * static_cast<int>(names.size()) <= panel_width) return names;
    for (std::string& name : names) {
        const std::size_t comma = name.find(", ");
        if (comma != std::string::npos) name[comma + 1] = '\n';
    }
    return names;
}

inline std::string axes_of(const panel& p, const legend& l, int panel_width, double bottom) {
    std::ostringstream out;
    out << "set title " << quote(p.title) << " font ',13' textcolor rgb '#111827'\n"
        << "set xlabel " << quote(p.x_label) << " textcolor rgb '#374151'\n"
        << "set ylabel " << quote(p.y_label) << " textcolor rgb '#374151'\n"
        << "set border 3 linecolor rgb '#9ca3af'\nset tics nomirror out scale 0.5 textcolor rgb '#374151'\n"
        << "set grid " << (p.as == kind::bars ? "ytics" : "xtics ytics")
        << " linetype 1 linewidth 0.6 linecolor rgb '#e5e7eb'\nset bmargin " << bottom << '\n';
    if (l.entries == 0) out << "set key off\n";
    else
        out << "set key bmargin center horizontal maxcols " << l.columns
            << " Left reverse samplen 1.6 spacing 1.3 textcolor rgb '#374151'\n";
    if (p.as == kind::bars) out << "set yrange [0:*]\nset offsets 0, 0, graph 0.06, 0\n";
    if (!p.names.empty()) {
        out << "set xtics (";
        const std::vector<std::string> names = tic_names(p, panel_width);
        for (std::size_t i = 0; i < names.size(); ++i) out << (i == 0 ? "" : ", ") << quote(names[i]) << ' ' << i;
        out << ")\nset xrange [-0.6:" << static_cast<double>(p.names.size()) - 0.4 << "]\n";
    }
    out << p.extra << '\n';
    return out.str();
}

inline std::string data_of(const panel& p) {
    const double n_series = static_cast<double>(p.data.size());
    const double width = 0.8 / std::max(n_series, 1.0);  // of a bar, where a group has 1
    std::ostringstream blocks;
    std::ostringstream plots;
    blocks.precision(12);
    for (std::size_t s = 0; s < p.data.size(); ++s) {
        const series& d = p.data[s];
        const kind as = d.as.value_or(p.as);
        const double shift = as == kind::bars ? (static_cast<double>(s) - 0.5 * (n_series - 1)) * width : 0;
        blocks << "$d" << s << " << EOD\n";
        for (std::size_t i = 0; i < d.y.size(); ++i) {
            blocks << (i < d.x.size() ? d.x[i] : static_cast<double>(i)) + shift << ' ';
            if (std::isfinite(d.y[i])) blocks << d.y[i] << ' ' << number(d.y[i], std::max(p.value_decimals, 0)) << '\n';
            else blocks << "? ?\n";
        }
        blocks << "EOD\n";
        plots << (s == 0 ? "plot" : ",") << " $d" << s << " using 1:2 with " << style_of(as) << " linecolor rgb "
              << quote(d.colour.empty() ? palette()[s % palette().size()] : d.colour)
              << (d.name.empty() ? " notitle" : " title " + quote(d.name));
        if (p.value_decimals < 0) continue;
        plots << ", $d" << s << " using 1:2:3 with labels offset 0,0.6 font ',10' textcolor rgb '#374151' notitle";
    }
    return blocks.str() + "set boxwidth " + number(0.92 * width, 4) + '\n' + plots.str() + '\n';
}

inline std::string script_of(const figure& f, const std::string& file) {
    const int n = static_cast<int>(f.panels.size());
    const int columns = std::clamp(f.columns, 1, std::max(n, 1));
    // All panels have the same space below, so that their axes align.
    std::vector<legend> legends;
    int lines = 0;
    bool labelled = false;
    bool broken = false;
    const int panel_width = f.width * 85 / 100 / columns;
    for (const panel& p : f.panels) {
        legends.push_back(legend_of(p, panel_width));
        lines = std::max(lines, legends.back().lines);
        labelled = labelled || !p.x_label.empty();
        broken = broken || tic_names(p, panel_width) != p.names;
    }
    const double bottom = (labelled ? 3.6 : 2.2) + (broken ? 1.2 : 0) + (lines > 0 ? 0.6 + 1.3 * lines : 0);

    std::ostringstream out;
    out << "set terminal " << terminal(f, std::filesystem::path(file).extension().string())
        << " background rgb '#ffffff'\nset encoding utf8\nset output " << quote(file) << "\nset multiplot layout "
        << (n + columns - 1) / columns << ',' << columns << " title " << quote(f.title) << " font ',16'\n";
    for (std::size_t i = 0; i < f.panels.size(); ++i) {
        out << "reset\n" << axes_of(f.panels[i], legends[i], panel_width, bottom) << data_of(f.panels[i]);
    }
    out << "unset multiplot\nset output\n";
    return out.str();
}

}  // namespace gnuplot

inline constexpr std::string_view no_gnuplot =
    "gnuplot was not found; --plot needs it (Debian: apt install gnuplot-nox)";

/// Writes the figure to a file whose extension, .svg or .png, says what it is. Throws std::runtime_error if it can't.
inline void write(const std::string& file, const figure& f) {
    const std::string script = gnuplot::script_of(f, file);
    std::signal(SIGPIPE, SIG_IGN);  // if gnuplot stops early, its exit status tells
    std::FILE* const pipe = gnuplot::is_installed() ? popen("gnuplot", "w") : nullptr;
    if (pipe == nullptr) throw std::runtime_error(std::string(no_gnuplot));
    const bool written = std::fwrite(script.data(), 1, script.size(), pipe) == script.size();
    const int exit_status = pclose(pipe);
    if (exit_status != 0 || !written)
        throw std::runtime_error("gnuplot could not write " + file + ", see its message above");
}

inline const arguments::option plot_option = {"--plot", "FILE", "write a chart too; FILE ends in .svg or .png"};

/// The file after --plot, "" if there is none. A wrong name, or no gnuplot, ends the program before it has done any
/// work.
inline std::string plot_file(const arguments& given) {
    const std::string file = given.text(plot_option.name);
    if (!given.has(plot_option.name)) return file;
    const std::string extension = std::filesystem::path(file).extension().string();
    if (extension != ".svg" && extension != ".png")
        given.fail("--plot needs a file that ends in .svg or .png, got " + file);
    if (!gnuplot::is_installed()) given.fail(no_gnuplot, 1);
    return file;
}

/// What every example but the seventh does with its command line.
inline std::string plot_file(int argc, char** argv) { return plot_file(arguments(argc, argv, {plot_option})); }

/// The chart of an example, if one was asked for. An error goes to the user, and ends the program with 1.
inline void plot(const std::string& file, const figure& f) {
    if (file.empty()) return;
    try {
        write(file, f);
        std::cout << "\nchart: " << file << '\n';
    } catch (const std::runtime_error& e) {
        std::cerr << e.what() << '\n';
        std::exit(1);
    }
}

}  // namespace picture
