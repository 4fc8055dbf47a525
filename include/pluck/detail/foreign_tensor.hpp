// SPDX-License-Identifier: MIT
//
// A tensor of another library as rows of logits, with a type that is known at run time: what the adapters share.
#pragma once

#include <pluck/batch.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/detail/scalar.hpp>
#include <pluck/keys.hpp>
#include <pluck/logits.hpp>
#include <pluck/results.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pluck { inline namespace v0 { namespace detail {

/// What a tensor says of itself, and who is asked to read it, for messages.
struct foreign_tensor {
    const char* who;            ///< the adapter, as in "pluck::dlpack"
    const char* what;           ///< "the tensor's", "the tokens'"
    void* data;                 ///< the first element, at any address
    const std::int64_t* sizes;  ///< [rank]
    const std::int64_t*
        strides;  ///< [rank], in elements; null: the last dimension is contiguous, and the first follows
    std::int64_t rank;

    /// Throws "pluck::dlpack: the tensor's dtype must be float32, got int8".
    [[noreturn]] PLUCK_TAGGED void reject(std::string_view property, std::string_view range,
                                          std::string_view got) const {
        raise({"pluck::", who, ": ", what, " ", property, " must be ", range, ", got ", got});
    }
    /// A dimension's size, which is not negative.
    [[nodiscard]] PLUCK_TAGGED std::size_t size(std::int64_t dimension) const {
        if (sizes == nullptr) reject("shape", "there for a rank above 0", "null");
        if (sizes[dimension] < 0) reject("sizes", ">= 0", text_of(sizes[dimension]));
        return static_cast<std::size_t>(sizes[dimension]);
    }
    PLUCK_TAGGED void check_data(std::size_t rows, std::size_t columns) const {
        if (data != nullptr || rows == 0 || columns == 0) return;
        reject("data", "there for " + text_of(rows) + " x " + text_of(columns) + " elements", "null");
    }
};

/// The floating-point types that logits come in.
enum class float_type : std::uint8_t { float16, bfloat16, float32, float64 };

/// A row or a batch, but for its type.
struct foreign_batch {
    const void* data = nullptr;
    std::size_t rows = 1;
    std::size_t vocab = 0;
    std::ptrdiff_t row_stride = 0;
    std::ptrdiff_t vocab_stride = 1;
};

/// [rows, vocab], or [vocab], which is one row.
[[nodiscard]] PLUCK_TAGGED inline foreign_batch row_or_batch_of(const foreign_tensor& tensor) {
    if (tensor.rank != 1 && tensor.rank != 2) tensor.reject("rank", "1 or 2", text_of(tensor.rank));
    foreign_batch batch;
    const std::int64_t last = tensor.rank - 1;
    if (last == 1) batch.rows = tensor.size(0);
    batch.vocab = tensor.size(last);
    tensor.check_data(batch.rows, batch.vocab);
    if (batch.vocab != 0 && batch.rows != 0) batch.data = tensor.data;
    if (tensor.strides == nullptr) {
        batch.row_stride = static_cast<std::ptrdiff_t>(batch.vocab);
    } else {
        batch.row_stride = static_cast<std::ptrdiff_t>(tensor.strides[0]);
        batch.vocab_stride = static_cast<std::ptrdiff_t>(tensor.strides[last]);
    }
    return batch;
}

/// [rows, vocab].
[[nodiscard]] PLUCK_TAGGED inline foreign_batch batch_of(const foreign_tensor& tensor) {
    if (tensor.rank != 2) tensor.reject("rank", "2", text_of(tensor.rank));
    return row_or_batch_of(tensor);
}

/// [vocab] or [1, vocab].
[[nodiscard]] PLUCK_TAGGED inline foreign_batch row_of(const foreign_tensor& tensor) {
    const foreign_batch row = row_or_batch_of(tensor);
    if (row.rows != 1) tensor.reject("number of rows", "1", text_of(row.rows));
    return row;
}

/// Where tokens go: int32 or int64, at any address and stride.
struct foreign_tokens {
    unsigned char* data = nullptr;
    std::size_t size = 0;
    std::ptrdiff_t stride = 1;  ///< in elements
    bool is_int64 = false;

    /// The memory itself, where draws can write to it; else null.
    [[nodiscard]] PLUCK_TAGGED std::int32_t* in_place() const noexcept {
        const bool aligned = reinterpret_cast<std::uintptr_t>(data) % alignof(std::int32_t) == 0;
        return !is_int64 && stride == 1 && aligned ? reinterpret_cast<std::int32_t*>(data) : nullptr;
    }
    PLUCK_TAGGED void put(const std::int32_t* tokens) const noexcept {
        for (std::size_t i = 0; i < size; ++i) {
            const std::ptrdiff_t place = static_cast<std::ptrdiff_t>(i) * stride;
            const std::int64_t wide = tokens[i];
            if (is_int64) std::memcpy(data + place * std::ptrdiff_t{sizeof wide}, &wide, sizeof wide);
            else std::memcpy(data + place * std::ptrdiff_t{sizeof tokens[i]}, &tokens[i], sizeof tokens[i]);
        }
    }
};

/// A tensor of one element for each draw: [draws], or [draws, 1] as PyTorch's multinomial returns.
[[nodiscard]] PLUCK_TAGGED inline foreign_tokens tokens_of(const foreign_tensor& tensor, bool is_int64) {
    if (tensor.rank != 1 && tensor.rank != 2) tensor.reject("rank", "1, or 2 with one column", text_of(tensor.rank));
    foreign_tokens to;
    to.size = tensor.size(0);
    if (tensor.rank == 2 && tensor.size(1) != 1) tensor.reject("number of columns", "1", text_of(tensor.size(1)));
    tensor.check_data(to.size, 1);
    to.data = static_cast<unsigned char*>(tensor.data);
    if (tensor.strides != nullptr) to.stride = static_cast<std::ptrdiff_t>(tensor.strides[0]);
    if (to.stride == 0 && to.size > 1) tensor.reject("stride", "other than 0, so that each token has its place", "0");
    to.is_int64 = is_int64;
    return to;
}

inline namespace PLUCK_BUILD {

template <class Scalar, class F>
decltype(auto) call_as(const foreign_batch& batch, F&& f) {
    return std::forward<F>(f)(batch_view<Scalar>{static_cast<const Scalar*>(batch.data), batch.rows, batch.vocab,
                                                 batch.row_stride, batch.vocab_stride});
}

/// Calls `f` with a batch_view of the type that it is at run time. `Doubles`: whether it may be float64.
template <bool Doubles, class F>
decltype(auto) call_with(const foreign_batch& batch, float_type type, F&& f) {
    if constexpr (Doubles) {
        if (type == float_type::float64) return call_as<double>(batch, std::forward<F>(f));
    }
    if (type == float_type::float16) return call_as<half>(batch, std::forward<F>(f));
    if (type == float_type::bfloat16) return call_as<bfloat16>(batch, std::forward<F>(f));
    return call_as<float>(batch, std::forward<F>(f));
}

/// sample_rows(), and its tokens to where they are wanted; to out.token as well, unless that is null.
template <class Scalar, class Chains, class Executor>
void draw_tokens(const batch_view<Scalar>& batch, const Chains& chains, const keys& keys, const foreign_tokens& to,
                 results out, const batch_options& how, const Executor& executor) {
    std::vector<std::int32_t> drawn;
    std::int32_t* const in_place = out.token == nullptr ? to.in_place() : nullptr;
    if (in_place != nullptr) {
        out.token = in_place;
    } else if (out.token == nullptr) {
        drawn.resize(to.size);
        out.token = drawn.data();
    }
    sample_rows(batch, chains, keys, out, how, executor);
    if (in_place == nullptr) to.put(out.token);
}

}  // namespace PLUCK_BUILD

}}}  // namespace pluck::v0::detail
