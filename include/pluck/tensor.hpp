// SPDX-License-Identifier: MIT
//
// Eigen's tensors as rows and batches. Apart from eigen.hpp, since Eigen keeps them among its unsupported modules.
#pragma once

#if !__has_include(<unsupported/Eigen/CXX11/Tensor>)
#error "pluck/tensor.hpp needs Eigen 3.4 or 5, and there is no unsupported/Eigen/CXX11/Tensor: name its folder by -I"
#endif

#include <pluck/eigen.hpp>
#include <pluck/logits.hpp>

#include <unsupported/Eigen/CXX11/Tensor>

#include <concepts>
#include <cstddef>
#include <type_traits>

namespace pluck { inline namespace v0 {

namespace detail {

/// A TensorRef may refer to an expression, and then has no memory to look at.
template <class X>
inline constexpr bool is_tensor_ref = false;
template <class Plain>
inline constexpr bool is_tensor_ref<Eigen::TensorRef<Plain>> = true;

/// Eigen::Tensor, TensorFixedSize, TensorMap: tensors whose elements lie in memory.
template <class X>
concept tensor_in_memory = !is_tensor_ref<X> && requires(const X& x) {
    { X::NumDimensions } -> std::convertible_to<int>;
    x.dimension(0);
    x.data();
}
&&logit_scalar<std::remove_const_t<typename X::Scalar>>;

}  // namespace detail

/// A tensor of rank 1.
template <detail::tensor_in_memory X>
requires(X::NumDimensions == 1) struct row_traits<X> {
    PLUCK_TAGGED static logits_view<std::remove_const_t<typename X::Scalar>> view(const X& x) noexcept {
        return {x.data(), static_cast<std::size_t>(x.dimension(0))};
    }
};

/// A tensor of rank 2, [batch, vocab], in either layout.
template <detail::tensor_in_memory X>
requires(X::NumDimensions == 2) struct batch_traits<X> {
    PLUCK_TAGGED static std::size_t rows(const X& x) noexcept { return static_cast<std::size_t>(x.dimension(0)); }
    PLUCK_TAGGED static auto row(const X& x, std::size_t index) noexcept {
        const bool row_major = int(X::Layout) == int(Eigen::RowMajor);
        const auto count = static_cast<std::ptrdiff_t>(x.dimension(0)),
                   vocab = static_cast<std::ptrdiff_t>(x.dimension(1));
        return batch_view<std::remove_const_t<typename X::Scalar>>{x.data(), rows(x), static_cast<std::size_t>(vocab),
                                                                   row_major ? vocab : 1, row_major ? 1 : count}
            .row(index);
    }
};

}}  // namespace pluck::v0
