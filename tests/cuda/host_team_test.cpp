// SPDX-License-Identifier: MIT
//
// The device's row against the oracle, on a team of host threads: the algorithm is the same source that nvcc compiles.
// Random rows and chains, on teams of several shapes, with every way of reading, every type of logits, 1 to 4 blocks.
#include "cuda/support/team_row.hpp"
#include "dossiers/all.hpp"
#include "exact/compare.hpp"
#include "exact/random_chains.hpp"
#include "exact/random_rows.hpp"
#include "exact/scalars.hpp"
#include "exact/workers.hpp"
#include "reference/oracle.hpp"
#include "support/catch.hpp"
#include <pluck/chain.hpp>
#include <pluck/detail/scalar.hpp>

#include <bit>
#include <cstddef>
#include <vector>

using namespace exact;
using pluck_test::host_team_shape;
using pluck_test::reading;

namespace {

/// How many rows of a random test to run for each sampler. Barriers make teams slow, and no sanitizer makes barriers
/// much slower.
[[nodiscard]] u64 rows_of(u64 full) { return exact::scaled(pluck_test::full_effort ? full : 5 * full); }

/// Compares `rows` rows of up to `longest` tokens with the oracle for each sampler, at any alignment: verb by verb, or
/// as a kernel runs a chain.
template <class Shape, class Scalar, reading How>
tally compare_team(u64 rows, u64 suite, std::uint32_t blocks, std::size_t longest) {
    pluck_test::crew<Shape> threads(blocks);
    comparison compared;
    std::vector<bits_of<Scalar>> bits;
    std::vector<Scalar> logits;
    const auto compare_one = [&](u64 number, const sampler& own) {
        splitmix random = own.stream(suite, number);
        compared.sampler = own.name;
        const std::size_t vocab = 1 + random.below(random.one_in(4) ? longest : longest / 4);
        random_scalars<Scalar>(bits, compared.scores, vocab, random);
        const std::size_t offset = random.below(5);
        logits.assign(offset, std::bit_cast<Scalar>(scalar_kind<Scalar>::make(float_of(quiet_nan), random)));
        for (const auto each : bits) logits.push_back(std::bit_cast<Scalar>(each));

        random_chain(compared.chain, own, compared.scores, 5, 4, random);
        const auto [seed, sequence, position] = random_place(random);
        const pluck::key key{seed, sequence, position};
        const u128 U = oracle::philox(u128{sequence} << 64 | position, seed);
        const oracle::result want = oracle::draw(compared.scores, compared.chain, U, seed);
        const question asked{number, compared.scores, compared.chain, U};

        using row = pluck_test::team_row<Shape, Scalar, How>;
        const bool moves = dossiers::moves_scores(compared.chain);
        if (moves && !row::writable) return static_cast<void>(++compared.found.rows);  // a test of its own refuses it
        const pluck::logits_view<Scalar> view{logits.data() + offset, vocab};
        if (number % 2 == 0 && !moves) {
            row state(threads, view, key, 0);
            compared.check(asked, want, state, 2);
            compared.equal(asked, "agreement of all threads", true, state.alike());
        } else {
            ++compared.found.rows;
            row state(threads, view, key, 0);
            const pluck::pick got = state.run(dossiers::chained(compared.chain));
            compared.equal(asked, "status of run()", want.status, static_cast<int>(got.status));
            compared.equal(asked, "token of run()", want.token, got.token);
            compared.equal(asked, "agreement of all threads", true, state.alike());
        }
    };
    for (const sampler& own : dossiers::samplers())
        for (u64 number = 0; number < rows; ++number) compare_one(number, own);
    compared.found.print_first();
    return compared.found;
}

}  // namespace

TEST_CASE("a team of one block keeps and draws what the oracle says") {
    const tally found = compare_team<host_team_shape<4, 2>, float, reading::held>(rows_of(70), 21, 1, 900);
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}

TEST_CASE("a team of three blocks keeps and draws what the oracle says") {
    const tally found = compare_team<host_team_shape<4, 2>, float, reading::held>(rows_of(20), 22, 3, 1200);
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}

TEST_CASE("a team of four blocks of one warp keeps and draws what the oracle says, of bfloat16") {
    const tally found = compare_team<host_team_shape<4, 1>, pluck::bfloat16, reading::held>(rows_of(20), 23, 4, 2000);
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}

TEST_CASE("a warp of eight lanes keeps and draws what the oracle says, of half that is kept as float") {
    const tally found =
        compare_team<host_team_shape<8, 1>, pluck::half, reading::held_as_float>(rows_of(16), 24, 2, 2000);
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}

TEST_CASE("three warps of two lanes keep and draw what the oracle says, of bfloat16 that is read again and again") {
    const tally found =
        compare_team<host_team_shape<2, 3>, pluck::bfloat16, reading::streamed>(rows_of(25), 25, 2, 1600);
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}

TEST_CASE("a team of two lanes keeps and draws what the oracle says") {
    const tally found = compare_team<host_team_shape<2, 1>, float, reading::held>(rows_of(50), 26, 2, 1500);
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}
