// SPDX-License-Identifier: MIT
#include "exact/splitmix.hpp"
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/adjust/banned.hpp>
#include <pluck/sample.hpp>
#include <pluck/sequence.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

using namespace pluck_test;
using exact::splitmix;
using pluck::sequence;

namespace {

using ids = std::vector<std::int32_t>;

/// A keep stage with a memory: what it keeps depends on all that was drawn before, as with mirostat.
struct drifting : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    pluck::stage_memory* memory;
    explicit drifting(pluck::stage_memory& own) : memory(&own) {}

    template <class Row>
    void operator()(Row& row) const {
        row.keep_largest(1 + static_cast<std::size_t>(memory->values[0]) % 7);
    }
    template <class Row>
    void after(const Row&, std::int32_t token) const {
        memory->values[0] = memory->values[0] * 3 + token;
        while (memory->values[0] >= 1000) memory->values[0] -= 1000;
    }
};

constexpr std::size_t vocab = 40;

/// A model: logits that depend on all tokens so far.
std::vector<float> logits_after(std::span<const std::int32_t> text) {
    std::uint64_t hash = 17;
    for (const std::int32_t token : text) hash = hash * 0x100000001b3 + static_cast<std::uint64_t>(token);
    splitmix random(hash, 1);
    std::vector<float> row(vocab);
    for (float& logit : row) logit = random.positive(-2, 1);
    return row;
}

auto chain_of(sequence& text) {
    return pluck::penalties(text.history(), {.repetition = 1.2f, .frequency = 0.1f, .last_n = 20}) |
           pluck::dry(text.history(), {.multiplier = 0.5f}) | pluck::no_repeat_ngram(text.history(), 3) |
           pluck::temperature(0.9f) | drifting(text.memory());
}

/// Draws n tokens.
void go_on(sequence& text, int n) {
    const auto chain = chain_of(text);
    for (int i = 0; i < n; ++i) text.accept(pluck::sample(logits_after(text.tokens()), chain, text.key()).token);
}

ids tokens_of(const sequence& text) { return {text.tokens().begin(), text.tokens().end()}; }

}  // namespace

TEST_CASE("a sequence's keys count its tokens") {
    sequence text(ids{3, 1, 4}, {.seed = 42, .sequence = 7});
    CHECK(text.key().seed == 42);
    CHECK(text.key().sequence == 7);
    CHECK(text.key().position == 3);
    text.accept(1);
    CHECK(text.key().position == 4);
    CHECK(text.size() == 4);
    CHECK(text.prompt_size() == 3);
    CHECK(text.generated() == 1);
    CHECK(tokens_of(text) == ids{3, 1, 4, 1});
    CHECK(sequence().key().position == 0);
}

TEST_CASE("rollback is the exact inverse of accept, memory of stages included") {
    sequence text(ids{1, 2, 3}, {.seed = 5, .undo = 30});
    go_on(text, 50);
    const sequence whole = text;
    splitmix random(0x71, 0);
    for (int round = 0; round < 60; ++round) {
        const auto back = static_cast<std::uint32_t>(random.below(31));
        sequence other = whole;
        other.rollback(back);
        if (random.one_in(2)) {  // other tokens, which are taken back, too
            other.accept(9);
            other.accept(9);
            other.memory().values[0] = 5;
            other.rollback(2);
        }
        go_on(other, static_cast<int>(back) + 10);
        sequence straight = whole;
        go_on(straight, 10);
        REQUIRE(tokens_of(other) == tokens_of(straight));
        REQUIRE(other.memory() == straight.memory());
    }
}

TEST_CASE("a rollback goes no further than it can be exact") {
    sequence text(ids{1, 2, 3}, {.undo = 4});
    CHECK(message_of([&] { text.rollback(1); }) == "pluck::sequence: a rollback's n must be in [0, 0], got 1");
    for (int i = 0; i < 40; ++i) text.accept(i);
    CHECK(message_of([&] { text.rollback(5); }) == "pluck::sequence: a rollback's n must be in [0, 4], got 5");
    CHECK(text.size() == 43);
    text.rollback(4);
    CHECK(tokens_of(text).back() == 35);
    text.rollback(0);
    CHECK(text.size() == 39);
    CHECK(message_of([&] { text.rollback(1); }) == "pluck::sequence: a rollback's n must be in [0, 0], got 1");
    text.accept(1);
    text.rollback(1);
    CHECK(message_of([&] { text.accept(-1); }) == "pluck::sequence: the token must be >= 0, got -1");
    CHECK(message_of([&] {
              (void)sequence(ids{1, -2});
          }) == "pluck::sequence: a token of the prompt must be >= 0, got -2");
    CHECK(text.size() == 39);
}

TEST_CASE("what a chain reads keeps its address as a sequence grows and moves") {
    sequence text(ids{1, 2, 3}, {.seed = 8});
    const auto chain = chain_of(text);
    const auto* history = &text.history();
    for (int i = 0; i < 400; ++i) text.accept(pluck::sample(logits_after(text.tokens()), chain, text.key()).token);
    sequence moved = std::move(text);
    CHECK(&moved.history() == history);
    for (int i = 0; i < 20; ++i) moved.accept(pluck::sample(logits_after(moved.tokens()), chain, moved.key()).token);
    sequence straight(ids{1, 2, 3}, {.seed = 8});
    go_on(straight, 420);
    CHECK(tokens_of(moved) == tokens_of(straight));
    STATIC_REQUIRE_FALSE(std::is_constructible_v<pluck::penalties, pluck::token_history, pluck::penalty_settings>);
}

TEST_CASE("copies go their own ways, and forks draw other tokens") {
    sequence text(ids{1, 2, 3}, {.seed = 8});
    go_on(text, 20);
    sequence copy = text;
    CHECK(&copy.history() != &text.history());
    go_on(copy, 30);
    CHECK(text.size() == 23);
    go_on(text, 30);
    CHECK(tokens_of(copy) == tokens_of(text));
    sequence other = text.fork(3);
    CHECK(other.key().sequence == 3);
    CHECK(other.key().position == text.key().position);
    go_on(other, 30);
    go_on(text, 30);
    CHECK(tokens_of(other) != tokens_of(text));
    copy = text;
    CHECK(tokens_of(copy) == tokens_of(text));
}

TEST_CASE("what is copied to a sequence goes on by that one's chain and lists") {
    sequence best(ids{1, 2, 3}, {.seed = 8}), other(ids{9}, {.seed = 9, .sequence = 4});
    go_on(best, 30);
    go_on(other, 5);
    const auto list = other.keep(ids{0, 1, 2, 3, 4, 5});
    const auto chain = pluck::banned(list) | chain_of(other);
    const auto* history = &other.history();
    other = best;
    CHECK(&other.history() == history);
    CHECK(tokens_of(other) == tokens_of(best));
    CHECK(other.key().sequence == best.key().sequence);
    other.memory() = {};
    best.memory() = {};
    for (int i = 0; i < 300; ++i) other.accept(pluck::sample(logits_after(other.tokens()), chain, other.key()).token);
    const auto straight = pluck::banned(list) | chain_of(best);
    for (int i = 0; i < 300; ++i) best.accept(pluck::sample(logits_after(best.tokens()), straight, best.key()).token);
    CHECK(tokens_of(other) == tokens_of(best));
    const sequence& same = other;
    other = same;
    CHECK(tokens_of(other) == tokens_of(best));
    sequence moved = std::move(other);
    other = moved;
    CHECK(tokens_of(other) == tokens_of(best));
}

TEST_CASE("a sequence may have its room at once") {
    sequence text(ids{1}, {.capacity = 1000});
    const auto* tokens = text.tokens().data();
    for (int i = 0; i < 900; ++i) text.accept(i);
    CHECK(text.tokens().data() == tokens);
}

TEST_CASE("a saved sequence goes on as the one that was saved") {
    for (const bool matches : {true, false}) {
        sequence text(ids{1, 2, 3}, {.seed = ~std::uint64_t{0}, .sequence = 1u << 31, .undo = 9, .matches = matches});
        for (int i = 0; i < 70; ++i) {
            text.memory().values[1] = 0.1 * i;
            text.accept(i % 13);
        }
        sequence loaded = sequence::load(text.save());
        CHECK(loaded.save() == text.save());
        CHECK(loaded.key().seed == text.key().seed);
        CHECK(loaded.prompt_size() == 3);
        CHECK(loaded.history().has_matches() == matches);
        CHECK(loaded.history().longest_match() == text.history().longest_match());
        loaded.rollback(9);
        text.rollback(9);
        CHECK(loaded.memory() == text.memory());
        CHECK(loaded.save() == text.save());
    }
    sequence text(ids{4}, {.seed = 2});
    go_on(text, 30);
    sequence loaded = sequence::load(text.save());
    go_on(loaded, 40);
    go_on(text, 40);
    CHECK(tokens_of(loaded) == tokens_of(text));
    CHECK(sequence::load(sequence().save()).size() == 0);
}

TEST_CASE("a sequence's bytes are the same on every machine") {
    sequence text(ids{1, 0x01020304}, {.seed = 0x1122334455667788, .sequence = 9, .undo = 3});
    text.memory().values[0] = 1.5;
    text.accept(7);
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const std::byte each : text.save()) hash = (hash ^ std::to_integer<std::uint64_t>(each)) * 0x100000001b3;
    CHECK(hash == 0x328ba6778b4fa226);
    CHECK(text.save().size() == 8 + 4 + 8 + 8 + 4 + 1 + 4 + 4 + 3 * 4 + 32 + 4 + 2 * 32 + 8);
}

TEST_CASE("bytes that are damaged are refused, wherever it is") {
    sequence text(ids{1, 2, 3});
    for (int i = 0; i < 10; ++i) text.accept(i);
    const std::vector<std::byte> good = text.save();
    const std::string damaged = "pluck::sequence: not the bytes of a saved sequence, or not all of them";
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::vector<std::byte> bad = good;
        bad[i] ^= std::byte{4};
        const std::string message = message_of([&] { (void)sequence::load(bad); });
        const bool is_version = i >= 8 && i < 12;
        CHECK((is_version ? message.starts_with("pluck::sequence: saved by version ") : message == damaged));
        CHECK(message_of([&] { (void)sequence::load(std::span(good).first(i)); }).starts_with("pluck::sequence: "));
    }
    std::vector<std::byte> longer = good;
    longer.push_back(std::byte{0});
    CHECK(message_of([&] { (void)sequence::load(longer); }) == damaged);
}
