// SPDX-License-Identifier: MIT
//
// PyTorch's tensors, of every type and layout, draw the tokens of the same logits in plain memory. REQUIRE throughout:
// where libtorch is built with glog, CHECK is a macro of that, and any vector looks as if it could be printed.
#include "adapters/tensor_cases.hpp"
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/adapters/dlpack.hpp>
#include <pluck/adapters/torch.hpp>
#include <pluck/thread_pool.hpp>

#include <ATen/DLConvertor.h>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using namespace pluck_test;
using pluck::key;
using pluck::keys;
using pluck::pick;
using pluck::status;

namespace torch {
using at::Tensor;  // as torch/torch.h has it, which takes long to compile
}

namespace user {

using namespace pluck;

/// A caller with this directive has both names.
[[nodiscard]] torch::Tensor draw(const torch::Tensor& logits) {
    return pytorch::sample_rows(logits, temperature(0.8f) | top_p(0.9f), {.seed = 42, .position = 7});
}

}  // namespace user

namespace {

at::Tensor next_tokens(const at::Tensor& logits, std::uint64_t position) {
    const auto chain = pluck::temperature(0.8f) | pluck::top_p(0.95f);
    return pluck::pytorch::sample_rows(logits, chain, {.seed = 42, .position = position});
}

constexpr std::int64_t rows = 5, vocab = 257;

template <class Scalar>
constexpr at::ScalarType type_of() {
    if constexpr (std::is_same_v<Scalar, float>) return at::kFloat;
    else if constexpr (std::is_same_v<Scalar, double>) return at::kDouble;
    else if constexpr (std::is_same_v<Scalar, pluck::half>) return at::kHalf;
    else return at::kBFloat16;
}

/// The same bits, in a tensor that looks at them.
template <class Scalar>
at::Tensor tensor_of(plain_batch<Scalar>& plain) {
    return at::from_blob(plain.logits.data(),
                         {static_cast<std::int64_t>(plain.rows), static_cast<std::int64_t>(plain.vocab)},
                         at::TensorOptions().dtype(type_of<Scalar>()));
}

std::string refusal(const at::Tensor& of) {
    return message_of([&] { (void)pluck::pytorch::sample(of, pluck::greedy{}, {}); });
}

void expect_tokens(const at::Tensor& got, const std::vector<pick>& expected) {
    REQUIRE(got.scalar_type() == at::kLong);
    REQUIRE(got.sizes() == at::IntArrayRef{static_cast<std::int64_t>(expected.size())});
    REQUIRE(got.device().is_cpu());
    for (std::size_t i = 0; i < expected.size(); ++i)
        REQUIRE(got.data_ptr<std::int64_t>()[i] == std::int64_t{expected[i].token});
}

}  // namespace

TEMPLATE_TEST_CASE("a tensor of any layout draws as plain memory does", "", float, double, pluck::half,
                   pluck::bfloat16) {
    plain_batch<TestType> plain(rows, vocab, 1);
    const std::vector<pick> expected = plain_picks(plain);
    const std::vector<key> row_keys = tensor_keys(rows);
    const at::Tensor contiguous = tensor_of(plain);
    const at::Tensor wide = at::full({3 * rows, 2 * vocab + 9}, std::nan(""), contiguous.options());
    at::Tensor sliced = wide.slice(0, 1, 3 * rows, 3).slice(1, 9, 2 * vocab + 9, 2);
    sliced.copy_(contiguous);
    const at::Tensor transposed = contiguous.t().contiguous().t();
    REQUIRE(transposed.stride(0) == 1);
    REQUIRE(sliced.stride(1) == 2);
    REQUIRE(!sliced.is_contiguous());
    for (const at::Tensor& logits : {contiguous, transposed, sliced, contiguous.expand({1, rows, vocab})[0]}) {
        INFO("strides " << logits.strides());
        std::vector<pick> picks(rows);
        pluck::pytorch::sample_rows(logits, tensor_chain, row_keys, picks);
        REQUIRE((picks == expected));
        expect_tokens(pluck::pytorch::sample_rows(logits, tensor_chain, keys{.whole = row_keys.data()}), expected);
        for (std::int64_t r = 0; r < rows; ++r) {
            const auto i = static_cast<std::size_t>(r);
            REQUIRE(pluck::pytorch::sample(logits[r], tensor_chain, row_keys[i]) == expected[i]);
            REQUIRE(pluck::pytorch::sample(logits.narrow(0, r, 1), tensor_chain, row_keys[i]) == expected[i]);
        }
    }
    // Every row the same, at a stride of 0.
    const at::Tensor repeated = contiguous[2].expand({rows, vocab});
    REQUIRE(repeated.stride(0) == 0);
    std::vector<pick> picks(rows);
    pluck::pytorch::sample_rows(repeated, tensor_chain, row_keys, picks);
    for (std::size_t i = 0; i < rows; ++i)
        REQUIRE(picks[i] == pluck::sample(plain.view().row(2), tensor_chain, row_keys[i]));
}

TEST_CASE("statuses, log-probabilities and int32 tokens come beside the tensor") {
    plain_batch<float> plain(rows, vocab, 2);
    plain.logits[vocab * 3 + 5] = float_of(bits::nans[0]);
    std::array<status, rows> states{};
    std::array<float, rows> logs{}, wanted_logs{};
    std::array<std::int32_t, rows> narrow{}, wanted{};
    const keys from = {.seed = 4, .position = 2};
    const at::Tensor got =
        pluck::pytorch::sample_rows(tensor_of(plain), tensor_chain, from,
                                    {.token = narrow.data(), .status = states.data(), .log_probability = logs.data()});
    pluck::sample_rows(plain.view(), tensor_chain, from,
                       pluck::results{.token = wanted.data(), .log_probability = wanted_logs.data()});
    REQUIRE(narrow == wanted);
    for (std::size_t i = 0; i < rows; ++i) {
        REQUIRE(got.data_ptr<std::int64_t>()[i] == std::int64_t{wanted[i]});
        REQUIRE(bits_of(logs[i]) == bits_of(wanted_logs[i]));
        REQUIRE(states[i] == (i == 3 ? status::nan_logit : status::ok));
    }
    REQUIRE(narrow[3] == -1);
}

TEST_CASE("several threads, indices, chains for each row and chains spelt out") {
    plain_batch<float> plain(rows, vocab, 3);
    const at::Tensor logits = tensor_of(plain);
    const std::vector<key> row_keys = tensor_keys(rows);
    const pluck::thread_pool pool(3);
    expect_tokens(pluck::pytorch::sample_rows(logits, tensor_chain, keys{.whole = row_keys.data()}, {}, {}, pool),
                  plain_picks(plain));
    std::vector<pick> picks(rows);
    pluck::pytorch::sample_rows(logits, tensor_chain, row_keys, picks, pool);
    REQUIRE((picks == plain_picks(plain)));

    const std::array<std::int32_t, 2> indices = {4, 4};
    std::vector<pick> two;
    for (std::size_t i = 0; i < 2; ++i) two.push_back(pluck::sample(plain.view().row(4), {.top_k = 3}, {.seed = 6}));
    expect_tokens(pluck::pytorch::sample_rows(logits, {.top_k = 3}, {.seed = 6}, {}, {.indices = indices}), two);

    std::vector<pluck::combined> chains;
    for (int k = 1; k <= rows; ++k) chains.push_back({.temperature = 2, .top_k = 20 * k});
    std::vector<pick> expected(rows);
    pluck::sample_rows(plain.view(), chains, row_keys, expected);
    pluck::pytorch::sample_rows(logits, chains, row_keys, picks);
    REQUIRE((picks == expected));
    pluck::sample_rows(plain.view(), {.top_k = 5}, row_keys, expected);
    pluck::pytorch::sample_rows(logits, {.top_k = 5}, row_keys, picks);
    REQUIRE((picks == expected));
}

TEST_CASE("the lines of docs/tensors.md") {
    plain_batch<float> plain(rows, vocab, 9);
    const at::Tensor logits = tensor_of(plain);
    const auto chain = pluck::temperature(0.8f) | pluck::top_p(0.95f);
    std::vector<pick> expected(rows);
    for (std::size_t i = 0; i < rows; ++i)
        expected[i] = pluck::sample(plain.view().row(i), chain, {.seed = 42, .position = 7});
    expect_tokens(next_tokens(logits, 7), expected);

    std::vector<pluck::status> why(static_cast<std::size_t>(logits.size(0)));
    const at::Tensor next = pluck::pytorch::sample_rows(logits, chain, {.seed = 42}, {.status = why.data()});
    REQUIRE(next.size(0) == rows);
    REQUIRE((why == std::vector<pluck::status>(rows, status::ok)));
}

TEST_CASE("a report passes through the door") {
    plain_batch<pluck::half> plain(1, vocab, 4);
    pluck::report got, expected;
    const pick drawn = pluck::sample(plain.view().row(0), tensor_chain, {.seed = 8}, expected);
    REQUIRE(pluck::pytorch::sample(tensor_of(plain), tensor_chain, {.seed = 8}, got) == drawn);
    REQUIRE(pluck::pytorch::sample(tensor_of(plain), {.top_k = 1}, {.seed = 8}, got).token ==
            pluck::argmax(plain.view().row(0)).token);
    pluck::workspace scratch;
    REQUIRE(pluck::pytorch::sample(tensor_of(plain), tensor_chain, {.seed = 8}, got, scratch) == drawn);
    REQUIRE(bits_of(got.log_probability) == bits_of(expected.log_probability));
    REQUIRE(got.kept == expected.kept);
}

TEST_CASE("a tensor that requires grad is read, and is in no graph") {
    plain_batch<float> plain(rows, vocab, 5);
    const at::Tensor logits = tensor_of(plain).clone().requires_grad_();
    const std::vector<key> row_keys = tensor_keys(rows);
    const at::Tensor tokens = pluck::pytorch::sample_rows(logits, tensor_chain, keys{.whole = row_keys.data()});
    expect_tokens(tokens, plain_picks(plain));
    REQUIRE(!tokens.requires_grad());
    REQUIRE(at::equal(logits.detach(), tensor_of(plain)));
}

TEST_CASE("a negated view is read as it looks") {
    plain_batch<float> plain(rows, vocab, 6);
    const at::Tensor imaginary = -tensor_of(plain);
    const at::Tensor negated = at::imag(at::conj(at::complex(at::zeros_like(imaginary), imaginary)));
    REQUIRE(negated.is_neg());
    std::vector<pick> picks(rows);
    pluck::pytorch::sample_rows(negated, tensor_chain, tensor_keys(rows), picks);
    REQUIRE((picks == plain_picks(plain)));
}

TEST_CASE("an empty tensor is no error") {
    expect_tokens(pluck::pytorch::sample_rows(at::empty({0, 7}), tensor_chain, {}), {});
    expect_tokens(pluck::pytorch::sample_rows(at::empty({2, 0}), tensor_chain, {}), std::vector<pick>(2));
    REQUIRE(pluck::pytorch::sample(at::empty({0}), tensor_chain, {}) == pick{-1, status::no_candidate});
    const at::Tensor too_long = at::zeros({1}).expand({(std::int64_t{1} << 23) + 1});
    REQUIRE(pluck::pytorch::sample(too_long, tensor_chain, {}) == pick{-1, status::row_too_long});
}

TEST_CASE("visit has the view that the tensor is, and a caller has torch and pluck") {
    plain_batch<pluck::bfloat16> plain(rows, vocab, 7);
    const at::Tensor logits = tensor_of(plain).t();
    const bool narrow = pluck::pytorch::visit(logits, [&]<class Scalar>(const pluck::batch_view<Scalar>& batch) {
        REQUIRE(static_cast<const void*>(batch.data) == plain.logits.data());
        REQUIRE(batch.rows == vocab);
        REQUIRE(batch.vocab == rows);
        REQUIRE(batch.row_stride == 1);
        REQUIRE(batch.vocab_stride == vocab);
        return std::is_same_v<Scalar, pluck::bfloat16>;
    });
    REQUIRE(narrow);
    REQUIRE(user::draw(tensor_of(plain)).size(0) == rows);
}

TEST_CASE("a tensor comes in by DLPack as well") {
    plain_batch<pluck::bfloat16> plain(rows, vocab, 8);
    const std::vector<key> row_keys = tensor_keys(rows);
    const at::Tensor tokens = at::empty({rows}, at::kLong);
    DLManagedTensor* const in = at::toDLPack(tensor_of(plain));
    DLManagedTensor* const out = at::toDLPack(tokens);
    pluck::dlpack::sample_rows(in->dl_tensor, tensor_chain, keys{.whole = row_keys.data()}, out->dl_tensor);
    in->deleter(in);
    out->deleter(out);
    expect_tokens(tokens, plain_picks(plain));
}

TEST_CASE("what PyTorch has and logits cannot be is refused in words") {
    const std::string dtype = "pluck::pytorch: the tensor's dtype must be Half, BFloat16, Float or Double, got ";
    REQUIRE(refusal(at::zeros({4}, at::kLong)) == dtype + "Long");
    REQUIRE(refusal(at::zeros({4}, at::kBool)) == dtype + "Bool");
    REQUIRE(refusal(at::zeros({4}, at::kComplexFloat)) == dtype + "ComplexFloat");
    REQUIRE(refusal(at::zeros({2, 4})) == "pluck::pytorch: the tensor's number of rows must be 1, got 2");
    REQUIRE(refusal(at::zeros({1, 1, 4})) == "pluck::pytorch: the tensor's rank must be 1 or 2, got 3");
    REQUIRE(refusal(at::zeros({})) == "pluck::pytorch: the tensor's rank must be 1 or 2, got 0");
    REQUIRE(refusal(at::zeros({1, 4}).to_sparse()) ==
            "pluck::pytorch: the tensor's layout must be Strided, got Sparse");
    REQUIRE(refusal(at::empty({4}, at::device(at::kMeta))) ==
            "pluck::pytorch: the tensor's device must be cpu, got meta");
    REQUIRE(refusal(at::Tensor{}) == "pluck::pytorch: the tensor must be defined, got one that was only declared");
    REQUIRE(message_of([&] { (void)pluck::pytorch::sample_rows(at::zeros({4}), pluck::greedy{}, {}); }) ==
            "pluck::pytorch: the tensor's rank must be 2, got 1");

    // No memory of a GPU is needed to say where a tensor is.
    const at::Tensor elsewhere = at::detail::make_tensor<c10::TensorImpl>(
        c10::DispatchKeySet(c10::DispatchKey::CUDA), caffe2::TypeMeta::Make<float>(), c10::Device(c10::kCUDA, 1));
    REQUIRE(refusal(elsewhere) ==
            "pluck::pytorch: the tensor's device must be cpu, got cuda:1; copy it by .cpu(), or see "
            "at::toDLPack and <pluck/adapters/dlpack.hpp>");
}
