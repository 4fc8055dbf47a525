// SPDX-License-Identifier: MIT
//
// Rows of 1 to 5 tokens: all special values, all limits of the parameters, both ends of every token's interval of U.
#include "dossiers/all.hpp"
#include "exact/compare.hpp"
#include "exact/random_chains.hpp"
#include "exact/random_rows.hpp"
#include "exact/workers.hpp"
#include "reference/oracle.hpp"
#include "support/catch.hpp"
#include <pluck/cpu/row.hpp>
#include <pluck/detail/randomness.hpp>
#include <pluck/key.hpp>
#include <pluck/logits.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

using namespace exact;

namespace {

// -infinity, -FLT_MAX, -1e30, -1, -0, +0, the least subnormal, 1, 1 + ulp, 88, FLT_MAX, +infinity, NaN
constexpr std::uint32_t values[] = {0xff800000, 0xff7fffff, 0xf149f2ca, 0xbf800000, 0x80000000, 0x00000000, 0x00000001,
                                    0x3f800000, 0x3f800001, 0x42b00000, 0x7f7fffff, 0x7f800000, 0x7fc00000};
constexpr u64 power(std::size_t base, std::size_t exponent) {
    return exponent == 0 ? 1 : base * power(base, exponent - 1);
}

/// Row `number` of the 13^vocab rows of `vocab` special values.
void special_row(std::vector<float>& row, std::size_t vocab, u64 number) {
    row.resize(vocab);
    for (float& score : row) {
        score = float_of(values[number % std::size(values)]);
        number /= std::size(values);
    }
}

template <class Dossier>
step any_edge(splitmix& random) {
    static const std::vector<Dossier> edges = Dossier::edges();
    return edges[random.below(edges.size())];
}

/// One of the 470,400 chains of temperature, top_k, top_p and min_p, in any of their 24 orders, with parameters at
/// their limits.
void special_chain(std::vector<step>& chain, splitmix& random) {
    chain = {any_edge<dossiers::temperature>(random), any_edge<dossiers::top_k>(random),
             any_edge<dossiers::top_p>(random), any_edge<dossiers::min_p>(random)};
    for (std::size_t i = 4; i > 1; --i) std::swap(chain[i - 1], chain[random.below(i)]);
}

void check(u64 number, comparison& compared) {
    const u64 seed = splitmix(3, number).bits(), position = splitmix(4, number).bits();
    const u128 U = oracle::philox(position, seed);
    const oracle::result want = oracle::draw(compared.scores, compared.chain, U, seed);
    pluck::cpu::row row(pluck::logits_view<float>{compared.scores.data(), compared.scores.size()}, compared.scratch,
                        pluck::randomness(pluck::key{.seed = seed, .position = position}), 0);
    compared.check({number, compared.scores, compared.chain, U}, want, row, comparison::all_edges);
}

/// Every row of `vocab` special values, with `chains` random chains of four stages each.
tally check_all_rows(std::size_t vocab, u64 chains) {
    return compare_all(scaled(power(std::size(values), vocab)), [=](u64 number, comparison& compared) {
        special_row(compared.scores, vocab, number);
        splitmix random(vocab, number);
        for (u64 i = 0; i < chains; ++i) {
            special_chain(compared.chain, random);
            check(number * chains + i, compared);
        }
    });
}

}  // namespace

TEST_CASE("every row of 1 to 3 special values gives the oracle's answer to every pair of a temperature and a stage") {
    const std::vector<dossiers::temperature> temperatures = dossiers::temperature::edges();
    u64 chains = 0;
    for (const sampler& own : dossiers::samplers())
        chains += own.edges().size() * (1 + temperatures.size() * (own.draws || own.adjusts ? 1 : 2));
    tally found;
    for (std::size_t vocab = 1; vocab <= 3; ++vocab) {
        found.add(compare_all(power(std::size(values), vocab), [&](u64 number, comparison& compared) {
            special_row(compared.scores, vocab, number);
            for (const sampler& own : dossiers::samplers()) {
                compared.sampler = own.name;
                for (const step& second : own.edges()) {
                    compared.chain = {second};
                    check(number, compared);
                    for (const dossiers::temperature& t : temperatures) {
                        if (!own.adjusts) {  // which come first
                            compared.chain = {t, second};
                            check(number, compared);
                        }
                        if (own.draws) continue;
                        compared.chain = {second, t};
                        check(number, compared);
                    }
                }
            }
        }));
    }
    INFO(found.summary());
    CHECK(found.mismatches == 0);
    CHECK(found.rows == (13 + 169 + 2197) * chains);
}

TEST_CASE("every row of 1 to 3 special values gives the oracle's answer to chains of each sampler at its limits") {
    tally found;
    constexpr u64 chains[] = {0, 500, 100, 15};
    for (std::size_t vocab = 1; vocab <= 3; ++vocab) {
        const u64 rows = power(std::size(values), vocab);
        found.add(compare_samplers(scaled(rows * chains[vocab]), 23 + vocab,
                                   [&](u64 number, comparison& compared, splitmix& random, const sampler& own) {
                                       special_row(compared.scores, vocab, number % rows);
                                       dossiers::mix(compared.chain, own, 4, random, [&](const sampler& each) {
                                           const std::vector<step> edges = each.edges();
                                           return edges[random.below(edges.size())];
                                       });
                                       check(number, compared);
                                   }));
    }
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}

TEST_CASE("every row of 1 to 5 special values gives the oracle's answer to chains of four stages in any order") {
    tally found;
    constexpr u64 chains[] = {0, 4000, 1000, 300, 24, 3};
    for (std::size_t vocab = 1; vocab <= 5; ++vocab) found.add(check_all_rows(vocab, chains[vocab]));
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}

TEST_CASE("the oracle itself changes its token where the masses before it say") {
    const tally found =
        compare_samplers(scaled(3'000), 5, [](u64 number, comparison& compared, splitmix& random, const sampler& own) {
            random_row(compared.scores, 1 + random.below(12), random);
            if (own.draws) return;
            random_chain(compared.chain, own, compared.scores, 3, 4, random);
            const oracle::result want = oracle::draw(compared.scores, compared.chain, 0);
            if (want.status != oracle::ok) return;
            std::vector<std::pair<int, u64>> kept;
            for (std::size_t i = 0; i < want.kept.size(); ++i) kept.emplace_back(want.kept[i], want.masses[i]);
            std::sort(kept.begin(), kept.end());
            u64 before = 0;
            for (const auto& [token, mass] : kept) {
                if (mass == 0) continue;
                const u64 end = before + mass;
                const u128 last = end == want.total ? ~u128{0} : first_of(end, want.total) - 1;
                for (const u128 U : {first_of(before, want.total), last}) {
                    compared.equal({number, compared.scores, compared.chain, U}, "the oracle's token", token,
                                   oracle::draw(compared.scores, compared.chain, U).token);
                }
                before = end;
            }
            ++compared.found.rows;
        });
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}
