// SPDX-License-Identifier: MIT
//
// Batches by keys, results, indices and slots: every draw is the single draw of its row, key and parameters.
#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include "unit/stages.hpp"
#include <pluck/dynamic_chain.hpp>
#include <pluck/pluck.hpp>
#include <pluck/thread_pool.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace pluck_test;
using pluck::batch_options;
using pluck::dynamic_chain;
using pluck::greedy;
using pluck::key;
using pluck::keys;
using pluck::min_p;
using pluck::per_row;
using pluck::pick;
using pluck::rejection;
using pluck::results;
using pluck::sample;
using pluck::sample_rows;
using pluck::status;
using pluck::temperature;
using pluck::top_k;
using pluck::top_p;

namespace {

constexpr std::size_t vocab = 300;

// Rows side by side.
struct matrix {
    std::vector<float> logits;
    std::size_t rows = 0;

    matrix(std::size_t count, std::uint64_t number) : rows(count) {
        random_numbers numbers(number, 41);
        for (std::size_t i = 0; i < count * vocab; ++i) logits.push_back(static_cast<float>(3 * numbers.normal()));
    }
    [[nodiscard]] pluck::batch_view<float> view() const { return {logits.data(), rows, vocab}; }
    [[nodiscard]] std::vector<float> row(std::size_t i) const {
        const auto begin = logits.begin() + static_cast<std::ptrdiff_t>(i * vocab);
        return {begin, begin + static_cast<std::ptrdiff_t>(vocab)};
    }
};

// Arrays of results that hold what no draw writes.
struct arrays {
    std::vector<std::int32_t> token, kept;
    std::vector<status> state;
    std::vector<float> log_probability;

    explicit arrays(std::size_t draws)
        : token(draws, -77), kept(draws, -77), state(draws, status::out_of_memory), log_probability(draws, 77) {}
    [[nodiscard]] results all() {
        return {.token = token.data(),
                .status = state.data(),
                .kept = kept.data(),
                .log_probability = log_probability.data()};
    }
    [[nodiscard]] pick drawn(std::size_t i) const { return {token[i], state[i]}; }
    [[nodiscard]] bool untouched() const {
        for (std::size_t i = 0; i < token.size(); ++i) {
            if (token[i] != -77 || kept[i] != -77 || state[i] != status::out_of_memory || log_probability[i] != 77)
                return false;
        }
        return true;
    }
    [[nodiscard]] bool none(std::size_t i, status why) const {
        return drawn(i) == pick{-1, why} && kept[i] == 0 &&
               (bits_of(log_probability[i]) & 0x7fffffffu) > bits::plus_infinity;
    }
};

// What inspection says of a draw: how many tokens the chain keeps, and the logarithm of the token's share.
template <class Chain>
void expect_shares(tally& seen, const arrays& got, std::size_t i, const std::vector<float>& row, const Chain& chain,
                   const key& key) {
    const auto kept = pluck::candidates(row, chain, key);
    seen.expect(got.kept[i] == static_cast<std::int32_t>(kept.size()), "kept of draw ", i);
    pluck::report said;
    seen.expect(sample(row, chain, key, said) == got.drawn(i), "token of draw ", i);
    seen.expect(bits_of(got.log_probability[i]) == bits_of(said.log_probability), "draw ", i, ": ",
                got.log_probability[i], ", not ", said.log_probability);
    for (const pluck::candidate& one : kept) {
        if (one.token != got.token[i]) continue;
        const double log = std::log(one.probability);  // of a mass whose last bits are gone
        return seen.expect(std::abs(static_cast<double>(said.log_probability) - log) < 1e-5 - 1e-5 * log, "draw ", i,
                           ": ", said.log_probability, ", not ", log);
    }
    seen.expect(false, "draw ", i, " is not kept");
}

const auto chain = temperature(0.8f) | top_k(40) | top_p(0.95f);

}  // namespace

// ---- keys ----

TEST_CASE("keys are one value for all draws, one for each, or whole") {
    const matrix batch(5, 1);
    const std::vector<std::uint64_t> sequences = {3, 1, 4, 1, 5}, positions = {9, 2, 6, 5, 3};
    const std::vector<key> whole = {{.seed = 1}, {.seed = 2}, {.sequence = 3}, {.position = 4}, {}};
    arrays one(5), each(5), all(5), none(5);
    sample_rows(batch.view(), chain, keys{.seed = 7}, one.all());
    sample_rows(
        batch.view(), chain,
        {.seed = 7, .sequence = per_row<std::uint64_t>{sequences}, .position = per_row<std::uint64_t>{positions}},
        each.all());
    sample_rows(batch.view(), chain, {.whole = whole.data()}, all.all());
    sample_rows(batch.view(), chain, {}, none.all(), {});
    for (std::size_t i = 0; i < 5; ++i) {
        const std::vector<float> row = batch.row(i);
        CHECK(one.drawn(i) == sample(row, chain, {.seed = 7}));
        CHECK(each.drawn(i) == sample(row, chain, {.seed = 7, .sequence = sequences[i], .position = positions[i]}));
        CHECK(all.drawn(i) == sample(row, chain, whole[i]));
        CHECK(none.drawn(i) == sample(row, chain, {}));
    }
}

TEST_CASE("the keys of a batch are those of single draws, word by word") {
    const std::vector<std::uint64_t> words = {~std::uint64_t{0}, 5};
    const keys made{.seed = per_row<std::uint64_t>{words}, .sequence = 3};
    CHECK(made[0].seed == ~std::uint64_t{0});
    CHECK(made[1].seed == 5);
    CHECK(made[1].sequence == 3);
    CHECK(made[1].position == 0);
    STATIC_REQUIRE(std::is_trivially_copyable_v<keys>);
    STATIC_REQUIRE(std::is_trivially_copyable_v<results>);
}

// ---- results ----

TEST_CASE("every result of a draw is what inspection says of its row") {
    tally seen;
    for (std::uint64_t number = 0; number < repeated(200); ++number) {
        random_numbers numbers(number, 42);
        const matrix batch(3, number + 100);
        const temperature t = static_cast<float>(0.2 + numbers.uniform() * 2);
        const top_p p{static_cast<float>(numbers.uniform()), static_cast<int>(numbers.below(3))};
        const auto expect = [&](const auto& stages) {
            arrays got(3);
            sample_rows(batch.view(), stages, {.seed = number}, got.all());
            for (std::size_t i = 0; i < 3; ++i) {
                const std::vector<float> row = batch.row(i);
                seen.expect(got.drawn(i) == sample(row, stages, {.seed = number}), "batch ", number, ", row ", i);
                expect_shares(seen, got, i, row, stages, {.seed = number});
            }
        };
        expect(pluck::chain{});
        expect(t | p);
        expect(top_k(1 + numbers.below(400)) | t | p | top_k(30));
        expect(t | min_p(0.05f) | rejection{});
        expect(t | greedy{});
        expect(temperature(0));
        expect(without_best{} | p);
        expect(dynamic_chain(t | p));
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("16-bit logits have the results of their floats") {
    const matrix batch(4, 8);
    std::vector<pluck::bfloat16> narrow;
    std::vector<float> wide;
    for (const float logit : batch.logits) {
        narrow.push_back({static_cast<std::uint16_t>(bits_of(logit) >> 16)});
        wide.push_back(pluck::scalar_traits<pluck::bfloat16>::widen(narrow.back()));
    }
    arrays got(4), expected(4);
    for (const auto& stages : {dynamic_chain(chain), dynamic_chain(rejection{}), dynamic_chain(top_p(0.5f)),
                               dynamic_chain(temperature(2)), dynamic_chain(greedy{})}) {
        sample_rows(pluck::batch_view<pluck::bfloat16>{narrow.data(), 4, vocab}, stages, {.seed = 3}, got.all());
        sample_rows(pluck::batch_view<float>{wide.data(), 4, vocab}, stages, {.seed = 3}, expected.all());
        CHECK(got.token == expected.token);
        CHECK(got.kept == expected.kept);
        CHECK(got.log_probability == expected.log_probability);
    }
}

TEST_CASE("only what is asked for is written") {
    const matrix batch(3, 2);
    arrays full(3);
    sample_rows(batch.view(), chain, {.seed = 5}, full.all());
    for (unsigned wanted = 0; wanted < 16; ++wanted) {
        arrays part(3);
        results out = part.all();
        if ((wanted & 1) == 0) out.token = nullptr;
        if ((wanted & 2) == 0) out.status = nullptr;
        if ((wanted & 4) == 0) out.kept = nullptr;
        if ((wanted & 8) == 0) out.log_probability = nullptr;
        sample_rows(batch.view(), chain, {.seed = 5}, out);
        const arrays untouched(3);
        CHECK(part.token == ((wanted & 1) != 0 ? full.token : untouched.token));
        CHECK(part.state == ((wanted & 2) != 0 ? full.state : untouched.state));
        CHECK(part.kept == ((wanted & 4) != 0 ? full.kept : untouched.kept));
        CHECK(part.log_probability == ((wanted & 8) != 0 ? full.log_probability : untouched.log_probability));
    }
}

TEST_CASE("a row without a token has a status, nothing kept and no probability") {
    matrix batch(4, 3);
    batch.logits[vocab + 7] = float_of(bits::nans[0]);
    for (std::size_t i = 0; i < vocab; ++i) batch.logits[2 * vocab + i] = forbidden;
    arrays got(4);
    sample_rows(batch.view(), chain, {.seed = 5}, got.all());
    CHECK(got.none(1, status::nan_logit));
    CHECK(got.none(2, status::no_candidate));
    for (const std::size_t i : {0u, 3u}) CHECK(got.drawn(i) == sample(batch.row(i), chain, {.seed = 5}));
}

TEST_CASE("picks and results are the same draws") {
    const matrix batch(6, 4);
    std::vector<key> whole;
    for (std::size_t i = 0; i < 6; ++i) whole.push_back({.seed = i});
    std::vector<pick> picks(6);
    arrays got(6);
    sample_rows(batch.view(), chain, whole, picks);
    sample_rows(batch.view(), chain, {.whole = whole.data()}, got.all());
    for (std::size_t i = 0; i < 6; ++i) CHECK(got.drawn(i) == picks[i]);
    arrays spelt(6);
    sample_rows(batch.view(), {.temperature = 0.8f, .top_k = 40, .top_p = 0.95f}, {.whole = whole.data()}, spelt.all());
    CHECK(spelt.token == got.token);
}

// ---- indices and slots ----

TEST_CASE("several draws are from one row, and an index outside of the batch is the status of its draw") {
    const matrix batch(3, 5);
    const std::vector<std::int32_t> indices = {2, 0, 2, -1, 3, 1, 2, 0x7fffffff};
    std::vector<std::uint64_t> positions;
    for (std::size_t i = 0; i < indices.size(); ++i) positions.push_back(10 + i);
    arrays got(indices.size());
    sample_rows(batch.view(), chain, {.seed = 4, .position = per_row<std::uint64_t>{positions}}, got.all(),
                {.indices = indices});
    tally seen;
    for (std::size_t i = 0; i < indices.size(); ++i) {
        if (indices[i] < 0 || indices[i] > 2) {
            seen.expect(got.none(i, status::bad_parameter), "draw ", i);
            continue;
        }
        const std::vector<float> row = batch.row(static_cast<std::size_t>(indices[i]));
        const key of{.seed = 4, .position = positions[i]};
        seen.expect(got.drawn(i) == sample(row, chain, of), "draw ", i);
        expect_shares(seen, got, i, row, chain, of);
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("with indices, parameters and chains belong to draws") {
    const matrix batch(2, 6);
    const std::vector<std::int32_t> indices = {1, 0, 1, 1};
    const std::vector<float> ts = {0.5f, 1, 0, -1};
    arrays got(4);
    sample_rows(batch.view(), temperature(per_row<float>{ts}) | top_k(20), {.seed = 4}, got.all(),
                {.indices = indices});
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(got.drawn(i) ==
              sample(batch.row(static_cast<std::size_t>(indices[i])), temperature(ts[i]) | top_k(20), {.seed = 4}));
    }
    CHECK(got.none(3, status::bad_parameter));
    const std::vector<dynamic_chain> chains = {top_k(3), greedy{}, temperature(2) | min_p(0.1f), rejection{}};
    arrays by_range(4), by_row(4);
    sample_rows(batch.view(), chains, {.seed = 4}, by_range.all(), {.indices = indices});
    sample_rows(batch.view(), per_row<dynamic_chain>{chains}, {.seed = 4}, by_row.all(), {.indices = indices});
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(by_range.drawn(i) == sample(batch.row(static_cast<std::size_t>(indices[i])), chains[i], {.seed = 4}));
        CHECK(by_row.drawn(i) == by_range.drawn(i));
    }
}

TEST_CASE("a draw reads its parameters, its chain and its index at its slot") {
    const matrix batch(3, 7);
    const std::vector<std::int32_t> slots = {4, 0, 2};
    const std::vector<float> ts = {0.5f, 9, 1, 9, 2};
    const std::vector<std::uint64_t> sequences = {7, 8, 9};  // a key belongs to its draw
    const keys by_draw{.seed = 4, .sequence = per_row<std::uint64_t>{sequences}};
    std::vector<log_book> books(3);
    arrays got(3);
    sample_rows(batch.view(), temperature(per_row<float>{ts}) | top_k(20), by_draw, got.all(), {.slots = slots});
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(got.drawn(i) == sample(batch.row(i), temperature(ts[static_cast<std::size_t>(slots[i])]) | top_k(20),
                                     {.seed = 4, .sequence = sequences[i]}));
    }
    std::vector<dynamic_chain> chains(5);
    chains[4] = greedy{};
    chains[0] = temperature(0.5f) | top_k(5);
    sample_rows(batch.view(), per_row<dynamic_chain>{chains}, by_draw, got.all(), {.slots = slots});
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(got.drawn(i) ==
              sample(batch.row(i), chains[static_cast<std::size_t>(slots[i])], {.seed = 4, .sequence = sequences[i]}));
    }
    log_book book;
    const std::vector<std::int32_t> far = {1 << 20};
    const std::vector<std::int32_t> second = {1};
    arrays one(1);
    sample_rows(batch.view(), remember_in(book) | greedy{}, {}, one.all(), {.indices = second, .slots = far});
    CHECK(book.index == std::size_t{1} << 20);
    CHECK(one.drawn(0) == sample(batch.row(1), greedy{}, {}));
}

TEST_CASE("a slot that is negative, or past the end of an array, is the status of its draw") {
    const matrix batch(4, 9);
    const std::vector<std::int32_t> slots = {1, -1, 2, 0};
    const std::vector<float> ts = {0.5f, 1};
    const std::vector<dynamic_chain> chains = {top_k(3), greedy{}};
    arrays got(4), by_row(4), plain(4);
    sample_rows(batch.view(), temperature(per_row<float>{ts}), {.seed = 1}, got.all(), {.slots = slots});
    sample_rows(batch.view(), per_row<dynamic_chain>{chains}, {.seed = 1}, by_row.all(), {.slots = slots});
    sample_rows(batch.view(), top_k(4), {.seed = 1}, plain.all(), {.slots = slots});
    for (const arrays* each : {&got, &by_row}) {
        CHECK(each->none(1, status::bad_parameter));
        CHECK(each->none(2, status::bad_parameter));
        CHECK(each->drawn(0));
        CHECK(each->drawn(3));
    }
    CHECK(plain.none(1, status::bad_parameter));
    CHECK(plain.drawn(2) == sample(batch.row(2), top_k(4), {.seed = 1}));
}

// ---- executors, sizes ----

TEST_CASE("results do not depend on the executor") {
    const matrix batch(17, 10);
    std::vector<std::int32_t> indices;
    for (std::int32_t i = 0; i < 50; ++i) indices.push_back(i * 7 % 19 - 1);
    arrays alone(50), pooled(50), backwards(50);
    const keys of{.seed = 2};
    sample_rows(batch.view(), chain, of, alone.all(), {.indices = indices});
    sample_rows(batch.view(), chain, of, pooled.all(), {.indices = indices}, pluck::thread_pool(3));
    sample_rows(batch.view(), chain, of, backwards.all(), {.indices = indices}, [](std::size_t n, const auto& f) {
        for (std::size_t i = n; i > 0; --i) f(i - 1);
    });
    for (const arrays* each : {&pooled, &backwards}) {
        CHECK(each->token == alone.token);
        CHECK(each->state == alone.state);
        CHECK(each->kept == alone.kept);
        for (std::size_t i = 0; i < 50; ++i)
            CHECK(bits_of(each->log_probability[i]) == bits_of(alone.log_probability[i]));
    }
}

TEST_CASE("an empty batch draws nothing") {
    const matrix batch(0, 11);
    sample_rows(batch.view(), chain, {.seed = 1}, {});
    sample_rows(batch.view(), chain, {}, {});  // the spans'
    sample_rows(batch.view(), {.top_k = 3}, {}, {});
    arrays got(2);
    const std::vector<std::int32_t> indices = {0, 1};
    sample_rows(batch.view(), chain, {.seed = 1}, got.all(), {.indices = indices});
    CHECK(got.none(0, status::bad_parameter));
    CHECK(got.none(1, status::bad_parameter));
}

TEST_CASE("an empty array of indices is no draws, whatever the batch") {
    const matrix batch(3, 11);
    const std::vector<std::int32_t> none;
    const std::vector<float> no_temperature;
    arrays got(3);
    sample_rows(batch.view(), chain, {.seed = 1}, got.all(), {.indices = none});
    sample_rows(batch.view(), chain, {.seed = 1}, got.all(), {.indices = none, .slots = none});
    sample_rows(batch.view(), temperature(per_row<float>{no_temperature}), {}, got.all(), {.indices = none});
    CHECK(got.untouched());
}

TEST_CASE("wrong sizes are refused before anything is written") {
    const matrix batch(3, 12);
    arrays got(4);
    const std::vector<std::uint64_t> words(2);
    const std::vector<float> ts(2, 1.0f);
    const std::vector<std::int32_t> four(4), two(2);
    const std::vector<dynamic_chain> chains(2);
    const auto refused = [&](const auto& stages, const keys& of, const batch_options& how) {
        return message_of([&] { sample_rows(batch.view(), stages, of, got.all(), how); });
    };
    for (const bool none : {false, true}) {  // too few words, and no words at all: an array of null
        const auto array = none ? per_row<std::uint64_t>{nullptr} : per_row<std::uint64_t>{words};
        const std::string got_size = none ? "0" : "2";
        for (const auto& [name, of] : {std::pair<std::string, keys>{"seed", {.seed = array}},
                                       {"sequence", {.sequence = array}},
                                       {"position", {.position = array}}}) {
            const std::string said = "pluck::sample_rows: the size of " + name + " must be >= the ";
            CHECK(refused(chain, of, {}) == said + "3 draws, got " + got_size);
            CHECK(refused(chain, of, {.indices = four}) == said + "4 draws, got " + got_size);
        }
    }
    CHECK(refused(temperature(per_row<float>{ts}), {}, {}) ==
          "pluck::sample_rows: the per_row size of temperature must be >= the batch's 3 rows, got 2");
    CHECK(refused(temperature(per_row<float>{ts}), {}, {.indices = four}) ==
          "pluck::sample_rows: the per_row size of temperature must be >= the 4 draws, got 2");
    CHECK(refused(per_row<dynamic_chain>{chains}, {}, {}) ==
          "pluck::sample_rows: the per_row size of the chains must be >= the batch's 3 rows, got 2");
    CHECK(refused(chains, {}, {}) == "pluck::sample_rows: chains.size() must be the batch's 3 rows, got 2");
    CHECK(refused(chains, {}, {.indices = four}) == "pluck::sample_rows: chains.size() must be the 4 draws, got 2");
    CHECK(refused(chain, {}, {.slots = two}) == "pluck::sample_rows: slots.size() must be the batch's 3 rows, got 2");
    CHECK(refused(chain, {}, {.indices = four, .slots = two}) ==
          "pluck::sample_rows: slots.size() must be the 4 draws, got 2");
    const std::vector<std::int32_t> none;
    CHECK(refused(chain, {}, {.slots = none}) == "pluck::sample_rows: slots.size() must be the batch's 3 rows, got 0");
    CHECK(refused(chains, {}, {.indices = none}) == "pluck::sample_rows: chains.size() must be the 0 draws, got 2");
    CHECK(got.untouched());
}
