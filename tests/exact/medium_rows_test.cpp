// SPDX-License-Identifier: MIT
//
// More than a million random rows of up to 300 tokens, with random chains of each sampler and keys.
#include "exact/compare.hpp"
#include "exact/random_chains.hpp"
#include "exact/random_rows.hpp"
#include "exact/workers.hpp"
#include "reference/oracle.hpp"
#include "support/catch.hpp"
#include <pluck/cpu/row.hpp>
#include <pluck/detail/philox.hpp>
#include <pluck/detail/randomness.hpp>
#include <pluck/key.hpp>
#include <pluck/logits.hpp>

#include <cstddef>

using namespace exact;

TEST_CASE("a random row of up to 300 tokens keeps and draws what the oracle says") {
    const u64 rows = scaled(150'000);  // for each sampler
    const tally found =
        compare_samplers(rows, 2, [](u64 number, comparison& compared, splitmix& random, const sampler& own) {
            random_row(compared.scores, 1 + random.below(random.one_in(4) ? 8 : 300), random);
            random_chain(compared.chain, own, compared.scores, 5, 4, random);
            const auto [seed, sequence, position] = random_place(random);

            const u128 U = oracle::philox(u128{sequence} << 64 | position, seed);
            const oracle::result want = oracle::draw(compared.scores, compared.chain, U, seed);
            pluck::cpu::row row(pluck::logits_view<float>{compared.scores.data(), compared.scores.size()},
                                compared.scratch, pluck::randomness(pluck::key{seed, sequence, position}), 0);
            const question asked{number, compared.scores, compared.chain, U};
            compared.equal(asked, "U", true, row.uniform() == words_of(U));
            compared.check(asked, want, row, number % 64 == 0 ? comparison::all_edges : 4);
        });
    INFO(found.summary());
    CHECK(found.mismatches == 0);
    CHECK(found.rows == rows * dossiers::samplers().size());
}
