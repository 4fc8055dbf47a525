// SPDX-License-Identifier: MIT
//
// What the adapters for tensors share: shapes and strides as batches, types at run time, tokens to int32 and int64.
// tests/adapters has the tensors themselves.
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/detail/foreign_tensor.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

using namespace pluck_test;
using namespace pluck::detail;

namespace {

/// A tensor and its arrays.
struct made {
    std::vector<std::int64_t> sizes, strides;
    foreign_tensor tensor;

    made(void* data, std::vector<std::int64_t> shape, std::vector<std::int64_t> steps = {})
        : sizes(std::move(shape)),
          strides(std::move(steps)),
          tensor{"x",
                 "the tensor's",
                 data,
                 sizes.data(),
                 strides.empty() ? nullptr : strides.data(),
                 static_cast<std::int64_t>(sizes.size())} {}
    made(const made&) = delete;
    made& operator=(const made&) = delete;
};

float memory[64];

std::string refusal(const made& of, foreign_batch (*look)(const foreign_tensor&)) {
    return message_of([&] { (void)look(of.tensor); });
}

}  // namespace

TEST_CASE("a tensor's shape and strides are a batch's") {
    const foreign_batch plain = batch_of(made(memory, {3, 5}).tensor);
    CHECK(plain.data == memory);
    CHECK(plain.rows == 3);
    CHECK(plain.vocab == 5);
    CHECK(plain.row_stride == 5);
    CHECK(plain.vocab_stride == 1);
    const foreign_batch strided = batch_of(made(memory, {3, 5}, {-7, 2}).tensor);
    CHECK(strided.row_stride == -7);
    CHECK(strided.vocab_stride == 2);
    const foreign_batch row = row_of(made(memory, {5}, {-3}).tensor);
    CHECK(row.rows == 1);
    CHECK(row.vocab == 5);
    CHECK(row.vocab_stride == -3);
    CHECK(row_of(made(memory, {1, 4}, {99, 2}).tensor).vocab_stride == 2);
}

TEST_CASE("what is empty has no data, whatever its pointer is") {
    CHECK(batch_of(made(memory, {0, 5}).tensor).data == nullptr);
    CHECK(batch_of(made(memory, {5, 0}).tensor).data == nullptr);
    CHECK(batch_of(made(nullptr, {0, 5}).tensor).rows == 0);
    CHECK(row_of(made(nullptr, {0}).tensor).vocab == 0);
}

TEST_CASE("ranks, sizes and null data that are no batch's are refused") {
    CHECK(refusal({memory, {5}}, batch_of) == "pluck::x: the tensor's rank must be 2, got 1");
    CHECK(refusal({memory, {1, 1, 5}}, row_or_batch_of) == "pluck::x: the tensor's rank must be 1 or 2, got 3");
    CHECK(refusal({memory, {}}, row_of) == "pluck::x: the tensor's rank must be 1 or 2, got 0");
    CHECK(refusal({memory, {2, 5}}, row_of) == "pluck::x: the tensor's number of rows must be 1, got 2");
    CHECK(refusal({memory, {-2, 5}}, batch_of) == "pluck::x: the tensor's sizes must be >= 0, got -2");
    CHECK(refusal({memory, {2, -5}}, batch_of) == "pluck::x: the tensor's sizes must be >= 0, got -5");
    CHECK(refusal({nullptr, {2, 5}}, batch_of) ==
          "pluck::x: the tensor's data must be there for 2 x 5 elements, got null");
    made no_shape(memory, {5});
    no_shape.tensor.sizes = nullptr;
    CHECK(refusal(no_shape, row_of) == "pluck::x: the tensor's shape must be there for a rank above 0, got null");
}

TEST_CASE("a batch is called with as the type that it is") {
    const foreign_batch batch = batch_of(made(memory, {2, 3}, {8, 2}).tensor);
    const auto seen = [&](float_type type) {
        return call_with<true>(batch, type, [&]<class Scalar>(const pluck::batch_view<Scalar>& view) {
            CHECK(static_cast<const void*>(view.data) == memory);
            CHECK(view.rows == 2);
            CHECK(view.vocab == 3);
            CHECK(view.row_stride == 8);
            CHECK(view.vocab_stride == 2);
            if constexpr (std::is_same_v<Scalar, float>) return float_type::float32;
            else if constexpr (std::is_same_v<Scalar, double>) return float_type::float64;
            else if constexpr (std::is_same_v<Scalar, pluck::half>) return float_type::float16;
            else return float_type::bfloat16;
        });
    };
    for (const float_type type : {float_type::float16, float_type::bfloat16, float_type::float32, float_type::float64})
        CHECK(seen(type) == type);
}

TEST_CASE("tokens go to int32 and int64, in place where they can") {
    std::array<std::int32_t, 8> narrow{};
    std::array<std::int64_t, 8> wide{};
    const std::int32_t tokens[] = {5, -1, 0x7fffffff};
    const foreign_tokens in_place = tokens_of(made(narrow.data(), {3}).tensor, false);
    CHECK(in_place.size == 3);
    CHECK(in_place.in_place() == narrow.data());
    CHECK(tokens_of(made(narrow.data(), {3, 1}, {1, 9}).tensor, false).in_place() == narrow.data());
    CHECK(tokens_of(made(reinterpret_cast<char*>(narrow.data()) + 1, {3}).tensor, false).in_place() == nullptr);
    CHECK(tokens_of(made(wide.data(), {3}).tensor, true).in_place() == nullptr);

    const foreign_tokens gaps = tokens_of(made(narrow.data(), {3}, {2}).tensor, false);
    CHECK(gaps.in_place() == nullptr);
    gaps.put(tokens);
    CHECK(narrow == std::array<std::int32_t, 8>{5, 0, -1, 0, 0x7fffffff});
    tokens_of(made(wide.data() + 5, {3, 1}, {-2, 1}).tensor, true).put(tokens);
    CHECK(wide == std::array<std::int64_t, 8>{0, 0x7fffffff, 0, -1, 0, 5});

    const auto refused = [&](const made& of) { return message_of([&] { (void)tokens_of(of.tensor, true); }); };
    CHECK(refused({wide.data(), {}}) == "pluck::x: the tensor's rank must be 1, or 2 with one column, got 0");
    CHECK(refused({wide.data(), {2, 2}}) == "pluck::x: the tensor's number of columns must be 1, got 2");
    CHECK(refused({wide.data(), {2}, {0}}) ==
          "pluck::x: the tensor's stride must be other than 0, so that each token has its place, got 0");
    CHECK(refused({wide.data(), {1}, {0}}) == "(no exception)");
    CHECK(refused({nullptr, {2}}) == "pluck::x: the tensor's data must be there for 2 x 1 elements, got null");
}

TEST_CASE("tokens are drawn to where they are wanted, and beside it") {
    const std::vector<float> logits = {1, 2, 3, 9, 5, 6};
    const pluck::batch_view<float> batch{logits.data(), 2, 3};
    std::array<std::int64_t, 2> wide{};
    std::array<std::int32_t, 2> narrow{}, beside{};
    const auto draw = [&](const foreign_tokens& to, const pluck::results& out) {
        draw_tokens(batch, pluck::greedy{}, pluck::keys{}, to, out, {}, pluck::serial{});
    };
    draw(tokens_of(made(wide.data(), {2}).tensor, true), {});
    CHECK(wide == std::array<std::int64_t, 2>{2, 0});
    draw(tokens_of(made(narrow.data(), {2}).tensor, false), {});
    CHECK(narrow == std::array<std::int32_t, 2>{2, 0});
    narrow = {};
    draw(tokens_of(made(narrow.data(), {2}).tensor, false), {.token = beside.data()});
    CHECK(narrow == std::array<std::int32_t, 2>{2, 0});
    CHECK(beside == narrow);
}
