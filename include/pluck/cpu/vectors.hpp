// SPDX-License-Identifier: MIT
//
// Eight lanes at a time, in the vector types that g++ and clang++ offer for every processor: for the loops that neither
// vectorises by itself. Where registers are narrower the compiler takes them apart.
#pragma once

#include <pluck/core/config.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck::inline v0::cpu::inline PLUCK_BUILD::kernels {

inline constexpr std::size_t lanes = 8;

typedef std::int32_t ints __attribute__((vector_size(32)));
typedef std::uint32_t uints __attribute__((vector_size(32)));
typedef std::uint64_t longs __attribute__((vector_size(32)));

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

/// to = these of the 16 lanes of a and b.
template <int... Lanes>
PLUCK_ALWAYS_INLINE void pick_lanes(ints& to, const ints& a, const ints& b) noexcept {
#if PLUCK_NVCC  // whose front end miscounts the lanes of either builtin's result
    constexpr int from[] = {Lanes...};
    ints made = {};
    for (std::size_t i = 0; i < lanes; ++i) made[i] = from[i] < 8 ? a[from[i]] : b[from[i] - 8];
    to = made;
#elif defined(__clang__) || __GNUC__ >= 12
    to = __builtin_shufflevector(a, b, Lanes...);
#else
    to = __builtin_shuffle(a, b, ints{Lanes...});
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

/// An 8 by 8 matrix of bits, the other way round.
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t transposed(std::uint64_t bits) noexcept {
    std::uint64_t moved = (bits ^ bits >> 7) & 0x00aa00aa00aa00aau;
    bits ^= moved ^ moved << 7;
    moved = (bits ^ bits >> 14) & 0x0000cccc0000ccccu;
    bits ^= moved ^ moved << 14;
    moved = (bits ^ bits >> 28) & 0x00000000f0f0f0f0u;
    return bits ^ moved ^ moved << 28;
}

/// Bit i: whether (words[i] ^ flip) > above, as signed integers, of 64 words.
template <class Word>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t bits_above(const Word* words, std::uint32_t flip,
                                                           std::int32_t above) noexcept {
    ints found = {};  // bit j of lane i is that of word 8 j + i
    for (std::size_t j = lanes; j-- > 0;) {
        ints word;
        load_lanes(word, words + lanes * j);
        word ^= static_cast<std::int32_t>(flip);
        found += found;
        found -= ints(word > above);
    }
    pick_lanes<0, 4, 1, 5, 2, 6, 3, 7>(found, found, found);
    std::uint64_t pairs[4];
    __builtin_memcpy(pairs, &found, sizeof pairs);
    const std::uint64_t bits = pairs[0] | pairs[1] << 8 | pairs[2] << 16 | pairs[3] << 24;
    return bits == 0 ? 0 : transposed(bits);
}

}  // namespace pluck::inline v0::cpu::inline PLUCK_BUILD::kernels
