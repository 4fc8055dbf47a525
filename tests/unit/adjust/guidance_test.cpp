// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/adjust/guidance.hpp>
#include <pluck/batch.hpp>
#include <pluck/inspect.hpp>
#include <pluck/sample.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

using namespace pluck_test;
using pluck::greedy;
using pluck::guidance;
using pluck::sample;
using pluck::status;

namespace {

using floats = std::vector<float>;

floats scores(const floats& row, const floats& without, float scale) {
    floats moved(row.size(), forbidden);
    for (const auto& each : pluck::candidates(row, guidance(without, scale)))
        moved[static_cast<std::size_t>(each.token)] = each.logit;
    return moved;
}

}  // namespace

TEST_CASE("guidance goes along the line from one row to the other") {
    const floats row = {1, 2, -3}, without = {0.5f, 3, -3};
    CHECK(scores(row, without, 1) == row);
    CHECK(scores(row, without, 0) == without);
    CHECK(scores(row, without, 2) == floats{1.5f, 1, -3});
    CHECK(scores(row, without, -1) == floats{0, 4, -3});
    constexpr float most = std::numeric_limits<float>::max();
    CHECK(scores({most, 1}, {-most, 1}, 3) == floats{most, 1});
}

TEST_CASE("what one of the rows forbids") {
    CHECK(scores({forbidden, 1}, {5, 1}, 2) == floats{forbidden, 1});
    CHECK(scores({4, 1}, {forbidden, 1}, 2) == floats{4, 1});
    CHECK(scores({4, 1}, {forbidden, 1}, 0.5f) == floats{forbidden, 1});
    const floats row = {1, 2}, nan = {float_of(bits::nans[0]), 2}, infinite = {float_of(bits::plus_infinity), 2};
    CHECK(sample(row, guidance(nan, 2), {}).status == status::nan_logit);
    CHECK(sample(row, guidance(infinite, 2), {}).status == status::nan_logit);
    CHECK(sample(nan, guidance(row, 2), {}).status == status::nan_logit);
    CHECK(sample(row, guidance(nan, 1) | greedy{}, {}).token == 1);
}

TEST_CASE("each row has an unconditional one of its own, of any type") {
    const std::vector<float> logits = {1, 2, 3, 1, 2, 3};
    const std::vector<pluck::half> without = {{0x3c00}, {0x4000}, {0x4400}, {0}, {0x4200}, {0x4200}, {0}, {0}};
    // 1 2 4 | 0 3 3 with two more at the end of each row but the first's
    const pluck::batch_view<float> rows{.data = logits.data(), .rows = 2, .vocab = 3};
    const pluck::batch_view<pluck::half> others{.data = without.data(), .rows = 2, .vocab = 3};
    std::vector<pluck::pick> picks(2);
    const std::vector<float> scales = {10, 4};
    const auto chain = guidance(others, pluck::per_row<float>{scales}) | greedy{};
    pluck::sample_rows(rows, chain, std::vector<pluck::key>(2), picks);
    CHECK(picks[0].token == 1);  // 1, 2, -6
    CHECK(picks[1].token == 0);  // 4, -1, 3
    const std::vector<pluck::bfloat16> halves = {{0x3f80}, {0x4000}, {0x4080}};
    CHECK(sample(floats{1, 2, 3}, guidance(halves, 10) | greedy{}, {}).token == 1);
}

TEST_CASE("what is wrong with guidance is said, or its row's status") {
    const floats row = {1, 2, 3}, shorter = {1, 2}, longer = {9, 2, 3, 4};
    CHECK(message_of([&] { (void)guidance(row, float_of(bits::plus_infinity)); }) ==
          "pluck::guidance: scale must be finite, got inf");
    CHECK(message_of([&] {
              (void)guidance(pluck::logits_view<float>{.data = row.data(), .size = 2, .stride = 2}, 1);
          }) == "pluck::guidance: the stride of unconditional logits must be 1, got 2");
    CHECK(sample(row, guidance(shorter, 2), {}).status == status::bad_parameter);
    CHECK(sample(row, guidance(longer, 0) | greedy{}, {}).token == 0);
    const pluck::batch_view<float> one{.data = row.data(), .rows = 1, .vocab = 3};
    const std::vector<floats> rows(2, row);
    std::vector<pluck::pick> picks(2);
    CHECK(message_of([&] { pluck::sample_rows(rows, guidance(one, 2), std::vector<pluck::key>(2), picks); }) ==
          "pluck::sample_rows: the per_row size of guidance must be >= the batch's 2 rows, got 1");
    CHECK(sample(row, guidance(pluck::logits_view<float>{nullptr, 3}, 2), {}).status == status::bad_parameter);
}
