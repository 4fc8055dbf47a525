// SPDX-License-Identifier: MIT
//
// Adjusters that edit scores by ids, on teams of several shapes: every id is edited once, repeated ids in their order,
// and the scores are the CPU's, bit for bit.
#include "cuda/device/stages.hpp"
#include "cuda/support/team_row.hpp"
#include "exact/splitmix.hpp"
#include "support/catch.hpp"
#include "support/effort.hpp"
#include "unit/helpers.hpp"
#include <pluck/chain.hpp>
#include <pluck/cpu/row.hpp>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/logits.hpp>
#include <pluck/workspace.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

using exact::splitmix;
using namespace pluck_test;

namespace {

/// f depends on the place of the id, so that no two orders give the same scores; its calls are counted.
struct edited : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::adjust;
    device_test::array<std::int64_t> ids;
    std::atomic<std::size_t>* calls = nullptr;

    template <class Row>
    void operator()(Row& row) const {
        row.edit(ids, [this](float score, std::size_t i) {
            calls->fetch_add(1, std::memory_order_relaxed);
            return i % 5 == 4 ? pluck::detail::minus_infinity : score * 0.75f + static_cast<float>(i % 64) * 0.125f;
        });
    }
};

template <class Shape>
std::vector<std::uint32_t> scores_of_team(crew<Shape>& threads, const std::vector<float>& logits, const edited& stage,
                                          pluck::pick& drawn) {
    team_row<Shape, float, reading::held_as_float> row(threads, {logits.data(), logits.size()}, pluck::key{}, 0);
    drawn = row.run(pluck::chain{stage});
    std::vector<std::uint32_t> scores(logits.size());
    row.for_each_score([&](std::int32_t token, float score) {
        scores[static_cast<std::size_t>(token)] = pluck::detail::bits_as<std::uint32_t>(score);
    });
    if (!row.alike()) drawn.token = -2;
    return scores;
}

/// The same by a loop.
std::vector<std::uint32_t> scores_by_loop(std::vector<float> scores, const edited& stage) {
    std::size_t i = 0;
    const auto f = [&](float score) {
        return i % 5 == 4 ? pluck::detail::minus_infinity : score * 0.75f + static_cast<float>(i % 64) * 0.125f;
    };
    for (const std::int64_t id : stage.ids) {
        float& score = scores[static_cast<std::size_t>(id)];
        if (pluck::detail::ordered(score) != -pluck::detail::ordered_infinity) score = f(score);
        ++i;
    }
    std::vector<std::uint32_t> bits;
    for (const float score : scores) bits.push_back(pluck::detail::bits_as<std::uint32_t>(score));
    return bits;
}

template <class Shape>
void check(std::uint32_t blocks, std::uint64_t suite) {
    crew<Shape> threads(blocks);
    tally seen;
    for (std::uint64_t number = 0; number < repeated(60); ++number) {
        splitmix random(suite, number);
        std::vector<float> logits(1 + random.below(random.one_in(2) ? 400 : 30));
        for (float& logit : logits) logit = static_cast<float>(random.below(64)) * 0.25f - 8;
        // From no ids to many more than threads; a few different ones, or ids from all over the row.
        std::vector<std::int64_t> ids(random.below(random.one_in(2) ? 5 * Shape::threads + 1 : 300));
        const std::size_t from = random.below(logits.size());
        const std::size_t among = random.one_in(2) ? logits.size() - from : 1 + (logits.size() - from) / 16;
        for (std::int64_t& id : ids) id = static_cast<std::int64_t>(from + random.below(among));
        std::atomic<std::size_t> calls = 0;
        edited stage;
        stage.ids = {ids.data(), ids.size()};
        stage.calls = &calls;
        pluck::pick drawn;
        const auto got = scores_of_team(threads, logits, stage, drawn);
        seen.expect(got == scores_by_loop(logits, stage), "row ", number, " of ", logits.size(), ", ", ids.size(),
                    " ids");
        const std::size_t on_team = calls.exchange(0);
        pluck::workspace scratch;
        pluck::cpu::row row(pluck::logits_view<float>{logits.data(), logits.size()}, scratch,
                            pluck::randomness(pluck::key{}), 0);
        const pluck::pick want = pluck::run(pluck::chain{stage}, row);
        seen.expect(drawn == want, "row ", number, ": token ", drawn.token, ", not ", want.token);
        seen.expect(on_team == calls, "row ", number, ": ", on_team, " calls of f, not ", calls.load());
    }
    PLUCK_CHECK_TALLY(seen);
}

/// Ids that count how often one of them is read.
struct counted_id {
    std::int32_t id;
    static inline std::atomic<std::size_t> reads = 0;
    explicit operator std::int64_t() const {
        reads.fetch_add(1, std::memory_order_relaxed);
        return id;
    }
};
struct edit_counted : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::adjust;
    device_test::array<counted_id> ids;
    template <class Row>
    void operator()(Row& row) const {
        row.edit(ids, [](float score, std::size_t) { return score + 1; });
    }
};

}  // namespace

TEST_CASE("ids are edited as by a loop on a team of 8 threads") { check<host_team_shape<4, 2>>(1, 41); }
TEST_CASE("ids are edited as by a loop on three blocks of 8 threads") { check<host_team_shape<4, 2>>(3, 42); }
TEST_CASE("ids are edited as by a loop on two blocks of 2 threads") { check<host_team_shape<2, 1>>(2, 43); }
TEST_CASE("ids are edited as by a loop on a block of 6 threads") { check<host_team_shape<2, 3>>(1, 44); }
TEST_CASE("ids are edited as by a loop on two blocks of 32 threads") { check<host_team_shape<8, 4>>(2, 45); }

TEST_CASE("each block reads each id once, whichever thread edits it") {
    crew<host_team_shape<4, 2>> threads(2);
    const std::vector<float> logits(200, 1.0f);
    std::vector<counted_id> ids;
    for (std::int32_t i = 0; i < 50; ++i) ids.push_back({i * 7 % 190});
    edit_counted stage;
    stage.ids = {ids.data(), ids.size()};
    counted_id::reads = 0;
    team_row<host_team_shape<4, 2>, float, reading::held_as_float> row(threads, {logits.data(), logits.size()},
                                                                       pluck::key{}, 0);
    CHECK(row.run(pluck::chain{stage}));
    CHECK(counted_id::reads == 2 * ids.size());
}

TEST_CASE("an id outside of the row fails it for all threads of all blocks, in whichever round it comes") {
    crew<host_team_shape<4, 2>> threads(3);
    const std::vector<float> logits(100, 1.0f);
    for (const std::size_t place : {0u, 7u, 8u, 20u, 39u}) {
        for (const std::int64_t bad : {std::int64_t{-1}, std::int64_t{100}, std::int64_t{1} << 40}) {
            std::vector<std::int64_t> ids(40, 3);
            ids[place] = bad;
            std::atomic<std::size_t> calls = 0;
            edited stage;
            stage.ids = {ids.data(), ids.size()};
            stage.calls = &calls;
            pluck::pick drawn;
            (void)scores_of_team(threads, logits, stage, drawn);
            INFO("id " << bad << " at place " << place);
            CHECK(drawn == pluck::pick{-1, pluck::status::bad_parameter});
        }
    }
}
