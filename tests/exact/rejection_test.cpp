// SPDX-License-Identifier: MIT
//
// Compares the draw by rejection, on whatever a chain leaves of a row, with its definition.
#include "reference/rejection.hpp"

#include "exact/compare.hpp"
#include "exact/random_chains.hpp"
#include "exact/random_rows.hpp"
#include "exact/workers.hpp"
#include "reference/oracle.hpp"
#include "support/catch.hpp"
#include "support/serial_row.hpp"
#include <pluck/chain.hpp>
#include <pluck/cpu/row.hpp>
#include <pluck/detail/philox.hpp>
#include <pluck/detail/randomness.hpp>
#include <pluck/key.hpp>
#include <pluck/logits.hpp>

#include <cstddef>
#include <vector>

using namespace exact;

namespace {

/// Compares `rows` rows of up to `longest` tokens for each sampler; the serial row, which is slow, takes one in 16.
tally compare_by_rejection(u64 rows, u64 stream, std::size_t longest) {
    return compare_samplers(rows, stream, [=](u64 number, comparison& compared, splitmix& random, const sampler& own) {
        random_row(compared.scores, 1 + random.below(random.one_in(4) ? 8 : longest), random);
        random_chain(compared.chain, own, compared.scores, 3, 4, random);
        if (own.draws) compared.chain.pop_back();
        const auto [seed, sequence, position] = random_place(random);
        const u128 U = oracle::philox(u128{sequence} << 64 | position, seed);
        const oracle::result want = oracle::draw(compared.scores, compared.chain, U);
        if (want.status != oracle::ok) return;
        ++compared.found.rows;
        const int token = oracle::rejection(compared.scores.size(), want, U, seed);
        const question asked{number, compared.scores, compared.chain, U};
        const pluck::randomness bits(pluck::key{seed, sequence, position});

        const dossiers::chain rules = dossiers::chained(compared.chain);
        pluck::cpu::row row(pluck::logits_view<float>{compared.scores.data(), compared.scores.size()}, compared.scratch,
                            bits, 0);
        (void)pluck::run(rules, row);
        compared.equal(asked, "token by rejection", token, row.draw_by_rejection());
        compared.equal(asked, "token by rejection again", token, row.draw_by_rejection());
        compared.equal(asked, "token after rejection", want.token, row.draw(words_of(U)));
        if (number % 16 != 0 || compared.scores.size() > 300) return;
        std::vector<float> scores = compared.scores;  // which adjusters move
        pluck_test::serial_row serial(scores.data(), scores.size(), bits, 0);
        (void)pluck::run(rules, serial);
        compared.equal(asked, "token by rejection on the serial row", token, serial.draw_by_rejection());
    });
}

}  // namespace

TEST_CASE("rejection draws what its definition says, on rows of up to 300 tokens") {
    const tally found = compare_by_rejection(scaled(25'000), 21, 300);
    INFO(found.summary());
    CHECK(found.mismatches == 0);
    CHECK(found.rows > 0);
}

TEST_CASE("rejection draws what its definition says, on rows of many blocks") {
    const tally found = compare_by_rejection(scaled(480), 22, 20'000);
    INFO(found.summary());
    CHECK(found.mismatches == 0);
    CHECK(found.rows > 0);
}
