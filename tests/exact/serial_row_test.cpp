// SPDX-License-Identifier: MIT
//
// The second backend, tests/support/serial_row.hpp, against the oracle: the same stages on a row that shares nothing
// with the CPU's but the concept.
#include "support/serial_row.hpp"

#include "exact/compare.hpp"
#include "exact/random_chains.hpp"
#include "exact/random_rows.hpp"
#include "exact/run_chain.hpp"
#include "exact/workers.hpp"
#include "reference/oracle.hpp"
#include "support/catch.hpp"
#include <pluck/chain.hpp>
#include <pluck/detail/philox.hpp>
#include <pluck/detail/randomness.hpp>
#include <pluck/key.hpp>

#include <cstddef>

using namespace exact;

TEST_CASE("the serial row keeps and draws what the oracle says") {
    const u64 rows = scaled(15'000);  // for each sampler
    const tally found =
        compare_samplers(rows, 8, [](u64 number, comparison& compared, splitmix& random, const sampler& own) {
            random_row(compared.scores, 1 + random.below(random.one_in(8) ? 100 : 16), random);
            random_chain(compared.chain, own, compared.scores, 5, 4, random);
            const auto [seed, sequence, position] = random_place(random);
            const pluck::randomness bits(pluck::key{seed, sequence, position});

            const u128 U = oracle::philox(u128{sequence} << 64 | position, seed);
            const oracle::result want = oracle::draw(compared.scores, compared.chain, U, seed);
            const question asked{number, compared.scores, compared.chain, U};
            std::vector<float> scores = compared.scores;  // which adjusters move
            pluck_test::serial_row row(scores.data(), scores.size(), bits, 0);
            compared.check(asked, want, row, 4);

            scores = compared.scores;
            pluck_test::serial_row again(scores.data(), scores.size(), bits, 0);
            const pluck::pick drawn = pluck::run(dossiers::chained(compared.chain), again);
            compared.equal(asked, "token that run() draws", want.token, drawn.token);
            compared.equal(asked, "status that run() gives", want.status, static_cast<int>(drawn.status));
        });
    INFO(found.summary());
    CHECK(found.mismatches == 0);
    CHECK(found.rows == rows * dossiers::samplers().size());
}
