// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/adjust/penalties.hpp>
#include <pluck/batch.hpp>
#include <pluck/dynamic_chain.hpp>
#include <pluck/inspect.hpp>
#include <pluck/sample.hpp>
#include <pluck/sequence.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

using namespace pluck_test;
using pluck::greedy;
using pluck::penalties;
using pluck::penalty_settings;
using pluck::per_row;
using pluck::sample;
using pluck::scope;
using pluck::sequence;
using pluck::status;

namespace {

using ids = std::vector<std::int32_t>;

/// Tokens 0 0 1 are the prompt, 1 2 2 2 was generated.
sequence example() {
    sequence text(ids{0, 0, 1});
    for (const std::int32_t token : {1, 2, 2, 2}) text.accept(token);
    return text;
}

/// The scores of a row of 4 tokens.
std::vector<float> scores(const std::vector<float>& row, const sequence& text, const penalty_settings& set) {
    std::vector<float> moved(row.size(), forbidden);
    for (const auto& each : pluck::candidates(row, penalties(text.history(), set)))
        moved[static_cast<std::size_t>(each.token)] = each.logit;
    return moved;
}

using floats = std::vector<float>;

}  // namespace

TEST_CASE("repetition divides what is above 0 and multiplies what is below, once for each token") {
    const sequence text = example();
    CHECK(scores({4, -4, 0, 4}, text, {.repetition = 2}) == floats{2, -8, 0, 4});
    CHECK(scores({4, -4, 1, 4}, text, {.repetition = 2, .repeats = scope::generated}) == floats{4, -8, 0.5f, 4});
    CHECK(scores({4, -4, 1, 4}, text, {.repetition = 0.5f}) == floats{8, -2, 2, 4});
    CHECK(scores({forbidden, 3e38f, 1, 4}, text, {.repetition = 0.5f}) ==
          floats{forbidden, std::numeric_limits<float>::max(), 2, 4});
}

TEST_CASE("frequency counts, presence does not") {
    const sequence text = example();
    CHECK(scores({4, 4, 4, 4}, text, {.frequency = 1}) == floats{4, 3, 1, 4});
    CHECK(scores({4, 4, 4, 4}, text, {.presence = 1}) == floats{4, 3, 3, 4});
    CHECK(scores({4, 4, 4, 4}, text, {.frequency = 1, .counts = scope::all}) == floats{2, 2, 1, 4});
    CHECK(scores({4, 4, 4, 4}, text, {.frequency = -1, .presence = -2}) == floats{4, 7, 9, 4});
    CHECK(scores({8, 8, 8, 8}, text, {.repetition = 2, .frequency = 1, .presence = 0.5f}) == floats{4, 2.5f, 0.5f, 8});
}

TEST_CASE("penalties of any size are those of the definition, step by step") {
    namespace detail = pluck::detail;
    random_numbers numbers(3);
    const auto any = [&](bool signs) {
        const auto magnitude = std::ldexp(
            1 + static_cast<float>(numbers.below(1 << 20)) / (1 << 20),
            numbers.chance(2) ? static_cast<int>(numbers.below(6)) - 3 : static_cast<int>(numbers.below(270)) - 145);
        const float finite = detail::smaller(magnitude, std::numeric_limits<float>::max());
        return signs && numbers.chance(2) ? -finite : finite;
    };
    tally seen;
    for (std::size_t i = 0; i < 100000; ++i) {
        const penalty_settings set{.repetition = detail::smaller(any(false), 0x1p24f),
                                   .frequency = numbers.chance(4) ? 0 : any(true),
                                   .presence = numbers.chance(4) ? 0 : any(true)};
        const float score = any(true);
        const auto repeats = static_cast<std::uint32_t>(numbers.below(2)),
                   counts = static_cast<std::uint32_t>(numbers.below(3) << numbers.below(31));
        float expected = score;
        if (repeats > 0) {
            expected =
                score > 0 ? detail::score_over(score, set.repetition) : detail::score_times(score, set.repetition);
        }
        if (counts > 0) {
            const float frequent = detail::score_times(static_cast<float>(counts), set.frequency);
            expected = detail::score_plus(detail::score_plus(expected, -frequent), -set.presence);
        }
        const float found = detail::penalty(set)(score, repeats, counts);
        seen.expect(found == expected, score, " / ", set.repetition, " - ", counts, " * ", set.frequency, " - ",
                    set.presence, " = ", found, ", not ", expected);
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("only the last tokens count") {
    const sequence text = example();  // 0 0 1 | 1 2 2 2
    CHECK(scores({8, 8, 8, 8}, text, {.repetition = 2, .last_n = 3}) == floats{8, 8, 4, 8});
    CHECK(scores({8, 8, 8, 8}, text, {.frequency = 1, .last_n = 2}) == floats{8, 8, 6, 8});
    CHECK(scores({8, 8, 8, 8}, text, {.frequency = 1, .last_n = 5, .counts = scope::all}) == floats{8, 6, 5, 8});
    CHECK(scores({8, 8, 8, 8}, text, {.frequency = 1, .last_n = 5}) == floats{8, 7, 5, 8});
    CHECK(scores({8, 8, 8, 8}, text, {.repetition = 2, .last_n = 5, .repeats = scope::generated}) ==
          floats{8, 4, 4, 8});
    CHECK(scores({8, 8, 8, 8}, text, {.frequency = 1, .last_n = 7}) == scores({8, 8, 8, 8}, text, {.frequency = 1}));
}

TEST_CASE("penalties follow the text that they were made for") {
    sequence text(ids{});
    const auto chain = penalties(text.history(), {.presence = 10}) | greedy{};
    const std::vector<float> row = {3, 2, 1};
    for (const std::int32_t token : {0, 1, 2}) {
        CHECK(sample(row, chain, text.key()).token == token);
        text.accept(token);
    }
    CHECK(sample(row, chain, text.key()).token == 0);
    text.rollback(2);
    CHECK(sample(row, chain, text.key()).token == 1);
}

TEST_CASE("settings out of their ranges are refused, or their row's status") {
    const sequence text = example();
    const auto message = [&](const penalty_settings& set) {
        return message_of([&] { (void)penalties(text.history(), set); });
    };
    CHECK(message({.repetition = 0}) == "pluck::penalties: repetition must be in (0, 2^24], got 0");
    CHECK(message({.repetition = 0x1.000002p24f}) == "pluck::penalties: repetition must be in (0, 2^24], got 16777218");
    CHECK(message({.frequency = float_of(bits::plus_infinity)}) ==
          "pluck::penalties: frequency must be finite, got inf");
    CHECK(message({.presence = float_of(bits::nans[0])}) == "pluck::penalties: presence must be finite, got nan");
    CHECK(message({.last_n = -1}) == "pluck::penalties: last_n must be >= 0, got -1");
    const std::vector<penalty_settings> bad = {{.repetition = 0},
                                               {.frequency = float_of(bits::nans[0])},
                                               {.presence = float_of(bits::plus_infinity)},
                                               {.last_n = -1},
                                               {.repetition = 2}};
    std::vector<pluck::pick> picks(5);
    const std::vector<std::vector<float>> rows(5, {8, 1, 1, 1});
    pluck::sample_rows(rows, penalties(text.history(), per_row<penalty_settings>{bad}) | greedy{},
                       std::vector<pluck::key>(5), picks);
    for (std::size_t i = 0; i < 4; ++i) CHECK(picks[i].status == status::bad_parameter);
    CHECK(picks[4].token == 0);
}

TEST_CASE("each row may have a text of its own") {
    sequence first(ids{0}), second(ids{1});
    const std::vector<pluck::token_history> texts = {first.history(), second.history(), {}, {nullptr, 3}};
    const std::vector<std::vector<float>> rows(4, {3, 2.5f, 1});
    std::vector<pluck::pick> picks(4);
    const penalty_settings set{.repetition = 2};
    pluck::dynamic_chain chain(penalties(per_row<pluck::token_history>{texts}, set) | greedy{});
    pluck::sample_rows(rows, chain, std::vector<pluck::key>(4), picks);
    CHECK(picks[0].token == 1);
    CHECK(picks[1].token == 0);
    CHECK(picks[2].token == 0);
    CHECK(picks[3].status == status::bad_parameter);
    const std::vector<std::vector<float>> more(5, {3, 2, 1});
    std::vector<pluck::pick> five(5);
    CHECK(message_of([&] { pluck::sample_rows(more, chain, std::vector<pluck::key>(5), five); }) ==
          "pluck::sample_rows: the per_row size of penalties must be >= the batch's 5 rows, got 4");
}

TEST_CASE("a token of the text that the row does not have is that row's status, unless nothing is penalised") {
    const sequence text(ids{1, 5});
    const std::vector<float> row = {1, 2};
    CHECK(sample(row, penalties(text.history(), {.presence = 1}), {}).status == status::bad_parameter);
    CHECK(sample(row, penalties(text.history(), {.presence = 1, .last_n = 1}), {}).status == status::bad_parameter);
    CHECK(sample(row, penalties(text.history(), {}) | greedy{}, {}).token == 1);
    const sequence before(ids{5, 1});  // not among the last ones
    CHECK(sample(row, penalties(before.history(), {.presence = 1, .last_n = 1}), {}).status == status::bad_parameter);
}

TEST_CASE("a logit that is NaN or infinite stays so under penalties") {
    const sequence text(ids{0});
    CHECK(sample(floats{float_of(bits::nans[0]), 1}, penalties(text.history(), {.presence = 1}), {}).status ==
          status::nan_logit);
    CHECK(sample(floats{float_of(bits::plus_infinity), 1}, penalties(text.history(), {.repetition = 2}), {}).status ==
          status::pos_inf_logit);
}
