// SPDX-License-Identifier: MIT
//
// sample() and sample_rows() without Eigen.
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/sample.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <thread>
#include <utility>
#include <vector>

using namespace pluck_test;
using pluck::key;
using pluck::logits_view;
using pluck::pick;
using pluck::sample;
using pluck::sample_rows;
using pluck::status;

namespace {

constexpr auto usual = pluck::temperature(0.8f) | pluck::top_k(50) | pluck::top_p(0.9f);

std::uint16_t bfloat16_bits(float value) { return static_cast<std::uint16_t>(bits_of(value) >> 16); }

// Keys that all differ from each other.
std::vector<key> keys_of(std::size_t rows, std::uint64_t seed = 7) {
    std::vector<key> keys;
    for (std::size_t i = 0; i < rows; ++i) keys.push_back({.seed = seed, .sequence = i, .position = i * i});
    return keys;
}

std::vector<std::vector<float>> rows_of(std::size_t count, std::uint64_t first = 0) {
    std::vector<std::vector<float>> rows;
    for (std::size_t i = 0; i < count; ++i) rows.push_back(random_row(first + i));
    return rows;
}

// Rows of one length.
std::vector<float> matrix_of(std::size_t rows, std::size_t vocab) {
    random_numbers numbers(rows * 1000 + vocab);
    std::vector<float> values(rows * vocab);
    for (float& value : values) value = static_cast<float>(numbers.normal() * 2);
    return values;
}

struct backwards {  // an executor may call in any order
    template <class F>
    void operator()(std::size_t n, const F& f) const {
        for (std::size_t i = n; i > 0; --i) f(i - 1);
    }
};

struct thread_each {  // and on any thread
    template <class F>
    void operator()(std::size_t n, const F& f) const {
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < n; ++i) threads.emplace_back([&f, i] { f(i); });
        for (std::thread& thread : threads) thread.join();
    }
};

}  // namespace

// ---- one row ----

TEST_CASE("a draw is a function of the logits, the chain and the key") {
    for (std::uint64_t number = 0; number < 100; ++number) {
        const std::vector<float> row = random_row(number);
        const key key{.seed = number, .sequence = 3, .position = 4};
        const pick first = sample(row, usual, key);
        CHECK(first);
        CHECK(first.token >= 0);
        CHECK(static_cast<std::size_t>(first.token) < row.size());
        (void)sample(random_row(number + 1), pluck::chain{}, {.seed = 1});
        CHECK(sample(row, usual, key) == first);
    }
}

TEST_CASE("seed, sequence and position each change the draw") {
    const std::vector<float> row(1000, 0.0f);
    const pick base = sample(row, pluck::chain{}, {.seed = 1, .sequence = 2, .position = 3});
    CHECK(sample(row, pluck::chain{}, {.seed = 2, .sequence = 2, .position = 3}) != base);
    CHECK(sample(row, pluck::chain{}, {.seed = 1, .sequence = 3, .position = 3}) != base);
    CHECK(sample(row, pluck::chain{}, {.seed = 1, .sequence = 2, .position = 4}) != base);
    CHECK(sample(row, pluck::chain{}, {.seed = 1 + (std::uint64_t{1} << 32), .sequence = 2, .position = 3}) != base);
}

TEST_CASE("the caller's logits are not written to") {
    for (std::uint64_t number = 0; number < 50; ++number) {
        const std::vector<float> row = random_row(number);
        std::vector<std::uint32_t> before;
        for (const float logit : row) before.push_back(bits_of(logit));
        (void)sample(row, usual, {.seed = number});
        (void)sample(row, pluck::temperature(3) | pluck::min_p(0.1f, 3), {.seed = number});
        std::vector<std::uint32_t> after;
        for (const float logit : row) after.push_back(bits_of(logit));
        CHECK(before == after);
    }
}

TEST_CASE("the same row as span, vector, array, view and C array draws the same token") {
    const float plain[] = {0.3f, 1.2f, -0.4f, 2.2f, 0.0f};
    const std::array<float, 5> array = std::to_array(plain);
    const std::vector<float> vector(plain, plain + 5);
    for (int position = 0; position < 50; ++position) {
        const key key{.seed = 5, .position = position};
        const pick expected = sample(std::span<const float>(plain), pluck::chain{}, key);
        CHECK(sample(plain, pluck::chain{}, key) == expected);
        CHECK(sample(array, pluck::chain{}, key) == expected);
        CHECK(sample(vector, pluck::chain{}, key) == expected);
        CHECK(sample(logits_view<float>{plain, 5}, pluck::chain{}, key) == expected);
        std::vector<float> copy = vector;
        CHECK(sample(std::span<float>(copy), pluck::chain{}, key) == expected);
    }
}

TEST_CASE("any stride, forwards or backwards, is the row that it spells") {
    for (std::uint64_t number = 0; number < 100; ++number) {
        const std::vector<float> row = random_row(number);
        const key key{.seed = number};
        const pick expected = sample(row, usual, key);
        for (const std::ptrdiff_t stride : {1, 2, 3, 17, -1, -2, -5}) {
            const auto step = static_cast<std::size_t>(stride < 0 ? -stride : stride);
            std::vector<float> spread(row.size() * step, float_of(bits::nans[0]));  // in between: must not be read
            for (std::size_t i = 0; i < row.size(); ++i) {
                spread[(stride < 0 ? row.size() - 1 - i : i) * step] = row[i];
            }
            const float* first = stride < 0 ? &spread[(row.size() - 1) * step] : spread.data();
            CHECK(sample(logits_view<float>{first, row.size(), stride}, usual, key) == expected);
        }
    }
}

TEST_CASE("half, bfloat16 and double draw as the floats that they widen to") {
    for (std::uint64_t number = 0; number < 100; ++number) {
        const std::vector<float> row = random_row(number);
        const key key{.seed = number};
        std::vector<double> wide(row.begin(), row.end());
        CHECK(sample(wide, usual, key) == sample(row, usual, key));
        std::vector<pluck::bfloat16> brains;
        std::vector<pluck::half> halves;
        std::vector<float> brain_floats, half_floats;
        for (const float logit : row) {
            brains.push_back({bfloat16_bits(logit)});
            brain_floats.push_back(pluck::scalar_traits<pluck::bfloat16>::widen(brains.back()));
            halves.push_back({static_cast<std::uint16_t>(bits_of(logit) >> 13 & 0xfbffu)});  // any finite half
            half_floats.push_back(pluck::scalar_traits<pluck::half>::widen(halves.back()));
        }
        CHECK(sample(brains, usual, key) == sample(brain_floats, usual, key));
        CHECK(sample(halves, usual, key) == sample(half_floats, usual, key));
    }
}

TEST_CASE("a workspace of the caller's gives the same draws as the thread's own") {
    pluck::workspace scratch;
    for (std::uint64_t number = 0; number < 100; ++number) {
        const std::vector<float> row = random_row(number);
        const key key{.seed = number};
        CHECK(sample(row, usual, key, scratch) == sample(row, usual, key));
        CHECK(sample(row, {.top_k = 5}, key, scratch) == sample(row, {.top_k = 5}, key));
    }
}

TEST_CASE("every thread draws the same tokens") {
    const std::vector<float> row = random_row(3);
    std::vector<pick> expected, got(200);
    for (int i = 0; i < 200; ++i) expected.push_back(sample(row, usual, {.seed = i}));
    std::vector<std::thread> threads;
    for (std::size_t thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&, thread] {
            for (std::size_t i = thread; i < 200; i += 4) got[i] = sample(row, usual, {.seed = i});
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(got == expected);
}

TEST_CASE("a chain, a stage and combined are all taken, the last one also in braces") {
    const std::vector<float> row = {1, 2, 3};
    CHECK(sample(row, pluck::greedy{}, {}).token == 2);
    CHECK(sample(row, {.temperature = 0}, {.seed = 1}).token == 2);
    CHECK(sample(row, {.top_k = 1}, {.seed = 1}).token == 2);
    CHECK(sample(row, {}, {.seed = 1}) == sample(row, pluck::chain{}, {.seed = 1}));
    CHECK(sample(row, {}, {}) == sample(row, pluck::chain{}, key{}));
}

TEST_CASE("to draw does not throw") {
    const std::vector<float> row = {1};
    pluck::workspace scratch;
    const pluck::combined settings;
    STATIC_REQUIRE(noexcept(sample(row, usual, key{})));
    STATIC_REQUIRE(noexcept(sample(row, usual, key{}, scratch)));
    STATIC_REQUIRE(noexcept(sample(row, settings, key{})));
    STATIC_REQUIRE(noexcept(sample(row, settings, key{}, scratch)));
    STATIC_REQUIRE(noexcept(sample(logits_view<double>{}, usual, key{})));
    STATIC_REQUIRE(noexcept(pluck::argmax(row)));
    CHECK(sample(row, settings, key{}, scratch).token == 0);
}

TEST_CASE("an empty row and a null view have no candidate") {
    CHECK(sample(std::vector<float>{}, usual, {}) == pick{-1, status::no_candidate});
    CHECK(sample(logits_view<float>{}, usual, {}) == pick{-1, status::no_candidate});
    CHECK(sample(logits_view<float>{nullptr, 5}, usual, {}) == pick{-1, status::no_candidate});
    CHECK(sample(logits_view<pluck::half>{nullptr, 5, 3}, usual, {}) == pick{-1, status::no_candidate});
    CHECK(sample(std::span<const double>{}, usual, {}) == pick{-1, status::no_candidate});
}

TEST_CASE("a row longer than 2^23 is refused before it is read") {
    CHECK(sample(logits_view<float>{nullptr, pluck::max_vocab + 1}, usual, {}) == pick{-1, status::row_too_long});
    const float one = 1;
    CHECK(sample(logits_view<float>{&one, pluck::max_vocab + 1, 0}, usual, {}) == pick{-1, status::row_too_long});
    CHECK(sample(logits_view<float>{&one, std::numeric_limits<std::size_t>::max(), 0}, usual, {}) ==
          pick{-1, status::row_too_long});
}

TEST_CASE("a row of one token draws it, whatever the chain") {
    for (const float logit : {0.0f, -100.0f, float_of(bits::largest), -float_of(bits::largest), float_of(1)}) {
        const std::vector<float> row = {logit};
        CHECK(sample(row, usual, {.seed = 1}) == pick{0, status::ok});
        CHECK(sample(row, pluck::top_p(0) | pluck::min_p(1) | pluck::temperature(0x1p-64), {}) == pick{0, status::ok});
    }
}

// ---- batches ----

TEST_CASE("each row of a batch draws as it would alone") {
    const auto batch = rows_of(40);
    const auto keys = keys_of(40);
    std::vector<pick> picks(40);
    sample_rows(batch, usual, keys, picks);
    for (std::size_t i = 0; i < 40; ++i) CHECK(picks[i] == sample(batch[i], usual, keys[i]));
}

TEST_CASE("a batch over plain memory: rows apart, columns apart, either backwards") {
    constexpr std::size_t rows = 6, vocab = 70;
    const std::vector<float> values = matrix_of(rows, vocab);
    const auto keys = keys_of(rows);
    std::vector<pick> expected, picks(rows);
    for (std::size_t r = 0; r < rows; ++r) {
        expected.push_back(sample(std::span(&values[r * vocab], vocab), usual, keys[r]));
    }
    sample_rows(pluck::batch_view<float>{.data = values.data(), .rows = rows, .vocab = vocab}, usual, keys, picks);
    CHECK(picks == expected);

    std::vector<float> columns(rows * vocab);
    for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t i = 0; i < vocab; ++i) columns[i * rows + r] = values[r * vocab + i];
    }
    sample_rows(
        pluck::batch_view<float>{
            .data = columns.data(), .rows = rows, .vocab = vocab, .row_stride = 1, .vocab_stride = rows},
        usual, keys, picks);
    CHECK(picks == expected);

    sample_rows(pluck::batch_view<float>{.data = values.data() + (rows - 1) * vocab,
                                         .rows = rows,
                                         .vocab = vocab,
                                         .row_stride = -static_cast<std::ptrdiff_t>(vocab)},
                usual, std::vector<key>(keys.rbegin(), keys.rend()), picks);
    CHECK(picks == std::vector<pick>(expected.rbegin(), expected.rend()));
}

TEST_CASE("one chain per row: each row follows its own") {
    const auto batch = rows_of(5);
    const auto keys = keys_of(5);
    std::vector<pick> picks(5);
    const std::vector<pluck::combined> settings = {
        {}, {.temperature = 0}, {.top_k = 2}, {.top_p = 0.3f}, {.temperature = 2, .min_p = 0.2f}};
    sample_rows(batch, settings, keys, picks);
    for (std::size_t i = 0; i < 5; ++i) CHECK(picks[i] == sample(batch[i], settings[i], keys[i]));
    const std::array<pluck::chain<pluck::top_k, pluck::greedy>, 5> chains = {
        pluck::top_k(1) | pluck::greedy{}, pluck::top_k(2) | pluck::greedy{}, pluck::top_k(3) | pluck::greedy{},
        pluck::top_k(4) | pluck::greedy{}, pluck::top_k(5) | pluck::greedy{}};
    sample_rows(batch, chains, keys, picks);
    for (std::size_t i = 0; i < 5; ++i) CHECK(picks[i] == pluck::argmax(batch[i]));
    const std::vector<pluck::top_k> stages(5, pluck::top_k(3));
    sample_rows(batch, std::span(stages), keys, picks);
    for (std::size_t i = 0; i < 5; ++i) CHECK(picks[i] == sample(batch[i], pluck::top_k(3), keys[i]));
}

TEST_CASE("a batch with the chain in braces") {
    const auto batch = rows_of(3);
    const auto keys = keys_of(3);
    std::vector<pick> picks(3);
    sample_rows(batch, {.temperature = 0.5f, .top_k = 4}, keys, picks);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(picks[i] == sample(batch[i], {.temperature = 0.5f, .top_k = 4}, keys[i]));
    }
}

TEST_CASE("a bad row has its status, and the rows beside it their tokens") {
    auto batch = rows_of(8);
    batch[1] = {1, float_of(bits::nans[0])};
    batch[3] = {1, float_of(bits::plus_infinity)};
    batch[4] = {forbidden, forbidden};
    batch[6] = {};
    const auto keys = keys_of(8);
    std::vector<pick> picks(8, pick{1234, status::out_of_memory});
    sample_rows(batch, usual, keys, picks);
    CHECK(picks[1] == pick{-1, status::nan_logit});
    CHECK(picks[3] == pick{-1, status::pos_inf_logit});
    CHECK(picks[4] == pick{-1, status::no_candidate});
    CHECK(picks[6] == pick{-1, status::no_candidate});
    for (const std::size_t i : {0u, 2u, 5u, 7u}) CHECK(picks[i] == sample(batch[i], usual, keys[i]));
}

TEST_CASE("neither the order of the rows nor how the batch is split changes a pick") {
    constexpr std::size_t rows = 24;
    const auto batch = rows_of(rows);
    const auto keys = keys_of(rows);
    std::vector<pick> expected(rows);
    sample_rows(batch, usual, keys, expected);

    std::vector<std::size_t> order(rows);
    std::iota(order.begin(), order.end(), std::size_t{0});
    random_numbers numbers(8);
    numbers.shuffle(order);
    std::vector<std::vector<float>> shuffled;
    std::vector<key> shuffled_keys;
    for (const std::size_t i : order) {
        shuffled.push_back(batch[i]);
        shuffled_keys.push_back(keys[i]);
    }
    std::vector<pick> picks(rows);
    sample_rows(shuffled, usual, shuffled_keys, picks);
    for (std::size_t i = 0; i < rows; ++i) CHECK(picks[i] == expected[order[i]]);

    for (std::size_t split = 0; split <= rows; ++split) {
        std::vector<pick> parts(rows);
        sample_rows(std::span(batch).first(split), usual, std::span(keys).first(split), std::span(parts).first(split));
        sample_rows(std::span(batch).subspan(split), usual, std::span(keys).subspan(split),
                    std::span(parts).subspan(split));
        CHECK(parts == expected);
    }
}

TEST_CASE("an executor may call in any order and on any thread") {
    const auto batch = rows_of(30);
    const auto keys = keys_of(30);
    std::vector<pick> expected(30), picks(30);
    sample_rows(batch, usual, keys, expected, pluck::serial{});
    sample_rows(batch, usual, keys, picks, backwards{});
    CHECK(picks == expected);
    std::fill(picks.begin(), picks.end(), pick{});
    sample_rows(batch, usual, keys, picks, thread_each{});
    CHECK(picks == expected);
    std::fill(picks.begin(), picks.end(), pick{});
    sample_rows(batch, {.top_k = 3}, keys, picks, backwards{});
    for (std::size_t i = 0; i < 30; ++i) CHECK(picks[i] == sample(batch[i], {.top_k = 3}, keys[i]));
}

TEST_CASE("serial calls f once for each row, in order") {
    std::vector<std::size_t> seen;
    pluck::serial{}(4, [&](std::size_t i) noexcept { seen.push_back(i); });
    CHECK(seen == std::vector<std::size_t>{0, 1, 2, 3});
    pluck::serial{}(0, [&](std::size_t i) noexcept { seen.push_back(i); });
    CHECK(seen.size() == 4);
}

TEST_CASE("a batch of no rows is fine, and so is one of no tokens") {
    std::vector<pick> picks;
    sample_rows(std::vector<std::vector<float>>{}, usual, std::vector<key>{}, picks);
    sample_rows(pluck::batch_view<float>{}, usual, std::vector<key>{}, picks);
    std::vector<pick> two(2, pick{5, status::ok});
    sample_rows(pluck::batch_view<float>{.data = nullptr, .rows = 2, .vocab = 0}, usual, keys_of(2), two);
    CHECK(two == std::vector<pick>(2, pick{-1, status::no_candidate}));
    two.assign(2, pick{5, status::ok});
    sample_rows(pluck::batch_view<float>{.data = nullptr, .rows = 2, .vocab = 7}, usual, keys_of(2), two);
    CHECK(two == std::vector<pick>(2, pick{-1, status::no_candidate}));
}

TEST_CASE("a batch may hold half, bfloat16 or double") {
    const std::vector<double> wide = {1, 2, 3, 3, 2, 1};
    const auto keys = keys_of(2);
    std::vector<pick> picks(2);
    sample_rows(pluck::batch_view<double>{.data = wide.data(), .rows = 2, .vocab = 3}, pluck::greedy{}, keys, picks);
    CHECK(picks[0].token == 2);
    CHECK(picks[1].token == 0);
    const std::vector<pluck::bfloat16> brains = {{0x3f80}, {0x4000}, {0x4040}, {0x3f80}};
    sample_rows(pluck::batch_view<pluck::bfloat16>{.data = brains.data(), .rows = 2, .vocab = 2}, pluck::greedy{}, keys,
                picks);
    CHECK(picks[0].token == 1);
    CHECK(picks[1].token == 0);
}
