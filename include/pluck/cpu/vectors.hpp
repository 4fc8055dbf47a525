// SPDX-License-Identifier: MIT
//
// Eight lanes at a time, in the vector types that g++ and clang++ offer for every processor: for the loops that neither
// vectorises by itself. Where registers are narrower the compiler takes them apart.
#pragma once

#include <pluck/core/config.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace pluck::inline v0::cpu::inline PLUCK_BUILD::kernels {

inline constexpr std::size_t lanes = 8;

typedef std::int32_t ints __attribute__((vector_size(32)));
typedef std::uint32_t uints __attribute__((vector_size(32)));
typedef std::uint64_t longs __attribute__((vector_size(32)));
typedef float floats __attribute__((vector_size(32)));

inline constexpr std::size_t short_lanes = 16;

typedef std::int16_t shorts __attribute__((vector_size(32)));
typedef std::uint16_t ushorts __attribute__((vector_size(32)));

// By reference throughout: how a vector passes by value depends on the instruction set.

template <class Vector, class From>
PLUCK_ALWAYS_INLINE void load_lanes(Vector& to, const From* from) noexcept {
    static_assert(alignof(From) <= alignof(Vector));
    __builtin_memcpy(&to, from, sizeof to);
}

/// to = the larger of each lane.
template <class Vector>
PLUCK_ALWAYS_INLINE void raise(Vector& to, const Vector& other) noexcept {
    to = to > other ? to : other;
}

/// to = these of the lanes of a and b.
template <int... Lanes, class Vector>
PLUCK_ALWAYS_INLINE void pick_lanes(Vector& to, const Vector& a, const Vector& b) noexcept {
#if PLUCK_NVCC  // whose front end miscounts the lanes of either builtin's result
    constexpr int from[] = {Lanes...};
    constexpr int half = static_cast<int>(sizeof...(Lanes));
    Vector made = {};
    for (int i = 0; i < half; ++i) made[i] = from[i] < half ? a[from[i]] : b[from[i] - half];
    to = made;
#elif defined(__clang__) || __GNUC__ >= 12
    to = __builtin_shufflevector(a, b, Lanes...);
#else
    to = __builtin_shuffle(a, b, Vector{Lanes...});
#endif
}

/// Lane i of rows[0] becomes the largest lane of rows[i], of eight rows; the others become garbage.
PLUCK_ALWAYS_INLINE void largest_of_each(ints* rows) noexcept {
    ints other;
    for (std::size_t i = 0; i < 4; ++i) {
        pick_lanes<2, 10, 3, 11, 6, 14, 7, 15>(other, rows[2 * i], rows[2 * i + 1]);
        pick_lanes<0, 8, 1, 9, 4, 12, 5, 13>(rows[i], rows[2 * i], rows[2 * i + 1]);
        raise(rows[i], other);
    }
    for (std::size_t i = 0; i < 2; ++i) {
        pick_lanes<2, 3, 10, 11, 6, 7, 14, 15>(other, rows[2 * i], rows[2 * i + 1]);
        pick_lanes<0, 1, 8, 9, 4, 5, 12, 13>(rows[i], rows[2 * i], rows[2 * i + 1]);
        raise(rows[i], other);
    }
    pick_lanes<4, 5, 6, 7, 12, 13, 14, 15>(other, rows[0], rows[1]);
    pick_lanes<0, 1, 2, 3, 8, 9, 10, 11>(rows[0], rows[0], rows[1]);
    raise(rows[0], other);
}

/// All lanes = the largest of them.
PLUCK_ALWAYS_INLINE void largest_of(shorts& all) noexcept {
    shorts other;
    pick_lanes<8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7>(other, all, all);
    raise(all, other);
    pick_lanes<4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11>(other, all, all);
    raise(all, other);
    pick_lanes<2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13>(other, all, all);
    raise(all, other);
    pick_lanes<1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14>(other, all, all);
    raise(all, other);
}

/// An 8 by 8 matrix of bits, the other way round.
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t transposed(std::uint64_t bits) noexcept {
    std::uint64_t moved = (bits ^ bits >> 7) & 0x00aa00aa00aa00aau;
    bits ^= moved ^ moved << 7;
    moved = (bits ^ bits >> 14) & 0x0000cccc0000ccccu;
    bits ^= moved ^ moved << 14;
    moved = (bits ^ bits >> 28) & 0x00000000f0f0f0f0u;
    return bits ^ moved ^ moved << 28;
}

/// An instruction set that has one instruction for the signs of eight lanes: bit i is that of lane i.
template <class Fused>
concept gathers_signs = requires(const ints& word) {
    Fused::signs(word);
};

/// found = 2 found + whether (words[i] ^ flip) > above, for the lanes of each of Steps, the last first.
template <std::size_t... Steps, class Word>
PLUCK_ALWAYS_INLINE void append_bits_above(ints& found, const Word* words, std::uint32_t flip, std::int32_t above,
                                           std::index_sequence<Steps...>) noexcept {
    ints word;
    ((load_lanes(word, words + lanes * (sizeof...(Steps) - 1 - Steps)), word ^= static_cast<std::int32_t>(flip),
      found += found, found -= ints(word > above)),
     ...);
}

/// bits = those of each of Steps, side by side.
template <class Fused, std::size_t... Steps, class Word>
PLUCK_ALWAYS_INLINE void gather_bits_above(std::uint64_t& bits, const Word* words, std::uint32_t flip,
                                           std::int32_t above, std::index_sequence<Steps...>) noexcept {
    ints word;
    ((load_lanes(word, words + lanes * Steps), word ^= static_cast<std::int32_t>(flip), word = ints(word > above),
      bits |= std::uint64_t{Fused::signs(word)} << (lanes * Steps)),
     ...);
}

/// Bit i: whether (words[i] ^ flip) > above, as signed integers, of 64 words.
template <class Fused, class Word>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t bits_above(const Word* words, std::uint32_t flip,
                                                           std::int32_t above) noexcept {
    constexpr std::make_index_sequence<lanes> steps;  // g++ -O2 unrolls no loop
    if constexpr (gathers_signs<Fused>) {
        std::uint64_t bits = 0;
        gather_bits_above<Fused>(bits, words, flip, above, steps);
        return bits;
    } else {
        ints found = {};  // bit j of lane i is that of word 8 j + i
        append_bits_above(found, words, flip, above, steps);
        pick_lanes<0, 4, 1, 5, 2, 6, 3, 7>(found, found, found);
        std::uint64_t pairs[4];
        __builtin_memcpy(pairs, &found, sizeof pairs);
        const std::uint64_t bits = pairs[0] | pairs[1] << 8 | pairs[2] << 16 | pairs[3] << 24;
        return bits == 0 ? 0 : transposed(bits);
    }
}

}  // namespace pluck::inline v0::cpu::inline PLUCK_BUILD::kernels
