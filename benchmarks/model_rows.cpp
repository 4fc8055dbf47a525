// SPDX-License-Identifier: MIT
//
// What does a draw take on rows of a real model? The transformer of the examples learns its passage of Hamlet for some
// epochs, half-way to knowing it by heart, and reads it: sixty-four rows in the order in which it meets them. Its
// alphabet is small, so this is also what a draw costs before it has looked at anything.
//
// Names: SYSTEM/STRATEGY.
#include "model/generate.hpp"
#include "model/load_or_train.hpp"
#include "support/agreement.hpp"
#include "support/contest.hpp"
#include "support/registering.hpp"
#include "support/timing.hpp"
#include "support/yardstick.hpp"

#include <string>
#include <vector>

using namespace pluck_bench;

namespace {

const std::vector<std::vector<float>>& rows_of_the_model() {
    static const std::vector<std::vector<float>> rows = [] {
        const model::trained_model trained = model::train_on_hamlet(/*epochs=*/15, /*threads=*/1);
        const std::vector<int> text = model::alphabet(model::hamlet_text()).encode(model::hamlet_text());
        model::reader<float> reader(trained.net);
        std::vector<std::vector<float>> made;
        for (std::size_t i = 0; i < 64; ++i) {
            const auto& logits = reader.read(text[i]);
            made.emplace_back(logits.data(), logits.data() + logits.size());
        }
        return made;
    }();
    return rows;
}

}  // namespace

int main(int argc, char** argv) {
    add("one pass/max", [](benchmark::State& state) { time_draws(state, turns(rows_of_the_model(), one_pass_max)); });
    for (const strategy& each : strategies) {
        for (const pluck_bench::system& who : systems()) {
            // What keeps more tokens than the model has means nothing here.
            if (each.what.top_k > 0 || !who.make(each.what)) continue;
            add(std::string(who.name) + "/" + each.name, [=](benchmark::State& state) {
                if (!agrees(who, each)) state.SetLabel("DISAGREES");
                time_draws(state, turns(rows_of_the_model(), who.make(each.what)),
                           turns(rows_of_the_model(), one_pass_max));
            });
        }
    }
    const strategy top_k{"top-k 5", {.top_k = 5}};
    for (const pluck_bench::system& who : systems()) {
        if (!who.make(top_k.what)) continue;
        add(std::string(who.name) + "/" + top_k.name, [=](benchmark::State& state) {
            if (!agrees(who, top_k)) state.SetLabel("DISAGREES");
            time_draws(state, turns(rows_of_the_model(), who.make(top_k.what)),
                       turns(rows_of_the_model(), one_pass_max));
        });
    }
    return run_all(argc, argv);
}
