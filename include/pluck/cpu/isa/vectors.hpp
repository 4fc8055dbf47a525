// SPDX-License-Identifier: MIT
//
// Eight or sixteen lanes at a time, in the vector types that g++ and clang++ offer for every processor: for the loops
// that neither compiler vectorises by itself. Where registers are narrower, the compiler splits the vectors.
#pragma once

#include <pluck/detail/config.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_BUILD { namespace kernels {

/// 256 bits, and 512.
struct eight {
    typedef std::int32_t ints __attribute__((vector_size(32)));
    typedef std::uint32_t uints __attribute__((vector_size(32)));
    typedef std::uint64_t longs __attribute__((vector_size(32)));
    typedef float floats __attribute__((vector_size(32)));
};
struct sixteen {
    typedef std::int32_t ints __attribute__((vector_size(64)));
    typedef std::uint32_t uints __attribute__((vector_size(64)));
    typedef std::uint64_t longs __attribute__((vector_size(64)));
    typedef float floats __attribute__((vector_size(64)));
};

/// The vectors of an instruction set.
template <class Isa>
struct vectors {
    using type = eight;
};
template <class Isa>
requires requires { typename Isa::vectors; }
struct vectors<Isa> {
    using type = typename Isa::vectors;
};
template <class Isa>
using vectors_of = typename vectors<Isa>::type;
template <class Isa>
using ints_of = typename vectors_of<Isa>::ints;
template <class Isa>
using longs_of = typename vectors_of<Isa>::longs;
template <class Isa>
using floats_of = typename vectors_of<Isa>::floats;
template <class Isa>
inline constexpr std::size_t lanes_of = sizeof(floats_of<Isa>) / sizeof(float);

inline constexpr std::size_t lanes = 8;
using ints = eight::ints;
using uints = eight::uints;
using longs = eight::longs;
using floats = eight::floats;

inline constexpr std::size_t short_lanes = 16;

/// Whether, of two lanes read as one word of 64 bits, the first is the lower half.
inline constexpr bool first_is_low = std::endian::native == std::endian::little;

typedef std::int16_t shorts __attribute__((vector_size(32)));
typedef std::uint16_t ushorts __attribute__((vector_size(32)));

// By reference throughout: how a vector passes by value depends on the instruction set.

template <class Vector, class From>
PLUCK_ALWAYS_INLINE void load_lanes(Vector& to, const From* from) noexcept {
    static_assert(alignof(From) <= alignof(Vector));
    __builtin_memcpy(&to, from, sizeof to);
}

/// Keeps what was loaded in a register, where the instruction set has a way to ask for that.
template <class Isa, class Vector>
PLUCK_ALWAYS_INLINE void hold(Vector& loaded) noexcept {
    if constexpr (requires { Isa::hold(loaded); }) Isa::hold(loaded);
}

/// Loads the lanes, once (avx2_isa::hold).
template <class Isa, class Vector, class From>
PLUCK_ALWAYS_INLINE void load_held(Vector& to, const From* from) noexcept {
    load_lanes(to, from);
    hold<Isa>(to);
}

/// An instruction set with a fused multiply-add for vectors.
template <class Isa>
concept has_fma_lanes = requires(floats_of<Isa>& some) {
    Isa::fma_lanes(some, some, some);
};

/// An instruction set whose loops are kept short: few processors run them, and every program contains them. They are
/// not unrolled, and what several of them share is a function of its own.
template <class Isa>
concept plain = requires {
    Isa::plain;
};

/// a = a b + c, rounded once.
template <class Isa>
PLUCK_ALWAYS_INLINE void fma_lanes(floats_of<Isa>& a, const floats_of<Isa>& b, const floats_of<Isa>& c) noexcept {
    if constexpr (has_fma_lanes<Isa>) {
        Isa::fma_lanes(a, b, c);
    } else {
        for (std::size_t i = 0; i < lanes_of<Isa>; ++i) a[i] = Isa::fma(a[i], b[i], c[i]);
    }
}

/// to = the larger of each lane.
template <class Vector>
PLUCK_ALWAYS_INLINE void raise(Vector& to, const Vector& other) noexcept {
    to = to > other ? to : other;
}

/// The largest lane.
template <class Vector>
[[nodiscard]] PLUCK_ALWAYS_INLINE auto largest_of(const Vector& all) noexcept {
    decltype(all[0] + 0) each[sizeof all / sizeof all[0]];  // not all[i]: the vector would have to be in memory
    __builtin_memcpy(each, &all, sizeof all);
    auto most = each[0];
    for (const auto one : each) most = one > most ? one : most;
    return most;
}

/// to = the lanes of a and b with these numbers.
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

/// to = the even lane of each pair of neighbours, twice, or the odd one, twice.
template <int Odd, class Vector>
PLUCK_ALWAYS_INLINE void pick_neighbours(Vector& to, const Vector& from) noexcept {
    if constexpr (sizeof from == sizeof(eight::ints)) {
        pick_lanes<Odd, Odd, 2 + Odd, 2 + Odd, 4 + Odd, 4 + Odd, 6 + Odd, 6 + Odd>(to, from, from);
    } else {
        pick_lanes<Odd, Odd, 2 + Odd, 2 + Odd, 4 + Odd, 4 + Odd, 6 + Odd, 6 + Odd, 8 + Odd, 8 + Odd, 10 + Odd, 10 + Odd,
                   12 + Odd, 12 + Odd, 14 + Odd, 14 + Odd>(to, from, from);
    }
}

// Two steps of the function below: of two vectors, the larger of each pair of neighbours, then of each pair of pairs.
PLUCK_ALWAYS_INLINE void larger_of_pairs(ints& to, const ints& a, const ints& b) noexcept {
    ints other;
    pick_lanes<2, 10, 3, 11, 6, 14, 7, 15>(other, a, b);
    pick_lanes<0, 8, 1, 9, 4, 12, 5, 13>(to, a, b);
    raise(to, other);
}
PLUCK_ALWAYS_INLINE void larger_of_fours(ints& to, const ints& a, const ints& b) noexcept {
    ints other;
    pick_lanes<2, 3, 10, 11, 6, 7, 14, 15>(other, a, b);
    pick_lanes<0, 1, 8, 9, 4, 5, 12, 13>(to, a, b);
    raise(to, other);
}

/// Lane i of rows[0] becomes the largest lane of rows[i]; there are eight rows, and the others become garbage.
PLUCK_ALWAYS_INLINE void largest_of_each(ints* rows) noexcept {
    larger_of_pairs(rows[0], rows[0], rows[1]);
    larger_of_pairs(rows[1], rows[2], rows[3]);
    larger_of_pairs(rows[2], rows[4], rows[5]);
    larger_of_pairs(rows[3], rows[6], rows[7]);
    larger_of_fours(rows[0], rows[0], rows[1]);
    larger_of_fours(rows[1], rows[2], rows[3]);
    ints other;
    pick_lanes<4, 5, 6, 7, 12, 13, 14, 15>(other, rows[0], rows[1]);
    pick_lanes<0, 1, 2, 3, 8, 9, 10, 11>(rows[0], rows[0], rows[1]);
    raise(rows[0], other);
}

template <class Isa>
[[nodiscard]] PLUCK_ALWAYS_INLINE bool any_negative(const ints& lanes_of_eight) noexcept {
    if constexpr (requires { Isa::signs(lanes_of_eight); }) {
        return Isa::signs(lanes_of_eight) != 0;
    } else {
        std::uint64_t pairs[sizeof lanes_of_eight / sizeof(std::uint64_t)];
        __builtin_memcpy(pairs, &lanes_of_eight, sizeof lanes_of_eight);
        return ((pairs[0] | pairs[1] | pairs[2] | pairs[3]) & 0x8000000080000000u) != 0;
    }
}

// The steps of the same for shorts: of each eight lanes of either vector four are left, in turns of 1, 2 or 4.
PLUCK_ALWAYS_INLINE void larger_by_one(shorts& to, const shorts& a, const shorts& b) noexcept {
    shorts other;
    pick_lanes<4, 20, 5, 21, 6, 22, 7, 23, 12, 28, 13, 29, 14, 30, 15, 31>(other, a, b);
    pick_lanes<0, 16, 1, 17, 2, 18, 3, 19, 8, 24, 9, 25, 10, 26, 11, 27>(to, a, b);
    raise(to, other);
}
PLUCK_ALWAYS_INLINE void larger_by_two(shorts& to, const shorts& a, const shorts& b) noexcept {
    shorts other;
    pick_lanes<4, 5, 20, 21, 6, 7, 22, 23, 12, 13, 28, 29, 14, 15, 30, 31>(other, a, b);
    pick_lanes<0, 1, 16, 17, 2, 3, 18, 19, 8, 9, 24, 25, 10, 11, 26, 27>(to, a, b);
    raise(to, other);
}
PLUCK_ALWAYS_INLINE void larger_by_four(shorts& to, const shorts& a, const shorts& b) noexcept {
    shorts other;
    pick_lanes<4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31>(other, a, b);
    pick_lanes<0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27>(to, a, b);
    raise(to, other);
}

/// Lane i of `to` = the largest lane of rows[i], of eight rows, which become garbage.
PLUCK_ALWAYS_INLINE void largest_of_each(ints& to, shorts* rows) noexcept {
    larger_by_one(rows[0], rows[0], rows[1]);
    larger_by_one(rows[1], rows[2], rows[3]);
    larger_by_one(rows[2], rows[4], rows[5]);
    larger_by_one(rows[3], rows[6], rows[7]);
    larger_by_two(rows[0], rows[0], rows[1]);
    larger_by_two(rows[1], rows[2], rows[3]);
    larger_by_four(rows[0], rows[0], rows[1]);
    pick_lanes<8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7>(rows[1], rows[0], rows[0]);
    raise(rows[0], rows[1]);  // all eight, twice
    pick_lanes<0, 0, 1, 1, 2, 2, 3, 3, 12, 12, 13, 13, 14, 14, 15, 15>(rows[0], rows[0], rows[0]);
    to = ints(rows[0]) >> 16;
}

/// The transpose of an 8 by 8 matrix of bits.
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t transposed(std::uint64_t bits) noexcept {
    std::uint64_t moved = (bits ^ bits >> 7) & 0x00aa00aa00aa00aau;
    bits ^= moved ^ moved << 7;
    moved = (bits ^ bits >> 14) & 0x0000cccc0000ccccu;
    bits ^= moved ^ moved << 14;
    moved = (bits ^ bits >> 28) & 0x00000000f0f0f0f0u;
    return bits ^ moved ^ moved << 28;
}

/// An instruction set that compares 64 words at a time and yields bits; or one that does so for four comparisons of
/// vectors.
template <class Isa>
concept compares_to_bits = requires(const ints_of<Isa>& limit) {
    Isa::template above<true>(nullptr, limit);
};
template <class Isa>
concept makes_bits = requires(const ints_of<Isa>& word) {
    Isa::bits_of(word, word, word, word);
};

/// found = 2 found + ((words[i] ^ flip) > above), for the lanes of each of Steps, the last first.
template <std::size_t... Steps, class Word>
PLUCK_ALWAYS_INLINE void append_bits_above(ints& found, const Word* words, std::uint32_t flip, std::int32_t above,
                                           std::index_sequence<Steps...>) noexcept {
    ints word;
    ((load_lanes(word, words + lanes * (sizeof...(Steps) - 1 - Steps)), word ^= static_cast<std::int32_t>(flip),
      found += found, found -= ints(word > above)),
     ...);
}

/// Sets all bits of the lanes where (words[i] ^ flip) <= above. Written as limit > words, it compares with memory:
/// where nothing is flipped, that is one instruction instead of three.
template <bool Flips, class Word>
PLUCK_ALWAYS_INLINE void lanes_not_above(ints& found, const Word* words, std::uint32_t flip,
                                         std::int32_t above) noexcept {
    load_lanes(found, words);
    if constexpr (Flips) found ^= static_cast<std::int32_t>(flip);
    found = ints((above + 1) - ints{} > found);
}

/// Bit i of 32 is set if (words[i] ^ flip) > above.
template <class Isa, bool Flips, class Word>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint32_t bits_of_four(const Word* words, std::uint32_t flip,
                                                             std::int32_t above) noexcept {
    ints a, b, c, d;
    lanes_not_above<Flips>(a, words, flip, above);
    lanes_not_above<Flips>(b, words + lanes, flip, above);
    lanes_not_above<Flips>(c, words + 2 * lanes, flip, above);
    lanes_not_above<Flips>(d, words + 3 * lanes, flip, above);
    return ~Isa::bits_of(a, b, c, d);
}
template <class Isa, class Word>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint32_t bits_of_four(const Word* words, std::uint32_t flip,
                                                             std::int32_t above) noexcept {
    return flip == 0 ? bits_of_four<Isa, false>(words, flip, above) : bits_of_four<Isa, true>(words, flip, above);
}

/// Bit i of 64 is set if (words[i] ^ flip) > above; for any processor.
template <class Word, std::size_t... Steps>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t any_bits_above(const Word* words, std::uint32_t flip,
                                                               std::int32_t above,
                                                               std::index_sequence<Steps...> steps) noexcept {
    ints found = {};  // bit j of lane i is that of word 8 j + i
    constexpr std::size_t together = lanes * sizeof...(Steps);
    for (std::size_t i = lanes * lanes; i != 0; i -= together) {
        append_bits_above(found, words + (i - together), flip, above, steps);
    }
    if constexpr (first_is_low) pick_lanes<0, 4, 1, 5, 2, 6, 3, 7>(found, found, found);
    else pick_lanes<4, 0, 5, 1, 6, 2, 7, 3>(found, found, found);
    std::uint64_t pairs[4];
    __builtin_memcpy(pairs, &found, sizeof pairs);
    const std::uint64_t bits = pairs[0] | pairs[1] << 8 | pairs[2] << 16 | pairs[3] << 24;
    return bits == 0 ? 0 : transposed(bits);
}
/// The same for plain instruction sets, for words of any type.
[[nodiscard]] __attribute__((noinline)) inline std::uint64_t shared_bits_above(const void* words, std::uint32_t flip,
                                                                               std::int32_t above) noexcept {
    std::int32_t each[lanes * lanes];
    __builtin_memcpy(&each[0], words, sizeof each);
    return any_bits_above(&each[0], flip, above, std::make_index_sequence<1>());
}

/// Bit i of 64 is set if (words[i] ^ flip) > above, as signed integers. `flip` is 0 or the sign bit: flipped words
/// compare as unsigned ones do.
template <class Isa, class Word>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t bits_above(const Word* words, std::uint32_t flip,
                                                           std::int32_t above) noexcept {
    if constexpr (plain<Isa>) {
        return shared_bits_above(words, flip, above);
    } else if constexpr (compares_to_bits<Isa>) {
        const ints_of<Isa> limit = (above ^ static_cast<std::int32_t>(flip)) - ints_of<Isa>{};
        return flip == 0 ? Isa::template above<true>(words, limit) : Isa::template above<false>(words, limit);
    } else if constexpr (makes_bits<Isa>) {
        return bits_of_four<Isa>(words, flip, above) | std::uint64_t{bits_of_four<Isa>(words + 32, flip, above)} << 32;
    } else {
        return any_bits_above(words, flip, above, std::make_index_sequence<lanes>());
    }
}

}}}}}  // namespace pluck::v0::cpu::PLUCK_BUILD::kernels
