// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/urbg.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

using namespace pluck_test;
using pluck::bits128;
using pluck::sample;

namespace {

// A generator of a range that says what it is told to.
template <class Result, Result Min, Result Max>
struct scripted {
    using result_type = Result;
    static constexpr result_type min() { return Min; }
    static constexpr result_type max() { return Max; }
    result_type operator()() {
        if (next == values.size()) throw std::runtime_error("the script has ended");
        return values[next++];
    }

    std::vector<result_type> values;
    std::size_t next = 0;
};

using of_32_bits = scripted<std::uint32_t, 0, 0xffffffffu>;
using of_64_bits = scripted<std::uint64_t, 0, ~std::uint64_t{0}>;

// Which 128 bits a draw was given.
struct see_bits : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    bits128* own;
    bits128* further;
    template <class Row>
    void operator()(Row& row) const {
        *own = row.uniform();
        *further = row.random(3, 4);
    }
};

struct seen_bits {
    bits128 own;
    bits128 further;
};

template <class Generator>
seen_bits bits_from(Generator& generator) {
    seen_bits seen;
    see_bits look;
    look.own = &seen.own;
    look.further = &seen.further;
    (void)sample(std::vector<float>{1, 2}, look, generator);
    return seen;
}

const std::vector<float> row = {0.5f, 1, 0, -1, 2, 0.25f};

}  // namespace

TEST_CASE("a generator of 32 bits gives the four words, word 0 first") {
    of_32_bits generator{{1, 2, 0xfffffffeu, 4, 5}};
    CHECK(bits_from(generator).own == bits128{{1, 2, 0xfffffffeu, 4}});
    CHECK(generator.next == 4);
}

TEST_CASE("further bits derive from a generator's with a zero key") {
    of_32_bits generator{{1, 2, 3, 4}};
    CHECK(bits_from(generator).further == pluck::philox4x32({{1 ^ 4, 2 ^ 3, 3, 4}}, {{0, 0}}));
}

TEST_CASE("a generator of 64 bits gives the low half of each output") {
    of_64_bits generator{{0xaaaaaaaa00000001u, 0xbbbbbbbb00000002u, 0xcccccccc00000003u, 0xdddddddd00000004u}};
    CHECK(bits_from(generator).own == bits128{{1, 2, 3, 4}});
    CHECK(generator.next == 4);
}

TEST_CASE("outputs count from the generator's minimum") {
    constexpr std::uint64_t most = 100 + std::uint64_t{0xffffffffu};
    scripted<std::uint64_t, 100, most> generator{{101, 100, most, 103}};
    CHECK(bits_from(generator).own == bits128{{1, 0, 0xffffffffu, 3}});
}

TEST_CASE("a range that is no multiple of 2^32 rejects what would favour some words") {
    // 2^32 + 2^31 values: the last 2^31 of them have no partner.
    constexpr std::uint64_t fair = std::uint64_t{1} << 32;
    scripted<std::uint64_t, 0, fair + fair / 2 - 1> generator{{fair, 7, fair + 1, fair + fair / 2 - 1, 8, 9, fair - 1}};
    CHECK(bits_from(generator).own == bits128{{7, 8, 9, 0xffffffffu}});
    CHECK(generator.next == 7);
    // 3 * 2^32 values: none is rejected.
    scripted<std::uint64_t, 0, 3 * fair - 1> whole{{3 * fair - 1, 2 * fair, fair + 1, 2}};
    CHECK(bits_from(whole).own == bits128{{0xffffffffu, 0, 1, 2}});
}

TEST_CASE("a narrow generator's outputs are joined, the first the highest, values beyond whole bits rejected") {
    // std::minstd_rand: [1, 2147483646], 2147483646 values, so 30 whole bits; two calls make 60, of which 32 stay.
    scripted<std::uint32_t, 1, 2147483646u> generator{
        {1 + 3, 1 + 5, 1u + (1u << 30), 1 + 0, 2147483646u, 1 + 1, 1 + 1, 1 + 0, 1u + (1u << 30) - 1, 1 + 7}};
    CHECK(bits_from(generator).own == bits128{{3u << 30 | 5u, 1, 1u << 30, ((1u << 30) - 1) << 30 | 7u}});
    CHECK(generator.next == 10);
}

TEST_CASE("a generator of 8 bits is asked four times for a word") {
    scripted<std::uint8_t, 0, 255> generator{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255}};
    CHECK(bits_from(generator).own == bits128{{0x01020304u, 0x05060708u, 0x090a0b0cu, 0x0d0e0fffu}});
}

TEST_CASE("a coin is asked 32 times for a word") {
    scripted<unsigned, 5, 6> coin;
    for (int i = 0; i < 128; ++i) coin.values.push_back(i % 3 == 0 ? 6 : 5);
    bits128 expected;
    for (std::size_t i = 0; i < 128; ++i) {
        expected.word[i / 32] = expected.word[i / 32] << 1 | (i % 3 == 0 ? 1u : 0u);
    }
    CHECK(bits_from(coin).own == expected);
    CHECK(coin.next == 128);
}

TEST_CASE("a three-sided die uses one bit of each output, and rejects the third side") {
    scripted<unsigned, 0, 2> die;
    for (int i = 0; i < 128; ++i) {
        die.values.push_back(2);
        die.values.push_back(i % 2 == 0 ? 1 : 0);
    }
    CHECK(bits_from(die).own == bits128{{0xaaaaaaaau, 0xaaaaaaaau, 0xaaaaaaaau, 0xaaaaaaaau}});
}

TEST_CASE("the generators of <random> advance by four words a draw, whatever the row and the chain") {
    std::mt19937 used(1), counted(1);
    (void)sample(row, pluck::greedy{}, used);
    (void)sample(std::vector<float>{}, pluck::chain{}, used);  // also where nothing can be drawn
    (void)sample(row, pluck::temperature(2) | pluck::top_k(3), used);
    counted.discard(12);
    CHECK(used == counted);
    std::mt19937_64 used_64(1), counted_64(1);
    (void)sample(row, pluck::greedy{}, used_64);
    counted_64.discard(4);
    CHECK(used_64 == counted_64);
}

TEST_CASE("a draw from a generator is the draw of its bits") {
    std::mt19937_64 generator(42), again(42);
    for (int i = 0; i < 100; ++i) {
        bits128 bits;
        for (auto& word : bits.word) word = static_cast<std::uint32_t>(again());
        of_32_bits script{{bits.word[0], bits.word[1], bits.word[2], bits.word[3]}};
        CHECK(sample(row, pluck::top_p(0.9f), generator) == sample(row, pluck::top_p(0.9f), script));
    }
}

TEST_CASE("a key's own bits through a generator draw the key's own token") {
    for (int position = 0; position < 100; ++position) {
        const pluck::key key{.seed = 3, .position = position};
        const bits128 bits = pluck::randomness(key).base;
        of_32_bits generator{{bits.word[0], bits.word[1], bits.word[2], bits.word[3]}};
        CHECK(sample(row, pluck::chain{}, generator) == sample(row, pluck::chain{}, key));
    }
}

TEST_CASE("narrow generators of <random> draw every token") {
    std::minstd_rand narrow(5);
    std::ranlux24_base subtract(5);
    std::vector<int> counts(6, 0);
    for (int i = 0; i < 3000; ++i) {
        ++counts[static_cast<std::size_t>(sample(row, pluck::chain{}, narrow).token)];
        ++counts[static_cast<std::size_t>(sample(row, pluck::chain{}, subtract).token)];
    }
    for (const int count : counts) CHECK(count > 100);
}

TEST_CASE("the chain may be in braces, and bad rows have their status") {
    std::mt19937 generator(1);
    CHECK(sample(row, {.top_k = 1}, generator).token == 4);
    CHECK(sample(row, {.temperature = 0}, generator).token == 4);
    CHECK(sample(std::vector<float>{float_of(bits::nans[0])}, pluck::chain{}, generator).status ==
          pluck::status::nan_logit);
}

TEST_CASE("what the generator throws comes through") {
    of_32_bits generator{{1, 2}};
    CHECK_THROWS_AS(sample(row, pluck::chain{}, generator), std::runtime_error);
}
