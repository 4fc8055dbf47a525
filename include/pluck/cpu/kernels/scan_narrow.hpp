// SPDX-License-Identifier: MIT
//
// The scan of a row of halves or bfloat16: as in scan.hpp, by the bits of the 16-bit logits.
#pragma once

#include <pluck/cpu/isa/vectors.hpp>
#include <pluck/cpu/kernels/blocks.hpp>
#include <pluck/cpu/kernels/scan.hpp>
#include <pluck/cpu/kernels/widen.hpp>
#include <pluck/cpu/row_view.hpp>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/detail/scalar.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_BUILD { namespace kernels {

/// The bits of infinity. In both formats the bits are a sign and a magnitude, as in a float.
template <class Format>
inline constexpr std::int16_t infinite_bits = std::same_as<Format, half> ? 0x7c00 : 0x7f80;

[[nodiscard]] PLUCK_ALWAYS_INLINE std::int16_t ordered_short(std::uint16_t bits) noexcept {
    const auto magnitude = static_cast<std::int16_t>(bits & 0x7fffu);
    return (bits & 0x8000u) != 0 ? static_cast<std::int16_t>(-magnitude) : magnitude;
}

/// An ordered short as an ordered float.
template <class Format>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::int32_t widened_score(std::int16_t ordered) noexcept {
    const int magnitude = ordered < 0 ? -ordered : ordered;
    const std::int32_t wide =
        detail::ordered(scalar_traits<Format>::widen(Format{static_cast<std::uint16_t>(magnitude)}));
    return ordered < 0 ? -wide : wide;
}

/// Eight ordered shorts as ordered floats.
template <class Isa, class Format>
PLUCK_ALWAYS_INLINE void widen_scores(const ints& ordered, std::int32_t* wide) noexcept {
    std::uint16_t magnitudes[lanes];
    float widened[lanes];
    for (std::size_t i = 0; i < lanes; ++i) {
        magnitudes[i] = static_cast<std::uint16_t>(ordered[i] < 0 ? -ordered[i] : ordered[i]);
    }
    widen_lanes<Isa, Format>(magnitudes, widened);
    for (std::size_t i = 0; i < lanes; ++i) {
        const auto bits = detail::bits_as<std::int32_t>(widened[i]);
        wide[i] = ordered[i] < 0 ? -bits : bits;
    }
}

/// What `scan` finds, for a row of halves or bfloat16.
template <class Format>
struct scan_narrow {
    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static extremes run(const std::uint16_t* logits, std::size_t size,
                                                          std::int32_t* block_best) noexcept {
        return of<Isa>(logits, size, block_best);
    }

    /// The same of any logits: a pointer to them, or what is read as one (masked.hpp).
    template <class Isa, class Logits>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static extremes of(const Logits& logits, std::size_t size,
                                                         std::int32_t* block_best) noexcept {
        constexpr std::size_t group = lanes * block_size;
        constexpr std::make_index_sequence<block_size / short_lanes - 1> steps;  // g++ -O2 unrolls no loop
        std::int16_t row_best = (std::numeric_limits<std::int16_t>::min)();
        ushorts most = {};
        std::uint16_t rest_most = 0;
        ints group_best = row_best - ints{};
        std::size_t begin = 0;
        for (; size - begin >= group; begin += group, block_best += lanes) {
            if (forbids_eight(logits + begin)) {
                const ints none = -detail::ordered_infinity - ints{};
                __builtin_memcpy(block_best, &none, sizeof none);
                raise(group_best, -std::int32_t{infinite_bits<Format>} - ints{});
                continue;
            }
            shorts each[lanes];
            ints best;
            for (std::size_t block = 0; block < lanes; ++block) {
                most_of_block<Isa>(most, each[block], logits + begin + block * block_size, steps);
            }
            largest_of_each(best, each);
            if (any_negative<Isa>(best)) {
                ints nearest;
                for (std::size_t block = 0; block < lanes; ++block) {
                    nearest_of_block(each[block], logits + begin + block * block_size, steps);
                }
                largest_of_each(nearest, each);
                best = best < 0 ? nearest : best;
            }
            raise(group_best, best);
            widen_scores<Isa, Format>(best, block_best);
        }
        for (std::size_t i = 0; i < lanes; ++i) {
            row_best = group_best[i] > row_best ? static_cast<std::int16_t>(group_best[i]) : row_best;
        }
        for (; begin < size; begin = block_end(begin, size), ++block_best) {
            std::int16_t best = (std::numeric_limits<std::int16_t>::min)();
            for (std::size_t i = begin; i < block_end(begin, size); ++i) {
                const std::uint16_t bits = logits[i];
                const std::int16_t score = ordered_short(bits);
                best = score > best ? score : best;
                rest_most = bits > rest_most ? bits : rest_most;
            }
            row_best = best > row_best ? best : row_best;
            *block_best = widened_score<Format>(best);
        }
        for (std::size_t i = 0; i < short_lanes; ++i) rest_most = most[i] > rest_most ? most[i] : rest_most;
        const std::int16_t lowest = rest_most > 0x8000u ? ordered_short(rest_most) : std::int16_t{0};
        extremes row;
        row.best = widened_score<Format>(row_best);
        row.lowest = widened_score<Format>(lowest);
        row.nan = row_best > infinite_bits<Format> || lowest < -infinite_bits<Format>;
        return row;
    }

private:
    /// As in `scan`.
    template <class Isa, class Logits, std::size_t... Steps>
    PLUCK_ALWAYS_INLINE static void most_of_block(ushorts& most, shorts& best, const Logits& logits,
                                                  std::index_sequence<Steps...>) noexcept {
        ushorts bits;
        load_held<Isa>(bits, logits);
        raise(most, bits);
        best = shorts(bits);
        ((load_held<Isa>(bits, logits + short_lanes * (Steps + 1)), raise(most, bits), raise(best, shorts(bits))), ...);
    }
    template <class Logits, std::size_t... Steps>
    PLUCK_ALWAYS_INLINE static void nearest_of_block(shorts& best, const Logits& logits,
                                                     std::index_sequence<Steps...>) noexcept {
        shorts bits;
        load_lanes(bits, logits);
        best = -(bits & std::int16_t{0x7fff});
        ((load_lanes(bits, logits + short_lanes * (Steps + 1)), raise(best, -(bits & std::int16_t{0x7fff}))), ...);
    }
};

}}}}}  // namespace pluck::v0::cpu::PLUCK_BUILD::kernels
