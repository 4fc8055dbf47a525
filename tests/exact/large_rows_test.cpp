// SPDX-License-Identifier: MIT
//
// Rows as long as the vocabularies of real models, and one token shorter or longer.
#include "exact/compare.hpp"
#include "exact/random_chains.hpp"
#include "exact/random_rows.hpp"
#include "exact/workers.hpp"
#include "reference/oracle.hpp"
#include "support/catch.hpp"
#include "support/effort.hpp"
#include <pluck/cpu/row.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/philox.hpp>
#include <pluck/detail/randomness.hpp>
#include <pluck/key.hpp>
#include <pluck/logits.hpp>
#include <pluck/sample.hpp>

#include <cstddef>
#include <iterator>
#include <vector>

using namespace exact;

namespace {

constexpr std::size_t vocabs[] = {32000, 50257, 128256, 151936, 262144};
constexpr shape shapes[] = {shape::peaked,    shape::typical,       shape::flat,       shape::all_equal,
                            shape::staircase, shape::boundary_ties, shape::one_finite, shape::half_forbidden};

void check(u64 number, comparison& compared, splitmix& random) {
    const auto [seed, sequence, position] = random_place(random);
    const u128 U = oracle::philox(u128{sequence} << 64 | position, seed);
    const oracle::result want = oracle::draw(compared.scores, compared.chain, U, seed);
    pluck::cpu::row row(pluck::logits_view<float>{compared.scores.data(), compared.scores.size()}, compared.scratch,
                        pluck::randomness(pluck::key{seed, sequence, position}), 0);
    compared.check({number, compared.scores, compared.chain, U}, want, row, 16);
}

}  // namespace

TEST_CASE("a row as long as a real vocabulary keeps and draws what the oracle says") {
    // Each shape in each vocab and in both its neighbours, unrounded and rounded to bfloat16: a cycle of 240 rows.
    const u64 rows = scaled(240);  // for each sampler
    const tally found =
        compare_samplers(rows, 6, [](u64 number, comparison& compared, splitmix& random, const sampler& own) {
            const std::size_t vocab = vocabs[number / 8 % 5] - 1 + number / 40 % 3;
            large_row(compared.scores, vocab, shapes[number % 8], random);
            if (number / 120 % 2 == 1) {
                for (float& score : compared.scores) score = as_bfloat16(score);
            }
            random_chain(compared.chain, own, compared.scores, 4, 3, random);
            check(number, compared, random);
        });
    INFO(found.summary());
    CHECK(found.mismatches == 0);
    CHECK(found.rows == rows * dossiers::samplers().size());
}

TEST_CASE("the longest row is drawn from and a longer one is not") {
    comparison compared;
    splitmix random(7, 0);
    compared.scores.assign(pluck::max_vocab + 1, 0.5f);
    check(0, compared, random);  // row_too_long
    if (pluck_test::full_effort) {
        compared.scores.pop_back();  // a total mass of 2^63
        check(1, compared, random);
        compared.chain = {dossiers::temperature{0.5f}, dossiers::top_p{below_one}};
        check(2, compared, random);
        compared.scores.back() = 0.75f;
        compared.chain = {dossiers::top_k{pluck::max_vocab - 1}};
        check(3, compared, random);
    }
    compared.found.print_first();
    INFO(compared.found.summary());
    CHECK(compared.found.mismatches == 0);
}
