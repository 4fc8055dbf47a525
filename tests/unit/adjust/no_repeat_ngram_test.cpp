// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/adjust/no_repeat_ngram.hpp>
#include <pluck/inspect.hpp>
#include <pluck/sample.hpp>
#include <pluck/sequence.hpp>

#include <cstdint>
#include <set>
#include <vector>

using namespace pluck_test;
using pluck::greedy;
using pluck::no_repeat_ngram;
using pluck::sample;
using pluck::sequence;
using pluck::status;

namespace {

using ids = std::vector<std::int32_t>;

/// Which of 6 tokens are forbidden after a text.
std::set<std::int32_t> banned_after(const ids& tokens, int n) {
    const sequence text(tokens);
    std::set<std::int32_t> banned = {0, 1, 2, 3, 4, 5};
    for (const auto& each : pluck::candidates(std::vector<float>(6, 1.0f), no_repeat_ngram(text.history(), n)))
        banned.erase(each.token);
    return banned;
}

using set = std::set<std::int32_t>;

}  // namespace

TEST_CASE("no n tokens in a row occur twice") {
    const ids text = {1, 2, 3, 1, 2, 4, 1, 2};
    CHECK(banned_after(text, 0).empty());
    CHECK(banned_after(text, 1) == set{1, 2, 3, 4});
    CHECK(banned_after(text, 2) == set{3, 4});
    CHECK(banned_after(text, 3) == set{3, 4});
    CHECK(banned_after(text, 4).empty());
    CHECK(banned_after({0, 1, 2, 3, 0, 1, 2}, 4) == set{3});
    CHECK(banned_after({2, 2}, 2) == set{2});
    CHECK(banned_after({2, 2}, 3).empty());
    CHECK(banned_after({}, 1).empty());
    CHECK(banned_after({}, 2).empty());
}

TEST_CASE("what is wrong with an n-gram is said") {
    const sequence text(ids{1, 2, 1}), without(ids{1, 2, 1}, {.matches = false}), far(ids{9});
    const std::vector<float> row(6, 1.0f);
    CHECK(message_of([&] { (void)no_repeat_ngram(text.history(), -1); }) ==
          "pluck::no_repeat_ngram: n must be >= 0, got -1");
    CHECK(sample(row, no_repeat_ngram(without.history(), 2), {}).status == status::bad_parameter);
    CHECK(sample(row, no_repeat_ngram(without.history(), 1) | greedy{}, {}).token == 0);
    CHECK(sample(row, no_repeat_ngram(far.history(), 3), {}).status == status::bad_parameter);
    CHECK(sample(row, no_repeat_ngram(far.history(), 0) | greedy{}, {}).token == 0);
}
