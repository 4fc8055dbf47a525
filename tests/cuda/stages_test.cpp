// SPDX-License-Identifier: MIT
//
// Whole chains on the device's row, run by all threads of a team as a kernel runs them: every stage of the library,
// adjusters and a user's own stages, compared with the CPU's row. Also what a launch writes: counts, log-probabilities,
// the share of every token.
#include "cuda/device/stages.hpp"

#include "cuda/device/every_command.hpp"
#include "cuda/support/team_row.hpp"
#include "exact/random_rows.hpp"
#include "exact/splitmix.hpp"
#include "exact/workers.hpp"
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/chain.hpp>
#include <pluck/cpu/row.hpp>
#include <pluck/logits.hpp>
#include <pluck/results.hpp>
#include <pluck/row/report.hpp>
#include <pluck/workspace.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

using device_test::allow, device_test::favour, device_test::penalise, device_test::probable;
using exact::float_of, exact::splitmix;
using pluck_test::host_team_shape, pluck_test::reading;

namespace {

/// How many rows of a random test to run. Barriers make teams slow, and no sanitizer makes barriers much slower.
[[nodiscard]] std::uint64_t rows_of(std::uint64_t full) {
    return exact::scaled(pluck_test::full_effort ? full : 5 * full);
}

/// The results of a draw.
struct answer {
    pluck::pick drawn;
    std::uint64_t kept = 0;
    std::uint32_t log_probability = 0;     // bits
    std::vector<std::uint64_t> mass = {};  // by token, 0 where it is not kept
    friend bool operator==(const answer&, const answer&) = default;
};

template <class Chain>
answer on_cpu(std::span<const float> scores, const Chain& chain, const pluck::key& key, std::size_t index) {
    pluck::workspace scratch;
    pluck::cpu::row row(pluck::logits_view<float>{scores.data(), scores.size()}, scratch, pluck::randomness(key),
                        index);
    answer found{pluck::run(pluck::as_chain(chain), row), 0, 0, std::vector<std::uint64_t>(scores.size())};
    if (!found.drawn) return found;
    found.kept = row.count();
    row.for_each(
        [&](std::int32_t token, float, std::uint64_t mass) { found.mass[static_cast<std::size_t>(token)] = mass; });
    float log = 0;
    const pluck::results out{.log_probability = &log};
    pluck::detail::write_report(row, found.drawn.token, {out, 0}, true);
    found.log_probability = std::bit_cast<std::uint32_t>(log);
    return found;
}

template <reading How, class Shape, class Chain>
answer on_team(pluck_test::crew<Shape>& threads, std::span<const float> scores, const Chain& chain,
               const pluck::key& key, std::size_t index, bool& alike) {
    pluck_test::team_row<Shape, float, How> row(threads, {scores.data(), scores.size()}, key, index);
    float log = 0;
    answer found{row.run(chain, {.log_probability = &log}), 0, 0, std::vector<std::uint64_t>(scores.size())};
    if (!found.drawn) return found;
    found.kept = row.count();
    found.log_probability = std::bit_cast<std::uint32_t>(log);
    (void)row.total();
    row.for_each_own([&](std::int32_t token, bool kept, std::uint64_t mass) {  // each thread has tokens of its own
        if (kept) found.mass[static_cast<std::size_t>(token)] = mass;
    });
    alike = alike && row.alike();
    return found;
}

/// An adjuster that does not look at the scores that it replaces.
struct level : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::adjust;
    template <class Row>
    void operator()(Row& row) const {
        row.map([](float, std::int32_t token) { return token % 2 == 0 ? 1.0f : 0.5f; });
        row.edit(std::span<const std::int32_t>(first), [](float, std::size_t) { return 3.0f; });
    }
    std::int32_t first[2] = {0, 0};
};

/// Compares `count` random rows, each under a chain of make(random, vocab), on the CPU and on teams of 1 and 3 blocks.
template <reading How = reading::held, class Make>
void compare(std::size_t count, std::uint64_t suite, const Make& make) {
    pluck_test::crew<host_team_shape<4, 2>> one(1);
    pluck_test::crew<host_team_shape<4, 1>> three(3);
    pluck_test::tally seen;
    std::vector<float> scores;
    for (std::size_t number = 0; number < rows_of(count); ++number) {
        splitmix random(suite, number);
        exact::random_row(scores, 1 + random.below(random.one_in(4) ? 700 : 200), random);
        const auto chain = make(random, scores.size());
        const pluck::key key{.seed = random.bits(), .sequence = random.bits(), .position = random.bits()};
        const std::size_t index = random.below(4);
        bool alike = true;
        const answer want = on_cpu(scores, chain, key, index);
        const answer got = number % 2 == 0 ? on_team<How>(one, scores, chain, key, index, alike)
                                           : on_team<How>(three, scores, chain, key, index, alike);
        seen.expect(got.drawn == want.drawn, "row ", number, ": token ", got.drawn.token, ", not ", want.drawn.token);
        seen.expect(got == want && alike, "row ", number, ": kept ", got.kept, " of ", want.kept);
    }
    PLUCK_CHECK_TALLY(seen);
}

struct team_with_the_devices_bins : host_team_shape<4, 2> {
    static constexpr std::uint32_t bins = 1024;
    static constexpr std::uint32_t staged = list / warps;
};

}  // namespace

TEST_CASE("chains of the library's stages draw the CPU's tokens on a team") {
    compare(600, 1, [](splitmix& random, std::size_t vocab) {
        return pluck::combined{.temperature = random.one_in(6) ? 0.0f : random.positive(-2, 1),
                               .top_k = random.one_in(2) ? 0 : random.below(vocab + 2),
                               .top_p = random.one_in(3) ? 1.0f : random.uniform(),
                               .min_p = random.one_in(2) ? 0.0f : random.uniform() * 0.2f};
    });
}

TEST_CASE("greedy, categorical and rejection end a chain on a team") {
    compare(200, 2, [](splitmix&, std::size_t) { return pluck::temperature(0.7f) | pluck::rejection{}; });
    compare<reading::streamed>(200, 3, [](splitmix&, std::size_t) { return pluck::top_k(20) | pluck::rejection{}; });
    compare(100, 4, [](splitmix&, std::size_t) { return pluck::top_p(0.8f) | pluck::categorical{}; });
    compare(100, 5, [](splitmix&, std::size_t) { return pluck::greedy{}; });
}

TEST_CASE("parameters of each row are read on a team by the row's index") {
    static constexpr float temperatures[] = {0.5f, 0.0f, -1.0f, 2.0f};  // the third is out of range
    static constexpr std::int32_t counts[] = {3, 0, 5, -1};             // the fourth is
    compare(200, 6, [](splitmix&, std::size_t) {
        return pluck::temperature(pluck::per_row<float>{temperatures}) |
               pluck::top_k(pluck::per_row<std::int32_t>{counts});
    });
}

TEST_CASE("a stage of a user's own runs on a team") {
    compare(200, 7, [](splitmix&, std::size_t) { return pluck::temperature(0.75f) | probable{}; });
}

TEST_CASE("adjusters move, edit and mask scores on a team as on the CPU") {
    std::vector<std::int32_t> ids;
    std::vector<std::uint32_t> words;
    compare<reading::held_as_float>(500, 8, [&](splitmix& random, std::size_t vocab) {
        ids.resize(random.below(20));
        for (auto& id : ids)
            id = static_cast<std::int32_t>(random.below(random.one_in(2) ? vocab : 1 + vocab / 8));  // some twice
        if (random.one_in(10))
            ids.push_back(static_cast<std::int32_t>(random.one_in(2) ? vocab : ~std::size_t{0}));  // outside
        words.resize((vocab + 31) / 32);
        for (auto& word : words)
            word = random.one_in(10) ? 0 : static_cast<std::uint32_t>(random.bits() | random.bits());
        if (random.one_in(10)) words.pop_back();  // too few
        return favour{} | penalise({ids.data(), ids.size()}) | allow({words.data(), words.size()}) | pluck::top_p(0.9f);
    });
}

TEST_CASE("what is forbidden stays so on a team, whatever an adjuster makes of it") {
    compare<reading::held_as_float>(100, 10, [](splitmix&, std::size_t) { return level{} | pluck::top_p(0.9f); });
}

namespace {

/// An adjuster that goes on after a verb that has failed its row.
struct twice : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::adjust;
    std::int32_t first = 0;
    explicit twice(std::int32_t id) : first(id) {}

    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        const std::int32_t second = 3;
        row.edit(device_test::array<std::int32_t>{&first, 1}, [](float score, std::size_t) { return score + 1; });
        row.edit(device_test::array<std::int32_t>{&second, 1}, [](float score, std::size_t) { return score + 2; });
    }
};

}  // namespace

TEST_CASE("a stage that goes on after it has failed a row does not keep a team waiting") {
    for (const std::int32_t id : {100, 5}) {
        pluck_test::crew<host_team_shape<4, 2>> threads(3);
        const std::vector<float> scores(100, 1.0f);
        pluck_test::team_row<host_team_shape<4, 2>, float, reading::held> row(threads, {scores.data(), 100},
                                                                              pluck::key{}, 0);
        const pluck::pick got = row.run(pluck::chain{twice(id), pluck::greedy{}});
        CHECK(got == (id == 5 ? pluck::pick{3, pluck::status::ok} : pluck::pick{-1, pluck::status::bad_parameter}));
        CHECK(row.alike());
    }
}

TEST_CASE("a row that cannot be written refuses adjusters") {
    pluck_test::crew<host_team_shape<4, 1>> threads(2);
    const std::vector<float> scores(100, 1.0f);
    pluck_test::team_row<host_team_shape<4, 1>, float, reading::streamed> row(threads, {scores.data(), 100},
                                                                              pluck::key{}, 0);
    CHECK(row.run(pluck::chain{favour{}}) == pluck::pick{-1, pluck::status::bad_parameter});
    CHECK(row.alike());
}

TEST_CASE("an empty row and one that is too long are refused on a team, and not read") {
    pluck_test::crew<host_team_shape<4, 1>> threads(1);
    const float nothing = 0;
    const auto drawn = [&](std::size_t vocab) {
        pluck_test::team_row<host_team_shape<4, 1>, float, reading::streamed> row(threads, {&nothing, vocab},
                                                                                  pluck::key{}, 0);
        return row.run(pluck::temperature(0.5f) | pluck::top_k(3));
    };
    CHECK(drawn(0) == pluck::pick{-1, pluck::status::no_candidate});
    CHECK(drawn(pluck::max_vocab + 1) == pluck::pick{-1, pluck::status::row_too_long});
}

namespace {

struct refused_by_stage : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::adjust;
    template <class Row>
    void operator()(Row& row) const {
        row.fail(pluck::status::bad_parameter);
    }
};

/// Its cut depends on a number that draws change: after() does so once the token is known.
struct with_memory : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    int* number = nullptr;
    std::set<int>* read = nullptr;

    template <class Row>
    void operator()(Row& row) const {
        row.keep_largest(3);  // a list: from here on blocks do not wait for each other, and the first is fastest
        for (std::uint32_t i = 0; i < 20 * row.team().block(); ++i) (void)row.count();
        read->insert(*number);
        row.keep_largest(*number == 0 ? 2 : 1);
    }
    template <class Row>
    void after(Row& row, std::int32_t token) const {
        *number = 1 + token + static_cast<int>(row.index());
    }
};

}  // namespace

TEST_CASE("every thread of a row that says that it has started waits for the others, if the row is refused as well") {
    pluck_test::crew<host_team_shape<4, 1>> threads(3);
    std::vector<float> scores(100, 1.0f);
    const auto waits = [&](const std::vector<float>& row, const auto& chain) {
        threads.team().started = 0;
        threads.team().waited = 0;
        pluck_test::team_row<host_team_shape<4, 1>, float, reading::held_as_float> on_team(
            threads, {row.data(), row.size()}, pluck::key{}, 0);
        (void)on_team.run(chain);
        CHECK(threads.team().started == threads.size());
        return threads.team().waited.load();
    };
    CHECK(waits(scores, pluck::chain{pluck::greedy{}}) == threads.size());
    CHECK(waits({}, pluck::chain{pluck::greedy{}}) == threads.size());
    CHECK(waits(scores, refused_by_stage{} | pluck::greedy{}) == threads.size());
    scores[50] = float_of(exact::quiet_nan);
    CHECK(waits(scores, pluck::chain{pluck::greedy{}}) == threads.size());
}

TEST_CASE("a stage's memory changes only when all blocks of the row have read it") {
    pluck_test::crew<host_team_shape<4, 2>> threads(4);
    splitmix random(12, 0);
    std::vector<float> scores(600);
    for (float& score : scores) score = random.bell();
    for (std::uint64_t number = 0; number < 50; ++number) {
        int memory = 0;
        std::set<int> read;
        with_memory stage;
        stage.number = &memory;
        stage.read = &read;
        pluck_test::team_row<host_team_shape<4, 2>, float, reading::held> row(threads, {scores.data(), scores.size()},
                                                                              pluck::key{.seed = number}, 7);
        const pluck::pick drawn = row.run(pluck::temperature(2.0f) | stage);
        CHECK(row.alike());
        CHECK(read == std::set<int>{0});
        CHECK(memory == 1 + drawn.token + 7);
    }
}

TEST_CASE("blocks wait for each other as often as docs/cuda.md says") {
    using shape = host_team_shape<4, 2>;
    pluck_test::crew<shape> threads(3);
    splitmix random(9, 0);
    std::vector<float> scores(6144);  // so many strips that the best of them do not fill the list
    for (float& score : scores) score = random.bell();
    for (int i = 0; i < 5; ++i) scores[random.below(scores.size())] += 14.0f;
    const auto meetings = [&](const auto& chain) {
        threads.team().meetings = 0;
        pluck_test::team_row<shape, float, reading::held> row(threads, {scores.data(), scores.size()}, pluck::key{}, 0);
        CHECK(row.run(chain));
        return threads.team().meetings.load();
    };
    CHECK(meetings(pluck::greedy{}) == 2);
    CHECK(meetings(pluck::temperature(0.8f)) == 3);
    CHECK(meetings(pluck::temperature(0.8f) | pluck::top_k(20)) == 3);
    CHECK(meetings(pluck::temperature(0.8f) | pluck::top_p(0.9f)) == 4);
    CHECK(meetings(pluck::temperature(0.8f) | pluck::top_k(20) | pluck::top_p(0.9f) | pluck::min_p(0.05f)) == 3);
}

TEST_CASE("a row is looked at a few times only, also where all logits are equal") {
    using shape = team_with_the_devices_bins;
    using looked_at = pluck_test::counted<float>;
    pluck_test::crew<shape> threads(2);
    constexpr std::size_t vocab = 8192;  // many times what a list has room for
    static_assert(shape::list * 60 < vocab);
    const auto sweeps = [&](const std::vector<float>& scores, const auto& chain) {
        looked_at::quads = 0;
        pluck_test::team_row<shape, float, reading::counted> row(threads, {scores.data(), scores.size()}, pluck::key{},
                                                                 0);
        CHECK(row.run(chain));
        return looked_at::quads * 4 / vocab;  // besides whole sweeps a draw looks at one strip
    };
    const auto hot = pluck::temperature(0.8f);

    const std::vector<float> equal(vocab, -1.75f);
    CHECK(sweeps(equal, pluck::greedy{}) == 2);
    CHECK(sweeps(equal, hot) == 2);
    CHECK(sweeps(equal, hot | pluck::min_p(0.05f)) == 3);
    CHECK(sweeps(equal, hot | pluck::top_k(50)) == 4);
    CHECK(sweeps(equal, hot | pluck::top_k(1000)) == 4);
    CHECK(sweeps(equal, hot | pluck::top_p(0.9f)) == 5);
    CHECK(sweeps(equal, hot | pluck::top_k(50) | pluck::top_p(0.9f)) == 5);

    std::vector<float> levels;  // a third of the tokens tie where the nucleus ends
    for (std::size_t i = 0; i < vocab; ++i) levels.push_back(i % 3 == 0 ? 1.0f : i % 3 == 1 ? 0.5f : 0.0f);
    CHECK(sweeps(levels, hot | pluck::top_k(50)) == 4);
    CHECK(sweeps(levels, hot | pluck::top_p(0.9f)) == 8);
}

TEST_CASE("the rows that are few enough for racecheck pass through every operation") {
    using shape = host_team_shape<4, 2>;
    using all = pluck::cuda::row_operations;
    namespace operations = pluck::cuda::operations;
    // As on a device: one length is short, and one has longer strips.
    constexpr std::size_t lengths[] = {2 * shape::list + 5, 64 * shape::lanes * 8 + 5};
    for (const std::uint32_t blocks : {1u, 3u}) {
        pluck_test::crew<shape> threads(blocks);
        // The requested results need these five.
        std::set<std::uint32_t> seen = {all::index_of<operations::count>(), all::index_of<operations::token_score>(),
                                        all::index_of<operations::meet>(), all::index_of<operations::write_given>(),
                                        all::index_of<operations::write_top>()};
        for (const std::size_t vocab : lengths) {
            const device_test::few some = device_test::every_command(vocab, shape::list, vocab == lengths[0]);
            const device_test::listed chain(some.steps.data(), device_test::few::each);
            const auto rejection = chain | pluck::rejection{};
            for (std::size_t r = 0; r < some.rows.size(); ++r) {
                const auto& scores = some.rows[r];
                const pluck::key key{.seed = 86, .sequence = r};
                const auto on_team_and_cpu = [&](const auto& stages) {
                    pluck_test::team_row<shape, float, reading::held> row(threads, {scores.data(), vocab}, key, r);
                    CHECK(row.run_and_note(stages) == on_cpu(scores, stages, key, r).drawn);
                    CHECK(row.alike());
                    seen.insert(row.performed().begin(), row.performed().end());
                };
                on_team_and_cpu(chain);
                on_team_and_cpu(rejection);
            }
        }
        std::set<std::uint32_t> missing;
        for (std::uint32_t i = 0; i < all::size; ++i)
            if (!seen.contains(i)) missing.insert(i);
        INFO("blocks " << blocks << ", the first that is missing: " << (missing.empty() ? 0u : *missing.begin()));
        CHECK(missing.empty());
    }
}
