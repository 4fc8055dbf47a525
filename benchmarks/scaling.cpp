// SPDX-License-Identifier: MIT
//
// How does the cost grow? With the vocabulary from 512 to eight million, with k, and with p; each on typical rows, by
// every system that is installed.
//
// Names: SYSTEM/STRATEGY/vocab:V, SYSTEM/top-k/k:K, SYSTEM/top-p/p:P.
#include "support/contest.hpp"
#include "support/registering.hpp"
#include "support/rows.hpp"
#include "support/timing.hpp"
#include "support/yardstick.hpp"

#include <cstddef>
#include <string>

using namespace pluck_bench;

namespace {

void add_all(const settings& what, const std::string& name, std::size_t vocab) {
    for (const pluck_bench::system& who : systems()) {
        if (!who.make(what)) continue;
        add(std::string(who.name) + "/" + name,
            [=](benchmark::State& state) { time_draws(state, turns(rows_of(vocab, shape::typical), who.make(what))); });
    }
}

}  // namespace

int main(int argc, char** argv) {
    for (std::size_t vocab = 512; vocab <= (1u << 23); vocab *= 4) {
        const std::string at = "/vocab:" + std::to_string(vocab);
        add("one pass/max" + at,
            [=](benchmark::State& state) { time_draws(state, turns(rows_of(vocab, shape::typical), one_pass_max)); });
        for (const strategy& each : strategies) {
            const bool as_its_neighbour = each.what.top_k > 0 && each.what.min_p > 0;
            if (!as_its_neighbour) add_all(each.what, each.name + at, vocab);
        }
    }
    constexpr std::size_t vocab = 128256;
    for (const int k : {1, 3, 10, 30, 100, 300, 1000, 3000, 10000, 30000, 100000}) {
        add_all({.top_k = k}, "top-k/k:" + std::to_string(k), vocab);
    }
    for (const char* p : {"0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "0.95", "0.99", "0.999"}) {
        add_all({.top_p = std::stof(p)}, std::string("top-p/p:") + p, vocab);
    }
    return run_all(argc, argv);
}
