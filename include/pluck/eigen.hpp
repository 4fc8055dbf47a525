// SPDX-License-Identifier: MIT
//
// Eigen's vectors, matrices, arrays, maps, blocks and expressions as rows and batches of logits, and as the results of
// inspection.
#pragma once

#if !__has_include(<Eigen/Core>)
#error "pluck/eigen.hpp needs Eigen 3.4 or 5, and there is no Eigen/Core: name its folder by -I"
#endif

#include <pluck/chain.hpp>
#include <pluck/detail/scalar.hpp>
#include <pluck/inspect.hpp>
#include <pluck/key.hpp>
#include <pluck/logits.hpp>

#include <Eigen/Core>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace pluck { inline namespace v0 {

template <>
struct scalar_traits<Eigen::half> {
    using layout = half;
    [[nodiscard]] PLUCK_TAGGED static float widen(Eigen::half value) noexcept {
        return scalar_traits<half>::widen(half{detail::bits_as<std::uint16_t>(value)});
    }
};

template <>
struct scalar_traits<Eigen::bfloat16> {
    using layout = bfloat16;
    [[nodiscard]] PLUCK_TAGGED static float widen(Eigen::bfloat16 value) noexcept {
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

/// Whether the elements lie in memory, a fixed stride apart, rather than being computed. Eigen says so of views by
/// index as well, but those have no data().
template <class X>
concept eigen_in_memory = eigen_dense<X> &&(int(X::Flags) & int(Eigen::DirectAccessBit)) != 0 && requires(const X& x) {
    x.derived().data();
};

/// A vector by its type: one of the two dimensions is known to be 1 at compile time.
template <class X>
concept eigen_row = eigen_dense<X> && bool(X::IsVectorAtCompileTime) && logit_scalar<typename X::Scalar>;

template <class X>
concept eigen_batch = eigen_dense<X> && !bool(X::IsVectorAtCompileTime) && logit_scalar<typename X::Scalar>;

/// An expression, computed once and as a whole, to where it is asked to.
template <class X>
struct eigen_expression {
    const X& x;
    std::size_t size;

    /// Writes its [size] elements to `to` as floats. Throws std::bad_alloc where Eigen needs memory for a part of it.
    PLUCK_TAGGED void write(float* to) const {
        constexpr int order = int(X::RowsAtCompileTime) == 1 ? Eigen::RowMajor : Eigen::ColMajor;
        using floats = Eigen::Array<float, X::RowsAtCompileTime, X::ColsAtCompileTime, order>;
        Eigen::Map<floats>(to, x.rows(), x.cols()) = x.derived().array().unaryExpr(
            [](typename X::Scalar value) noexcept { return scalar_traits<typename X::Scalar>::widen(value); });
    }
};

}  // namespace detail

/// A vector, array, Map, Ref, matrix.row(i), or an expression of one dimension.
template <detail::eigen_row X>
struct row_traits<X> {
    PLUCK_TAGGED static auto view(const X& x) noexcept {
        const auto size = static_cast<std::size_t>(x.size());
        if constexpr (detail::eigen_in_memory<X>) {
            return logits_view<typename X::Scalar>{x.derived().data(), size, x.derived().innerStride()};
        } else {
            return detail::eigen_expression<X>{x, size};
        }
    }
};

/// A matrix or array [batch, vocab], row- or column-major, in memory: an expression is evaluated first, by `.eval()`.
template <detail::eigen_batch X>
requires detail::eigen_in_memory<X>
struct batch_traits<X> {
    PLUCK_TAGGED static std::size_t rows(const X& x) noexcept { return static_cast<std::size_t>(x.rows()); }
    PLUCK_TAGGED static auto row(const X& x, std::size_t index) noexcept {
        const Eigen::Index inner = x.derived().innerStride(), outer = x.derived().outerStride();
        const bool row_major = bool(X::IsRowMajor);
        return batch_view<typename X::Scalar>{x.derived().data(), rows(x), static_cast<std::size_t>(x.cols()),
                                              row_major ? outer : inner, row_major ? inner : outer}
            .row(index);
    }
};

namespace detail {

template <eigen_dense P>
requires std::floating_point<typename P::Scalar>
struct probability_traits<P> {
    PLUCK_TAGGED static std::size_t size(const P& p) noexcept { return static_cast<std::size_t>(p.size()); }
    PLUCK_TAGGED static std::size_t columns(const P& p) noexcept {
        return p.rows() == 1 ? 1 : static_cast<std::size_t>(p.cols());  // a vector is one, whichever way it lies
    }
    /// Row by row, whatever the order in memory: of two matrices the same places are compared.
    PLUCK_TAGGED static double at(const P& p, std::size_t i) {
        const auto index = static_cast<Eigen::Index>(i);
        return static_cast<double>(p.derived().coeff(index / p.cols(), index % p.cols()));
    }
};

}  // namespace detail

inline namespace PLUCK_BUILD {

/// The probability with which the chain draws each token: as inspect.hpp's overload that writes to a span.
template <class X, chain_like Chain>
[[nodiscard]] Eigen::ArrayXd probabilities(const X& row, const Chain& chain, const key& key) {
    Eigen::ArrayXd result;
    if constexpr (detail::check_row<X>()) {
        result.resize(static_cast<Eigen::Index>(row_traits<X>::view(row).size));
        probabilities(row, chain, std::span(result.data(), static_cast<std::size_t>(result.size())), key);
    }
    return result;
}

template <class X, chain_like Chain>
[[nodiscard]] Eigen::ArrayXd probabilities(const X& row, const Chain& chain) {
    detail::check_no_key("probabilities", chain);
    return probabilities(row, chain, key{});
}

}  // namespace PLUCK_BUILD

}}  // namespace pluck::v0
