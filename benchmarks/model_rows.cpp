// SPDX-License-Identifier: MIT
//
// What does a draw take on rows of real models?
//     model_rows [FILE.gguf...] [--benchmark_...]
//
// The transformer of the examples learns its passage of Hamlet for some epochs, half-way to knowing it by heart, and
// reads it. Its alphabet is small, so this is what a draw costs before it has looked at anything. Each language model
// named, which libllama must be there to load, reads the text below; of it there are warm rows and cold ones, which are
// in no cache, as after a forward pass. Sixty-four rows each, in the order in which the model meets them.
//
// Names: SYSTEM/STRATEGY/MODEL/warm or cold; and tokens/STRATEGY/MODEL, whose counters say how many tokens are kept:
// the median and the ninth decile.
#include "model/generate.hpp"
#include "model/load_or_train.hpp"
#include "support/agreement.hpp"
#include "support/contest.hpp"
#include "support/registering.hpp"
#include "support/timing.hpp"
#include "support/yardstick.hpp"
#include <pluck/inspect.hpp>
#include <pluck/pluck.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#if PLUCK_BENCH_LLAMA
#include "support/language_model.hpp"
#endif

using namespace pluck_bench;

namespace {

constexpr std::size_t row_count = 64;

/// Prose, speech, a list and code: what models are asked for.
[[maybe_unused]] constexpr std::string_view text =
    "The ferry left at seven, an hour late, with three cars and a crate of apples on its deck. Marta stood at the rail "
    "and counted the lamps along the harbour until the fog took them one by one. Nobody had told her that the island "
    "had a school, or that it had been closed since the spring.\n\n"
    "\"You are the new teacher?\" asked the boy who coiled the ropes.\n\"I think so,\" she said. \"Is there anyone to "
    "teach?\"\n\"Six of us. Seven, if you count the dog.\"\n\n"
    "What to bring to the island:\n1. Boots that keep the water out.\n2. A lamp, and oil for a month.\n3. Paper, since "
    "the shop has none.\n\n"
    "def mean(values):\n    total = 0.0\n    for value in values:\n        total += value\n    return total / "
    "len(values)\n\nThe function returns the";

std::vector<std::vector<float>> rows_of_hamlet() {
    const model::trained_model trained = model::train_on_hamlet(/*epochs=*/15, /*threads=*/1);
    const std::vector<int> letters = model::alphabet(model::hamlet_text()).encode(model::hamlet_text());
    model::reader<float> reader(trained.net);
    std::vector<std::vector<float>> made;
    for (std::size_t i = 0; i < row_count; ++i) {
        const auto& logits = reader.read(letters[i]);
        made.emplace_back(logits.data(), logits.data() + logits.size());
    }
    return made;
}

/// Rows, and whose they are.
struct source {
    std::string model;
    std::vector<std::vector<float>> rows;

    [[nodiscard]] std::size_t vocab() const { return rows.front().size(); }
    [[nodiscard]] std::string ending(caches before) const {
        return "/" + model + (before == caches::warm ? "/warm" : "/cold");
    }
};

/// A cold row is timed eight times: a sweep of the caches takes longer than most draws.
template <class F>
void add_by_state(const std::string& name, const source& of, caches before, F body) {
    auto* const added = benchmark::RegisterBenchmark((name + of.ending(before)).c_str(), std::move(body));
    added->UseManualTime()->Unit(benchmark::kMicrosecond);
    if (before == caches::cold) added->Iterations(8);
}

void add_draws(const pluck_bench::system& who, const strategy& each, const source& of, caches before) {
    add_by_state(std::string(who.name) + "/" + each.name, of, before, [=, &of](benchmark::State& state) {
        if (!agrees(who, each)) state.SetLabel("DISAGREES");
        time_draws(state, turns(of.rows, who.make(each.what), before), turns(of.rows, one_pass_max, before));
    });
}

/// How many tokens a strategy keeps, which takes no time worth telling.
[[maybe_unused]] void add_kept(const strategy& each, const source& of) {
    const auto chain = pluck::temperature(each.what.temperature) | pluck::top_k(each.what.top_k) |
                       pluck::top_p(each.what.top_p) | pluck::min_p(each.what.min_p);
    add("tokens/" + std::string(each.name) + "/" + of.model, [=, &of](benchmark::State& state) {
        std::vector<double> kept;
        for (const auto& row : of.rows) kept.push_back(static_cast<double>(pluck::candidates(row, chain).size()));
        std::sort(kept.begin(), kept.end());
        for (auto _ : state) state.SetIterationTime(1e-6);
        state.counters["median_us"] = 0;
        state.counters["median"] = kept[kept.size() / 2];
        state.counters["ninth_decile"] = kept[kept.size() * 9 / 10];
    });
}

void add_all(const source& of, const std::vector<strategy>& asked, const std::vector<caches>& states) {
    for (const caches before : states) {
        add("one pass/max" + of.ending(before),
            [&of, before](benchmark::State& state) { time_draws(state, turns(of.rows, one_pass_max, before)); });
        for (const strategy& each : asked) {
            for (const pluck_bench::system& who : systems()) {
                // What keeps more tokens than the model has means nothing.
                if (static_cast<std::size_t>(each.what.top_k) >= of.vocab() || !who.make(each.what)) continue;
                add_draws(who, each, of, before);
            }
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    std::deque<source> sources;
    sources.push_back({"Hamlet", rows_of_hamlet()});
    std::vector<strategy> asked(std::begin(strategies), std::end(strategies));
    asked.push_back({"top-k 5", {.top_k = 5}});
    add_all(sources.back(), asked, {caches::warm});

    asked.pop_back();
    asked.push_back({"top-p 0.95 at T = 1.5", {.temperature = 1.5f, .top_p = 0.95f}});
    int kept = 1;
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]).starts_with("--")) {
            argv[kept++] = argv[i];
            continue;
        }
#if PLUCK_BENCH_LLAMA
        const language_model reader(argv[i]);
        sources.push_back({reader.name(), reader.rows_of(text, row_count)});
        add_all(sources.back(), asked, {caches::warm, caches::cold});
        for (const strategy& each : asked)
            if (!each.what.greedy()) add_kept(each, sources.back());
#else
        std::cerr << "model_rows: no libllama here, so " << argv[i] << " cannot be read\n";
        return 2;
#endif
    }
    return run_all(kept, argv);
}
