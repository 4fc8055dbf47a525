// SPDX-License-Identifier: MIT
//
// Floating-point steps that mean the same under every compiler and flag. Each one is a single IEEE operation, rounded
// to nearest even, that -ffast-math can neither split, fuse, reorder nor approximate. docs/mass.md lists the traps.
#pragma once

#include <pluck/detail/config.hpp>

#include <cstdint>

#if !PLUCK_ON_DEVICE && !PLUCK_HARDWARE_FMA && !defined(_WIN32)
// libm's fmaf under a name that no compiler knows: clang++ -ffast-math would expand a call that it recognises into a
// multiplication and an addition where the target has no fma instruction.
#if defined(__APPLE__)
extern "C" float pluck_libm_fmaf(float, float, float) noexcept __asm__("_fmaf");
#else
extern "C" float pluck_libm_fmaf(float, float, float) noexcept __asm__("fmaf");
#endif
#endif

namespace pluck { inline namespace v0 { namespace detail {

__extension__ typedef unsigned __int128 uint128;  // a typedef, since __extension__ keeps -Wpedantic silent only here

template <class To, class From>
[[nodiscard]] PLUCK_HOST_DEVICE constexpr To bits_as(const From& from) noexcept {
    return __builtin_bit_cast(To, from);  // device code has no std::bit_cast
}

// In a register, where it has a name: through memory a sum takes three times as long.
#if defined(__SSE2__)
#define PLUCK_FLOAT_PLACE "+x"
#elif defined(__aarch64__)
#define PLUCK_FLOAT_PLACE "+w"
#else
#define PLUCK_FLOAT_PLACE "+m"
#endif

/// The same value, hidden from the optimiser, which cannot rearrange an expression across it.
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE double opaque(double value) noexcept {
#if !PLUCK_ON_DEVICE
    asm("" : PLUCK_FLOAT_PLACE(value));
#endif
    return value;
}

[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE float opaque(float value) noexcept {
#if !PLUCK_ON_DEVICE
    asm("" : PLUCK_FLOAT_PLACE(value));
#endif
    return value;
}
#undef PLUCK_FLOAT_PLACE

#if !PLUCK_ON_DEVICE && !PLUCK_HARDWARE_FMA && defined(_WIN32)
/// a * b + c, rounded once, where libm may round twice, as MinGW-w64's does. The product of two floats is exact as a
/// double; its sum with c is rounded to odd: the last bit is set if something was lost, so that rounding makes no tie
/// between two floats.
[[nodiscard]] PLUCK_ALWAYS_INLINE float fused_by_doubles(float a, float b, float c) noexcept {
    const double product = opaque(opaque(static_cast<double>(a)) * static_cast<double>(b));
    const double addend = opaque(static_cast<double>(c));
    const double sum = opaque(product + addend);
    const double added = opaque(sum - product);
    const double lost = opaque(opaque(product - opaque(sum - added)) + opaque(addend - added));
    const auto lost_bits = bits_as<std::uint64_t>(lost);
    auto bits = bits_as<std::uint64_t>(sum);
    const bool finite = (bits >> 52 & 0x7ff) != 0x7ff;
    if (finite && lost_bits << 1 != 0 && (bits & 1) == 0) bits += (lost_bits ^ bits) >> 63 != 0 ? ~std::uint64_t{0} : 1;
    return opaque(static_cast<float>(opaque(bits_as<double>(bits))));
}
#endif

/// a * b + c, rounded once.
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE float fma(float a, float b, float c) noexcept {
#if PLUCK_ON_DEVICE
    float result;  // the intrinsic would flush subnormals under -use_fast_math, this instruction does not
    asm("fma.rn.f32 %0, %1, %2, %3;" : "=f"(result) : "f"(a), "f"(b), "f"(c));
    return result;
#elif PLUCK_HARDWARE_FMA
    return __builtin_fmaf(a, b, c);
#elif defined(_WIN32)
    return fused_by_doubles(a, b, c);
#else
    return pluck_libm_fmaf(a, b, c);
#endif
}

[[nodiscard]] PLUCK_HOST_DEVICE inline float sum(float a, float b) noexcept {
#if PLUCK_ON_DEVICE
    return __fadd_rn(a, b);
#else
    return opaque(opaque(a) + opaque(b));
#endif
}

[[nodiscard]] PLUCK_HOST_DEVICE inline double sum(double a, double b) noexcept {
#if PLUCK_ON_DEVICE
    return __dadd_rn(a, b);
#else
    return opaque(opaque(a) + opaque(b));
#endif
}

[[nodiscard]] PLUCK_HOST_DEVICE inline double product(double a, double b) noexcept {
#if PLUCK_ON_DEVICE
    return __dmul_rn(a, b);
#else
    return opaque(opaque(a) * opaque(b));
#endif
}

[[nodiscard]] PLUCK_HOST_DEVICE inline double quotient(double a, double b) noexcept {
#if PLUCK_ON_DEVICE
    return __ddiv_rn(a, b);
#else
    return opaque(opaque(a) / opaque(b));
#endif
}

[[nodiscard]] PLUCK_HOST_DEVICE inline float nearest_float(double value) noexcept {
#if PLUCK_ON_DEVICE
    return __double2float_rn(value);
#else
    return opaque(static_cast<float>(opaque(value)));
#endif
}

/// The index of the lowest bit that is set; at least one must be. Then: the number of bits that are set.
[[nodiscard]] PLUCK_HOST_DEVICE inline std::uint32_t first_bit(std::uint32_t bits) noexcept {
#if PLUCK_ON_DEVICE
    return static_cast<std::uint32_t>(__ffs(static_cast<int>(bits)) - 1);
#else
    return static_cast<std::uint32_t>(__builtin_ctz(bits));
#endif
}
[[nodiscard]] PLUCK_HOST_DEVICE inline std::uint32_t count_bits(std::uint32_t bits) noexcept {
#if PLUCK_ON_DEVICE
    return static_cast<std::uint32_t>(__popc(bits));
#else
    return static_cast<std::uint32_t>(__builtin_popcount(bits));
#endif
}

/// The number of bits that it takes to write this down; 0 takes none. Not std::bit_width, nor std::min and std::max
/// below: as functions of their own they would be shared with units for other processors, and windows.h has macros of
/// that name.
[[nodiscard]] PLUCK_HOST_DEVICE inline std::uint32_t bit_width(std::uint32_t bits) noexcept {
#if PLUCK_ON_DEVICE
    return static_cast<std::uint32_t>(32 - __clz(static_cast<int>(bits)));
#else
    return bits == 0 ? 0 : static_cast<std::uint32_t>(32 - __builtin_clz(bits));
#endif
}

template <class T>
[[nodiscard]] PLUCK_HOST_DEVICE constexpr T smaller(T a, T b) noexcept {
    return b < a ? b : a;
}
template <class T>
[[nodiscard]] PLUCK_HOST_DEVICE constexpr T larger(T a, T b) noexcept {
    return a < b ? b : a;
}

/// The number of zero bits above the highest bit that is set; at least one must be.
[[nodiscard]] PLUCK_HOST_DEVICE inline std::uint32_t leading_zeros(std::uint64_t bits) noexcept {
#if PLUCK_ON_DEVICE
    return static_cast<std::uint32_t>(__clzll(static_cast<long long>(bits)));
#else
    return static_cast<std::uint32_t>(__builtin_clzll(bits));
#endif
}

/// floor(a * b / 2^64).
[[nodiscard]] PLUCK_HOST_DEVICE constexpr std::uint64_t product_high(std::uint64_t a, std::uint64_t b) noexcept {
    return static_cast<std::uint64_t>(static_cast<uint128>(a) * b >> 64);
}

}}}  // namespace pluck::v0::detail
