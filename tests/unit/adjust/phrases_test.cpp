// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/adjust/phrases.hpp>
#include <pluck/batch.hpp>
#include <pluck/inspect.hpp>
#include <pluck/sample.hpp>
#include <pluck/sequence.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

using namespace pluck_test;
using pluck::greedy;
using pluck::phrases;
using pluck::sample;
using pluck::sequence;
using pluck::status;
using pluck::token_sequences;

namespace {

using ids = std::vector<std::int32_t>;
using floats = std::vector<float>;

const ids tokens = {4, 1, 2, 5, 1, 2, 3};  // 4, 1 2, 5 1 2 3
const std::vector<std::uint32_t> ends = {1, 3, 7};
const token_sequences list{tokens.data(), ends.data(), 3};

/// The scores of 6 tokens with logit 0.
floats scores(const ids& text, const floats& values) {
    const sequence written(text);
    floats moved(6, forbidden);
    const auto add = [&](const auto& kept) {
        for (const auto& each : kept) moved[static_cast<std::size_t>(each.token)] = each.logit;
    };
    if (values.empty()) add(pluck::candidates(floats(6, 0.0f), phrases(written.history(), list)));
    else add(pluck::candidates(floats(6, 0.0f), phrases(written.history(), list, values)));
    return moved;
}

}  // namespace

TEST_CASE("the token that would complete a phrase moves") {
    CHECK(scores({}, {1, 2, 3}) == floats{0, 0, 0, 0, 1, 0});
    CHECK(scores({0, 1}, {1, 2, 3}) == floats{0, 0, 2, 0, 1, 0});
    CHECK(scores({5, 1, 2}, {1, 2, 3}) == floats{0, 0, 0, 3, 1, 0});
    CHECK(scores({1, 2}, {1, 2, 3}) == floats{0, 0, 0, 0, 1, 0});
    CHECK(scores({5, 1, 2}, {}) == floats{0, 0, 0, forbidden, forbidden, 0});
    CHECK(scores({1}, {0, forbidden, 1}) == floats{0, 0, forbidden, 0, 0, 0});
}

TEST_CASE("biases of phrases with the same end add up") {
    const sequence text(ids{1});
    const ids both = {2, 1, 2};
    const std::vector<std::uint32_t> where = {1, 3};
    const floats values = {0.5f, 0.25f};
    const auto kept = pluck::candidates(floats(3, 0.0f),
                                        phrases(text.history(), token_sequences{both.data(), where.data(), 2}, values));
    CHECK(kept.at(0).token == 2);
    CHECK(kept.at(0).logit == 0.75f);
}

TEST_CASE("what is wrong with phrases is said") {
    const sequence text(ids{1});
    const floats two = {1, 2}, nan = {1, 2, float_of(bits::nans[0])};
    CHECK(message_of([&] { (void)phrases(text.history(), list, two); }) ==
          "pluck::phrases: values.size() must be sequences.size(), 3, got 2");
    CHECK(message_of([&] { (void)phrases(text.history(), list, nan); }) ==
          "pluck::phrases: values[2] must be finite or -infinity, got nan");
    const std::vector<std::uint32_t> empty = {1, 1, 7};
    CHECK(message_of([&] {
              (void)phrases(text.history(), token_sequences{tokens.data(), empty.data(), 3});
          }) == "pluck::phrases: sequence 1 must have a token");
    CHECK(sample(floats(4, 1.0f), phrases(text.history(), list), {}).status == status::bad_parameter);
}

TEST_CASE("each row may have phrases of its own") {
    const std::vector<std::uint32_t> one = {1}, empty = {0};
    const std::vector<pluck::biased_sequences> lists = {
        {{tokens.data(), one.data(), 1}}, {}, {{tokens.data(), empty.data(), 1}}, {{nullptr, one.data(), 1}}};
    const sequence text(ids{1});
    const std::vector<floats> rows(4, {0, 0, 0, 0, 9, 0});
    std::vector<pluck::pick> picks(4);
    pluck::sample_rows(rows, phrases(text.history(), pluck::per_row<pluck::biased_sequences>{lists}) | greedy{},
                       std::vector<pluck::key>(4), picks);
    CHECK(picks[0].token == 0);
    CHECK(picks[1].token == 4);
    CHECK(picks[2].status == status::bad_parameter);
    CHECK(picks[3].status == status::bad_parameter);
}
