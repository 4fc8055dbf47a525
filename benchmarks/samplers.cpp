// SPDX-License-Identifier: MIT
//
// What does one draw take? Every strategy by every system that is installed, over vocabulary and shape of the row, one
// row at a time on one thread; and one pass for the maximum over the same rows. A system that does not draw from the
// strategy's distribution is labelled so.
//
// Names: SYSTEM/STRATEGY/SHAPE/VOCABULARY.
#include "support/agreement.hpp"
#include "support/contest.hpp"
#include "support/registering.hpp"
#include "support/rows.hpp"
#include "support/timing.hpp"
#include "support/yardstick.hpp"

#include <cstddef>
#include <string>

using namespace pluck_bench;

int main(int argc, char** argv) {
    for (const std::size_t vocab : vocabularies) {
        for (const shape kind : shapes) {
            const std::string where = std::string("/") + name_of(kind) + "/" + std::to_string(vocab);
            add("one pass/max" + where,
                [=](benchmark::State& state) { time_draws(state, turns(rows_of(vocab, kind), one_pass_max)); });
            for (const strategy& each : strategies) {
                for (const pluck_bench::system& who : systems()) {
                    if (!who.make(each.what)) continue;
                    add(std::string(who.name) + "/" + each.name + where, [=](benchmark::State& state) {
                        if (!agrees(who, each)) state.SetLabel("DISAGREES");
                        time_draws(state, turns(rows_of(vocab, kind), who.make(each.what)),
                                   turns(rows_of(vocab, kind), one_pass_max));
                    });
                }
            }
        }
    }
    return run_all(argc, argv);
}
