// SPDX-License-Identifier: MIT
//
// DLPack tensors as rows and batches, without a copy: those of PyTorch, JAX, NumPy, CuPy, TVM, ONNX Runtime. Their type
// is known at run time. Needs DLPack 0.6 or newer, one header (Debian and Ubuntu: libdlpack-dev).
#pragma once

#if !defined(DLPACK_DLPACK_H_)
#if !__has_include(<dlpack/dlpack.h>)
#error "pluck/adapters/dlpack.hpp needs dlpack/dlpack.h (Debian and Ubuntu: libdlpack-dev)"
#endif
#include <dlpack/dlpack.h>
#endif
#if defined(DLPACK_VERSION) && DLPACK_VERSION < 60
#error "pluck/adapters/dlpack.hpp needs DLPack 0.6 or newer, and this dlpack/dlpack.h is older"
#endif

#include <pluck/batch.hpp>
#include <pluck/chain.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/detail/foreign_tensor.hpp>
#include <pluck/executor.hpp>
#include <pluck/key.hpp>
#include <pluck/keys.hpp>
#include <pluck/logits.hpp>
#include <pluck/pick.hpp>
#include <pluck/report.hpp>
#include <pluck/results.hpp>
#include <pluck/sample.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace pluck { inline namespace v0 {

namespace dlpack {

/// A GPU by the number that CUDA gives it. A function that has one among its arguments looks at tensors there, in
/// kDLCUDA or kDLCUDAManaged memory, and touches none of it.
struct cuda_device {
    int id = 0;
};

}  // namespace dlpack

namespace detail {

/// As frameworks write it: "int64", "bool", "float32x4".
[[nodiscard]] PLUCK_TAGGED inline std::string text_of(const DLDataType& type) {
    constexpr std::string_view names[] = {"int", "uint", "float", "handle", "bfloat", "complex", "bool"};
    const bool known = type.code < std::size(names);
    std::string text = known ? std::string(names[type.code]) : "type code " + text_of(unsigned{type.code}) + " with ";
    if (type.code != 6 || type.bits != 8) text += text_of(unsigned{type.bits});
    if (!known) text += " bits";
    return type.lanes == 1 ? text : text + "x" + text_of(unsigned{type.lanes});
}

/// As the number that it is: one that the header's enum does not have is no value of it.
[[nodiscard]] PLUCK_TAGGED inline std::uint32_t type_of(const DLDevice& device) noexcept {
    std::uint32_t type;
    static_assert(sizeof type == sizeof device.device_type);
    __builtin_memcpy(&type, &device.device_type, sizeof type);
    return type;
}

/// "cuda:1". By number, since older headers have not all of the enumerators.
[[nodiscard]] PLUCK_TAGGED inline std::string text_of(const DLDevice& device) {
    constexpr std::string_view names[] = {
        "",     "cpu",       "cuda",    "cuda_host",    "opencl", "",       "",        "vulkan", "metal",   "vpi",
        "rocm", "rocm_host", "ext_dev", "cuda_managed", "oneapi", "webgpu", "hexagon", "maia",   "trainium"};
    const std::uint32_t type = type_of(device);
    const bool known = type < std::size(names) && !names[type].empty();
    return (known ? std::string(names[type]) : "device type " + text_of(type)) + ":" + text_of(device.device_id);
}

[[nodiscard]] PLUCK_TAGGED inline bool is_type(const DLDataType& type, unsigned code, std::size_t bits) noexcept {
    return type.code == code && type.bits == bits && type.lanes == 1;
}

/// A DLTensor, which has been checked to lie on the host, or on `gpu` unless that is null.
[[nodiscard]] PLUCK_TAGGED inline foreign_tensor checked_dlpack(const DLTensor& tensor, const char* what,
                                                                const dlpack::cuda_device* gpu) {
    auto* data = static_cast<unsigned char*>(tensor.data);
    if (data != nullptr) data += tensor.byte_offset;
    const foreign_tensor fields{"dlpack", what, data, tensor.shape, tensor.strides, tensor.ndim};
    const DLDevice& device = tensor.device;
    const std::uint32_t type = type_of(device);
    const bool managed = type == kDLCUDAManaged, cuda = type == kDLCUDA;
    if (gpu != nullptr) {
        if (managed || (cuda && device.device_id == gpu->id)) return fields;
        fields.reject("device", "cuda:" + text_of(gpu->id), text_of(device));
    }
    // Managed memory is not read by the host: a kernel may still be writing to it.
    if (type == kDLCPU || type == kDLCUDAHost || type == kDLROCMHost) return fields;
    const char* const hint = "; visit(tensor, cuda_device, f) passes it to <pluck/cuda/sample.cuh>";
    fields.reject("device", "cpu", text_of(device) + (managed || cuda ? hint : ""));
}

[[nodiscard]] PLUCK_TAGGED inline float_type type_of_logits(const DLTensor& tensor, const foreign_tensor& fields,
                                                            bool doubles) {
    if (is_type(tensor.dtype, kDLFloat, 32)) return float_type::float32;
    if (is_type(tensor.dtype, kDLFloat, 16)) return float_type::float16;
    if (is_type(tensor.dtype, kDLBfloat, 16)) return float_type::bfloat16;
    if (is_type(tensor.dtype, kDLFloat, 64) && doubles) return float_type::float64;
    fields.reject("dtype", doubles ? "float16, bfloat16, float32 or float64" : "float16, bfloat16 or float32",
                  text_of(tensor.dtype));
}

/// Where the tokens of so many draws go.
[[nodiscard]] PLUCK_TAGGED inline foreign_tokens tokens_to(const DLTensor& tensor, std::size_t draws) {
    const foreign_tensor fields = checked_dlpack(tensor, "the tokens'", nullptr);
    const bool is_int64 = is_type(tensor.dtype, kDLInt, 64);
    if (!is_int64 && !is_type(tensor.dtype, kDLInt, 32))
        fields.reject("dtype", "int32 or int64", text_of(tensor.dtype));
    const foreign_tokens to = tokens_of(fields, is_int64);
    if (to.size != draws) fields.reject("size", "the " + text_of(draws) + " draws", text_of(to.size));
    return to;
}

/// The type that is asked for, and its data, contiguous and aligned.
[[nodiscard]] PLUCK_TAGGED inline std::pair<void*, std::size_t> checked_array(const DLTensor& tensor,
                                                                              const dlpack::cuda_device* gpu,
                                                                              bool is_float, std::size_t bytes) {
    const foreign_tensor fields = checked_dlpack(tensor, "the array's", gpu);
    const bool same = is_float ? is_type(tensor.dtype, kDLFloat, 8 * bytes)
                               : is_type(tensor.dtype, kDLInt, 8 * bytes) || is_type(tensor.dtype, kDLUInt, 8 * bytes);
    if (!same) fields.reject("dtype", (is_float ? "float" : "int") + text_of(8 * bytes), text_of(tensor.dtype));
    if (fields.rank != 1) fields.reject("rank", "1", text_of(fields.rank));
    const std::size_t size = fields.size(0);
    fields.check_data(size, 1);
    if (fields.strides != nullptr && fields.strides[0] != 1 && size > 1)
        fields.reject("stride", "1", text_of(fields.strides[0]));
    if (reinterpret_cast<std::uintptr_t>(fields.data) % bytes != 0)
        fields.reject("address", "a multiple of " + text_of(bytes),
                      text_of(reinterpret_cast<std::uintptr_t>(fields.data)));
    return {size != 0 ? fields.data : nullptr, size};
}

inline namespace PLUCK_BUILD {

template <class F>
decltype(auto) visit_dlpack(const DLTensor& tensor, foreign_batch (*look)(const foreign_tensor&), F&& f) {
    const foreign_tensor fields = checked_dlpack(tensor, "the tensor's", nullptr);
    const float_type type = type_of_logits(tensor, fields, true);
    return call_with<true>(look(fields), type, std::forward<F>(f));
}

}  // namespace PLUCK_BUILD

}  // namespace detail

namespace dlpack { inline namespace PLUCK_BUILD {

/// Calls `f` with the tensor as a `batch_view<Scalar>`, of the type that it has at run time, and returns what `f` does.
///
///     pluck::dlpack::visit(*tensor, [&](const auto& batch) { pluck::probabilities(batch.row(2), chain, out); });
///
/// Shapes.       [rows, vocab], or [vocab], which is one row. Any strides, in elements: negative, 0, as of a transposed
///               or sliced tensor; null where it is contiguous. Any byte_offset and alignment. What is empty is no
///               error, nor a row that is too long: its draw has a status.
/// Parameters.   tensor    float16, bfloat16, float32 or float64 in kDLCPU, kDLCUDAHost or kDLROCMHost memory. It is
///                         neither copied nor changed, and stays whose it was: of a DLManagedTensor pass `.dl_tensor`,
///                         and call its deleter when nothing reads the batch any more
///               f         takes a batch of any of the four, and returns the same type for each
/// Cost.         Some comparisons. `f` is compiled four times.
/// Errors.       std::invalid_argument, before `f` is called, for any other type, device, rank or number of lanes, for
///               negative sizes, and for null data of a tensor that is not empty.
template <class F>
decltype(auto) visit(const DLTensor& tensor, F&& f) {
    return detail::visit_dlpack(tensor, detail::row_or_batch_of, std::forward<F>(f));
}

/// The same for a tensor on a GPU: the batch is one that pluck::cuda::sample_rows takes, in code that nvcc compiles.
///
///     pluck::dlpack::visit(logits, pluck::dlpack::cuda_device{0}, [&](const auto& batch) {
///         return pluck::cuda::sample_rows(batch, chain, keys, out, {.stream = stream});
///     });
///
/// Parameters.   tensor    float16, bfloat16 or float32, which that takes, in memory of this device, or managed. The
///                         caller sees to it that the device is the current one, and that what writes the logits is
///                         done, or comes earlier in the stream
/// All else as above.
template <class F>
decltype(auto) visit(const DLTensor& tensor, cuda_device on, F&& f) {
    const detail::foreign_tensor fields = detail::checked_dlpack(tensor, "the tensor's", &on);
    const detail::float_type type = detail::type_of_logits(tensor, fields, false);
    return detail::call_with<false>(detail::row_or_batch_of(fields), type, std::forward<F>(f));
}

/// An array, as results, keys and options have them: tokens, log-probabilities, positions, indices.
///
///     pluck::results{.token = pluck::dlpack::span_of<std::int32_t>(tokens).data()}
///
/// Shapes.       [n], contiguous and aligned.
/// Parameters.   T         std::int32_t, std::uint64_t, float, ...: the tensor's type; integers of either sign
/// Errors.       std::invalid_argument if it is anything else.
template <class T>
requires(std::is_arithmetic_v<T> && !std::same_as<T, bool>) [[nodiscard]] std::span<T> span_of(const DLTensor& array) {
    const auto [data, size] = detail::checked_array(array, nullptr, std::is_floating_point_v<T>, sizeof(T));
    return {static_cast<T*>(data), size};
}

/// The same on a GPU, for pluck::cuda's results, keys and options.
template <class T>
requires(std::is_arithmetic_v<T> && !std::same_as<T, bool>)
    [[nodiscard]] std::span<T> span_of(const DLTensor& array, cuda_device on) {
    const auto [data, size] = detail::checked_array(array, &on, std::is_floating_point_v<T>, sizeof(T));
    return {static_cast<T*>(data), size};
}

/// Draws one token from a tensor that is one row: [vocab] or [1, vocab].
///
/// Parameters.   more      a report, a workspace or both, as sample() takes them
/// Errors.       As visit(), and if there are more rows or none. What is wrong with the logits is a status.
/// All else as sample(): the token is that of the same values in plain memory.
template <chain_like Chain, class... More>
[[nodiscard]] pick sample(const DLTensor& row, const Chain& chain, const key& key, More&... more) {
    return detail::visit_dlpack(row, detail::row_of,
                                [&](const auto& batch) { return pluck::sample(batch.row(0), chain, key, more...); });
}

/// The same with the chain spelt out in place.
template <class... More>
[[nodiscard]] pick sample(const DLTensor& row, const combined& chain, const key& key, More&... more) {
    return sample<combined, More...>(row, chain, key, more...);
}

/// Draws one token from each row of a tensor [rows, vocab], as pluck::sample_rows() does with the same arguments.
///
/// Errors.       As visit(), for a tensor of rank 1, and as sample_rows(); before anything is written.
template <class Chains, class Executor = serial>
requires chain_like<Chains> || detail::chain_range<Chains>
void sample_rows(const DLTensor& batch, const Chains& chains, std::span<const key> keys, std::span<pick> picks,
                 const Executor& executor = {}) {
    detail::visit_dlpack(batch, detail::batch_of,
                         [&](const auto& rows) { pluck::sample_rows(rows, chains, keys, picks, executor); });
}

template <class Chains, class Executor = serial, std::same_as<keys> Keys = keys,
          std::same_as<results> Results = results>
requires chain_like<Chains> || detail::chain_range<Chains>
void sample_rows(const DLTensor& batch, const Chains& chains, const Keys& keys, const Results& out,
                 const batch_options& how = {}, const Executor& executor = {}) {
    detail::visit_dlpack(batch, detail::batch_of,
                         [&](const auto& rows) { pluck::sample_rows(rows, chains, keys, out, how, executor); });
}

/// The same with tokens to a tensor: -1 for a draw without one, whose status `out` may ask for.
///
/// Shapes.       tokens [draws] or [draws, 1], int32 or int64, any stride but 0.
/// Cost.         Memory for so many int32, unless tokens are that, contiguous and aligned.
template <class Chains, class Executor = serial, std::same_as<keys> Keys = keys, std::same_as<DLTensor> Tokens>
requires chain_like<Chains> || detail::chain_range<Chains>
void sample_rows(const DLTensor& batch, const Chains& chains, const Keys& keys, const Tokens& tokens,
                 const results& out = {}, const batch_options& how = {}, const Executor& executor = {}) {
    detail::visit_dlpack(batch, detail::batch_of, [&](const auto& rows) {
        const detail::foreign_tokens to = detail::tokens_to(tokens, detail::draws_of(rows, how).count);
        detail::draw_tokens(rows, chains, keys, to, out, how, executor);
    });
}

/// The same with the chain spelt out in place.
template <class Executor = serial>
void sample_rows(const DLTensor& batch, const combined& chain, std::span<const key> keys, std::span<pick> picks,
                 const Executor& executor = {}) {
    sample_rows<combined, Executor>(batch, chain, keys, picks, executor);
}

template <class Executor = serial, std::same_as<keys> Keys = keys, std::same_as<results> Results = results>
void sample_rows(const DLTensor& batch, const combined& chain, const Keys& keys, const Results& out,
                 const batch_options& how = {}, const Executor& executor = {}) {
    sample_rows<combined, Executor>(batch, chain, keys, out, how, executor);
}

template <class Executor = serial, std::same_as<keys> Keys = keys, std::same_as<DLTensor> Tokens>
void sample_rows(const DLTensor& batch, const combined& chain, const Keys& keys, const Tokens& tokens,
                 const results& out = {}, const batch_options& how = {}, const Executor& executor = {}) {
    sample_rows<combined, Executor>(batch, chain, keys, tokens, out, how, executor);
}

}}  // namespace dlpack::PLUCK_BUILD

}}  // namespace pluck::v0
