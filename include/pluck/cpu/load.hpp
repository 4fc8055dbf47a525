// SPDX-License-Identifier: MIT
//
// From any view of logits to contiguous floats: where they lie, if they are that already, else by a copy.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/scalar.hpp>
#include <pluck/logits.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cpu {

inline namespace PLUCK_ROW_BUILD {

/// to[i] = scalar_traits<double>::widen(from[i]), vectorised.
PLUCK_EXPORT void round_doubles(const double* from, std::size_t count, float* to) noexcept;

}  // namespace PLUCK_ROW_BUILD

inline namespace PLUCK_BUILD {

/// The row's scores, [view.size] floats: the caller's memory, or `scratch`, to which they have been copied;
/// null if the view is.
template <class Scalar>
[[nodiscard]] const float* load(const logits_view<Scalar>& view, float* scratch) noexcept {
    if (view.data == nullptr) return nullptr;
    if constexpr (std::same_as<Scalar, float>) {
        if (view.stride == 1 && reinterpret_cast<std::uintptr_t>(view.data) % alignof(float) == 0) return view.data;
    }
    if constexpr (std::same_as<Scalar, double>) {
        if (view.stride == 1 && reinterpret_cast<std::uintptr_t>(view.data) % alignof(double) == 0) {
            round_doubles(view.data, view.size, scratch);
            return scratch;
        }
    }
    constexpr auto width = static_cast<std::ptrdiff_t>(sizeof(Scalar));
    const auto* bytes = reinterpret_cast<const unsigned char*>(view.data);
    for (std::size_t i = 0; i < view.size; ++i) {
        Scalar value;  // through its bytes: the view may lie at any address
        __builtin_memcpy(&value, bytes + static_cast<std::ptrdiff_t>(i) * view.stride * width, sizeof value);
        scratch[i] = scalar_traits<Scalar>::widen(value);
    }
    return scratch;
}

template <class At>
[[nodiscard]] const float* load(const computed_row<At>& view, float* scratch) noexcept {
    for (std::size_t i = 0; i < view.size; ++i) scratch[i] = view.at(i);
    return scratch;
}

/// An expression, which writes all of its elements itself.
template <class Expression>
requires requires(const Expression& view, float* to) { view.write(to); }
[[nodiscard]] const float* load(const Expression& view, float* scratch) noexcept(noexcept(view.write(scratch))) {
    view.write(scratch);
    return scratch;
}

}  // namespace PLUCK_BUILD

}}}  // namespace pluck::v0::cpu

#if !PLUCK_COMPILED || PLUCK_COMPILED_SOURCE
#include <pluck/cpu/definitions/load.hpp>
#endif
