// SPDX-License-Identifier: MIT
//
// Converts halves and bfloat16 to floats: a whole row, some blocks, or one block while a loop reads it.
#pragma once

#include <pluck/cpu/isa/vectors.hpp>
#include <pluck/cpu/kernels/blocks.hpp>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/scalar.hpp>
#include <pluck/workspace.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_BUILD { namespace kernels {

/// What lies in memory for each logit of a type.
template <class Format>
using stored = std::conditional_t<std::same_as<Format, float>, float, std::uint16_t>;

template <class Format>
[[nodiscard]] PLUCK_ALWAYS_INLINE float one_of(const stored<Format>* logits, std::size_t i) noexcept {
    if constexpr (std::same_as<Format, float>) return logits[i];
    else return scalar_traits<Format>::widen(Format{logits[i]});
}

/// Converts a vector of logits to floats. For halves there may be an instruction, which ignores the processor's flags
/// for subnormals; else the magnitude moves to where a float has it, and a subnormal, which has the least exponent,
/// loses what that adds.
template <class Isa, class Format, class Vectors = eight>
PLUCK_ALWAYS_INLINE void widen_lanes(const std::uint16_t* logits, float* scores) noexcept {
    typename Vectors::floats wide;
    typename Vectors::uints bits = {};
    constexpr std::size_t count = sizeof wide / sizeof(float);
    if constexpr (std::same_as<Format, bfloat16>) {
        if constexpr (requires { Isa::extend(logits, bits); }) {
            Isa::extend(logits, bits);
        } else {
            for (std::size_t i = 0; i < count; ++i) bits[i] = logits[i];
        }
        bits <<= 16;
        __builtin_memcpy(scores, &bits, sizeof bits);
    } else if constexpr (requires { Isa::widen(logits, wide); }) {
        Isa::widen(logits, wide);
        __builtin_memcpy(scores, &wide, sizeof wide);
    } else {
        std::uint32_t normal[count];
        float subnormal[count];
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint32_t magnitude = (logits[i] & 0x7fffu) << 13;
            const std::uint32_t rebiased = magnitude + ((127u - 15u) << 23);
            normal[i] = rebiased + (magnitude >= 0x7c00u << 13 ? (127u - 15u) << 23 : 0);
            subnormal[i] = detail::bits_as<float>(rebiased + (1u << 23)) - 0x1p-14f;
        }
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint32_t least = (logits[i] & 0x7c00u) == 0 ? ~0u : 0;
            const std::uint32_t any = (detail::bits_as<std::uint32_t>(subnormal[i]) & least) | (normal[i] & ~least);
            scores[i] = detail::bits_as<float>(any | (logits[i] & 0x8000u) << 16);
        }
    }
}

/// Converts so many vectors of them.
template <class Isa, class Format, std::size_t... Steps>
PLUCK_ALWAYS_INLINE void widen_steps(const std::uint16_t* logits, float* scores,
                                     std::index_sequence<Steps...>) noexcept {
    constexpr std::size_t width = lanes_of<Isa>;
    (widen_lanes<Isa, Format, vectors_of<Isa>>(logits + width * Steps, scores + width * Steps), ...);
}

/// Converts a block of them.
template <class Isa, class Format>
PLUCK_ALWAYS_INLINE void widen_block(const std::uint16_t* logits, float* scores) noexcept {
    constexpr std::size_t width = lanes_of<Isa>;
    constexpr std::size_t unrolled = plain<Isa> ? width : block_size;  // g++ -O2 unrolls no loop
    for (std::size_t i = 0; i < block_size; i += unrolled) {
        widen_steps<Isa, Format>(logits + i, scores + i, std::make_index_sequence<unrolled / width>());
    }
}

/// Converts contiguous logits to floats.
template <class Format>
struct widen {
    static constexpr bool uses_avx512 = true;

    template <class Isa>
    PLUCK_ALWAYS_INLINE static void run(const std::uint16_t* logits, std::size_t count, float* scores) noexcept {
        std::size_t i = 0;
        for (; i + block_size <= count; i += block_size) widen_block<Isa, Format>(logits + i, scores + i);
        for (; i + lanes <= count; i += lanes) widen_lanes<Isa, Format>(logits + i, scores + i);
        for (; i < count; ++i) scores[i] = scalar_traits<Format>::widen(Format{logits[i]});
    }
};

}}}}}  // namespace pluck::v0::cpu::PLUCK_BUILD::kernels
