// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/adjust/length_decay.hpp>
#include <pluck/inspect.hpp>
#include <pluck/sample.hpp>
#include <pluck/sequence.hpp>

#include <cstdint>
#include <limits>
#include <vector>

using namespace pluck_test;
using pluck::greedy;
using pluck::length_decay;
using pluck::length_decay_settings;
using pluck::sample;
using pluck::sequence;
using pluck::status;

namespace {

/// The score of token 0 with this logit after so many generated tokens.
float moved(float logit, int generated, const length_decay_settings& set) {
    sequence text(std::vector<std::int32_t>{1, 1, 1});
    for (int i = 0; i < generated; ++i) text.accept(1);
    const auto kept = pluck::candidates(std::vector<float>{logit}, length_decay(text.history(), set));
    return kept.at(0).logit;
}

}  // namespace

TEST_CASE("past the start, the end of a text becomes likelier with each token") {
    const length_decay_settings set{.start = 2, .factor = 1.5f};
    CHECK(moved(4, 2, set) == 4);
    CHECK(moved(4, 3, set) == 6);
    CHECK(moved(4, 4, set) == 9);
    CHECK(moved(-4, 3, set) == -2);
    CHECK(moved(-4, 4, set) == 1);
    CHECK(moved(0, 9, set) == 0);
    CHECK(moved(4, 3, {.start = 2}) == 4);
    CHECK(moved(4, 30, {.start = 2, .factor = 0}) == 0);
    CHECK(moved(4, 300, set) == std::numeric_limits<float>::max());
}

TEST_CASE("what is wrong with length_decay is said, or its row's status") {
    sequence text(std::vector<std::int32_t>{1});
    text.accept(1);
    const auto message = [&](const length_decay_settings& set) {
        return message_of([&] { (void)length_decay(text.history(), set); });
    };
    CHECK(message({.start = -1}) == "pluck::length_decay: start must be >= 0, got -1");
    CHECK(message({.factor = -1}) == "pluck::length_decay: factor must be >= 0 and finite, got -1");
    CHECK(message({.token = -1}) == "pluck::length_decay: token must be >= 0, got -1");
    const std::vector<float> row = {1, 2};
    CHECK(sample(row, length_decay(text.history(), {.factor = 2, .token = 2}), {}).status == status::bad_parameter);
    CHECK(sample(row, length_decay(text.history(), {.factor = 4, .token = 0}) | greedy{}, {}).token == 0);
    const std::vector<float> nan = {float_of(bits::nans[0]), 2};
    CHECK(sample(nan, length_decay(text.history(), {.factor = 4}), {}).status == status::nan_logit);
}
