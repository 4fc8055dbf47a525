// SPDX-License-Identifier: MIT
//
// Chains through sample() and candidates() with keys. Dynamic chains: every stage alone, all ordered pairs, all 24
// orders of the four, repeated stages. Typed chains, joined by `|` from the stages' own types: they must do the same.
#include "dossiers/all.hpp"
#include "exact/public_path.hpp"
#include "exact/random_chains.hpp"
#include "exact/random_rows.hpp"
#include "exact/workers.hpp"
#include "reference/oracle.hpp"
#include "support/catch.hpp"
#include <pluck/dynamic_chain.hpp>
#include <pluck/pluck.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

using namespace exact;

namespace {

/// Checks the chain in `compared` on the row there, as a dynamic chain; now and then its last cut is on an edge.
void check_chain(u64 number, comparison& compared, splitmix& random) {
    std::vector<step>& chain = compared.chain;
    dossiers::adjusters_first(chain);
    if (random.one_in(2) && !chain.back().is_draw()) {
        const std::span before = std::span(chain).first(chain.size() - 1);
        chain.back().sharpen(oracle::draw(compared.scores, before, 0), random);
    }
    if (!chain.back().is_draw() && number % 4 == 0) chain.emplace_back(dossiers::greedy{});
    if (!chain.back().is_draw() && number % 4 == 1) chain.emplace_back(dossiers::categorical{});
    ++compared.found.rows;
    const place from = random_place(random);
    const oracle::result want = oracle::draw(compared.scores, chain, U_of(from), from.seed);
    const question asked{number, compared.scores, chain, U_of(from)};
    check_public(compared, asked, want, compared.scores, dossiers::chained(chain), from);
}

void short_row(comparison& compared, splitmix& random) {
    random_row(compared.scores, 1 + random.below(random.one_in(8) ? 200 : 20), random);
}

/// Checks that a typed chain and the dynamic chain of its stages give the same pick and the same candidates.
template <class Chain>
void check_typed(u64 number, comparison& compared, const place& from, const Chain& typed) {
    const pluck::dynamic_chain rules = typed;
    const question asked{number, compared.scores, {}, U_of(from)};
    const pluck::pick want = pluck::sample(compared.scores, rules, key_of(from));
    const pluck::pick got = pluck::sample(compared.scores, typed, key_of(from));
    ++compared.found.rows;
    compared.equal(asked, "token of the typed chain", want.token, got.token);
    compared.equal(asked, "status of the typed chain", static_cast<int>(want.status), static_cast<int>(got.status));
    if (!want) return;
    const auto expected = pluck::candidates(compared.scores, rules, key_of(from));
    const auto found = pluck::candidates(compared.scores, typed, key_of(from));
    compared.equal(asked, "number of the typed chain's candidates", expected.size(), found.size());
    for (std::size_t rank = 0; rank < expected.size() && rank < found.size(); ++rank) {
        compared.equal(asked, "candidate of the typed chain", expected[rank].token, found[rank].token);
        compared.equal(asked, "its probability", expected[rank].probability, found[rank].probability);
    }
}

}  // namespace

TEST_CASE("each stage alone and each ordered pair of stages draws what the oracle says") {
    const tally found =
        compare_samplers(scaled(15'000), 9, [](u64 number, comparison& compared, splitmix& random, const sampler& own) {
            short_row(compared, random);
            const std::size_t vocab = compared.scores.size();
            compared.chain = {own.random(vocab, random)};
            const sampler& other = dossiers::samplers()[random.below(own.place + 1)];
            if (number % 5 != 0 && !other.draws) {
                compared.chain.push_back(other.random(vocab, random));
                if (own.draws || number % 2 == 0) std::swap(compared.chain[0], compared.chain[1]);
            }
            check_chain(number, compared, random);
        });
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}

TEST_CASE("temperature, top_k, top_p and min_p in each of their 24 orders draw what the oracle says") {
    const tally found = compare_all(24 * scaled(4000), [](u64 number, comparison& compared) {
        splitmix random(18, number);
        short_row(compared, random);
        const std::size_t vocab = compared.scores.size();
        std::vector<std::size_t> order = {0, 1, 2, 3};
        for (u64 i = number % 24; i > 0; --i) std::next_permutation(order.begin(), order.end());
        compared.chain.clear();
        for (const std::size_t which : order)
            compared.chain.push_back(dossiers::samplers()[which].random(vocab, random));
        check_chain(number / 24, compared, random);
    });
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}

TEST_CASE("stages repeated in a chain draw what the oracle says") {
    const tally found =
        compare_samplers(scaled(3500), 19, [](u64 number, comparison& compared, splitmix& random, const sampler& own) {
            if (own.draws) return;
            short_row(compared, random);
            const sampler& other = dossiers::samplers()[random.below(own.place + 1)];
            compared.chain.clear();
            for (std::size_t i = 0, length = 3 + random.below(2); i < length; ++i) {
                const sampler& which = i % 2 == 0 || other.draws ? own : other;
                compared.chain.push_back(which.random(compared.scores.size(), random));
            }
            check_chain(number, compared, random);
        });
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}

TEST_CASE("typed chains draw what the dynamic chains of the same stages do") {
    const tally found = compare_all(scaled(5000), [](u64 number, comparison& compared) {
        splitmix random(20, number);
        short_row(compared, random);
        const std::size_t vocab = compared.scores.size();
        const place from = random_place(random);
        const pluck::temperature t = dossiers::temperature::random(vocab, random).made();
        const pluck::top_k k = dossiers::top_k::random(vocab, random).made();
        const pluck::top_p p = dossiers::top_p::random(vocab, random).made();
        const pluck::min_p m = dossiers::min_p::random(vocab, random).made();
        const auto same = [&](const auto& typed) { check_typed(number, compared, from, typed); };
        same(t | k | p);
        same(t | m);
        same(p | t | pluck::categorical{});
        same(m | (p | k) | t | pluck::rejection{});
        same(t | p | t | p | pluck::greedy{});
        same(pluck::combined{.temperature = t, .top_k = k, .top_p = p, .min_p = m});
    });
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}

TEST_CASE("each stage alone, by its own type, draws what the oracle says") {
    tally found;
    const auto alone = [&]<class Dossier>() {
        found.add(compare_all(scaled(5000), [](u64 number, comparison& compared) {
            compared.sampler = Dossier::name;
            splitmix random(dossiers::seed_of(Dossier::name) + 21, number);
            short_row(compared, random);
            const Dossier own = Dossier::random(compared.scores.size(), random);
            compared.chain = {own};
            ++compared.found.rows;
            const place from = random_place(random);
            const oracle::result want = oracle::draw(compared.scores, compared.chain, U_of(from), from.seed);
            check_pick(compared, {number, compared.scores, compared.chain, U_of(from)}, want,
                       pluck::sample(compared.scores, own.made(), key_of(from)));
        }));
    };
    dossiers::for_each_type(alone);
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}

TEST_CASE("combined with any of its fields set draws what the oracle says") {
    const tally found = compare_all(scaled(50'000), [](u64 number, comparison& compared) {
        splitmix random(10, number);
        random_row(compared.scores, 1 + random.below(random.one_in(8) ? 300 : 30), random);
        const std::size_t vocab = compared.scores.size();
        compared.chain.clear();
        pluck::combined settings;
        const auto set = [&](auto& field, const auto& own) {
            if (random.one_in(2)) return;
            compared.chain.emplace_back(own);
            field = own.made();
        };
        set(settings.temperature, dossiers::temperature::random(vocab, random));
        set(settings.top_k, dossiers::top_k::random(vocab, random));
        set(settings.top_p, dossiers::top_p::random(vocab, random));
        set(settings.min_p, dossiers::min_p::random(vocab, random));

        ++compared.found.rows;
        const place from = random_place(random);
        const oracle::result want = oracle::draw(compared.scores, compared.chain, U_of(from));
        const question asked{number, compared.scores, compared.chain, U_of(from)};
        check_public(compared, asked, want, compared.scores, settings, from);
        check_pick(compared, asked, want, pluck::sample(compared.scores, settings | pluck::top_k(0), key_of(from)));
    });
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}

TEST_CASE("the presets and the empty chain draw what the oracle says") {
    const auto preset = [](float t, float p) {
        return std::vector<step>{dossiers::temperature{t}, dossiers::top_p{p}};
    };
    const tally found = compare_all(scaled(20'000), [&](u64 number, comparison& compared) {
        splitmix random(11, number);
        random_row(compared.scores, 1 + random.below(100), random);
        ++compared.found.rows;
        const place from = random_place(random);
        const auto compare = [&](const auto& real, std::vector<step> same) {
            compared.chain = std::move(same);
            const oracle::result want = oracle::draw(compared.scores, compared.chain, U_of(from));
            check_public(compared, {number, compared.scores, compared.chain, U_of(from)}, want, compared.scores, real,
                         from);
        };
        compare(pluck::presets::openai(), preset(1.0f, 1.0f));
        compare(pluck::presets::claude(), preset(0.7f, 0.9f));
        compare(pluck::presets::llama(), preset(0.6f, 0.9f));
        compare(pluck::chain<>{}, {});
        compare(pluck::greedy(), {dossiers::greedy{}});
    });
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}
