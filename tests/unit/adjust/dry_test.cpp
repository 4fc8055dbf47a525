// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/adjust/dry.hpp>
#include <pluck/batch.hpp>
#include <pluck/inspect.hpp>
#include <pluck/sample.hpp>
#include <pluck/sequence.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

using namespace pluck_test;
using pluck::dry;
using pluck::dry_settings;
using pluck::greedy;
using pluck::sample;
using pluck::sequence;
using pluck::status;
using pluck::token_sequences;

namespace {

using ids = std::vector<std::int32_t>;

/// What DRY takes off each of 6 tokens with logit 0 after a text.
std::vector<float> taken(const ids& tokens, const dry_settings& set, const std::vector<ids>& breakers = {}) {
    const sequence text(tokens);
    ids all;
    std::vector<std::uint32_t> ends;
    for (const ids& each : breakers) {
        all.insert(all.end(), each.begin(), each.end());
        ends.push_back(static_cast<std::uint32_t>(all.size()));
    }
    std::vector<float> off(6);
    const token_sequences view{all.data(), ends.data(), static_cast<std::uint32_t>(ends.size())};
    for (const auto& each : pluck::candidates(std::vector<float>(6, 0.0f), dry(text.history(), set, view)))
        off[static_cast<std::size_t>(each.token)] = -each.logit;
    return off;
}

using floats = std::vector<float>;

}  // namespace

TEST_CASE("what would prolong a repetition costs the more, the longer it is") {
    const dry_settings set{.multiplier = 1, .base = 2};
    CHECK(taken({1, 2, 3, 4, 1, 2}, set) == floats{0, 0, 0, 1, 0, 0});
    CHECK(taken({1, 2, 3, 4, 1, 2, 3}, set) == floats{0, 0, 0, 0, 2, 0});
    CHECK(taken({5, 1, 2, 3, 0, 1, 2, 4, 5, 1, 2}, set) == floats{0, 0, 0, 2, 1, 0});  // the longest match of each
    CHECK(taken({1, 2, 3, 4, 2}, set) == floats{0, 0, 0, 0, 0, 0});
    CHECK(taken({1, 2, 3, 4, 2}, {.multiplier = 1, .base = 2, .allowed_length = 1}) == floats{0, 0, 0, 1, 0, 0});
    CHECK(taken({1, 2, 3, 4, 1, 2}, {.multiplier = 0}) == floats(6, 0));
    CHECK(taken({1, 1, 1, 1}, set) == floats{0, 2, 0, 0, 0, 0});
    CHECK(taken({1, 2, 3, 1, 2}, {.multiplier = -0.5f}) == floats{0, 0, 0, -0.5f, 0, 0});
}

TEST_CASE("a repetition lies within the last tokens") {
    const dry_settings set{.multiplier = 1, .base = 2, .last_n = 6};
    CHECK(taken({0, 1, 2, 3, 4, 0, 1, 2}, set) == floats{0, 0, 0, 0, 0, 0});  // one token of it is left
    CHECK(taken({0, 1, 2, 3, 0, 1, 2}, set) == floats{0, 0, 0, 1, 0, 0});     // two are
    CHECK(taken({5, 5, 1, 2, 3, 4, 1, 2}, set) == floats{0, 0, 0, 1, 0, 0});  // it begins the window
    CHECK(taken({5, 5, 5, 1, 2, 3, 4, 1, 2}, set) == floats{0, 0, 0, 1, 0, 0});
    CHECK(taken({5, 1, 2, 3, 4, 5, 1, 2}, {.multiplier = 1, .base = 2, .last_n = 100}) == floats{0, 0, 0, 2, 0, 0});
}

TEST_CASE("a breaker ends what counts as a repetition") {
    const dry_settings set{.multiplier = 1, .base = 2};
    const ids text = {0, 1, 2, 3, 4, 0, 1, 2};
    CHECK(taken(text, set) == floats{0, 0, 0, 2, 0, 0});
    CHECK(taken(text, set, {{0}}) == floats{0, 0, 0, 1, 0, 0});
    CHECK(taken(text, set, {{1}}) == floats{0, 0, 0, 0, 0, 0});
    CHECK(taken(text, set, {{4, 0}}) == floats{0, 0, 0, 1, 0, 0});
    CHECK(taken(text, set, {{3, 4}}) == floats{0, 0, 0, 2, 0, 0});
    CHECK(taken(text, set, {{1, 2, 3}}) == floats{0, 0, 0, 2, 0, 0});    // begins, but is not over
    CHECK(taken(text, set, {{0}, {0, 1}}) == floats{0, 0, 0, 0, 0, 0});  // of two that begin together, the longer
    CHECK(taken(text, set, {{4, 0, 1, 2}}) == floats{0, 0, 0, 0, 0, 0});
    CHECK(taken({1, 2, 3, 4, 1, 2}, set, {{3}}) == floats{0, 0, 0, 0, 0, 0});  // a token that is one itself
    CHECK(taken({1, 2, 3, 4, 1, 2}, set, {{3, 5}}) == floats{0, 0, 0, 1, 0, 0});
}

TEST_CASE("a repetition of any length costs no more than the largest float") {
    const floats off = taken(ids(300, 2), {.multiplier = 1, .base = 2});
    CHECK(off[2] == std::numeric_limits<float>::max());
    CHECK(taken(ids(300, 2), {.multiplier = 3, .base = 1})[2] == 3);
}

TEST_CASE("DRY's settings out of their ranges are refused, or their row's status") {
    const sequence text(ids{1, 2, 1, 2});
    const auto message = [&](const dry_settings& set) { return message_of([&] { (void)dry(text.history(), set); }); };
    CHECK(message({.multiplier = float_of(bits::nans[0])}) == "pluck::dry: multiplier must be finite, got nan");
    CHECK(message({.base = 0.5f}) == "pluck::dry: base must be >= 1 and finite, got 0.5");
    CHECK(message({.allowed_length = 0}) == "pluck::dry: allowed_length must be >= 1, got 0");
    CHECK(message({.last_n = -1}) == "pluck::dry: last_n must be >= 0, got -1");
    const ids negative = {-1};
    const std::vector<std::uint32_t> one = {1};
    CHECK(message_of([&] {
              (void)dry(text.history(), {}, token_sequences{negative.data(), one.data(), 1});
          }) == "pluck::dry: a token of sequence 0 must be >= 0, got -1");
    const std::vector<dry_settings> bad = {{.multiplier = float_of(bits::plus_infinity)},
                                           {.multiplier = 1, .base = 0},
                                           {.multiplier = 1, .allowed_length = 0},
                                           {.multiplier = 1, .last_n = -4},
                                           {.multiplier = 1}};
    const std::vector<floats> rows(5, floats(6, 1.0f));
    std::vector<pluck::pick> picks(5);
    pluck::sample_rows(rows, dry(text.history(), pluck::per_row<dry_settings>{bad}) | greedy{},
                       std::vector<pluck::key>(5), picks);
    for (std::size_t i = 0; i < 4; ++i) CHECK(picks[i].status == status::bad_parameter);
    CHECK(picks[4].token == 0);
}

TEST_CASE("DRY needs matches, and the text's tokens in the row") {
    const sequence without(ids{1, 2, 1, 2}, {.matches = false});
    CHECK(sample(floats(6, 1.0f), dry(without.history(), {.multiplier = 1}), {}).status == status::bad_parameter);
    CHECK(sample(floats(6, 1.0f), dry(without.history(), {}) | greedy{}, {}).token == 0);
    const sequence text(ids{1, 2, 1, 2});
    const std::vector<std::uint32_t> empty = {0};
    const std::vector<token_sequences> breakers = {{text.tokens().data(), empty.data(), 1}};
    CHECK(sample(floats(6, 1.0f), dry(text.history(), {.multiplier = 1}, pluck::per_row<token_sequences>{breakers}), {})
              .status == status::bad_parameter);
    const sequence far(ids{1, 9});
    CHECK(sample(floats(6, 1.0f), dry(far.history(), {.multiplier = 1}), {}).status == status::bad_parameter);
    CHECK(sample(floats(6, 1.0f), dry(far.history(), {}) | greedy{}, {}).token == 0);
}
