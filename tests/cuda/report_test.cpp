// SPDX-License-Identifier: MIT
//
// Reports of the same draws by the CPU's row, by teams of a device and by the smallest row: the same bits. Random rows
// and chains, all four bases, lists that a team has no room for.
#include "cuda/support/team_row.hpp"
#include "dossiers/all.hpp"
#include "exact/random_chains.hpp"
#include "exact/random_rows.hpp"
#include "exact/scalars.hpp"
#include "exact/workers.hpp"
#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/report_cases.hpp"
#include "unit/helpers.hpp"
#include "unit/stages.hpp"
#include <pluck/base.hpp>
#include <pluck/logits.hpp>
#include <pluck/report.hpp>
#include <pluck/stage.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

using exact::splitmix;
using pluck_test::host_team_shape;
using pluck_test::reading;
using pluck_test::told;

namespace {

/// Ids of all kinds, some of them twice, some outside of the row.
std::vector<std::int32_t> any_ids(std::size_t vocab, splitmix& random) {
    std::vector<std::int32_t> ids(random.below(9));
    for (std::int32_t& id : ids) {
        id = static_cast<std::int32_t>(random.below(vocab));
        if (random.one_in(6)) id = random.one_of({-1, static_cast<std::int32_t>(vocab), INT32_MIN, INT32_MAX});
    }
    return ids;
}

/// Some of the best, or more than there are.
std::size_t any_top(std::size_t vocab, splitmix& random) {
    return random.below(random.one_in(3) ? std::min<std::size_t>(vocab + 3, 1025) : 6);
}

template <class Shape, class Scalar, reading How>
void compare(std::uint32_t blocks, exact::u64 rows, exact::u64 suite, std::size_t longest) {
    pluck_test::crew<Shape> threads(blocks);
    pluck_test::tally seen;
    std::vector<float> scores;
    std::vector<exact::bits_of<Scalar>> bits;
    std::vector<dossiers::step> steps;
    using row = pluck_test::team_row<Shape, Scalar, How>;
    for (const dossiers::sampler& own : dossiers::samplers()) {
        for (exact::u64 number = 0; number < rows; ++number) {
            splitmix random = own.stream(suite, number);
            exact::random_scalars<Scalar>(bits, scores, 1 + random.below(longest), random);
            std::vector<Scalar> logits;
            for (const auto each : bits) logits.push_back(std::bit_cast<Scalar>(each));
            exact::random_chain(steps, own, scores, 5, 4, random);
            if (dossiers::moves_scores(steps) && !row::writable) continue;
            const dossiers::chain chain = dossiers::chained(steps);
            const pluck::key key{random.bits()};
            const pluck::logits_view<Scalar> view{logits.data(), logits.size()};
            const std::size_t top = any_top(scores.size(), random);
            const std::vector<std::int32_t> given = any_ids(scores.size(), random);
            for (const pluck::base of : pluck_test::all_bases) {
                if (static_cast<exact::u64>(of) % 2 != number % 2) continue;  // teams are slow
                told by_cpu(top, given), by_team(top, given), by_serial(top, given);
                by_cpu.draw(of, [&](pluck::report& said) { return pluck::sample(view, chain, key, said); });
                row state(threads, view, key, 0);
                (void)state.run(chain, by_team.arrays(of));
                seen.expect(by_cpu == by_team && state.alike(), own.name, " ", number, ", base ", static_cast<int>(of),
                            ": token ", by_cpu.drawn.token, " and ", by_team.drawn.token, ", log-probability ",
                            by_cpu.log_probability, " and ", by_team.log_probability, ", rank ", by_cpu.rank, " and ",
                            by_team.rank);
                if (scores.size() > 100) continue;
                pluck_test::tell_by_serial_rows(by_serial, scores, chain, key, of);
                seen.expect(by_cpu == by_serial, own.name, " ", number, ", base ", static_cast<int>(of),
                            " by the serial row: log-probability ", by_cpu.log_probability, " and ",
                            by_serial.log_probability);
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

/// Remembers the temperature that its token was drawn at.
struct remembers_temperature : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    double* seen;
    template <class Row>
    void operator()(Row& row) const {
        row.keep_largest(3);
    }
    template <class Row>
    void after(const Row& row, std::int32_t) const {
        *seen = row.temperature();
    }
};

exact::u64 rows_of(exact::u64 full) { return exact::scaled(pluck_test::full_effort ? full : 1); }

}  // namespace

TEST_CASE("one block reports the bits that the CPU reports") {
    compare<host_team_shape<4, 2>, float, reading::held_as_float>(1, rows_of(6), 71, 250);
}

TEST_CASE("three blocks report the bits that the CPU reports, of bfloat16 that adjusters move") {
    compare<host_team_shape<4, 1>, pluck::bfloat16, reading::held_as_float>(3, rows_of(2), 72, 600);
}

TEST_CASE("two blocks report the bits that the CPU reports, of half that is read again and again") {
    compare<host_team_shape<2, 1>, pluck::half, reading::streamed>(2, rows_of(10), 73, 500);
}

TEST_CASE("a stage that remembers sees the temperature of its draw, whatever is reported") {
    using row = pluck_test::team_row<host_team_shape<4, 1>, float, reading::held>;
    pluck_test::crew<host_team_shape<4, 1>> threads(2);
    std::vector<float> scores;
    for (int i = 0; i < 100; ++i) scores.push_back(static_cast<float>(i % 37) * 0.25f);
    double seen = 0;
    remembers_temperature stage;
    stage.seen = &seen;
    for (const pluck::base of : pluck_test::all_bases) {
        told said(2, {36, 0});
        row state(threads, {scores.data(), scores.size()}, {}, 0);
        CHECK(state.run(pluck::temperature(0.5f) | stage, said.arrays(of)));
        CHECK(seen == 0.5);
        CHECK(said.top_ids[0] == 36);
        seen = 0;
    }
}

TEST_CASE("the best of a chain are not those that it has dropped from a list") {
    using row = pluck_test::team_row<host_team_shape<4, 1>, float, reading::held>;
    pluck_test::crew<host_team_shape<4, 1>> threads(2);
    std::vector<float> scores;
    for (int i = 0; i < 300; ++i) scores.push_back(static_cast<float>(i * 7 % 300) * 0.125f);
    const auto chain = pluck::top_k(10) | pluck_test::without_best{} | pluck_test::without_best{};
    for (const pluck::base of : pluck_test::all_bases) {
        told by_team(9, {0, 257, 43}), by_cpu = by_team;
        row state(threads, {scores.data(), scores.size()}, {}, 0);
        (void)state.run(chain, by_team.arrays(of));
        by_cpu.draw(of, [&](pluck::report& said) { return pluck::sample(scores, chain, {}, said); });
        CHECK(by_team == by_cpu);
        CHECK(by_cpu.kept == 8);
    }
}
