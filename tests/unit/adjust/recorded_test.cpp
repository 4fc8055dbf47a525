// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/adjust/penalties.hpp>
#include <pluck/adjust/recorded.hpp>
#include <pluck/batch.hpp>
#include <pluck/dynamic_chain.hpp>
#include <pluck/inspect.hpp>
#include <pluck/sample.hpp>
#include <pluck/token_history.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

using namespace pluck_test;
using pluck::greedy;
using pluck::per_row;
using pluck::recorded;
using pluck::status;
using pluck::token_history;

TEST_CASE("what is drawn is appended to its row's history, until that is full") {
    constexpr std::uint32_t capacity = 3;
    const std::size_t words = token_history::words(capacity);
    std::vector<std::uint32_t> memory(2 * words);
    std::vector<token_history> histories = {{memory.data(), capacity}, {memory.data() + words, capacity}};
    const std::span<const token_history> read(histories);
    const auto chain = pluck::penalties(per_row<token_history>{read}, {.presence = 10}) | recorded(histories) |
                       pluck::temperature(1) | greedy{};
    const std::vector<std::vector<float>> rows = {{3, 2, 1, 0}, {0, 1, 2, 3}};
    const pluck::dynamic_chain chosen(chain);
    std::vector<pluck::pick> picks(2);
    const auto draw = [&](const auto& stages) { pluck::sample_rows(rows, stages, std::vector<pluck::key>(2), picks); };
    for (std::int32_t step = 0; step < 3; ++step) {
        if (step == 1) draw(chosen);
        else draw(chain);
        CHECK(picks[0].token == step);
        CHECK(picks[1].token == 3 - step);
        CHECK(histories[0].tokens()[static_cast<std::size_t>(step)] == step);
    }
    CHECK(histories[0].generated() == 3);
    draw(chain);
    CHECK(picks[0] == pluck::pick{-1, status::history_full});
    CHECK(histories[1].size() == 3);
    histories[1].truncate(1);
    draw(chain);
    CHECK(picks[0].status == status::history_full);
    CHECK(picks[1].token == 2);
}

TEST_CASE("a row without a history, or whose draw fails, records nothing") {
    std::vector<std::uint32_t> memory(token_history::words(4));
    std::vector<token_history> one = {{memory.data(), 4}};
    const std::vector<std::vector<float>> rows(2, {1, 2});
    std::vector<pluck::pick> picks(2);
    CHECK(message_of([&] { pluck::sample_rows(rows, recorded(one), std::vector<pluck::key>(2), picks); }) ==
          "pluck::sample_rows: the per_row size of recorded must be >= the batch's 2 rows, got 1");
    const std::vector<float> nan = {float_of(bits::nans[0]), 1};
    CHECK(pluck::sample(nan, recorded(one), {}).status == status::nan_logit);
    CHECK(one[0].size() == 0);
    (void)pluck::candidates(std::vector<float>{1, 2}, recorded(one));
    CHECK(one[0].size() == 0);
    token_history* none = nullptr;
    CHECK(pluck::sample(std::vector<float>{1, 2}, recorded(none), {}).status == status::bad_parameter);
}
