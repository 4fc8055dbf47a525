// SPDX-License-Identifier: MIT
//
// A server's batch: requests that differ in everything, come and go, are put away and taken up again, and draw their
// tokens in one call. Each token is the one that its request gets alone.
#include "exact/splitmix.hpp"
#include "support/catch.hpp"
#include <pluck/batch.hpp>
#include <pluck/dynamic_chain.hpp>
#include <pluck/sample.hpp>
#include <pluck/sequence.hpp>
#include <pluck/thread_pool.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

using exact::splitmix;
using pluck::dynamic_chain;
using pluck::sequence;

namespace {

using ids = std::vector<std::int32_t>;

constexpr std::size_t vocab = 150, tokens_each = 200;

/// What a request asks for, and keeps as long as it lives.
struct request {
    ids prompt{}, banned{}, ends{};
    ids phrase_tokens{};
    std::vector<std::uint32_t> phrase_ends{};
    std::vector<float> phrase_values{}, unconditional{};
    std::uint64_t seed = 0, number = 0;
    std::uint64_t choices = 0;  // which stages, and with which parameters

    explicit request(std::uint64_t which) : seed(which / 3), number(which), choices(which) {
        splitmix random(0x40, which);
        const auto any = [&] { return static_cast<std::int32_t>(random.below(vocab)); };
        for (std::size_t n = random.below(30); n > 0; --n) prompt.push_back(any());
        for (std::size_t n = random.below(5); n > 0; --n) banned.push_back(any());
        for (std::size_t n = 1 + random.below(2); n > 0; --n) ends.push_back(any());
        for (std::size_t n = random.below(4); n > 0; --n) {
            for (std::size_t length = 1 + random.below(2); length > 0; --length) phrase_tokens.push_back(any());
            phrase_ends.push_back(static_cast<std::uint32_t>(phrase_tokens.size()));
            phrase_values.push_back(random.positive(-1, 1));
        }
        for (std::size_t i = 0; i < vocab; ++i) unconditional.push_back(random.positive(-2, 1));
    }

    [[nodiscard]] sequence begin() const { return sequence(prompt, {.seed = seed, .sequence = number, .undo = 20}); }
    [[nodiscard]] dynamic_chain chain(const sequence& text) const {
        splitmix random(0x41, choices);
        dynamic_chain made;
        const auto& history = text.history();
        const pluck::token_sequences phrases{phrase_tokens.data(), phrase_ends.data(),
                                             static_cast<std::uint32_t>(phrase_ends.size())};
        if (random.one_in(3)) made.add(pluck::guidance(unconditional, 1.5f));
        if (random.one_in(2)) made.add(pluck::banned(banned));
        if (random.one_in(2)) {
            made.add(pluck::penalties(history, {.repetition = random.positive(0, 0),
                                                .frequency = 0.125f,
                                                .presence = 0.25f,
                                                .last_n = static_cast<std::int32_t>(random.below(40))}));
        }
        if (random.one_in(2)) made.add(pluck::dry(history, {.multiplier = 0.5f}, phrases));
        if (random.one_in(3)) made.add(pluck::no_repeat_ngram(history, static_cast<int>(1 + random.below(4)) + 1));
        if (random.one_in(3)) made.add(pluck::phrases(history, phrases, phrase_values));
        if (random.one_in(2)) made.add(pluck::min_tokens(history, 50, ends));
        if (random.one_in(3)) made.add(pluck::length_decay(history, {.start = 20, .factor = 1.01f, .token = ends[0]}));
        if (random.one_in(2)) made.add(pluck::temperature(random.positive(-1, 0)));
        if (random.one_in(2)) made.add(pluck::top_k(1 + random.below(40)));
        if (random.one_in(2)) made.add(pluck::top_p(0.9f));
        if (random.one_in(3)) made.add(pluck::min_p(0.02f));
        if (random.one_in(4)) made.add(pluck::rejection());
        return made;
    }
};

/// A model: logits that depend on the text so far.
std::vector<float> logits_after(std::span<const std::int32_t> text) {
    std::uint64_t hash = 17;
    for (const std::int32_t token : text) hash = hash * 0x100000001b3 + static_cast<std::uint64_t>(token);
    splitmix random(hash, 2);
    std::vector<float> row(vocab);
    for (float& logit : row) logit = random.positive(-2, 2);
    return row;
}

/// What the request gets alone.
ids alone(const request& asked) {
    sequence text = asked.begin();
    const dynamic_chain chain = asked.chain(text);
    for (std::size_t i = 0; i < tokens_each; ++i) {
        const pluck::pick next = pluck::sample(logits_after(text.tokens()), chain, text.key());
        if (!next) FAIL("no token");
        text.accept(next.token);
    }
    return {text.tokens().begin(), text.tokens().end()};
}

/// A request as a server has it: running, or put away as bytes.
struct served {
    const request* asked;
    std::optional<sequence> text{};
    std::vector<std::byte> saved{};
    dynamic_chain chain{};
    std::size_t since = 0;  // how many tokens came after the last rollback

    void run() {
        if (!text) text.emplace(saved.empty() ? asked->begin() : sequence::load(saved));
        chain = asked->chain(*text);
    }
    void put_away() {
        saved = text->save();
        text.reset();
    }
};

}  // namespace

TEST_CASE("a request in a batch gets the tokens that it gets alone, whatever happens to it and the others") {
    std::vector<request> requests;
    for (std::uint64_t i = 0; i < 64; ++i) requests.emplace_back(i);
    std::vector<served> server;
    for (const request& each : requests) server.push_back({&each});
    for (served& each : server) each.run();

    pluck::thread_pool pool(3);
    splitmix random(0x42, 0);
    std::size_t steps = 0, put_away = 0, rolled_back = 0;
    const auto length = [](const served& each) { return each.text ? each.text->generated() : std::uint32_t{0}; };
    for (bool unfinished = true; unfinished; ++steps) {
        for (served& each : server) {
            if (!each.text) {
                if (random.one_in(3)) each.run();
            } else if (random.one_in(40)) {
                each.put_away();
                ++put_away;
            } else if (random.one_in(30)) {
                // What an engine does whose guess was wrong: tokens are taken back, and come again.
                each.text->accept(1);
                each.text->rollback(1);
                const auto back = static_cast<std::uint32_t>(random.below(5));
                if (each.since >= back && each.text->generated() >= back) {
                    each.text->rollback(back);
                    each.since = 0;
                    ++rolled_back;
                }
                sequence copy = *each.text;
                copy.accept(2);  // a copy's tokens are no one else's
            }
        }
        std::vector<std::int32_t> order;  // which of the slots draw now, in any order
        for (std::size_t i = 0; i < server.size(); ++i)
            if (server[i].text && length(server[i]) < tokens_each) order.push_back(static_cast<std::int32_t>(i));
        for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
        if (order.size() > 3 && random.one_in(2)) order.resize(1 + random.below(order.size()));

        std::vector<std::vector<float>> rows;
        std::vector<pluck::key> keys;
        std::vector<dynamic_chain> chains, slots(server.size());
        for (const std::int32_t slot : order) {
            served& each = server[static_cast<std::size_t>(slot)];
            rows.push_back(logits_after(each.text->tokens()));
            keys.push_back(each.text->key());
            chains.push_back(each.chain);
            slots[static_cast<std::size_t>(slot)] = each.chain;
        }
        std::vector<pluck::pick> picks(order.size());
        if (random.one_in(2)) {
            pluck::sample_rows(rows, chains, keys, picks, pool);
        } else {  // chains in slots that stay, the rows in any order
            std::vector<std::int32_t> tokens(order.size());
            std::vector<pluck::status> status(order.size());
            pluck::sample_rows(rows, pluck::per_row<dynamic_chain>{std::span<const dynamic_chain>(slots)},
                               pluck::keys{.whole = keys.data()},
                               pluck::results{.token = tokens.data(), .status = status.data()},
                               {.slots = std::span<const std::int32_t>(order)}, pool);
            for (std::size_t i = 0; i < picks.size(); ++i) picks[i] = {tokens[i], status[i]};
        }
        for (std::size_t i = 0; i < order.size(); ++i) {
            if (!picks[i]) FAIL("no token for slot " << order[i]);
            served& each = server[static_cast<std::size_t>(order[i])];
            each.text->accept(picks[i].token);
            ++each.since;
        }
        unfinished = false;
        for (const served& each : server) unfinished = unfinished || length(each) < tokens_each;
        if (steps > 20000) FAIL("no end");
    }
    CHECK(put_away > 100);
    CHECK(rolled_back > 50);
    for (served& each : server) {
        const ids expected = alone(*each.asked);
        CHECK(ids(each.text->tokens().begin(), each.text->tokens().end()) == expected);
    }
}
