// SPDX-License-Identifier: MIT
//
// Which input is the worst? Rows that are made to defeat what pluck does, against the typical row, by strategy.
//
// Names: SYSTEM/STRATEGY/INPUT, for pluck's own systems.
#include "support/contest.hpp"
#include "support/registering.hpp"
#include "support/rows.hpp"
#include "support/timing.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

using namespace pluck_bench;

namespace {

constexpr std::size_t vocab = 128256;
constexpr double size = static_cast<double>(vocab);

/// The logit of token i; `draw` yields what is random in it.
using recipe = double (*)(std::size_t i, numbers& draw);

struct input {
    const char* name;
    recipe logit;
};

constexpr input inputs[] = {
    {"all equal", [](std::size_t, numbers&) { return 1.0; }},
    {"two values", [](std::size_t, numbers& draw) { return draw.uniform() < 0.5 ? 1.0 : 0.0; }},
    {"staircase of 16 values", [](std::size_t, numbers& draw) { return std::floor(16 * draw.uniform()) / 2; }},
    // Ten tokens have 3/5 of the mass at T = 0.8: p = 0.9 ends among the others, which are all alike.
    {"the cut of top-p inside a tie",
     [](std::size_t i, numbers&) { return i % 12800 == 7 ? 0.8 * std::log(1.5 * (size - 10) / 10) : 0.0; }},
    {"the cut of top-k inside a tie",
     [](std::size_t i, numbers&) { return i % 12800 == 7 ? 9.0
                                          : i % 2 == 0   ? 8
                                                         : 0; }},
    {"all nearly equal", [](std::size_t, numbers& draw) { return 1 + 1e-4 * draw.uniform(); }},
    {"one finite token",
     [](std::size_t i, numbers&) { return i == 77777 ? 1.0 : -std::numeric_limits<double>::infinity(); }},
    {"half forbidden",
     [](std::size_t i, numbers& draw) {
         return i % 2 == 0 ? 3 * draw.normal() : -std::numeric_limits<double>::infinity();
     }},
    {"one large in each block of 64",
     [](std::size_t i, numbers& draw) { return draw.normal() / 2 + (i % 64 == 17 ? 8 : 0); }},
    {"ascending", [](std::size_t i, numbers&) { return 20 * static_cast<double>(i) / size - 10; }},
    {"descending", [](std::size_t i, numbers&) { return 10 - 20 * static_cast<double>(i) / size; }},
    {"very far apart", [](std::size_t, numbers& draw) { return 1e4 * draw.normal(); }},
};

std::vector<std::vector<float>> made_by(recipe logit) {
    std::vector<std::vector<float>> rows(4, std::vector<float>(vocab));
    for (std::size_t r = 0; r < rows.size(); ++r) {
        numbers draw(r);
        for (std::size_t i = 0; i < vocab; ++i) rows[r][i] = static_cast<float>(logit(i, draw));
    }
    return rows;
}

/// The benchmark of a draw from these rows, in turn with one from typical rows.
auto beside_typical(const std::vector<std::vector<float>>& rows, const sampler& draw) {
    return [&rows, draw](benchmark::State& state) {
        time_draws(state, turns(rows, draw), turns(rows_of(vocab, shape::typical), draw));
    };
}

}  // namespace

int main(int argc, char** argv) {
    static std::vector<std::vector<std::vector<float>>> made;
    for (const input& each : inputs) made.push_back(made_by(each.logit));
    for (const pluck_bench::system& who : systems()) {
        if (!std::string_view(who.name).starts_with("pluck")) continue;
        for (const strategy& each : strategies) {
            if (!who.make(each.what)) continue;
            const std::string name = std::string(who.name) + "/" + each.name + "/";
            for (const shape kind : shapes) {
                add(name + name_of(kind), beside_typical(rows_of(vocab, kind), who.make(each.what)));
            }
            for (std::size_t i = 0; i < made.size(); ++i) {
                add(name + inputs[i].name, beside_typical(made[i], who.make(each.what)));
            }
        }
    }
    return run_all(argc, argv);
}
