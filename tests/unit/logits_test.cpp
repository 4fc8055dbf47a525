// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include <pluck/logits.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

using pluck::batch_traits;
using pluck::batch_view;
using pluck::logits_view;
using pluck::row_traits;

namespace {

struct engine_tensor {  // a type of a user's own
    const float* memory;
    std::size_t tokens;
};

}  // namespace

template <>
struct pluck::row_traits<engine_tensor> {
    static pluck::logits_view<float> view(const engine_tensor& x) noexcept { return {x.memory, x.tokens}; }
};

TEST_CASE("a view of logits is a pointer, a size and a stride of one") {
    constexpr logits_view<float> nothing;
    STATIC_REQUIRE(nothing.data == nullptr);
    STATIC_REQUIRE(nothing.size == 0);
    STATIC_REQUIRE(nothing.stride == 1);
    const float values[] = {1, 2, 3};
    const logits_view<float> view{values, 3};
    const auto same = row_traits<logits_view<float>>::view(view);
    CHECK(same.data == values);
    CHECK(same.size == 3);
    CHECK(same.stride == 1);
}

TEST_CASE("ranges of logits that lie side by side are rows") {
    const std::vector<float> vector = {1, 2, 3};
    const std::array<double, 2> array = {1, 2};
    const float plain[] = {1, 2, 3, 4};
    const std::span<const pluck::half> span;
    const auto of_vector = row_traits<std::vector<float>>::view(vector);
    CHECK(of_vector.data == vector.data());
    CHECK(of_vector.size == 3);
    CHECK(of_vector.stride == 1);
    const auto of_array = row_traits<std::array<double, 2>>::view(array);
    STATIC_REQUIRE(std::is_same_v<decltype(of_array), const logits_view<double>>);
    CHECK(of_array.size == 2);
    const auto of_plain = row_traits<float[4]>::view(plain);
    CHECK(of_plain.data == &plain[0]);
    CHECK(of_plain.size == 4);
    CHECK(row_traits<std::span<const pluck::half>>::view(span).size == 0);
}

TEST_CASE("what is a row, and what is not") {
    using pluck::row_like;
    STATIC_REQUIRE(row_like<std::vector<float>>);
    STATIC_REQUIRE(row_like<std::span<const float>>);
    STATIC_REQUIRE(row_like<std::span<float>>);
    STATIC_REQUIRE(row_like<std::vector<pluck::bfloat16>>);
    STATIC_REQUIRE(row_like<logits_view<double>>);
    STATIC_REQUIRE(row_like<engine_tensor>);
    STATIC_REQUIRE_FALSE(row_like<std::vector<int>>);
    STATIC_REQUIRE_FALSE(row_like<std::vector<bool>>);
    STATIC_REQUIRE_FALSE(row_like<std::list<float>>);
    STATIC_REQUIRE_FALSE(row_like<std::string>);
    STATIC_REQUIRE_FALSE(row_like<float>);
    STATIC_REQUIRE_FALSE(row_like<const float*>);
    STATIC_REQUIRE_FALSE(row_like<std::vector<std::vector<float>>>);
    STATIC_REQUIRE_FALSE(row_like<batch_view<float>>);
}

TEST_CASE("the rows of a batch lie one after the other unless a stride says otherwise") {
    const float values[] = {0, 1, 2, 3, 4, 5};
    const batch_view<float> batch{.data = values, .rows = 2, .vocab = 3};
    CHECK(batch.row_stride == 3);
    CHECK(batch.vocab_stride == 1);
    CHECK(batch.row(1).data == values + 3);
    CHECK(batch.row(1).size == 3);
    CHECK(batch.row(1).stride == 1);
    const batch_view<float> columns{.data = values, .rows = 2, .vocab = 3, .row_stride = 1, .vocab_stride = 2};
    CHECK(columns.row(1).data == values + 1);
    CHECK(columns.row(1).stride == 2);
    const batch_view<float> backwards{.data = values + 3, .rows = 2, .vocab = 3, .row_stride = -3};
    CHECK(backwards.row(1).data == values);
}

TEST_CASE("views take their scalar from a pointer") {
    pluck::half values[6] = {};
    STATIC_REQUIRE(std::is_same_v<decltype(logits_view{values, 6}), logits_view<pluck::half>>);
    STATIC_REQUIRE(std::is_same_v<decltype(logits_view{values, 2, 3}), logits_view<pluck::half>>);
    STATIC_REQUIRE(std::is_same_v<decltype(batch_view{values, 2, 3}), batch_view<pluck::half>>);
    STATIC_REQUIRE(std::is_same_v<decltype(batch_view{values, 2, 3, 1, 2}), batch_view<pluck::half>>);
    CHECK(batch_view{values, 2, 3}.row_stride == 3);
    const pluck::computed_row computed{[](std::size_t id) { return static_cast<float>(id); }, 4};
    CHECK(computed.at(3) == 3.0f);
}

TEST_CASE("the rows of a null batch are null views, whatever the strides") {
    const batch_view<float> batch{.data = nullptr, .rows = 3, .vocab = 5};
    CHECK(batch.row(2).data == nullptr);
    CHECK(batch.row(2).size == 5);
}

TEST_CASE("a batch of ranges has as many rows as ranges, each of its own length") {
    const std::vector<std::vector<float>> batch = {{1, 2, 3}, {4}, {}};
    using traits = batch_traits<std::vector<std::vector<float>>>;
    CHECK(traits::rows(batch) == 3);
    CHECK(traits::row(batch, 0).size == 3);
    CHECK(traits::row(batch, 1).data == batch[1].data());
    CHECK(traits::row(batch, 2).size == 0);
}

TEST_CASE("what is a batch, and what is not") {
    using pluck::batch_like;
    STATIC_REQUIRE(batch_like<batch_view<float>>);
    STATIC_REQUIRE(batch_like<batch_view<pluck::half>>);
    STATIC_REQUIRE(batch_like<std::vector<std::vector<float>>>);
    STATIC_REQUIRE(batch_like<std::span<const logits_view<double>>>);
    STATIC_REQUIRE(batch_like<std::array<engine_tensor, 2>>);
    STATIC_REQUIRE_FALSE(batch_like<std::vector<float>>);
    STATIC_REQUIRE_FALSE(batch_like<logits_view<float>>);
    STATIC_REQUIRE_FALSE(batch_like<int>);
}

TEST_CASE("views are made in constant expressions") {
    static constexpr float values[] = {1, 2, 3, 4};
    constexpr batch_view<float> batch{.data = values, .rows = 2, .vocab = 2};
    CHECK(batch.row(1).data == values + 2);  // not a constant expression to g++ -fsanitize=undefined
    STATIC_REQUIRE(batch_traits<batch_view<float>>::rows(batch) == 2);
    STATIC_REQUIRE(noexcept(row_traits<std::vector<float>>::view(std::vector<float>{})));
    STATIC_REQUIRE(noexcept(row_traits<logits_view<float>>::view(logits_view<float>{})));
}
