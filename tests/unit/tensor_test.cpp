// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/sample.hpp>
#include <pluck/tensor.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

using namespace pluck_test;
using pluck::key;
using pluck::pick;
using pluck::sample;

namespace {

constexpr auto usual = pluck::temperature(0.9f) | pluck::top_k(40) | pluck::top_p(0.95f);
constexpr Eigen::Index vocab = 130;

std::vector<float> floats_of(std::uint64_t seed, std::size_t size) {
    random_numbers numbers(seed, 8);
    std::vector<float> values(size);
    for (float& value : values) value = static_cast<float>(numbers.normal() * 2);
    return values;
}

template <class X>
void expect_as_plain(const X& x, const std::vector<float>& plain) {
    for (int position = 0; position < 12; ++position) {
        const key key{.seed = 1, .position = position};
        CHECK(sample(plain, usual, key));
        CHECK(sample(x, usual, key) == sample(plain, usual, key));
    }
}

template <class X>
void expect_batch_as_plain(const X& x) {
    const auto rows = static_cast<std::size_t>(x.dimension(0));
    std::vector<key> keys;
    for (std::size_t i = 0; i < rows; ++i) keys.push_back({.seed = 2, .sequence = i});
    std::vector<pick> picks(rows);
    pluck::sample_rows(x, usual, keys, picks);
    for (Eigen::Index r = 0; r < x.dimension(0); ++r) {
        std::vector<float> row;
        for (Eigen::Index c = 0; c < x.dimension(1); ++c) row.push_back(static_cast<float>(x(r, c)));
        CHECK(picks[static_cast<std::size_t>(r)]);
        CHECK(picks[static_cast<std::size_t>(r)] == sample(row, usual, keys[static_cast<std::size_t>(r)]));
    }
}

}  // namespace

TEST_CASE("a tensor of rank 1 is a row, in either layout") {
    const std::vector<float> plain = floats_of(1, vocab);
    Eigen::Tensor<float, 1> x(vocab);
    Eigen::Tensor<float, 1, Eigen::RowMajor> y(vocab);
    for (Eigen::Index i = 0; i < vocab; ++i) x(i) = y(i) = plain[static_cast<std::size_t>(i)];
    expect_as_plain(x, plain);
    expect_as_plain(y, plain);
}

TEST_CASE("a tensor of rank 1 may be a map, constant, of a fixed size, or indexed by int") {
    std::vector<float> plain = floats_of(2, vocab);
    expect_as_plain(Eigen::TensorMap<Eigen::Tensor<float, 1>>(plain.data(), vocab), plain);
    expect_as_plain(Eigen::TensorMap<const Eigen::Tensor<const float, 1>>(plain.data(), vocab), plain);
    expect_as_plain(Eigen::TensorMap<const Eigen::Tensor<float, 1>>(plain.data(), vocab), plain);
    expect_as_plain(Eigen::TensorMap<Eigen::Tensor<float, 1, Eigen::RowMajor>>(plain.data(), vocab), plain);
    Eigen::TensorFixedSize<float, Eigen::Sizes<5>> fixed;
    Eigen::Tensor<float, 1, 0, int> by_int(5);
    for (int i = 0; i < 5; ++i) fixed(i) = by_int(i) = plain[static_cast<std::size_t>(i)];
    expect_as_plain(fixed, std::vector<float>(plain.begin(), plain.begin() + 5));
    expect_as_plain(by_int, std::vector<float>(plain.begin(), plain.begin() + 5));
}

TEST_CASE("tensors of double, half and bfloat16 are rows") {
    const std::vector<float> plain = floats_of(3, vocab);
    Eigen::Tensor<double, 1> wide(vocab);
    Eigen::Tensor<Eigen::half, 1> halves(vocab);
    Eigen::Tensor<Eigen::bfloat16, 1> brains(vocab);
    std::vector<float> of_halves, of_brains;
    for (Eigen::Index i = 0; i < vocab; ++i) {
        const float logit = plain[static_cast<std::size_t>(i)];
        wide(i) = logit;
        halves(i) = Eigen::half(logit);
        brains(i) = Eigen::bfloat16(logit);
        of_halves.push_back(static_cast<float>(halves(i)));
        of_brains.push_back(static_cast<float>(brains(i)));
    }
    expect_as_plain(wide, plain);
    expect_as_plain(halves, of_halves);
    expect_as_plain(brains, of_brains);
}

TEST_CASE("a tensor of rank 2 is a batch, in either layout") {
    Eigen::Tensor<float, 2> x(7, vocab);
    Eigen::Tensor<float, 2, Eigen::RowMajor> y(7, vocab);
    const std::vector<float> plain = floats_of(4, 7 * vocab);
    for (Eigen::Index r = 0; r < 7; ++r) {
        for (Eigen::Index c = 0; c < vocab; ++c) x(r, c) = y(r, c) = plain[static_cast<std::size_t>(r * vocab + c)];
    }
    expect_batch_as_plain(x);
    expect_batch_as_plain(y);
}

TEST_CASE("a map of rank 2 is a batch, in either layout, constant or not") {
    std::vector<float> memory = floats_of(5, 7 * vocab);
    expect_batch_as_plain(Eigen::TensorMap<Eigen::Tensor<float, 2>>(memory.data(), 7, vocab));
    expect_batch_as_plain(Eigen::TensorMap<Eigen::Tensor<float, 2, Eigen::RowMajor>>(memory.data(), 7, vocab));
    expect_batch_as_plain(Eigen::TensorMap<const Eigen::Tensor<const float, 2>>(memory.data(), 7, vocab));
    expect_batch_as_plain(Eigen::TensorMap<const Eigen::Tensor<float, 2, Eigen::RowMajor>>(memory.data(), 7, vocab));
    Eigen::TensorFixedSize<double, Eigen::Sizes<2, 3>> fixed;
    fixed.setValues({{1, 2, 3}, {3, 2, 1}});
    expect_batch_as_plain(fixed);
}

TEST_CASE("rank 1 is a row, rank 2 a batch, and other tensors are neither") {
    using pluck::batch_like;
    using pluck::row_like;
    STATIC_REQUIRE((row_like<Eigen::Tensor<float, 1>> && !batch_like<Eigen::Tensor<float, 1>>));
    STATIC_REQUIRE((!row_like<Eigen::Tensor<float, 2>> && batch_like<Eigen::Tensor<float, 2>>));
    STATIC_REQUIRE((!row_like<Eigen::Tensor<float, 3>> && !batch_like<Eigen::Tensor<float, 3>>));
    STATIC_REQUIRE((!row_like<Eigen::Tensor<float, 0>> && !batch_like<Eigen::Tensor<float, 0>>));
    STATIC_REQUIRE_FALSE(row_like<Eigen::Tensor<int, 1>>);
    STATIC_REQUIRE_FALSE(batch_like<Eigen::Tensor<std::int64_t, 2>>);
    // An expression has no memory to look at; nor has a reference to one.
    STATIC_REQUIRE_FALSE(row_like<decltype(Eigen::Tensor<float, 1>() + Eigen::Tensor<float, 1>())>);
    STATIC_REQUIRE_FALSE(row_like<decltype(Eigen::Tensor<float, 2>().chip(0, 0))>);
    STATIC_REQUIRE_FALSE(row_like<Eigen::TensorRef<Eigen::Tensor<float, 1>>>);
    STATIC_REQUIRE_FALSE(batch_like<Eigen::TensorRef<Eigen::Tensor<float, 2>>>);
}

TEST_CASE("empty tensors have no candidate") {
    CHECK(sample(Eigen::Tensor<float, 1>(0), usual, {}).status == pluck::status::no_candidate);
    const std::vector<key> keys(2);
    std::vector<pick> picks(2);
    pluck::sample_rows(Eigen::Tensor<float, 2>(2, 0), usual, keys, picks);
    CHECK(picks == std::vector<pick>(2, pick{-1, pluck::status::no_candidate}));
    pluck::sample_rows(Eigen::Tensor<float, 2>(0, 5), usual, std::span<const key>{}, std::span<pick>{});
}
