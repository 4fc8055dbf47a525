// SPDX-License-Identifier: MIT
//
// Plain views of logits, and the trait through which everything that is a row or a batch becomes one. No Eigen here:
// eigen.hpp and tensor.hpp specialise the trait for Eigen's types, and so can you for your own.
#pragma once

#include <pluck/detail/range.hpp>
#include <pluck/detail/scalar.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>

namespace pluck { inline namespace v0 {

/// A row of logits in the caller's memory.
///
/// Shapes.       [size], element i at data[i * stride]; stride in elements, negative allowed. Any alignment.
template <logit_scalar Scalar>
struct logits_view {
    const Scalar* data = nullptr;
    std::size_t size = 0;
    std::ptrdiff_t stride = 1;
};

/// A batch of rows in the caller's memory.
///
/// Shapes.       [rows, vocab], element (r, i) at data[r * row_stride + i * vocab_stride]; strides in elements.
template <logit_scalar Scalar>
struct batch_view {
    const Scalar* data = nullptr;
    std::size_t rows = 0;
    std::size_t vocab = 0;
    std::ptrdiff_t row_stride = static_cast<std::ptrdiff_t>(vocab);
    std::ptrdiff_t vocab_stride = 1;

    [[nodiscard]] PLUCK_TAGGED constexpr logits_view<Scalar> row(std::size_t index) const noexcept {
        const Scalar* first = data != nullptr ? data + static_cast<std::ptrdiff_t>(index) * row_stride : nullptr;
        return {first, vocab, vocab_stride};
    }
};

/// A row that is computed as it is read: `at(i)` yields the i-th logit as a float. What an expression becomes.
template <class At>
struct computed_row {
    At at;
    std::size_t size = 0;
};

// What a compiler works out of an aggregate by itself, except clang++ before 17.
template <class Scalar>
logits_view(const Scalar*, std::size_t, std::ptrdiff_t = 1) -> logits_view<Scalar>;
template <class Scalar>
batch_view(const Scalar*, std::size_t, std::size_t, std::ptrdiff_t = 0, std::ptrdiff_t = 1) -> batch_view<Scalar>;
template <class At>
computed_row(At, std::size_t) -> computed_row<At>;

/// How a type is read as one row: a specialisation offers `static auto view(const X&)`, which returns a logits_view or
/// a computed_row.
template <class X>
struct row_traits {};

/// How a type is read as a batch of rows: `static std::size_t rows(const X&)` and `static auto row(const X&, i)`.
template <class X>
struct batch_traits {};

template <class X>
concept row_like = requires(const X& x) {
    row_traits<X>::view(x);
};

template <class X>
concept batch_like = requires(const X& x) {
    { batch_traits<X>::rows(x) } -> std::convertible_to<std::size_t>;
    batch_traits<X>::row(x, std::size_t{});
};

namespace detail {

// Eigen's vectors look like ranges as well, and some only seem to be ones; they have a trait of their own.
template <class X>
concept eigen_like = requires {
    typename X::PlainObject;
}
|| requires { typename X::Nested; };

template <class X>
concept plain_range = !eigen_like<X> && contiguous_range<X>;

}  // namespace detail

template <logit_scalar Scalar>
struct row_traits<logits_view<Scalar>> {
    PLUCK_TAGGED static constexpr logits_view<Scalar> view(const logits_view<Scalar>& x) noexcept { return x; }
};

/// std::span, std::vector, std::array, a C array.
template <detail::plain_range X>
requires logit_scalar<detail::range_value<X>>
struct row_traits<X> {
    PLUCK_TAGGED static constexpr auto view(const X& x) noexcept {
        return logits_view<detail::range_value<X>>{std::data(x), std::size(x)};
    }
};

template <logit_scalar Scalar>
struct batch_traits<batch_view<Scalar>> {
    PLUCK_TAGGED static constexpr std::size_t rows(const batch_view<Scalar>& x) noexcept { return x.rows; }
    PLUCK_TAGGED static constexpr auto row(const batch_view<Scalar>& x, std::size_t index) noexcept {
        return x.row(index);
    }
};

/// A range of rows, which may lie anywhere and differ in length: std::vector<logits_view<float>>, say.
template <detail::plain_range X>
requires row_like<detail::range_value<X>>
struct batch_traits<X> {
    PLUCK_TAGGED static constexpr std::size_t rows(const X& x) noexcept { return std::size(x); }
    using traits = row_traits<detail::range_value<X>>;
    PLUCK_TAGGED static constexpr auto row(const X& x,
                                           std::size_t index) noexcept(noexcept(traits::view(std::data(x)[0]))) {
        return traits::view(std::data(x)[index]);
    }
};

}}  // namespace pluck::v0
