// SPDX-License-Identifier: MIT
//
// Eigen's vectors, matrices, arrays, maps, blocks and expressions as rows and batches of logits.
#pragma once

#include <pluck/detail/scalar.hpp>
#include <pluck/logits.hpp>

#include <Eigen/Core>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace pluck { inline namespace v0 {

template <>
struct scalar_traits<Eigen::half> {
    using layout = half;
    [[nodiscard]] static float widen(Eigen::half value) noexcept {
        return scalar_traits<half>::widen(half{detail::bits_as<std::uint16_t>(value)});
    }
};

template <>
struct scalar_traits<Eigen::bfloat16> {
    using layout = bfloat16;
    [[nodiscard]] static float widen(Eigen::bfloat16 value) noexcept {
        return scalar_traits<bfloat16>::widen(bfloat16{detail::bits_as<std::uint16_t>(value)});
    }
};

namespace detail {

template <class Derived>
Derived eigen_base(const Eigen::DenseBase<Derived>&);

/// Anything dense of Eigen's. Some types derive from another expression (segment(), say), not from their own base.
template <class X>
concept eigen_dense = requires(const X& x) {
    eigen_base(x);
};

/// Whether the elements lie in memory, a fixed stride apart, rather than being computed. Views by index say that they
/// do, but have no data() to tell where.
template <class X>
concept eigen_in_memory = eigen_dense<X> &&(int(X::Flags) & int(Eigen::DirectAccessBit)) != 0 && requires(const X& x) {
    x.derived().data();
};

/// A vector by its type: one of the two dimensions is known to be 1 when compiling.
template <class X>
concept eigen_row = eigen_dense<X> && bool(X::IsVectorAtCompileTime) && logit_scalar<typename X::Scalar>;

template <class X>
concept eigen_batch = eigen_dense<X> && !bool(X::IsVectorAtCompileTime) && logit_scalar<typename X::Scalar>;

/// Reads an expression element by element; whatever it must compute as a whole is computed once, when this is made.
template <class X>
class eigen_elements {
public:
    explicit eigen_elements(const X& x) : values_(x.derived()) {}
    [[nodiscard]] float operator()(std::size_t i) const noexcept {
        return scalar_traits<typename X::Scalar>::widen(values_.coeff(static_cast<Eigen::Index>(i)));
    }

private:
    Eigen::internal::evaluator<decltype(eigen_base(std::declval<const X&>()))> values_;
};

}  // namespace detail

/// A vector, array, Map, Ref, matrix.row(i), or an expression of one dimension.
template <detail::eigen_row X>
struct row_traits<X> {
    static auto view(const X& x) noexcept(detail::eigen_in_memory<X>) {
        const auto size = static_cast<std::size_t>(x.size());
        if constexpr (detail::eigen_in_memory<X>) {
            return logits_view<typename X::Scalar>{x.derived().data(), size, x.derived().innerStride()};
        } else {
            return computed_row<detail::eigen_elements<X>>{detail::eigen_elements<X>(x), size};
        }
    }
};

/// A matrix or array [batch, vocab], row- or column-major, in memory: an expression is evaluated first, by `.eval()`.
template <detail::eigen_batch X>
requires detail::eigen_in_memory<X>
struct batch_traits<X> {
    static std::size_t rows(const X& x) noexcept { return static_cast<std::size_t>(x.rows()); }
    static auto row(const X& x, std::size_t index) noexcept {
        const Eigen::Index inner = x.derived().innerStride(), outer = x.derived().outerStride();
        const bool row_major = bool(X::IsRowMajor);
        return batch_view<typename X::Scalar>{x.derived().data(), rows(x), static_cast<std::size_t>(x.cols()),
                                              row_major ? outer : inner, row_major ? inner : outer}
            .row(index);
    }
};

}}  // namespace pluck::v0
