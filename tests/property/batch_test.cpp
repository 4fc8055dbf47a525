// SPDX-License-Identifier: MIT
//
// A row of a batch is drawn as if it were alone: whatever the number of threads, however the batch is split and
// ordered, whatever its neighbours are, wherever it lies.
#include "laws.hpp"
#include <pluck/thread_pool.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

using pluck_test::random_numbers;
using row = std::vector<float>;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

/// What picks hold before a batch is drawn, and must not hold after it.
constexpr pluck::pick junk{-1431655766, pluck::status::row_too_long};

/// A batch of rows of one length, some of which nothing can be drawn from, and what each should give.
struct problem {
    std::size_t rows;
    std::size_t vocab;
    std::vector<float> logits;  // row-major
    std::vector<pluck::combined> chains;
    std::vector<pluck::key> keys;
    std::vector<pluck::pick> alone;           // row r by chains[r]
    std::vector<pluck::pick> alone_by_first;  // row r by chains[0]

    problem(std::uint64_t number, std::size_t rows_, std::size_t vocab_) : rows(rows_), vocab(vocab_) {
        random_numbers numbers(number, 3);
        for (std::size_t r = 0; r < rows; ++r) {
            row each = pluck_test::logits_of(pluck_test::all_shapes[numbers.below(8)], vocab, numbers);
            if (numbers.chance(8)) each[numbers.below(vocab)] = not_a_number;
            if (numbers.chance(8)) each[numbers.below(vocab)] = infinity;
            if (numbers.chance(8)) each.assign(vocab, pluck_test::forbidden);
            logits.insert(logits.end(), each.begin(), each.end());
            chains.push_back(random_settings(numbers));
            keys.push_back(random_key(numbers));
        }
        for (std::size_t r = 0; r < rows; ++r) {
            alone.push_back(pluck::sample(one(r), chains[r], keys[r]));
            alone_by_first.push_back(pluck::sample(one(r), chains[0], keys[r]));
        }
    }

    [[nodiscard]] std::span<const float> one(std::size_t r) const { return {logits.data() + r * vocab, vocab}; }
    [[nodiscard]] pluck::batch_view<float> batch() const { return {logits.data(), rows, vocab}; }
};

constexpr std::size_t batch_sizes[] = {1, 2, 7, 8, 9, 64};

template <class Law>
void for_problems(std::size_t count, const Law& law) {
    for (std::uint64_t number = 0; number < pluck_test::repeated_nightly(count); ++number) {
        CAPTURE(number);
        random_numbers numbers(number, 4);
        const std::size_t rows = batch_sizes[numbers.below(std::size(batch_sizes))];
        law(problem(number, rows, 1 + numbers.below(200)), numbers);
    }
}

}  // namespace

TEST_CASE("a batch gives each row what it would be given alone, and overwrites what the picks held") {
    for_problems(2000, [](const problem& p, random_numbers&) {
        std::vector<pluck::pick> picks(p.rows, junk);
        pluck::sample_rows(p.batch(), p.chains, p.keys, picks);
        REQUIRE(picks == p.alone);
        picks.assign(p.rows, junk);
        pluck::sample_rows(p.batch(), p.chains[0], p.keys, picks);
        REQUIRE(picks == p.alone_by_first);
    });
}

TEST_CASE("the number of threads changes no pick") {
    for (const int threads : {1, 2, 3, 4, 8}) {
        CAPTURE(threads);
        const pluck::thread_pool pool(threads);
        for_problems(1000, [&](const problem& p, random_numbers&) {
            std::vector<pluck::pick> picks(p.rows, junk);
            pluck::sample_rows(p.batch(), p.chains, p.keys, picks, pool);
            REQUIRE(picks == p.alone);
            picks.assign(p.rows, junk);
            pluck::sample_rows(p.batch(), p.chains[0], p.keys, picks, pool);
            REQUIRE(picks == p.alone_by_first);
        });
    }
}

TEST_CASE("a batch split in two anywhere gives the picks of the whole") {
    const pluck::thread_pool pool(3);
    for (std::uint64_t number = 0; number < pluck_test::repeated(200); ++number) {
        CAPTURE(number);
        const problem p(number, 64, 50);
        const std::span<const pluck::key> keys(p.keys);
        const std::span<const pluck::combined> chains(p.chains);
        for (std::size_t split = 0; split <= p.rows; ++split) {
            std::vector<pluck::pick> picks(p.rows, junk);
            const std::span<pluck::pick> out(picks);
            const pluck::batch_view<float> head{p.logits.data(), split, p.vocab};
            const pluck::batch_view<float> tail{p.logits.data() + split * p.vocab, p.rows - split, p.vocab};
            pluck::sample_rows(head, chains.first(split), keys.first(split), out.first(split));
            pluck::sample_rows(tail, chains.subspan(split), keys.subspan(split), out.subspan(split), pool);
            REQUIRE(picks == p.alone);
        }
    }
}

TEST_CASE("the order of the rows changes no pick") {
    for_problems(2000, [](const problem& p, random_numbers& numbers) {
        std::vector<std::size_t> order(p.rows);
        std::iota(order.begin(), order.end(), std::size_t{0});
        numbers.shuffle(order);
        std::vector<std::span<const float>> rows;
        std::vector<pluck::combined> chains;
        std::vector<pluck::key> keys;
        std::vector<pluck::pick> expected;
        for (const std::size_t r : order) {
            rows.push_back(p.one(r));
            chains.push_back(p.chains[r]);
            keys.push_back(p.keys[r]);
            expected.push_back(p.alone[r]);
        }
        std::vector<pluck::pick> picks(p.rows, junk);
        pluck::sample_rows(rows, chains, keys, picks);
        REQUIRE(picks == expected);
    });
}

TEST_CASE("neighbours of any status change no pick") {
    for_problems(2000, [](const problem& p, random_numbers& numbers) {
        // Every row but one is replaced, by rows of every kind.
        const std::size_t mine = numbers.below(p.rows);
        std::vector<float> logits = p.logits;
        for (std::size_t r = 0; r < p.rows; ++r) {
            if (r == mine) continue;
            const float filling[] = {not_a_number, infinity, pluck_test::forbidden, 0.0f, 3e38f, -3e38f};
            std::fill_n(logits.begin() + static_cast<std::ptrdiff_t>(r * p.vocab), p.vocab, filling[numbers.below(6)]);
        }
        std::vector<pluck::pick> picks(p.rows, junk);
        pluck::sample_rows(pluck::batch_view<float>{logits.data(), p.rows, p.vocab}, p.chains, p.keys, picks);
        REQUIRE(picks[mine] == p.alone[mine]);
    });
}

TEST_CASE("strides, alignment and storage order of a batch change no pick") {
    std::vector<unsigned char> memory;
    for_problems(1000, [&](const problem& p, random_numbers&) {
        const auto by_view = [&](const pluck::batch_view<float>& batch) {
            std::vector<pluck::pick> picks(p.rows, junk);
            pluck::sample_rows(batch, p.chains, p.keys, picks);
            return picks;
        };
        for (const std::size_t stride : {p.vocab, p.vocab + 1, p.vocab + 17, 2 * p.vocab}) {
            for (const std::size_t offset : {0u, 1u, 4u, 8u, 31u, 63u}) {
                memory.assign(p.rows * stride * sizeof(float) + 64, 0xff);  // all NaN between the rows
                for (std::size_t r = 0; r < p.rows; ++r) {
                    std::memcpy(memory.data() + offset + r * stride * sizeof(float), p.one(r).data(),
                                p.vocab * sizeof(float));
                }
                const auto* data = reinterpret_cast<const float*>(memory.data() + offset);
                REQUIRE(by_view({data, p.rows, p.vocab, static_cast<std::ptrdiff_t>(stride)}) == p.alone);
            }
        }
        std::vector<float> columns(p.logits.size());
        for (std::size_t r = 0; r < p.rows; ++r) {
            for (std::size_t i = 0; i < p.vocab; ++i) columns[i * p.rows + r] = p.one(r)[i];
        }
        REQUIRE(by_view({columns.data(), p.rows, p.vocab, 1, static_cast<std::ptrdiff_t>(p.rows)}) == p.alone);
    });
}

TEST_CASE("a batch in any of Eigen's shapes gives the same picks") {
    using row_major = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    for_problems(1000, [](const problem& p, random_numbers&) {
        const auto rows = static_cast<Eigen::Index>(p.rows), vocab = static_cast<Eigen::Index>(p.vocab);
        const Eigen::Map<const row_major> map(p.logits.data(), rows, vocab);
        const row_major owned = map;
        const Eigen::MatrixXf columns = map;
        const Eigen::ArrayXXf array = map.array();
        Eigen::MatrixXf larger = Eigen::MatrixXf::Constant(rows + 3, vocab + 2, not_a_number);
        larger.block(2, 1, rows, vocab) = map;
        const auto require = [&](const auto& batch) {
            std::vector<pluck::pick> picks(p.rows, junk);
            pluck::sample_rows(batch, p.chains, p.keys, picks);
            REQUIRE(picks == p.alone);
        };
        require(map);
        require(owned);
        require(columns);
        require(array);
        require(larger.block(2, 1, rows, vocab));
        require(columns.transpose().eval().transpose());
    });
}

TEST_CASE("parameters per row give each row what a chain of its own would") {
    for_problems(2000, [](const problem& p, random_numbers& numbers) {
        std::vector<float> t(p.rows), nucleus(p.rows), share(p.rows);
        std::vector<std::int32_t> k(p.rows);
        std::vector<pluck::pick> expected;
        for (std::size_t r = 0; r < p.rows; ++r) {
            t[r] = random_temperature(numbers);
            k[r] = random_k(numbers);
            nucleus[r] = random_share(numbers);
            share[r] = random_share(numbers);
            const pluck::combined own{.temperature = t[r], .top_k = k[r], .top_p = nucleus[r], .min_p = share[r]};
            expected.push_back(pluck::sample(p.one(r), own, p.keys[r]));
            if (numbers.chance(8)) {  // a bad parameter concerns its own row alone
                nucleus[r] = 1.5f;
                if (expected.back()) expected.back() = {-1, pluck::status::bad_parameter};
            }
        }
        const auto chain = pluck::temperature(pluck::per_row<float>{t}) |
                           pluck::top_k(pluck::per_row<std::int32_t>{k}) |
                           pluck::top_p(pluck::per_row<float>{nucleus}) | pluck::min_p(pluck::per_row<float>{share});
        std::vector<pluck::pick> picks(p.rows, junk);
        pluck::sample_rows(p.batch(), chain, p.keys, picks);
        REQUIRE(picks == expected);
    });
}

TEST_CASE("a batch of wrong sizes throws before anything is written") {
    const problem p(1, 8, 20);
    std::vector<pluck::pick> picks(8, junk);
    const std::span<pluck::pick> out(picks);
    const std::span<const pluck::key> keys(p.keys);
    const std::span<const pluck::combined> chains(p.chains);
    const std::vector<float> few(7, 0.5f);
    CHECK_THROWS_AS(pluck::sample_rows(p.batch(), p.chains, keys.first(7), out), std::invalid_argument);
    CHECK_THROWS_AS(pluck::sample_rows(p.batch(), p.chains, keys, out.first(7)), std::invalid_argument);
    CHECK_THROWS_AS(pluck::sample_rows(p.batch(), chains.first(7), keys, out), std::invalid_argument);
    CHECK_THROWS_AS(pluck::sample_rows(p.batch(), pluck::top_p(pluck::per_row<float>{few}), keys, out),
                    std::invalid_argument);
    CHECK(picks == std::vector<pluck::pick>(8, junk));
    CHECK_NOTHROW(pluck::sample_rows(pluck::batch_view<float>{}, pluck::chain{}, {}, {}));
}
