// SPDX-License-Identifier: MIT
//
// Rounds doubles to floats, a block at a time.
#pragma once

#include <pluck/cpu/kernels/blocks.hpp>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/scalar.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_BUILD { namespace kernels {

/// scalar_traits<double>::widen of each. Where a block has no subnormal float, no NaN and no number beyond the range of
/// floats, all of it at a time, in integers.
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

    /// False if a magnitude is neither 0 nor infinite nor in [least, most]: then `to` is garbage.
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

}}}}}  // namespace pluck::v0::cpu::PLUCK_BUILD::kernels
