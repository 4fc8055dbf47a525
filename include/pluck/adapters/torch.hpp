// SPDX-License-Identifier: MIT
//
// PyTorch's tensors in C++ as rows and batches, without a copy; tokens out as a tensor. Needs libtorch 1.13 or newer
// (Debian and Ubuntu: libtorch-dev), of which it includes ATen alone: a unit of yours may as well have torch/torch.h.
#pragma once

#if !__has_include(<ATen/ATen.h>)
#error "pluck/adapters/torch.hpp needs libtorch's ATen/ATen.h (Debian and Ubuntu: libtorch-dev)"
#endif

#include <pluck/batch.hpp>
#include <pluck/chain.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/foreign_tensor.hpp>
#include <pluck/executor.hpp>
#include <pluck/key.hpp>
#include <pluck/keys.hpp>
#include <pluck/logits.hpp>
#include <pluck/pick.hpp>
#include <pluck/report.hpp>
#include <pluck/results.hpp>
#include <pluck/sample.hpp>

#include <ATen/ATen.h>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <sstream>
#include <string>
#include <utility>

namespace pluck { inline namespace v0 {

namespace detail {

template <class T>
[[nodiscard]] PLUCK_TAGGED std::string printed(const T& value) {
    std::ostringstream text;
    text << value;
    return text.str();
}

/// The data of a tensor that is only read: newer versions copy what is shared lazily where data_ptr() is called.
template <class Tensor>
[[nodiscard]] PLUCK_TAGGED void* data_of(const Tensor& tensor) {
    if constexpr (requires { tensor.const_data_ptr(); }) return const_cast<void*>(tensor.const_data_ptr());
    else return tensor.data_ptr();
}

/// What a tensor says of itself, which has been checked to lie in the host's memory.
[[nodiscard]] PLUCK_TAGGED inline foreign_tensor checked_torch(const at::Tensor& tensor) {
    foreign_tensor fields{"pytorch", "the tensor's", nullptr, nullptr, nullptr, 0};
    if (!tensor.defined()) raise("pluck::pytorch: the tensor must be defined, got one that was only declared");
    if (tensor.is_nested()) fields.reject("layout", "Strided", "Nested");
    if (tensor.layout() != at::kStrided) fields.reject("layout", "Strided", printed(tensor.layout()));
    if (!tensor.device().is_cpu()) {
        const char* const hint = "; copy it by .cpu(), or see at::toDLPack and <pluck/adapters/dlpack.hpp>";
        fields.reject("device", "cpu", tensor.device().str() + (tensor.is_cuda() ? hint : ""));
    }
    fields.data = data_of(tensor);
    fields.sizes = tensor.sizes().data();
    fields.strides = tensor.strides().data();
    fields.rank = tensor.dim();
    return fields;
}

[[nodiscard]] PLUCK_TAGGED inline float_type type_of_logits(const at::Tensor& tensor, const foreign_tensor& fields) {
    switch (tensor.scalar_type()) {
        case at::kFloat: return float_type::float32;
        case at::kHalf: return float_type::float16;
        case at::kBFloat16: return float_type::bfloat16;
        case at::kDouble: return float_type::float64;
        default: fields.reject("dtype", "Half, BFloat16, Float or Double", printed(tensor.scalar_type()));
    }
}

inline namespace PLUCK_BUILD {

template <class F>
decltype(auto) visit_torch(const at::Tensor& tensor, foreign_batch (*look)(const foreign_tensor&), F&& f) {
    // A view of a complex tensor may have the other sign than its memory: the one thing that is copied.
    const at::Tensor read = tensor.defined() && tensor.is_neg() ? tensor.resolve_neg() : tensor;
    const foreign_tensor fields = checked_torch(read);
    const float_type type = type_of_logits(read, fields);
    return call_with<true>(look(fields), type, std::forward<F>(f));
}

}  // namespace PLUCK_BUILD

}  // namespace detail

/// Not pluck::torch: after `using namespace pluck` a caller's `torch::Tensor` would be ambiguous.
namespace pytorch { inline namespace PLUCK_BUILD {

/// Calls `f` with the tensor as a `batch_view<Scalar>`, of the type that it has at run time, and returns what `f` does.
///
///     pluck::pytorch::visit(logits, [&](const auto& batch) { pluck::probabilities(batch.row(2), chain, out); });
///
/// Shapes.       [rows, vocab], or [vocab], which is one row. Any strides: transposed, sliced, expanded. What is empty
///               is no error, nor a row that is too long: its draw has a status.
/// Parameters.   tensor    Half, BFloat16, Float or Double on the CPU. It is not changed, nor copied, but for a negated
///                         view of a complex tensor; one that requires grad is just read
///               f         takes a batch of any of the four, and returns the same type for each; the batch is there
///                         until it returns
/// Cost.         Some comparisons. `f` is compiled four times.
/// Errors.       std::invalid_argument, before `f` is called, for any other type, device, layout or rank.
template <class F>
decltype(auto) visit(const at::Tensor& tensor, F&& f) {
    return detail::visit_torch(tensor, detail::row_or_batch_of, std::forward<F>(f));
}

/// Draws one token from a tensor that is one row: [vocab] or [1, vocab].
///
/// Parameters.   more      a report, a workspace or both, as sample() takes them
/// Errors.       As visit(), and if there are more rows or none. What is wrong with the logits is a status.
/// All else as sample(): the token is that of the same values in plain memory.
template <chain_like Chain, class... More>
[[nodiscard]] pick sample(const at::Tensor& row, const Chain& chain, const key& key, More&... more) {
    return detail::visit_torch(row, detail::row_of,
                               [&](const auto& batch) { return pluck::sample(batch.row(0), chain, key, more...); });
}

/// The same with the chain spelt out in place.
template <class... More>
[[nodiscard]] pick sample(const at::Tensor& row, const combined& chain, const key& key, More&... more) {
    return sample<combined, More...>(row, chain, key, more...);
}

/// Draws one token from each row of a tensor [rows, vocab], as pluck::sample_rows() does with the same arguments.
///
/// Errors.       As visit(), for a tensor of rank 1, and as sample_rows(); before anything is written.
template <class Chains, class Executor = serial>
requires chain_like<Chains> || detail::chain_range<Chains>
void sample_rows(const at::Tensor& logits, const Chains& chains, std::span<const key> keys, std::span<pick> picks,
                 const Executor& executor = {}) {
    detail::visit_torch(logits, detail::batch_of,
                        [&](const auto& rows) { pluck::sample_rows(rows, chains, keys, picks, executor); });
}

/// The same with tokens as a new tensor, [draws] of int64 on the CPU: -1 for a draw without one.
///
///     std::vector<pluck::status> status(logits.size(0));
///     at::Tensor next = pluck::pytorch::sample_rows(logits, chain, {.seed = 42}, {.status = status.data()});
///
/// Parameters.   out       what is wanted beside tokens: statuses, log-probabilities, ...
/// Cost.         Memory for the tensor, and for so many int32, unless out.token is there.
template <class Chains, class Executor = serial, std::same_as<keys> Keys = keys>
requires chain_like<Chains> || detail::chain_range<Chains>
[[nodiscard]] at::Tensor sample_rows(const at::Tensor& logits, const Chains& chains, const Keys& keys,
                                     const results& out = {}, const batch_options& how = {},
                                     const Executor& executor = {}) {
    return detail::visit_torch(logits, detail::batch_of, [&](const auto& rows) {
        const std::size_t draws = detail::draws_of(rows, how).count;
        at::Tensor tokens = at::empty({static_cast<std::int64_t>(draws)}, at::kLong);
        const detail::foreign_tokens to{static_cast<unsigned char*>(tokens.data_ptr()), draws, 1, true};
        detail::draw_tokens(rows, chains, keys, to, out, how, executor);
        return tokens;
    });
}

/// The same with the chain spelt out in place.
template <class Executor = serial>
void sample_rows(const at::Tensor& logits, const combined& chain, std::span<const key> keys, std::span<pick> picks,
                 const Executor& executor = {}) {
    sample_rows<combined, Executor>(logits, chain, keys, picks, executor);
}

template <class Executor = serial, std::same_as<keys> Keys = keys>
[[nodiscard]] at::Tensor sample_rows(const at::Tensor& logits, const combined& chain, const Keys& keys,
                                     const results& out = {}, const batch_options& how = {},
                                     const Executor& executor = {}) {
    return sample_rows<combined, Executor>(logits, chain, keys, out, how, executor);
}

}}  // namespace pytorch::PLUCK_BUILD

}}  // namespace pluck::v0
