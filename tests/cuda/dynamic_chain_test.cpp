// SPDX-License-Identifier: MIT
//
// Chains made at run time on the device's row, run by all threads of a team as a kernel runs them, compared with the
// CPU's row: chains of all the library's stages, a chain for each row, and chains with a user's own adjusters.
#include "cuda/device/stages.hpp"
#include "cuda/support/team_row.hpp"
#include "exact/random_rows.hpp"
#include "exact/splitmix.hpp"
#include "exact/workers.hpp"
#include "support/catch.hpp"
#include "support/effort.hpp"
#include "unit/helpers.hpp"
#include <pluck/cpu/row.hpp>
#include <pluck/dynamic_chain.hpp>
#include <pluck/logits.hpp>
#include <pluck/results.hpp>
#include <pluck/row/report.hpp>
#include <pluck/workspace.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

using exact::splitmix;
using pluck::dynamic_chain;

namespace {

/// An adjuster without arrays.
struct level : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::adjust;
    std::int32_t every = 2;
    template <class Row>
    void operator()(Row& row) const {
        row.map([this](float score, std::int32_t token) { return token % every == 0 ? 1.0f : score; });
    }
};

using own_chain = pluck::basic_dynamic_chain<level, pluck::temperature, pluck::top_k, pluck::top_p>;

dynamic_chain random_rules(splitmix& random, std::size_t vocab) {
    dynamic_chain made;
    for (std::size_t length = random.below(5); made.size() < length;) {
        switch (random.below(4)) {
            case 0: made.add(pluck::temperature(random.one_in(6) ? 0.0f : random.positive(-2, 2))); break;
            case 1: made.add(pluck::top_k(random.below(vocab + 2))); break;
            case 2: made.add(pluck::top_p(random.uniform(), random.below(4))); break;
            default: made.add(pluck::min_p(random.positive(-12, -1), random.below(4))); break;
        }
    }
    if (random.one_in(4)) made.add(pluck::rejection());
    else if (random.one_in(8)) made.add(pluck::greedy());
    return made;
}

/// Checks that the chain that make(random, vocab) makes draws the same on the CPU and on a team of three blocks, which
/// share the chain.
template <pluck_test::reading How, class Make>
void compare(std::size_t count, std::uint64_t suite, const Make& make) {
    pluck_test::crew<pluck_test::host_team_shape<4, 1>> threads(3);
    pluck_test::tally seen;
    std::vector<float> scores;
    for (std::size_t number = 0; number < exact::scaled(pluck_test::full_effort ? count : 5 * count); ++number) {
        splitmix random(suite, number);
        exact::random_row(scores, 1 + random.below(200), random);
        const auto chain = make(random, scores.size());
        const pluck::key key{.seed = random.bits()};
        const std::size_t index = random.below(4);
        const pluck::logits_view<float> view{scores.data(), scores.size()};
        pluck::workspace scratch;
        pluck::cpu::row row(view, scratch, pluck::randomness(key), index);
        const pluck::pick want = run(chain, row);
        pluck_test::team_row<pluck_test::host_team_shape<4, 1>, float, How> team(threads, view, key, index);
        float logs[2] = {};
        const pluck::pick got = team.run(chain, {.log_probability = &logs[0]});
        seen.expect(got == want && team.alike(), "row ", number, ": token ", got.token, ", not ", want.token);
        if (!want) continue;
        const pluck::results out{.log_probability = &logs[1]};
        pluck::detail::write_report(row, want.token, {out, 0}, true);
        seen.expect(team.count() == row.count(), "row ", number, ": kept ", team.count());
        seen.expect(pluck_test::bits_of(logs[0]) == pluck_test::bits_of(logs[1]), "row ", number, ": log-probability ",
                    logs[0], ", not ", logs[1]);
    }
    PLUCK_CHECK_TALLY(seen);
}

}  // namespace

TEST_CASE("a team of a device runs a chain made at run time as the CPU does") {
    compare<pluck_test::reading::held>(600, 61,
                                       [](splitmix& random, std::size_t vocab) { return random_rules(random, vocab); });
}

TEST_CASE("a team of a device runs each row's own chain, and none past their end") {
    std::vector<dynamic_chain> rules(3);
    compare<pluck_test::reading::held>(300, 62, [&](splitmix& random, std::size_t vocab) {
        for (dynamic_chain& each : rules) each = random_rules(random, vocab);
        return pluck::per_row<dynamic_chain>{rules};
    });
}

TEST_CASE("a team of a device runs adjusters of a chain made at run time") {
    compare<pluck_test::reading::held_as_float>(200, 63, [](splitmix& random, std::size_t) {
        own_chain made;
        level adjust;
        for (std::size_t i = random.below(3); i > 0; --i) {
            adjust.every = random.between(1, 9);
            made.add(adjust);
        }
        return made.add(pluck::temperature(random.positive(-2, 2))).add(pluck::top_p(random.uniform()));
    });
}
