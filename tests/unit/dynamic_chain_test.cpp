// SPDX-License-Identifier: MIT
//
// A chain made at run time is the typed chain of the same stages, token for token; what it refuses, and what it takes.
#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/logit_cases.hpp"
#include "support/serial_row.hpp"
#include "unit/helpers.hpp"
#include "unit/stages.hpp"
#include <pluck/dynamic_chain.hpp>
#include <pluck/pluck.hpp>
#include <pluck/thread_pool.hpp>
#include <pluck/urbg.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

using namespace pluck_test;
using pluck::categorical;
using pluck::combined;
using pluck::dynamic_chain;
using pluck::greedy;
using pluck::min_p;
using pluck::per_row;
using pluck::pick;
using pluck::rejection;
using pluck::sample;
using pluck::status;
using pluck::temperature;
using pluck::top_k;
using pluck::top_p;

namespace {

using any_stage = std::variant<temperature, top_k, top_p, min_p, categorical, greedy, rejection>;

// What a typed chain does with these stages, stage by stage.
pick by_hand(const std::vector<any_stage>& stages, const std::vector<float>& logits, const pluck::key& key,
             std::size_t index) {
    pluck::workspace scratch;
    pluck::cpu::row row(pluck::logits_view<float>{logits.data(), logits.size()}, scratch, pluck::randomness(key),
                        index);
    if (!row.settle()) return {-1, row.state()};
    std::int32_t token = -1;
    bool drawn = false;
    for (const any_stage& each : stages) {
        std::visit(
            [&]<class Stage>(const Stage& stage) {
                if constexpr (Stage::does == pluck::verb::draw) {
                    token = stage(row);
                    drawn = true;
                } else {
                    stage(row);
                }
            },
            each);
        if (row.state() != status::ok) return {-1, row.state()};
    }
    return {drawn ? token : categorical{}(row), status::ok};
}

dynamic_chain packed(const std::vector<any_stage>& stages) {
    dynamic_chain made;
    for (const any_stage& each : stages) std::visit([&](const auto& stage) { made.add(stage); }, each);
    return made;
}

// Parameters of `rows` rows, of which some are outside of their range.
struct arrays {
    std::vector<float> reals;
    std::vector<std::int32_t> counts;

    arrays(std::size_t rows, random_numbers& numbers) {
        for (std::size_t i = 0; i < rows; ++i) {
            reals.push_back(numbers.chance(9) ? -1.0f : static_cast<float>(numbers.uniform()));
            counts.push_back(static_cast<std::int32_t>(numbers.below(40)) - (numbers.chance(9) ? 50 : 0));
        }
    }
};

std::vector<any_stage> random_stages(random_numbers& numbers, const arrays& rows, std::size_t longest) {
    std::vector<any_stage> made;
    const auto real = [&] {
        return numbers.chance(6) ? static_cast<float>(numbers.below(2)) : static_cast<float>(numbers.uniform());
    };
    const bool by_row = numbers.chance(2);
    for (std::size_t length = numbers.below(longest + 1); made.size() < length;) {
        const std::size_t floor = numbers.chance(3) ? numbers.below(8) : 1;
        const bool own = by_row && numbers.chance(2);
        const per_row<float> reals{rows.reals};
        switch (numbers.below(4)) {
            case 0: made.push_back(own ? temperature(reals) : temperature(real() * 2)); break;
            case 1: made.push_back(own ? top_k(per_row<std::int32_t>{rows.counts}) : top_k(numbers.below(80))); break;
            case 2: made.push_back(own ? top_p(reals, floor) : top_p(real(), floor)); break;
            default: made.push_back(own ? min_p(reals, floor) : min_p(real() * real(), floor)); break;
        }
    }
    switch (numbers.below(5)) {
        case 0: made.push_back(categorical{}); break;
        case 1: made.push_back(greedy{}); break;
        case 2: made.push_back(rejection{}); break;
        default: break;
    }
    return made;
}

// The same stages, typed and not, draw the same from many rows.
template <class Typed>
void expect_same(tally& seen, const Typed& typed, std::uint64_t number) {
    const dynamic_chain made = typed;
    const std::vector<float> row = random_row(number);
    const pluck::key key{.seed = number, .position = 3};
    seen.expect(sample(row, made, key) == sample(row, typed, key), "row ", number);
    seen.expect(kept_by(row, made) == kept_by(row, typed), "kept of row ", number);
    serial_row slow(row.data(), row.size(), pluck::randomness(key), 0);
    serial_row same(row.data(), row.size(), pluck::randomness(key), 0);
    seen.expect(run(made, slow) == run(pluck::as_chain(typed), same), "serially, row ", number);
}

// Stages of a user's own in a dynamic chain that lists them.
using own_chain = pluck::basic_dynamic_chain<ban, negate, top_k, top_p, by_chance, failing, remember, worst, greedy,
                                             finds_nothing, see_bits>;

// As large as a stage with lists of its own may be.
struct large : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    static constexpr const char* name = "large";
    std::uint64_t words[40] = {};
    template <class Row>
    void operator()(Row&) const {}
};

}  // namespace

// ---- what it is ----

TEST_CASE("a dynamic chain is a kilobyte of plain data") {
    STATIC_REQUIRE(sizeof(dynamic_chain) <= 1024);
    STATIC_REQUIRE(std::is_trivially_copyable_v<dynamic_chain>);
    STATIC_REQUIRE(std::is_trivially_destructible_v<dynamic_chain>);
    STATIC_REQUIRE(std::is_nothrow_default_constructible_v<dynamic_chain>);
    STATIC_REQUIRE(std::is_trivially_copyable_v<own_chain>);
    STATIC_REQUIRE(pluck::chain_like<dynamic_chain>);
    STATIC_REQUIRE(pluck::chain_like<per_row<dynamic_chain>>);
    STATIC_REQUIRE_FALSE(pluck::chain_like<per_row<float>>);
    STATIC_REQUIRE(noexcept(sample(std::vector<float>(), dynamic_chain(), pluck::key())));
    constexpr dynamic_chain none;
    STATIC_REQUIRE(none.empty());
    STATIC_REQUIRE(none.size() == 0);
}

TEST_CASE("32 of any of the library's stages fit") {
    constexpr std::size_t largest =
        std::max({sizeof(temperature), sizeof(top_k), sizeof(top_p), sizeof(min_p), sizeof(categorical)});
    STATIC_REQUIRE(largest <= 24);
    STATIC_REQUIRE(dynamic_chain::max_stages * largest <= dynamic_chain::max_bytes);
    dynamic_chain rules;
    for (int i = 0; i < 31; ++i) rules.add(top_p(0.9f, i));
    rules.add(categorical{});
    CHECK(rules.size() == 32);
    CHECK(message_of([&] { rules.add(top_p(0.9f)); }) ==
          "pluck::dynamic_chain: top_p cannot follow categorical: a draw stage ends its chain");
}

TEST_CASE("stages are added one after the other, or many at once") {
    dynamic_chain rules;
    CHECK(rules.empty());
    rules.add(temperature(0.8f)).add(top_k(40)).add(top_p(0.95f));
    CHECK(rules.size() == 3);
    rules.add(min_p(0.1f) | top_k(7)).add(pluck::chain{});
    CHECK(rules.size() == 5);
    rules.add(combined{.top_k = 3}).add(rules);
    CHECK(rules.size() == 18);
    rules.clear();
    CHECK(rules.empty());
    rules = temperature(0.5f) | top_k(3) | greedy{};
    CHECK(rules.size() == 3);
    rules = top_k(4);
    CHECK(rules.size() == 1);
    rules = combined{};
    CHECK(rules.size() == 4);
}

TEST_CASE("stages are visited in order, with their own types") {
    const dynamic_chain rules = top_p(0.5f) | temperature(2) | top_p(0.6f) | greedy{};
    std::string names;
    rules.for_each([&](const auto& stage) { names += std::string(stage.name) + ' '; });
    CHECK(names == "top_p temperature top_p greedy ");
    int calls = 0;
    rules.for_each([&](const auto&) { return ++calls < 2; });
    CHECK(calls == 2);
}

// ---- what it refuses ----

TEST_CASE("a stage in the wrong place is refused, by name, and the chain stays as it was") {
    dynamic_chain rules = temperature(0.8f) | categorical{};
    CHECK(message_of([&] { rules.add(top_k(3)); }) ==
          "pluck::dynamic_chain: top_k cannot follow categorical: a draw stage ends its chain");
    CHECK(message_of([&] { rules.add(greedy{}); }) ==
          "pluck::dynamic_chain: greedy cannot follow categorical: a draw stage ends its chain");
    CHECK(rules.size() == 2);
    CHECK(sample(std::vector<float>{1, 2}, rules, {.seed = 4}) ==
          sample(std::vector<float>{1, 2}, temperature(0.8f), {.seed = 4}));

    own_chain own = top_k(4);
    CHECK(message_of([&] { own.add(ban_of(1)); }) ==
          "pluck::dynamic_chain: a stage without a name cannot follow top_k: adjusters move scores before anything is "
          "kept");
    own.clear();
    own.add(ban_of(1)).add(negate{}).add(top_k(2));
    CHECK(own.size() == 3);
}

TEST_CASE("a 33rd stage is refused") {
    dynamic_chain rules;
    for (int i = 0; i < 32; ++i) rules.add(top_k(i));
    CHECK(message_of([&] { rules.add(min_p(0.1f)); }) ==
          "pluck::dynamic_chain: min_p would be stage 33: a chain has at most 32");
    CHECK(message_of([&] { rules.add(greedy{}); }) ==
          "pluck::dynamic_chain: greedy would be stage 33: a chain has at most 32");
    CHECK(rules.size() == 32);
}

TEST_CASE("many stages are added together or not at all") {
    dynamic_chain rules;
    for (int i = 0; i < 30; ++i) rules.add(top_k(5));
    CHECK(message_of([&] { rules.add(top_k(1) | temperature(2) | top_k(4)); }) ==
          "pluck::dynamic_chain: top_k would be stage 33: a chain has at most 32");
    CHECK(rules.size() == 30);
    CHECK(message_of([&] { rules.add(greedy{} | pluck::chain{}).add(rules); }) ==
          "pluck::dynamic_chain: top_k cannot follow greedy: a draw stage ends its chain");
    CHECK(rules.size() == 31);
    CHECK(sample(std::vector<float>{0, 3, 0}, rules, {}).token == 1);
}

TEST_CASE("what no longer fits is refused with the bytes that are left") {
    pluck::basic_dynamic_chain<large, top_k> rules = top_k(1);
    rules.add(large{}).add(large{}).add(large{});
    CHECK(message_of([&] { rules.add(large{}); }) ==
          "pluck::dynamic_chain: large takes 320 bytes and 8 of 984 are left");
    CHECK(rules.size() == 4);
    CHECK(message_of([&] { rules.add(top_k(1)); }) ==
          "pluck::dynamic_chain: top_k takes 16 bytes and 8 of 984 are left");
}

// ---- what it draws ----

TEST_CASE("a dynamic chain draws the tokens of the typed chain") {
    tally seen;
    for (std::uint64_t number = 0; number < repeated(400); ++number) {
        random_numbers numbers(number, 31);
        const temperature t = static_cast<float>(numbers.uniform() * 2);
        const top_k k = numbers.below(60);
        const top_p p{static_cast<float>(numbers.uniform()), static_cast<int>(numbers.below(4))};
        const min_p m{static_cast<float>(numbers.uniform() * 0.2), static_cast<int>(numbers.below(4))};
        expect_same(seen, pluck::chain{}, number);
        expect_same(seen, t | k | p | m, number);
        expect_same(seen, m | p | t | greedy{}, number);
        expect_same(seen, p | k | t | p | categorical{}, number);
        expect_same(seen, k | t | m | rejection{}, number);
        expect_same(seen, t | t | p, number);
        expect_same(seen, combined{.temperature = t, .top_k = k, .top_p = p, .min_p = m}, number);
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("any order of all stages, with parameters of all rows and of each, draws as stage by stage") {
    tally seen;
    for (std::uint64_t number = 0; number < repeated(6000); ++number) {
        random_numbers numbers(number, 32);
        const arrays rows(4, numbers);
        const std::vector<any_stage> stages = random_stages(numbers, rows, number % 50 == 0 ? 31 : 6);
        const dynamic_chain rules = packed(stages);
        const std::vector<float> row = random_row(number);
        // Rows 0 to 3, and one past the end of the arrays.
        const std::size_t index = numbers.below(5);
        const pluck::key key{.seed = number};
        pluck::workspace scratch;
        pluck::cpu::row state(pluck::logits_view<float>{row.data(), row.size()}, scratch, pluck::randomness(key),
                              index);
        const pick got = run(rules, state), expected = by_hand(stages, row, key, index);
        seen.expect(got == expected, "row ", number, ": ", got.token, ", not ", expected.token);
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("a dynamic chain is joined with stages and chains on either side") {
    const dynamic_chain rules = temperature(0.7f) | top_k(20);
    const std::vector<float> row = random_row(5);
    const pluck::key key{.seed = 8};
    STATIC_REQUIRE(std::is_same_v<decltype(rules | greedy{}), dynamic_chain>);
    STATIC_REQUIRE(std::is_same_v<decltype(greedy{} | rules), dynamic_chain>);
    STATIC_REQUIRE(std::is_same_v<decltype(rules | rules), dynamic_chain>);
    CHECK((rules | top_p(0.5f)).size() == 3);
    CHECK((rules | rules).size() == 4);
    CHECK(sample(row, rules | top_p(0.5f), key) == sample(row, temperature(0.7f) | top_k(20) | top_p(0.5f), key));
    CHECK(sample(row, top_p(0.5f) | rules, key) == sample(row, top_p(0.5f) | temperature(0.7f) | top_k(20), key));
    CHECK(sample(row, combined{.min_p = 0.1f} | rules, key) ==
          sample(row, combined{.min_p = 0.1f} | temperature(0.7f) | top_k(20), key));
    CHECK(message_of([&] { (void)(greedy{} | rules); }) ==
          "pluck::dynamic_chain: temperature cannot follow greedy: a draw stage ends its chain");
}

TEST_CASE("bad rows and bad parameters are the statuses of the typed chain") {
    const dynamic_chain rules = temperature(0.7f) | top_k(20) | top_p(0.5f);
    CHECK(sample(std::vector<float>{1, float_of(bits::nans[0])}, rules, {}).status == status::nan_logit);
    CHECK(sample(std::vector<float>{forbidden}, rules, {}).status == status::no_candidate);
    CHECK(sample(std::vector<float>{}, rules, {}).status == status::no_candidate);
    const std::vector<float> bad = {1.5f};
    const dynamic_chain wrong = temperature(0.7f) | top_p(per_row<float>{bad}) | greedy{};
    CHECK(sample(std::vector<float>{1, 2}, wrong, {}) == pick{-1, status::bad_parameter});
    CHECK(message_of([&] {
              (void)pluck::probabilities(std::vector<float>{1, 2}, wrong);
          }) == "pluck::probabilities: the row has no distribution: bad_parameter");
}

TEST_CASE("a generator of the caller's draws with a dynamic chain as with a typed one") {
    const std::vector<float> row = random_row(9);
    std::mt19937_64 one(3), other(3);
    const auto typed = temperature(0.7f) | top_p(0.8f);
    CHECK(sample(row, dynamic_chain(typed), one) == sample(row, typed, other));
    CHECK(one == other);
}

// ---- stages of a user's own ----

TEST_CASE("a list of one's own holds adjusters and stages with a memory") {
    log_book book;
    bits_seen bits;
    see_bits look;
    look.seen = &bits;
    own_chain rules = look;
    rules.add(ban_of(3)).add(negate{}).add(remember_in(book)).add(top_k(2)).add(worst{});
    const std::vector<float> row = {4, 3, 2, 1};
    log_book other;
    const pick expected = sample(row, look | ban_of(3) | negate{} | remember_in(other) | top_k(2) | worst{}, {});
    CHECK(sample(row, rules, {}) == expected);
    CHECK(expected.token == 1);
    CHECK(bits.state == status::ok);
    CHECK(book.calls == 1);
    CHECK(book.token == other.token);
    CHECK(book.kept == other.kept);
    CHECK(sample(row, own_chain(top_k(2) | finds_nothing{}), {}) == pick{-1, status::no_candidate});
    CHECK(sample(row, own_chain(remember_in(book) | failing{} | greedy{}), {}) == pick{-1, status::bad_parameter});
    CHECK(book.calls == 1);
}

TEST_CASE("a random stage in a dynamic chain makes inspection ask for the key") {
    const std::vector<float> row = {4, 3, 2, 1};
    const own_chain random = by_chance{} | top_p(0.99f), fixed = top_p(0.99f);
    CHECK(message_of([&] { (void)pluck::probabilities(row, random); }) ==
          "pluck::probabilities: a stage of this chain is random; pass the draw's key as the last argument");
    CHECK(message_of([&] { (void)pluck::candidates(row, random); }) ==
          "pluck::candidates: a stage of this chain is random; pass the draw's key as the last argument");
    CHECK(pluck::candidates(row, random, {.seed = 1}).size() ==
          pluck::candidates(row, by_chance{} | top_p(0.99f), {.seed = 1}).size());
    CHECK((pluck::probabilities(row, fixed) == pluck::probabilities(row, top_p(0.99f))).all());
    CHECK(pluck::entropy(row, dynamic_chain(top_k(2))) == pluck::entropy(row, top_k(2)));
}

// ---- batches ----

TEST_CASE("a batch of different dynamic chains is one call") {
    tally seen;
    for (std::uint64_t number = 0; number < repeated(200); ++number) {
        random_numbers numbers(number, 33);
        constexpr std::size_t rows = 6;
        const arrays parameters(rows, numbers);
        std::vector<std::vector<float>> batch;
        std::vector<std::vector<any_stage>> stages;
        std::vector<dynamic_chain> chains;
        std::vector<pluck::key> keys;
        for (std::size_t i = 0; i < rows; ++i) {
            batch.push_back(random_row(number * rows + i));
            stages.push_back(random_stages(numbers, parameters, 5));
            chains.push_back(packed(stages.back()));
            keys.push_back({.seed = number, .sequence = i});
        }
        std::vector<pick> picks(rows), by_span(rows), pooled(rows);
        static const pluck::thread_pool pool(3);
        pluck::sample_rows(batch, chains, keys, picks);
        pluck::sample_rows(batch, std::span<const dynamic_chain>(chains), keys, pooled, pool);
        pluck::sample_rows(batch, per_row<dynamic_chain>{chains}, keys, by_span);
        for (std::size_t i = 0; i < rows; ++i)
            seen.expect(picks[i] == by_hand(stages[i], batch[i], keys[i], i), "batch ", number, ", row ", i);
        seen.expect(picks == by_span && picks == pooled, "batch ", number);
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("a batch is refused that has more rows than chains, or than their parameters serve") {
    const std::vector<std::vector<float>> batch(3, {1, 2});
    const std::vector<pluck::key> keys(3);
    std::vector<pick> picks(3, pick{77, status::ok});
    const std::vector<dynamic_chain> two(2);
    CHECK(message_of([&] { pluck::sample_rows(batch, per_row<dynamic_chain>{two}, keys, picks); }) ==
          "pluck::sample_rows: the per_row size of the chains must be >= the batch's 3 rows, got 2");
    CHECK(message_of([&] { pluck::sample_rows(batch, two, keys, picks); }) ==
          "pluck::sample_rows: chains.size() must be the batch's 3 rows, got 2");
    const std::vector<float> ps(2, 0.5f);
    const dynamic_chain rules = temperature(1) | top_p(per_row<float>{ps});
    CHECK(message_of([&] { pluck::sample_rows(batch, rules, keys, picks); }) ==
          "pluck::sample_rows: the per_row size of top_p must be >= the batch's 3 rows, got 2");
    CHECK(picks == std::vector<pick>(3, pick{77, status::ok}));
}

TEST_CASE("a row without a chain of its own has a bad parameter") {
    const std::vector<dynamic_chain> one = {greedy{}};
    const std::vector<float> row = {1, 3, 2};
    CHECK(sample(row, per_row<dynamic_chain>{one}, {}) == pick{1, status::ok});
    CHECK(pluck::candidates(row, per_row<dynamic_chain>{one}).size() == 1);
    const dynamic_chain* none = nullptr;
    CHECK(sample(row, per_row<dynamic_chain>{none}, {}) == pick{-1, status::bad_parameter});
    pluck::workspace scratch;
    pluck::cpu::row past(pluck::logits_view<float>{row.data(), row.size()}, scratch, pluck::randomness(pluck::key{}),
                         1);
    CHECK(run(per_row<dynamic_chain>{one}, past) == pick{-1, status::bad_parameter});
}
