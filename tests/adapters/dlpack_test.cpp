// SPDX-License-Identifier: MIT
//
// DLPack tensors of every type and layout draw the tokens of the same logits in plain memory, and what cannot be read
// is refused in words.
#include "adapters/tensor_cases.hpp"
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/adapters/dlpack.hpp>
#include <pluck/thread_pool.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#ifndef PLUCK_SOURCE_DIR  // mutants' tests are run from there
#define PLUCK_SOURCE_DIR "."
#endif

using namespace pluck_test;
using pluck::key;
using pluck::keys;
using pluck::pick;
using pluck::status;
namespace dlpack = pluck::dlpack;

namespace {

template <class Scalar>
constexpr DLDataType dtype_of() {
    if constexpr (std::is_same_v<Scalar, pluck::bfloat16>) return {kDLBfloat, 16, 1};
    else return {kDLFloat, 8 * sizeof(Scalar), 1};
}

/// A DLTensor and its arrays.
struct tensor {
    std::vector<std::int64_t> shape, strides;
    DLTensor dl{};

    tensor(void* data, DLDataType type, std::vector<std::int64_t> sizes, std::vector<std::int64_t> steps = {},
           std::uint64_t byte_offset = 0)
        : shape(std::move(sizes)), strides(std::move(steps)) {
        dl = {data, {kDLCPU, 0}, static_cast<int>(shape.size()), type, shape.data(), nullptr, byte_offset};
        if (!strides.empty()) dl.strides = strides.data();
    }
    tensor(const tensor&) = delete;
    tensor& operator=(const tensor&) = delete;
};

/// How a batch lies in memory.
struct layout {
    const char* name;
    std::int64_t row_stride, vocab_stride;
    std::size_t byte_offset = 0;  // beside that of the first element
    std::size_t misaligned = 0;   // bytes by which data is
    bool null_strides = false;
};

constexpr std::int64_t rows = 5, vocab = 257;
const layout layouts[] = {
    {"null strides", vocab, 1, 0, 0, true},
    {"null strides and an offset", vocab, 1, 64, 0, true},
    {"contiguous", vocab, 1},
    {"padded rows", vocab + 7, 1},
    {"transposed", 1, rows},
    {"every third row, every second token", 3 * 2 * vocab, 2},
    {"tokens from last to first", vocab, -1},
    {"rows from last to first", -vocab, 1},
    {"both from last to first", -1, -rows},
    {"an offset of bytes", vocab, 1, 3},
    {"unaligned data", vocab, 1, 0, 1},
    {"unaligned, with gaps, backwards", -3 * vocab, -2, 5, 2},
};

/// A batch in a layout; what is not of it is NaN.
template <class Scalar>
struct laid_out {
    std::vector<unsigned char> memory;
    tensor batch;
    std::int64_t first;

    laid_out(const plain_batch<Scalar>& plain, const layout& how)
        : batch(nullptr, dtype_of<Scalar>(), {rows, vocab}, {how.row_stride, how.vocab_stride}) {
        const std::int64_t by_rows = (rows - 1) * how.row_stride, by_tokens = (vocab - 1) * how.vocab_stride;
        first = -std::min<std::int64_t>(by_rows, 0) - std::min<std::int64_t>(by_tokens, 0);
        const auto count = static_cast<std::size_t>(std::abs(by_rows) + std::abs(by_tokens) + 1);
        memory.assign(count * sizeof(Scalar) + how.byte_offset + how.misaligned, 0xff);
        batch.dl.data = memory.data() + how.misaligned;
        batch.dl.byte_offset = how.byte_offset + static_cast<std::size_t>(first) * sizeof(Scalar);
        if (how.null_strides) batch.dl.strides = nullptr;
        for (std::int64_t r = 0; r < rows; ++r) {
            for (std::int64_t i = 0; i < vocab; ++i) {
                const Scalar value = plain.at(static_cast<std::size_t>(r), static_cast<std::size_t>(i));
                std::memcpy(memory.data() + how.misaligned + how.byte_offset + bytes(r * how.row_stride) +
                                bytes(i * how.vocab_stride) + bytes(first),
                            &value, sizeof value);
            }
        }
    }
    static std::ptrdiff_t bytes(std::int64_t elements) { return elements * std::ptrdiff_t{sizeof(Scalar)}; }
};

/// One row of a batch, as a tensor of rank 1, or of rank 2.
tensor row_of(const DLTensor& batch, std::int64_t row, bool rank_2) {
    const std::int64_t row_stride = batch.strides != nullptr ? batch.strides[0] : batch.shape[1];
    const std::int64_t vocab_stride = batch.strides != nullptr ? batch.strides[1] : 1;
    auto* data = static_cast<unsigned char*>(batch.data) + row * row_stride * (batch.dtype.bits / 8);
    if (rank_2) return {data, batch.dtype, {1, batch.shape[1]}, {-99, vocab_stride}, batch.byte_offset};
    return {data, batch.dtype, {batch.shape[1]}, {vocab_stride}, batch.byte_offset};
}

constexpr DLDataType int64 = {kDLInt, 64, 1}, int32 = {kDLInt, 32, 1}, float32 = {kDLFloat, 32, 1};

std::string refusal(const DLTensor& of) {
    return message_of([&] { (void)dlpack::sample(of, pluck::greedy{}, {}); });
}

}  // namespace

// ---- logits in

TEMPLATE_TEST_CASE("a DLTensor of any layout draws as plain memory does", "", float, double, pluck::half,
                   pluck::bfloat16) {
    const plain_batch<TestType> plain(rows, vocab, 1);
    const std::vector<pick> expected = plain_picks(plain);
    const std::vector<key> row_keys = tensor_keys(rows);
    for (const layout& how : layouts) {
        INFO(how.name);
        const laid_out<TestType> made(plain, how);
        std::vector<pick> picks(rows);
        dlpack::sample_rows(made.batch.dl, tensor_chain, row_keys, picks);
        CHECK(picks == expected);
        for (std::int64_t r = 0; r < rows; ++r) {
            const auto i = static_cast<std::size_t>(r);
            CHECK(dlpack::sample(row_of(made.batch.dl, r, false).dl, tensor_chain, row_keys[i]) == expected[i]);
            CHECK(dlpack::sample(row_of(made.batch.dl, r, true).dl, tensor_chain, row_keys[i]) == expected[i]);
        }
    }
    std::size_t different = 0;
    for (const pick& each : expected) different += each && each != expected[0] ? 1u : 0u;
    CHECK(different >= 2);
}

TEST_CASE("visit has the view that the tensor is") {
    const plain_batch<pluck::half> plain(rows, vocab, 2);
    const laid_out<pluck::half> made(plain, layouts[5]);
    const std::size_t bytes = dlpack::visit(made.batch.dl, [&]<class Scalar>(const pluck::batch_view<Scalar>& batch) {
        CHECK(std::is_same_v<Scalar, pluck::half>);
        CHECK(batch.rows == rows);
        CHECK(batch.vocab == vocab);
        CHECK(batch.row_stride == 6 * vocab);
        CHECK(batch.vocab_stride == 2);
        CHECK(static_cast<const void*>(batch.data) == made.memory.data() + made.first);
        return sizeof(Scalar);
    });
    CHECK(bytes == 2);
    const tensor row = row_of(made.batch.dl, 3, false);
    dlpack::visit(row.dl, [](const auto& batch) {
        CHECK(batch.rows == 1);
        CHECK(batch.vocab == vocab);
    });
}

TEST_CASE("memory that the host can read is on the CPU") {
    const plain_batch<float> plain(rows, vocab, 3);
    laid_out<float> made(plain, layouts[0]);
    for (const DLDeviceType type : {kDLCPU, kDLCUDAHost, kDLROCMHost}) {
        made.batch.dl.device = {type, 0};
        std::vector<pick> picks(rows);
        dlpack::sample_rows(made.batch.dl, tensor_chain, tensor_keys(rows), picks);
        CHECK(picks == plain_picks(plain));
    }
}

TEST_CASE("the chain may be spelt out, and be one for each row") {
    const plain_batch<float> plain(rows, vocab, 4);
    const laid_out<float> made(plain, layouts[4]);
    const tensor row = row_of(made.batch.dl, 2, false);
    const pluck::logits_view<float> plain_row = plain.view().row(2);
    CHECK(dlpack::sample(row.dl, {.top_k = 9}, {.seed = 5}) == pluck::sample(plain_row, {.top_k = 9}, {.seed = 5}));

    std::vector<pick> got(rows), expected(rows);
    dlpack::sample_rows(made.batch.dl, {.top_k = 9}, tensor_keys(rows), got);
    pluck::sample_rows(plain.view(), {.top_k = 9}, tensor_keys(rows), expected);
    CHECK(got == expected);

    std::vector<pluck::combined> each;
    for (int k = 1; k <= rows; ++k) each.push_back({.temperature = 2, .top_k = 20 * k});
    dlpack::sample_rows(made.batch.dl, each, tensor_keys(rows), got);
    pluck::sample_rows(plain.view(), each, tensor_keys(rows), expected);
    CHECK(got == expected);
}

TEST_CASE("a report and a workspace pass through the door") {
    const plain_batch<pluck::bfloat16> plain(rows, vocab, 5);
    const laid_out<pluck::bfloat16> made(plain, layouts[6]);
    const tensor row = row_of(made.batch.dl, 1, false);
    pluck::report got, expected;
    pluck::workspace scratch;
    const pick drawn = pluck::sample(plain.view().row(1), tensor_chain, {.seed = 8}, expected);
    CHECK(dlpack::sample(row.dl, tensor_chain, {.seed = 8}, got) == drawn);
    CHECK(bits_of(got.log_probability) == bits_of(expected.log_probability));
    CHECK(got.rank == expected.rank);
    CHECK(got.kept == expected.kept);
    CHECK(got.kept > 1);
    CHECK(dlpack::sample(row.dl, tensor_chain, {.seed = 8}, got, scratch) == drawn);
    CHECK(dlpack::sample(row.dl, tensor_chain, {.seed = 8}, scratch) == drawn);
}

TEST_CASE("a batch over several threads draws the same") {
    const plain_batch<double> plain(rows, vocab, 6);
    const laid_out<double> made(plain, layouts[4]);
    const pluck::thread_pool pool(3);
    std::vector<pick> picks(rows);
    dlpack::sample_rows(made.batch.dl, tensor_chain, tensor_keys(rows), picks, pool);
    CHECK(picks == plain_picks(plain));

    std::array<std::int64_t, rows> memory{};
    const tensor tokens(memory.data(), int64, {rows});
    const std::vector<key> whole = tensor_keys(rows);
    dlpack::sample_rows(made.batch.dl, tensor_chain, keys{.whole = whole.data()}, tokens.dl, {}, {}, pool);
    for (std::size_t i = 0; i < rows; ++i) CHECK(memory[i] == picks[i].token);
}

TEST_CASE("an empty tensor is no error, nor is a row too long") {
    std::vector<pick> none;
    const tensor no_rows(nullptr, float32, {0, 10});
    dlpack::sample_rows(no_rows.dl, tensor_chain, std::span<const key>{}, none);
    tensor no_tokens(nullptr, float32, {2, 0});
    no_tokens.dl.byte_offset = 64;
    std::vector<pick> picks(2, {7, status::ok});
    dlpack::sample_rows(no_tokens.dl, tensor_chain, tensor_keys(2), picks);
    CHECK(picks == std::vector<pick>(2, {-1, status::no_candidate}));
    const tensor nothing(nullptr, float32, {0});
    CHECK(dlpack::sample(nothing.dl, tensor_chain, {}) == pick{-1, status::no_candidate});

    float one = 1;  // looked at 2^23 times
    const tensor longest(&one, float32, {std::int64_t{1} << 23}, {0});
    CHECK(dlpack::sample(longest.dl, pluck::greedy{}, {}) == pick{0, status::ok});
    const tensor too_long(&one, float32, {(std::int64_t{1} << 23) + 1}, {0});
    CHECK(dlpack::sample(too_long.dl, pluck::greedy{}, {}) == pick{-1, status::row_too_long});
}

TEST_CASE("a pointer and a shape are a tensor") {
    plain_batch<float> plain(1, vocab, 9);
    void* const data = plain.logits.data();
    std::vector<std::int64_t> shape = {1, vocab};
    const auto& chain = tensor_chain;
    // docs/tensors.md has these lines.
    DLTensor logits{data, {kDLCPU, 0}, 2, {kDLFloat, 32, 1}, shape.data(), nullptr, 0};
    const pluck::pick next = pluck::dlpack::sample(logits, chain, {.seed = 42, .position = 7});
    CHECK(next == pluck::sample(plain.logits, chain, {.seed = 42, .position = 7}));
}

TEST_CASE("managed tensors stay their owner's") {
    plain_batch<float> plain(rows, vocab, 10);
    const tensor batch(plain.logits.data(), dtype_of<float>(), {rows, vocab});
    std::array<std::int64_t, rows> memory{};
    const tensor out(memory.data(), {kDLInt, 64, 1}, {rows});
    const auto& chain = tensor_chain;
    int deleted = 0;
    const auto count = [](DLManagedTensor* self) { ++*static_cast<int*>(self->manager_ctx); };
    DLManagedTensor managed[2] = {{batch.dl, &deleted, count}, {out.dl, &deleted, count}};
    const DLManagedTensor *const logits = &managed[0], *const tokens = &managed[1];
    // docs/tensors.md has this line.
    pluck::dlpack::sample_rows(logits->dl_tensor, chain, {.seed = 42, .position = 7}, tokens->dl_tensor);
    CHECK(deleted == 0);
    for (std::size_t i = 0; i < rows; ++i)
        CHECK(memory[i] == pluck::sample(plain.view().row(i), chain, {.seed = 42, .position = 7}).token);
}

// ---- tokens out

TEST_CASE("tokens go to int32 and int64 tensors of any stride") {
    const plain_batch<float> plain(rows, vocab, 7);
    const laid_out<float> made(plain, layouts[3]);
    const std::vector<key> whole = tensor_keys(rows);
    const std::vector<pick> expected = plain_picks(plain);
    for (const DLDataType type : {int32, int64}) {
        for (const std::int64_t stride : {0, 1, 3, -2}) {  // 0: null
            for (const std::size_t misaligned : {0u, 1u}) {
                for (const bool column : {false, true}) {
                    INFO(int{type.bits} << " bits, stride " << stride << ", " << misaligned << ", " << column);
                    const std::size_t width = type.bits / 8u;
                    std::array<unsigned char, 128> memory;
                    memory.fill(0x55);
                    const std::int64_t step = stride == 0 ? 1 : stride;
                    const auto first = static_cast<std::size_t>(stride < 0 ? -stride * (rows - 1) : 0) * width;
                    std::vector<std::int64_t> shape = {rows}, strides = {stride};
                    if (column) shape.push_back(1), strides.push_back(17);
                    if (stride == 0) strides.clear();
                    tensor tokens(memory.data() + misaligned, type, shape, strides);
                    tokens.dl.byte_offset = first;
                    std::array<status, rows> states;
                    dlpack::sample_rows(made.batch.dl, tensor_chain, keys{.whole = whole.data()}, tokens.dl,
                                        {.status = states.data()});
                    std::array<unsigned char, 128> wanted;
                    wanted.fill(0x55);
                    for (std::int64_t r = 0; r < rows; ++r) {
                        const auto i = static_cast<std::size_t>(r);
                        unsigned char* const to =
                            wanted.data() + misaligned + first + r * step * static_cast<std::int64_t>(width);
                        const std::int64_t wide = expected[i].token;
                        if (type.bits == 64) std::memcpy(to, &wide, 8);
                        else std::memcpy(to, &expected[i].token, 4);
                        CHECK(states[i] == status::ok);
                    }
                    CHECK(memory == wanted);
                }
            }
        }
    }
}

TEST_CASE("a draw without a token is -1 in an int64 tensor, and has a status") {
    std::vector<float> logits = {1, 2, 3, 4, float_of(bits::nans[0]), 6};
    const tensor batch(logits.data(), float32, {3, 2});
    std::array<std::int64_t, 3> memory = {9, 9, 9};
    const tensor tokens(memory.data(), int64, {3});
    std::array<status, 3> states;
    std::array<std::int32_t, 3> narrow = {9, 9, 9};
    dlpack::sample_rows(batch.dl, pluck::greedy{}, {}, tokens.dl, {.token = narrow.data(), .status = states.data()});
    CHECK(memory == std::array<std::int64_t, 3>{1, 1, -1});
    CHECK(narrow == std::array<std::int32_t, 3>{1, 1, -1});
    CHECK(states == std::array{status::ok, status::ok, status::nan_logit});
}

TEST_CASE("draws are as many as the indices, also of tokens") {
    std::vector<float> logits = {1, 2, 4, 3};
    const tensor batch(logits.data(), float32, {2, 2});
    std::array<std::int64_t, 3> memory{};
    const tensor tokens(memory.data(), int64, {3});
    const std::array<std::int32_t, 3> rows_of = {1, 0, 1};
    dlpack::sample_rows(batch.dl, {.top_k = 1}, {}, tokens.dl, {}, {.indices = rows_of});
    CHECK(memory == std::array<std::int64_t, 3>{0, 1, 0});
}

TEST_CASE("arrays of results, keys and indices are spans") {
    const plain_batch<float> plain(rows, vocab, 8);
    const laid_out<float> made(plain, layouts[2]);
    std::array<std::int32_t, rows + 1> token{};
    std::array<std::int64_t, rows> position = {4, 3, 2, 1, 0};
    std::array<float, rows> log_probability{}, wanted{};
    tensor tokens(token.data(), int32, {rows}, {1});
    tokens.dl.byte_offset = 4;
    const tensor positions(position.data(), int64, {rows}), logs(log_probability.data(), float32, {rows});
    const std::span<std::uint64_t> places = dlpack::span_of<std::uint64_t>(positions.dl);
    CHECK(places.size() == rows);
    const keys from = {.seed = 1, .position = pluck::per_row<std::uint64_t>{places}};
    dlpack::sample_rows(made.batch.dl, tensor_chain, from,
                        {.token = dlpack::span_of<std::int32_t>(tokens.dl).data(),
                         .log_probability = dlpack::span_of<float>(logs.dl).data()});
    std::array<std::int32_t, rows> expected{};
    pluck::sample_rows(plain.view(), tensor_chain, from,
                       pluck::results{.token = expected.data(), .log_probability = wanted.data()});
    CHECK(std::equal(expected.begin(), expected.end(), token.begin() + 1));
    CHECK(log_probability == wanted);
    const tensor nothing(nullptr, int32, {0});
    CHECK(dlpack::span_of<std::int32_t>(nothing.dl).empty());
}

// ---- a GPU's memory, which nothing here reads

TEST_CASE("a tensor on a GPU is a batch for code that nvcc compiles") {
    float memory[64] = {};
    tensor batch(memory, float32, {3, 8}, {16, 1});
    batch.dl.byte_offset = 16;
    for (const DLDevice where : {DLDevice{kDLCUDA, 1}, DLDevice{kDLCUDAManaged, 0}}) {
        batch.dl.device = where;
        const bool seen = dlpack::visit(batch.dl, dlpack::cuda_device{1}, [&](const auto& view) {
            CHECK(static_cast<const void*>(view.data) == memory + 4);
            CHECK(view.rows == 3);
            CHECK(view.vocab == 8);
            CHECK(view.row_stride == 16);
            return true;
        });
        CHECK(seen);
    }
    std::int32_t token[3] = {};
    tensor tokens(token, int32, {3});
    tokens.dl.device = {kDLCUDA, 0};
    CHECK(dlpack::span_of<std::int32_t>(tokens.dl, dlpack::cuda_device{}).data() == token);

    const auto refused = [](const DLTensor& of, int id) {
        return message_of([&] { dlpack::visit(of, dlpack::cuda_device{id}, [](const auto&) {}); });
    };
    batch.dl.device = {kDLCUDA, 1};
    CHECK(refused(batch.dl, 0) == "pluck::dlpack: the tensor's device must be cuda:0, got cuda:1");
    batch.dl.device = {kDLCPU, 0};
    CHECK(refused(batch.dl, 0) == "pluck::dlpack: the tensor's device must be cuda:0, got cpu:0");
    batch.dl.device = {kDLCUDA, 0};
    batch.dl.dtype = {kDLFloat, 64, 1};
    CHECK(refused(batch.dl, 0) ==
          "pluck::dlpack: the tensor's dtype must be float16, bfloat16 or float32, got float64");
    CHECK(message_of([&] { (void)dlpack::span_of<std::int32_t>(tokens.dl); }) ==
          "pluck::dlpack: the array's device must be cpu, got cuda:0; visit(tensor, cuda_device, f) passes it to "
          "<pluck/cuda/sample.cuh>");
}

// ---- what is refused

TEST_CASE("what cannot be read is refused in words") {
    float memory[64] = {};
    const auto type = [&](DLDataType of) { return refusal(tensor(memory, of, {2}).dl); };
    const std::string dtype = "pluck::dlpack: the tensor's dtype must be float16, bfloat16, float32 or float64, got ";
    CHECK(type(int64) == dtype + "int64");
    CHECK(type({kDLUInt, 8, 1}) == dtype + "uint8");
    CHECK(type({kDLFloat, 8, 1}) == dtype + "float8");
    CHECK(type({kDLFloat, 128, 1}) == dtype + "float128");
    CHECK(type({kDLBfloat, 32, 1}) == dtype + "bfloat32");
    CHECK(type({kDLComplex, 64, 1}) == dtype + "complex64");
    CHECK(type({kDLOpaqueHandle, 64, 1}) == dtype + "handle64");
    CHECK(type({6, 8, 1}) == dtype + "bool");
    CHECK(type({10, 8, 1}) == dtype + "type code 10 with 8 bits");
    CHECK(type({kDLFloat, 32, 4}) == dtype + "float32x4");
    CHECK(type({kDLFloat, 32, 0}) == dtype + "float32x0");

    const auto device = [&](int code, int id) {
        tensor row(memory, float32, {2});
        row.dl.device = {static_cast<DLDeviceType>(code), id};
        return refusal(row.dl);
    };
    const std::string where = "pluck::dlpack: the tensor's device must be cpu, got ";
    const std::string hint = "; visit(tensor, cuda_device, f) passes it to <pluck/cuda/sample.cuh>";
    CHECK(device(2, 3) == where + "cuda:3" + hint);
    CHECK(device(13, 0) == where + "cuda_managed:0" + hint);
    CHECK(device(10, 1) == where + "rocm:1");
    CHECK(device(8, 0) == where + "metal:0");
    CHECK(device(15, 0) == where + "webgpu:0");
    CHECK(device(5, 0) == where + "device type 5:0");
    CHECK(device(100, 0) == where + "device type 100:0");

    CHECK(refusal(tensor(memory, float32, {}).dl) == "pluck::dlpack: the tensor's rank must be 1 or 2, got 0");
    CHECK(refusal(tensor(memory, float32, {1, 1, 2}).dl) == "pluck::dlpack: the tensor's rank must be 1 or 2, got 3");
    tensor less_than_none(memory, float32, {1});
    less_than_none.dl.ndim = -1;
    CHECK(refusal(less_than_none.dl) == "pluck::dlpack: the tensor's rank must be 1 or 2, got -1");
    CHECK(refusal(tensor(memory, float32, {2, 4}).dl) == "pluck::dlpack: the tensor's number of rows must be 1, got 2");
    CHECK(refusal(tensor(memory, float32, {0, 4}).dl) == "pluck::dlpack: the tensor's number of rows must be 1, got 0");
    CHECK(refusal(tensor(memory, float32, {-3}).dl) == "pluck::dlpack: the tensor's sizes must be >= 0, got -3");
    CHECK(refusal(tensor(memory, float32, {-1, 4}).dl) == "pluck::dlpack: the tensor's sizes must be >= 0, got -1");
    CHECK(refusal(tensor(nullptr, float32, {1, 4}).dl) ==
          "pluck::dlpack: the tensor's data must be there for 1 x 4 elements, got null");
    tensor offset(nullptr, float32, {4});
    offset.dl.byte_offset = 64;
    CHECK(refusal(offset.dl) == "pluck::dlpack: the tensor's data must be there for 1 x 4 elements, got null");
    tensor no_shape(memory, float32, {4});
    no_shape.dl.shape = nullptr;
    CHECK(refusal(no_shape.dl) == "pluck::dlpack: the tensor's shape must be there for a rank above 0, got null");

    std::vector<pick> picks(1, {7, status::ok});
    CHECK(message_of([&] {
              dlpack::sample_rows(tensor(memory, float32, {4}).dl, pluck::greedy{}, tensor_keys(1), picks);
          }) == "pluck::dlpack: the tensor's rank must be 2, got 1");
    CHECK(message_of([&] {
              dlpack::sample_rows(tensor(memory, float32, {2, 4}).dl, pluck::greedy{}, tensor_keys(1), picks);
          }) == "pluck::sample_rows: keys.size() must be the batch's 2 rows, got 1");
    CHECK(picks[0] == pick{7, status::ok});
}

TEST_CASE("what tokens cannot go to is refused before a draw") {
    float memory[8] = {};
    const tensor batch(memory, float32, {2, 4});
    std::int64_t out[8];
    std::fill(std::begin(out), std::end(out), 77);
    const auto refused = [&](const tensor& tokens) {
        return message_of([&] { dlpack::sample_rows(batch.dl, pluck::greedy{}, keys{}, tokens.dl); });
    };
    const std::string tokens = "pluck::dlpack: the tokens' ";
    CHECK(refused({out, float32, {2}}) == tokens + "dtype must be int32 or int64, got float32");
    CHECK(refused({out, {kDLInt, 16, 1}, {2}}) == tokens + "dtype must be int32 or int64, got int16");
    CHECK(refused({out, {kDLUInt, 64, 1}, {2}}) == tokens + "dtype must be int32 or int64, got uint64");
    CHECK(refused({out, int64, {3}}) == tokens + "size must be the 2 draws, got 3");
    CHECK(refused({out, int64, {1}}) == tokens + "size must be the 2 draws, got 1");
    CHECK(refused({out, int64, {2, 2}}) == tokens + "number of columns must be 1, got 2");
    CHECK(refused({out, int64, {}}) == tokens + "rank must be 1, or 2 with one column, got 0");
    CHECK(refused({nullptr, int64, {2}}) == tokens + "data must be there for 2 x 1 elements, got null");
    tensor elsewhere(out, int64, {2});
    elsewhere.dl.device = {kDLMetal, 0};
    CHECK(refused(elsewhere) == tokens + "device must be cpu, got metal:0");
    CHECK(std::all_of(std::begin(out), std::end(out), [](std::int64_t each) { return each == 77; }));

    const auto array = [](const tensor& of) { return message_of([&] { (void)dlpack::span_of<std::int32_t>(of.dl); }); };
    CHECK(array({out, int64, {2}}) == "pluck::dlpack: the array's dtype must be int32, got int64");
    CHECK(array({out, float32, {2}}) == "pluck::dlpack: the array's dtype must be int32, got float32");
    CHECK(array({out, int32, {2, 1}}) == "pluck::dlpack: the array's rank must be 1, got 2");
    CHECK(array({out, int32, {2}, {2}}) == "pluck::dlpack: the array's stride must be 1, got 2");
    CHECK(array({out, int32, {1}, {2}}) == "(no exception)");
    CHECK(array({nullptr, int32, {2}}) == "pluck::dlpack: the array's data must be there for 2 x 1 elements, got null");
    CHECK_THAT(array({reinterpret_cast<char*>(out) + 1, int32, {2}}),
               Catch::Matchers::StartsWith("pluck::dlpack: the array's address must be a multiple of 4, got "));
}

// ---- the page

TEST_CASE("the code in docs/tensors.md is compiled somewhere") {
    const std::filesystem::path root = PLUCK_SOURCE_DIR;
    const auto trimmed = [](const std::string& line) {
        const std::size_t first = line.find_first_not_of(' ');
        return first == std::string::npos ? std::string() : line.substr(first);
    };
    std::set<std::string> compiled;
    std::string line;
    for (const char* file : {"adapters/dlpack_test.cpp", "adapters/torch_test.cpp", "adapters/numpy_draw.cpp",
                             "adapters/numpy_test.py", "cuda/dlpack.cu"}) {
        std::ifstream source(root / "tests" / file);
        REQUIRE(source);
        while (std::getline(source, line)) compiled.insert(trimmed(line));
    }
    std::ifstream page(root / "docs" / "tensors.md");
    REQUIRE(page);
    bool in_block = false, in_code = false;
    int lines = 0;
    while (std::getline(page, line)) {
        if (line.starts_with("```")) {
            in_block = !in_block;
            in_code = in_block && line != "```cmake";  // a project's lines: tests/package has those of pluck
        } else if (in_code) {
            INFO(line);
            CHECK(compiled.contains(trimmed(line)));
            ++lines;
        }
    }
    CHECK(lines > 20);
}
