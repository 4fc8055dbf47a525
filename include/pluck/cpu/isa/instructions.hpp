// SPDX-License-Identifier: MIT
//
// What the loops over a row need of an instruction set beyond C++: its fused multiply-add, the width of its vectors,
// and the few instructions that compilers do not find by themselves. A loop gets one of these types as `Isa`.
#pragma once

#include <pluck/cpu/isa/vectors.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_BUILD {

// As text, in both dialects, not as the compilers' builtins: a builtin may only be called where the target is known,
// and in a template it is not. clang++ accepts neither in a template.

#if defined(__x86_64__) && !defined(__CUDACC__) && (!defined(__clang__) || defined(__AVX2__))
/// AVX2, FMA and F16C. A mask of 64 takes 45 instructions by the first of them, and 80 without; eight halves take 2 by
/// the second, and 16 without.
struct avx2_isa {
    using vectors = kernels::eight;

    [[nodiscard]] PLUCK_ALWAYS_INLINE static float fma(float a, float b, float c) noexcept {
        return __builtin_fmaf(a, b, c);
    }

    /// a = a b + c, in all lanes: a fifth faster than g++'s code for a loop, since we choose the order.
    template <class Floats>
    PLUCK_ALWAYS_INLINE static void fma_lanes(Floats& a, const Floats& b, const Floats& c) noexcept {
        asm("{vfmadd213ps %2, %1, %0|vfmadd213ps %0, %1, %2}" : "+v"(a) : "v"(b), "vm"(c));
    }

    /// Loads the lanes once: g++ -O2 reads twice what two instructions need, which takes a third of the scan's time.
    template <class Vector>
    PLUCK_ALWAYS_INLINE static void hold(Vector& lanes) noexcept {
        asm("" : "+v"(lanes));
    }

    /// Bit i is set if lane i is negative.
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::uint32_t signs(const vectors::ints& of) noexcept {
        std::uint32_t bits;
        asm("{vmovmskps %1, %0|vmovmskps %0, %1}" : "=r"(bits) : "x"(of));
        return bits;
    }

    /// Of four vectors whose lanes have all bits set or none: bit i is set if lane i is.
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::uint32_t bits_of(const vectors::ints& a, const vectors::ints& b,
                                                                   const vectors::ints& c,
                                                                   const vectors::ints& d) noexcept {
        vectors::ints ab, cd, all;
        asm("{vpackssdw %2, %1, %0|vpackssdw %0, %1, %2}" : "=x"(ab) : "x"(a), "x"(b));
        asm("{vpackssdw %2, %1, %0|vpackssdw %0, %1, %2}" : "=x"(cd) : "x"(c), "x"(d));
        asm("{vpacksswb %2, %1, %0|vpacksswb %0, %1, %2}" : "=x"(all) : "x"(ab), "x"(cd));
        kernels::pick_lanes<0, 4, 1, 5, 2, 6, 3, 7>(all, all, all);
        std::uint32_t bits;
        asm("{vpmovmskb %1, %0|vpmovmskb %0, %1}" : "=r"(bits) : "x"(all));
        return bits;
    }

    /// A vector of halves, as floats.
    template <class Floats>
    PLUCK_ALWAYS_INLINE static void widen(const std::uint16_t* halves, Floats& to) noexcept {
        asm("{vcvtph2ps %1, %0|vcvtph2ps %0, %1}"
            : "=v"(to)
            : "m"(*reinterpret_cast<const typename shorts_of<Floats>::lanes*>(halves)));
    }

    /// A vector of shorts, as integers: g++ needs five instructions for it.
    template <class Uints>
    PLUCK_ALWAYS_INLINE static void extend(const std::uint16_t* shorts, Uints& to) noexcept {
        asm("{vpmovzxwd %1, %0|vpmovzxwd %0, %1}"
            : "=v"(to)
            : "m"(*reinterpret_cast<const typename shorts_of<Uints>::lanes*>(shorts)));
    }

private:
    // Memory is a vector to the instructions that read it, not an array, nor at an address for vectors: under
    // -masm=intel g++ writes the operand's size, and dies of one that it has no word for.
    template <class Vector>
    struct shorts_of {
        typedef std::uint16_t lanes __attribute__((vector_size(sizeof(Vector) / 2), aligned(2), may_alias));
    };
};

#if !defined(__clang__) || defined(__AVX512F__)
/// AVX-512: F, VL, BW, DQ.
struct avx512_isa : avx2_isa {
    using vectors = kernels::sixteen;

    /// The larger float of each lane. Sets no exception flag.
    PLUCK_ALWAYS_INLINE static void raise_floats(vectors::ints& to, const vectors::ints& other) noexcept {
        asm("{vmaxps %{sae%}, %1, %0, %0|vmaxps %0, %0, %1, %{sae%}}" : "+v"(to) : "v"(other));
    }

    /// Clears bit i of numbers if lane i of either vector is a NaN. Sets no exception flag.
    PLUCK_ALWAYS_INLINE static void keep_numbers(std::uint16_t& numbers, const vectors::ints& a,
                                                 const vectors::ints& b) noexcept {
        std::uint16_t kept;  // apart from what it was, or g++ copies that
        asm("{vcmpps $7, %{sae%}, %2, %1, %0%{%3%}|vcmpps %0%{%3%}, %1, %2, %{sae%}, 7}"  // predicate 7: ordered
            : "=Yk"(kept)
            : "v"(a), "v"(b), "Yk"(numbers));
        numbers = kept;
    }

#if !defined(__clang__) || !__FINITE_MATH_ONLY__  // to which a NaN may be anything, and what follows from it, too
    /// Floats as unsigned integers, rounded towards 0; all bits set for a number of -1 or less. Sets no exception flag.
    PLUCK_ALWAYS_INLINE static void make_unsigned(vectors::floats& bits, const vectors::floats& numbers) noexcept {
        asm("{vcvttps2udq %{sae%}, %1, %0|vcvttps2udq %0, %1, %{sae%}}" : "=v"(bits) : "v"(numbers));
    }
#endif

    /// to[i] = from[i] where bit i is set.
    PLUCK_ALWAYS_INLINE static void set_lanes(vectors::ints& to, std::uint16_t bits,
                                              const vectors::ints& from) noexcept {
        asm("{vmovdqa32 %1, %0%{%2%}|vmovdqa32 %0%{%2%}, %1}" : "+v"(to) : "v"(from), "Yk"(bits));
    }

    /// Bit i of 64 is set if words[i] > limit, as signed integers or as unsigned ones. The masks are joined in mask
    /// registers: to move each to a general register and to shift it there takes half as long again.
    template <bool Signed>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::uint64_t above(const void* words,
                                                                 const vectors::ints& limit) noexcept {
        std::uint32_t low, high;
        std::uint64_t all;
        const auto* of = static_cast<const sixteen_words*>(words);
        asm("{kunpckwd %2, %1, %0|kunpckwd %0, %1, %2}"
            : "=k"(low)
            : "k"(sixteen_above<Signed>(of[1], limit)), "k"(sixteen_above<Signed>(of[0], limit)));
        asm("{kunpckwd %2, %1, %0|kunpckwd %0, %1, %2}"
            : "=k"(high)
            : "k"(sixteen_above<Signed>(of[3], limit)), "k"(sixteen_above<Signed>(of[2], limit)));
        asm("{kunpckdq %2, %1, %0|kunpckdq %0, %1, %2}" : "=k"(all) : "k"(high), "k"(low));
        return all;
    }

private:
    typedef std::uint32_t sixteen_words __attribute__((vector_size(64), aligned(4), may_alias));
    template <bool Signed>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::uint16_t sixteen_above(const sixteen_words& words,
                                                                         const vectors::ints& limit) noexcept {
        std::uint16_t bits;  // predicate 1: limit < words
        if constexpr (Signed) asm("{vpcmpd $1, %1, %2, %0|vpcmpd %0, %2, %1, 1}" : "=k"(bits) : "m"(words), "v"(limit));
        else asm("{vpcmpud $1, %1, %2, %0|vpcmpud %0, %2, %1, 1}" : "=k"(bits) : "m"(words), "v"(limit));
        return bits;
    }
};
#endif
#endif

/// x86-64 without a fused multiply-add: what dispatch.hpp falls back to. It calls a function instead, which takes so
/// long that unrolling a loop would gain nothing.
struct plain_isa : detail::default_isa {
    static constexpr bool plain = true;
};

/// The instruction set that this translation unit is compiled for.
#if defined(__AVX512F__) && defined(__AVX512VL__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && \
    !defined(__CUDACC__)
using native = avx512_isa;
#elif defined(__AVX2__) && defined(__FMA__) && defined(__F16C__) && !defined(__CUDACC__)
using native = avx2_isa;
#elif defined(__x86_64__) && !PLUCK_HARDWARE_FMA && !defined(__CUDACC__)
using native = plain_isa;
#else
using native = detail::default_isa;
#endif

}}}}  // namespace pluck::v0::cpu::PLUCK_BUILD
