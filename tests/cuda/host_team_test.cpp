// SPDX-License-Identifier: MIT
//
// The device's row against the oracle, on a team of host threads: the algorithm is the very source that nvcc compiles.
#include "cuda/support/team_row.hpp"

#include "exact/compare.hpp"
#include "exact/random_chains.hpp"
#include "exact/random_rows.hpp"
#include "exact/run_chain.hpp"
#include "exact/workers.hpp"
#include "reference/oracle.hpp"
#include "support/catch.hpp"
#include <pluck/chain.hpp>

#include <cstddef>

using namespace exact;

namespace {

using small_team = pluck_test::host_team_shape<4, 2>;

/// Rows and chains at random, compared with the oracle.
template <class Shape, pluck_test::reading How>
tally compare_team(u64 rows, u64 suite, std::uint32_t blocks, std::size_t longest) {
    pluck_test::crew<Shape> threads(blocks);
    comparison compared;
    for (u64 number = 0; number < rows; ++number) {
        splitmix random(suite, number);
        random_row(compared.scores, 1 + random.below(random.one_in(4) ? longest : longest / 4), random);
        random_chain(compared.chain, compared.scores, 5, 4, random);
        const auto [seed, sequence, position] = random_place(random);
        const u128 U = oracle::philox(u128{sequence} << 64 | position, seed);
        const oracle::result want = oracle::draw(compared.scores, compared.chain, U);
        const question asked{number, compared.scores, compared.chain, U};
        pluck_test::team_row<Shape, float, How> row(threads, {compared.scores.data(), compared.scores.size()}, pluck::key{seed, sequence, position}, 0);
        compared.check(asked, want, row, 4);
        compared.equal(asked, "agreement of all threads", true, row.alike());
    }
    compared.found.print_first();
    return compared.found;
}

}  // namespace

TEST_CASE("a team of one block keeps and draws what the oracle says") {
    const tally found = compare_team<small_team, pluck_test::reading::held>(scaled(400), 21, 1, 600);
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}

TEST_CASE("a team of three blocks keeps and draws what the oracle says") {
    const tally found = compare_team<small_team, pluck_test::reading::held>(scaled(400), 22, 3, 900);
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}
