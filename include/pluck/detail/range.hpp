// SPDX-License-Identifier: MIT
//
// Contiguous ranges: std::span, std::vector, std::array, a C array. Without <ranges>, which takes a tenth of the
// time that a unit with pluck takes to compile.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

namespace pluck { inline namespace v0 { namespace detail {

/// Eigen's types have data() and size(), too: these say whether it is a vector, and one without gaps.
template <class X>
[[nodiscard]] constexpr bool lies_in_a_row() noexcept {
    if constexpr (requires {
                      X::IsVectorAtCompileTime;
                      X::InnerStrideAtCompileTime;
                  })
        return X::IsVectorAtCompileTime != 0 && X::InnerStrideAtCompileTime == 1;
    else return true;
}

template <class X>
concept contiguous_range = (lies_in_a_row<std::remove_cvref_t<X>>()) && requires(const X& x) {
    requires std::is_pointer_v<decltype(std::data(x))>;
    requires std::is_convertible_v<decltype(std::size(x)), std::size_t>;
};

template <contiguous_range X>
using range_value = std::remove_cvref_t<decltype(*std::data(std::declval<const X&>()))>;

}}}  // namespace pluck::v0::detail
