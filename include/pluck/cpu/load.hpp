// SPDX-License-Identifier: MIT
//
// From any view of logits to floats that lie side by side: where they already do, by looking, else by a copy.
#pragma once

#include <pluck/core/config.hpp>
#include <pluck/core/logits.hpp>
#include <pluck/core/scalar.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace pluck::inline v0::cpu::inline PLUCK_BUILD {

/// The row's scores, [view.size] floats: the caller's memory, or `scratch`, to which they have been copied;
/// null if the view is.
template <class Scalar>
[[nodiscard]] const float* load(const logits_view<Scalar>& view, float* scratch) noexcept {
    if (view.data == nullptr) return nullptr;
    if constexpr (std::same_as<Scalar, float>) {
        if (view.stride == 1 && reinterpret_cast<std::uintptr_t>(view.data) % alignof(float) == 0) return view.data;
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

}  // namespace pluck::inline v0::cpu::inline PLUCK_BUILD
