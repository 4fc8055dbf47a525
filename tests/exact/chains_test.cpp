// SPDX-License-Identifier: MIT
//
// Real chains, made by `|` from the stages' own types: every stage alone, all ordered pairs, all 24 orders of the four,
// with and without a draw stage, and combined; through sample() and candidates() with keys.
#include "exact/public_path.hpp"
#include "exact/random_chains.hpp"
#include "exact/random_rows.hpp"
#include "exact/workers.hpp"
#include "reference/oracle.hpp"
#include "support/catch.hpp"
#include <pluck/pluck.hpp>

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

using namespace exact;

namespace {

template <kind_of Kind>
auto made(const stage& from) {
    if constexpr (Kind == stage::temperature) return pluck::temperature(from.value);
    else if constexpr (Kind == stage::top_k) return pluck::top_k(from.count);
    else if constexpr (Kind == stage::top_p) return pluck::top_p(from.value, from.min_keep);
    else return pluck::min_p(from.value, from.min_keep);
}

/// A row and a chain of these kinds, and what the library makes of them by way of one of three ends.
template <kind_of... Kinds>
void check_chain(u64 number, comparison& compared) {
    splitmix random(9 + (u64{0} + ... + (u64{Kinds} + 1)), number);
    random_row(compared.scores, 1 + random.below(random.one_in(8) ? 200 : 20), random);
    compared.chain = {random_stage(Kinds, compared.scores.size(), random)...};
    if (random.one_in(2)) {
        const std::span before = std::span(compared.chain).first(sizeof...(Kinds) - 1);
        sharpen(compared.chain.back(), oracle::draw(compared.scores, before, 0), random);
    }
    const auto chain = [&]<std::size_t... I>(std::index_sequence<I...>) {
        return (pluck::chain<>{} | ... | made<Kinds>(compared.chain[I]));
    }
    (std::index_sequence_for<decltype(made<Kinds>({}))...>{});

    ++compared.found.rows;
    const place from = random_place(random);
    const auto compare = [&](const auto& real) {
        const oracle::result want = oracle::draw(compared.scores, compared.chain, U_of(from));
        check_public(compared, {number, compared.scores, compared.chain, U_of(from)}, want, compared.scores, real,
                     from);
    };
    if (number % 4 == 0) {
        compared.chain.push_back({.kind = stage::greedy});
        compare(chain | pluck::greedy());
    } else if (number % 4 == 1) {
        compare(chain | pluck::categorical());
    } else {
        compare(chain);
    }
}

template <kind_of First>
void check_pairs_from(u64 number, comparison& compared) {
    check_chain<First>(number, compared);
    check_chain<First, stage::temperature>(number, compared);
    check_chain<First, stage::top_k>(number, compared);
    check_chain<First, stage::top_p>(number, compared);
    check_chain<First, stage::min_p>(number, compared);
}

/// First, then the other three in each of their orders.
template <kind_of First, kind_of A, kind_of B, kind_of C>
void check_orders(u64 number, comparison& compared) {
    check_chain<First, A, B, C>(number, compared);
    check_chain<First, A, C, B>(number, compared);
    check_chain<First, B, A, C>(number, compared);
    check_chain<First, B, C, A>(number, compared);
    check_chain<First, C, A, B>(number, compared);
    check_chain<First, C, B, A>(number, compared);
}

}  // namespace

TEST_CASE("each stage alone and each ordered pair of stages draws what the oracle says") {
    const tally found = compare_all(scaled(5000), [](u64 number, comparison& compared) {
        check_pairs_from<stage::temperature>(number, compared);
        check_pairs_from<stage::top_k>(number, compared);
        check_pairs_from<stage::top_p>(number, compared);
        check_pairs_from<stage::min_p>(number, compared);
    });
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}

TEST_CASE("temperature, top_k, top_p and min_p in each of their 24 orders draw what the oracle says") {
    const tally found = compare_all(scaled(4000), [](u64 number, comparison& compared) {
        check_orders<stage::temperature, stage::top_k, stage::top_p, stage::min_p>(number, compared);
        check_orders<stage::top_k, stage::temperature, stage::top_p, stage::min_p>(number, compared);
        check_orders<stage::top_p, stage::temperature, stage::top_k, stage::min_p>(number, compared);
        check_orders<stage::min_p, stage::temperature, stage::top_k, stage::top_p>(number, compared);
    });
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}

TEST_CASE("stages repeated in a chain draw what the oracle says") {
    const tally found = compare_all(scaled(5000), [](u64 number, comparison& compared) {
        check_chain<stage::top_p, stage::top_p, stage::top_p>(number, compared);
        check_chain<stage::top_k, stage::top_p, stage::top_k>(number, compared);
        check_chain<stage::temperature, stage::top_p, stage::temperature>(number, compared);
        check_chain<stage::temperature, stage::min_p, stage::temperature, stage::min_p>(number, compared);
    });
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
        const auto set = [&]<kind_of Kind>(auto& field, std::integral_constant<kind_of, Kind>) {
            if (random.one_in(2)) return;
            compared.chain.push_back(random_stage(Kind, vocab, random));
            field = made<Kind>(compared.chain.back());
        };
        set(settings.temperature, std::integral_constant<kind_of, stage::temperature>{});
        set(settings.top_k, std::integral_constant<kind_of, stage::top_k>{});
        set(settings.top_p, std::integral_constant<kind_of, stage::top_p>{});
        set(settings.min_p, std::integral_constant<kind_of, stage::min_p>{});

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
        return std::vector<stage>{{.kind = stage::temperature, .value = t}, {.kind = stage::top_p, .value = p}};
    };
    const tally found = compare_all(scaled(20'000), [&](u64 number, comparison& compared) {
        splitmix random(11, number);
        random_row(compared.scores, 1 + random.below(100), random);
        ++compared.found.rows;
        const place from = random_place(random);
        const auto compare = [&](const auto& real, std::vector<stage> same) {
            compared.chain = std::move(same);
            const oracle::result want = oracle::draw(compared.scores, compared.chain, U_of(from));
            check_public(compared, {number, compared.scores, compared.chain, U_of(from)}, want, compared.scores, real,
                         from);
        };
        compare(pluck::presets::openai(), preset(1.0f, 1.0f));
        compare(pluck::presets::claude(), preset(0.7f, 0.9f));
        compare(pluck::presets::llama(), preset(0.6f, 0.9f));
        compare(pluck::chain<>{}, {});
        compare(pluck::greedy(), {{.kind = stage::greedy}});
    });
    INFO(found.summary());
    CHECK(found.mismatches == 0);
}
