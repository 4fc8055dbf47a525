// SPDX-License-Identifier: MIT
//
// From any view of logits to floats that lie side by side: where they already do, by looking, else by a copy.
#pragma once

#include <pluck/cpu/isa/dispatch.hpp>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/scalar.hpp>
#include <pluck/logits.hpp>
#include <pluck/workspace.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_BUILD {

namespace kernels {

/// What scalar_traits<double>::widen makes of each. Of a block without a subnormal float, a NaN or a number beyond the
/// range of floats, all at a time, in integers.
struct round_doubles {
    static constexpr bool uses_avx512 = true;

    template <class Isa>
    PLUCK_ALWAYS_INLINE static void run(const double* from, std::size_t count, float* to) noexcept {
        std::size_t begin = 0;
        for (; begin + block_size <= count; begin += block_size) {
            if (!round_block(from + begin, to + begin)) widen_some(from + begin, block_size, to + begin);
        }
        widen_some(from + begin, count - begin, to + begin);
    }

private:
    static constexpr auto least = detail::bits_as<std::int64_t>(0x1p-126);
    static constexpr auto most =
        detail::bits_as<std::int64_t>(0x1.fffffefffffffp127);  // more than that rounds to 2^128
    static constexpr auto infinite = std::int64_t{0x7ff0000000000000};

    /// False if there is one that is neither 0 nor infinite and not in [least, most]: then `to` is garbage.
    [[nodiscard]] PLUCK_ALWAYS_INLINE static bool round_block(const double* from, float* to) noexcept {
        alignas(64) std::uint32_t rounded[block_size];
        std::int64_t unusual = 0;  // below 0 once there is one
        for (std::size_t i = 0; i < block_size; ++i) {
            const auto bits = detail::bits_as<std::uint64_t>(from[i]);
            const auto magnitude = static_cast<std::int64_t>(bits & 0x7fffffffffffffffu);
            // To nearest, ties to even: half of the last bit that stays, less one if that bit is 0. A carry goes into
            // the exponent, as it should.
            const std::int64_t normal =
                ((magnitude + 0xfffffff + (magnitude >> 29 & 1)) >> 29) - (std::int64_t{896} << 23);
            const std::int64_t finite = magnitude == 0 ? 0 : normal;
            const std::int64_t any = magnitude == infinite ? std::int64_t{0x7f800000} : finite;
            unusual |= (magnitude != 0 ? magnitude - least : 0) | (magnitude != infinite ? most - magnitude : 0);
            rounded[i] = static_cast<std::uint32_t>(static_cast<std::uint64_t>(any) | (bits >> 32 & 0x80000000u));
        }
        __builtin_memcpy(to, rounded, sizeof rounded);
        return unusual >= 0;
    }

    PLUCK_ALWAYS_INLINE static void widen_some(const double* from, std::size_t count, float* to) noexcept {
        for (std::size_t i = 0; i < count; ++i) to[i] = scalar_traits<double>::widen(from[i]);
    }
};

}  // namespace kernels

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
            run_kernel<kernels::round_doubles>(view.data, view.size, scratch);
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

/// A row that writes itself, as a whole.
template <class Expression>
    requires requires(const Expression& view, float* to) { view.write(to); }
[[nodiscard]] const float* load(const Expression& view, float* scratch) noexcept(noexcept(view.write(scratch))) {
    view.write(scratch);
    return scratch;
}

}}}}  // namespace pluck::v0::cpu::PLUCK_BUILD
