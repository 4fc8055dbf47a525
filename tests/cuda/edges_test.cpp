// SPDX-License-Identifier: MIT
//
// The device's row where rows are cut: at the edges of slices and strips, with ties across them, and with bad logits at
// the first, the middle and the last place. Each row is written out here, and the oracle judges it.
#include "cuda/support/team_row.hpp"
#include "dossiers/all.hpp"
#include "exact/compare.hpp"
#include "exact/random_rows.hpp"
#include "exact/workers.hpp"
#include "reference/oracle.hpp"
#include "support/catch.hpp"
#include <pluck/cuda/geometry.cuh>

#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

using namespace exact;
using pluck_test::host_team_shape;
using pluck_test::reading;

namespace {

using team_shape = host_team_shape<4, 2>;
using rows = std::vector<std::vector<float>>;
using chains = std::vector<std::vector<dossiers::step>>;

/// Every row under every chain, against the oracle.
template <reading How = reading::held>
tally compare_all_of(const rows& all, const chains& every, std::uint32_t blocks) {
    pluck_test::crew<team_shape> threads(blocks);
    comparison compared;
    u64 number = 0;
    for (const auto& row : all) {
        for (const auto& chain : every) {
            splitmix random(blocks, number);
            const u64 seed = random.bits();
            const u128 U = oracle::philox(number, seed);
            const oracle::result want = oracle::draw(row, chain, U);
            const question asked{number++, row, chain, U};
            pluck_test::team_row<team_shape, float, How> state(threads, {row.data(), row.size()},
                                                               pluck::key{.seed = seed, .position = asked.number}, 0);
            compared.check(asked, want, state, 2);
            compared.equal(asked, "agreement of all threads", true, state.alike());
        }
    }
    compared.found.print_first();
    return compared.found;
}

/// The first and the last token of each slice and of some strips of a row, as the team cuts it.
std::set<std::size_t> edges_of(std::size_t vocab, std::uint32_t blocks) {
    const auto cut =
        pluck::cuda::geometry_of(static_cast<std::uint32_t>(vocab), blocks, false, team_shape::lanes, team_shape::list);
    const std::size_t strip = std::size_t{team_shape::lanes} * pluck::cuda::quad * cut.strip_quads;
    std::set<std::size_t> edges{0, vocab - 1};
    for (std::size_t block = 0; block < blocks; ++block) {
        const std::size_t begin = block * cut.slice;
        for (const std::size_t edge : {begin, begin + strip, begin + 2 * strip, begin + cut.slice}) {
            if (edge < vocab) edges.insert(edge);
            if (edge > 0 && edge - 1 < vocab) edges.insert(edge - 1);
        }
    }
    return edges;
}

/// All of them; in a slow build only a few, but at least one.
template <class Several>
Several some_of(const Several& all) {
    const std::size_t step = pluck_test::full_effort ? 1 : all.size() / 2 + 1;
    Several some;
    for (std::size_t i = 0; i < all.size(); i += step) some.push_back(all[i]);
    return some;
}

}  // namespace

TEST_CASE("the best token is found at every edge of slices and strips") {
    for (const auto& [vocab, blocks] :
         {std::pair<std::size_t, std::uint32_t>{1, 1}, {2, 1}, {130, 2}, {200, 3}, {257, 4}}) {
        rows all;
        for (const std::size_t edge : edges_of(vocab, blocks)) {
            all.emplace_back(vocab, float_of(minus_infinity))[edge] = -3.5f;  // alone
            all.emplace_back(vocab, -1.0f)[edge] = 2.0f;                      // above all others, which tie
        }
        const tally found = compare_all_of(some_of(all), {{dossiers::top_k{2}}, {dossiers::greedy{}}}, blocks);
        INFO(vocab << " tokens in " << blocks << " blocks: " << found.summary());
        CHECK(found.mismatches == 0);
    }
}

TEST_CASE("rows of every length around a slice's have all their tokens, and no others") {
    const chains every = {{}, {dossiers::top_p{0.999f}}};
    const std::vector<std::size_t> lengths = {1,   2,   3,   4,   5,   31,  32,  33,  63,  64, 65,
                                              111, 127, 128, 129, 191, 192, 193, 255, 256, 257};
    for (const std::size_t vocab : some_of(lengths)) {
        const std::uint32_t blocks = 1 + static_cast<std::uint32_t>(vocab) % 4;
        rows all(1);
        for (std::size_t i = 0; i < vocab; ++i) all[0].push_back(static_cast<float>(i * 29 % vocab) * 0.01f);
        if (pluck_test::full_effort) all.emplace_back(vocab, -0.0f);
        const tally found = compare_all_of<reading::streamed>(all, every, blocks);
        INFO(vocab << " tokens in " << blocks << " blocks: " << found.summary());
        CHECK(found.mismatches == 0);
    }
}

TEST_CASE("ties that straddle slices are cut in the order of their ids") {
    constexpr std::size_t vocab = 200;  // slices begin at 0, 64 and 128
    rows all;
    for (const std::size_t from : std::vector<std::size_t>{0, 60, 100, 120, 127, 190}) {
        auto& row = all.emplace_back(vocab, 0.0f);
        for (std::size_t i = from; i < from + 10; ++i) row[i] = i % 2 == 0 ? 1.0f : 0.5f;
        row[(from + 64) % vocab] = 1.0f;
    }
    all.emplace_back(vocab, -7.25f);  // all tie
    auto& zeros = all.emplace_back(vocab, -1.0f);
    for (std::size_t i = 58; i < 70; ++i) zeros[i] = i % 3 == 0 ? -0.0f : 0.0f;  // equal, whatever their signs
    chains every;
    for (const u64 k : {u64{1}, u64{6}, u64{7}, u64{65}, u64{199}, u64{200}, u64{201}})
        every.push_back({dossiers::top_k{k}});
    for (const float p : {0.0f, 0x1p-24f, 0.32f, 0.5f, 0x1.fffffep-1f}) every.push_back({dossiers::top_p{p}});
    const tally found = compare_all_of(some_of(all), some_of(every), 3);
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}

TEST_CASE("more ties than the list has room for are cut in the order of their ids, wherever they rank") {
    constexpr std::size_t vocab = 2000;
    static_assert(team_shape::list < vocab / 4);
    rows all(4, std::vector<float>(vocab, 0.75f));  // all tie
    for (std::size_t i = 0; i < vocab; ++i) {
        if (i % 3 != 0) all[1][i] = i % 3 == 1 ? 0.5f : 0.0f;                              // three levels
        if (i % 5 == 0) all[2][i] = 1.0f + static_cast<float>(i) * 0x1p-12f;               // ties below others
        all[3][i] = i % 2 == 0 ? -60.0f : i % 500 == 1 ? 2.0f : float_of(minus_infinity);  // ties without any mass
    }
    chains every;
    for (const u64 k : {u64{2}, u64{400}, u64{401}, u64{667}, u64{668}, u64{1000}, u64{1004}, u64{1005}, u64{1999}})
        every.push_back({dossiers::top_k{k}});
    for (const float p : {0x1p-24f, 0.1f, 0.5f, 0.55f, 0.9f, 0.999f, 0x1.fffffep-1f})
        every.push_back({dossiers::temperature{0.8f}, dossiers::top_p{p}});
    // The second search moves no cut, and the draw must still be from all that is kept.
    every.push_back({dossiers::top_k{1500}, dossiers::top_p{0x1.fffffep-1f}});
    every.push_back({dossiers::top_p{0.5f, vocab}});
    every.push_back({dossiers::top_p{0.5f, 1500}, dossiers::top_k{1500}});
    every.push_back({dossiers::drop_above{3}, dossiers::top_k{500}, dossiers::top_p{0.75f}});
    const tally found = compare_all_of(some_of(all), some_of(every), 3);
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}

TEST_CASE("a nucleus that ends exactly on a token's edge ends there") {
    constexpr std::size_t vocab = 256;
    const rows equal(1, std::vector<float>(vocab, 1.5f));  // each token has 1/256 of the mass
    chains every;
    for (const int tokens : {1, 63, 64, 65, 128, 192, 255}) {
        const float share = static_cast<float>(tokens) / vocab;
        for (const int aside : {-1, 0, 1}) every.push_back({dossiers::top_p{neighbour(share, aside)}});
    }
    const tally found = compare_all_of(equal, some_of(every), 4);
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}

TEST_CASE("a bad logit fails the row from the first, the middle and the last place, and from every edge") {
    constexpr std::size_t vocab = 200;
    constexpr std::uint32_t negative_nan = 0xff800001, signalling_nan = 0x7f800001;
    auto places = edges_of(vocab, 3);
    places.insert(vocab / 2);
    rows all(1, std::vector<float>(vocab, float_of(minus_infinity)));
    for (const std::size_t place : places) {
        for (const std::uint32_t bad : {quiet_nan, negative_nan, signalling_nan, plus_infinity}) {
            auto& row = all.emplace_back(vocab, 0.25f);
            row[place] = float_of(bad);
        }
    }
    for (const std::size_t place : {std::size_t{0}, vocab - 1}) {
        auto& row = all.emplace_back(vocab, float_of(minus_infinity));
        row[place] = float_of(negative_nan);
        row[vocab / 2] = float_of(plus_infinity);  // a NaN is the worse of the two
    }
    const tally found = compare_all_of(all, {{dossiers::top_k{3}, dossiers::top_p{0.5f}}}, 3);
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}

TEST_CASE("temperatures and scores at their limits") {
    rows all;
    const float least = float_of(1), largest = 0x1.fffffep127f;
    for (const auto& [low, high] :
         {std::pair{-least, least}, {-largest, largest}, {0.0f, least}, {1.0f, neighbour(1.0f, 1)}}) {
        auto& row = all.emplace_back(150, low);
        for (std::size_t i = 0; i < row.size(); i += 7) row[i] = high;
    }
    const chains every = {{dossiers::temperature{0x1p-64f}},
                          {dossiers::temperature{0x1p64f}, dossiers::top_p{0.5f}},
                          {dossiers::temperature{0x1p64f}, dossiers::min_p{0x1p-149f}},
                          {dossiers::min_p{1.0f}},
                          {dossiers::top_k{1}, dossiers::min_p{0.5f, 40}},
                          {dossiers::keep_mass_at_least{1}},
                          {dossiers::keep_mass_at_least{(u64{1} << 40) + 1}}};
    const tally found = compare_all_of(all, every, 2);
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}

TEST_CASE("more good tokens than the list has room for are cut all the same") {
    constexpr std::size_t vocab = 2000;
    static_assert(team_shape::list < vocab / 4);
    rows all(3, std::vector<float>(vocab));
    for (std::size_t i = 0; i < vocab; ++i) {
        all[0][i] = neighbour(1.0f, static_cast<int>(i * 7 % vocab));     // all in one bin of scores, no two equal
        all[1][i] = static_cast<float>(i * 7 % vocab) * (13.9f / vocab);  // flat over 20 octaves
        all[2][i] = i % 3 == 0 ? 1.0f : 0.5f;                             // two values
    }
    const chains every = {{dossiers::top_p{0.2f}},
                          {dossiers::top_k{1500}, dossiers::top_p{0.5f}},
                          {dossiers::top_k{300}},
                          {dossiers::top_p{0x1.fffffep-1f}, dossiers::top_k{1000}},
                          {dossiers::drop_above{5}, dossiers::top_k{700}}};
    const tally found = compare_all_of(some_of(all), some_of(every), 2);
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}
