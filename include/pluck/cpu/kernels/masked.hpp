// SPDX-License-Identifier: MIT
//
// The loops for masks: a bit for each token, bit j of word w for token 32 w + j; where there is no word, 0. What a mask
// forbids is kept as bits, in the words of edited_scores, and is read as -infinity. As in blocks.hpp, each loop is a
// struct whose run() is inlined into one function for each instruction set.
#pragma once

#include <pluck/cpu/isa/vectors.hpp>
#include <pluck/cpu/kernels/blocks.hpp>
#include <pluck/cpu/kernels/scan.hpp>
#include <pluck/cpu/kernels/scan_narrow.hpp>
#include <pluck/cpu/kernels/widen.hpp>
#include <pluck/cpu/row_view.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/workspace.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_BUILD { namespace kernels {

/// Adds to the words of a row what a mask forbids, and counts the tokens that are left. The bits of tokens past the end
/// of the row stay 0.
struct forbid {
    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::size_t run(const std::uint32_t* words, std::size_t count,
                                                             std::size_t vocab, std::uint64_t* forbidden) noexcept {
        std::size_t left = 0, block = 0;
        for (; 2 * block + 2 <= count && (block + 1) * block_size <= vocab; ++block) {
            const std::uint64_t allowed = words[2 * block] | std::uint64_t{words[2 * block + 1]} << 32;
            forbidden[block] |= ~allowed;
            left += static_cast<std::size_t>(__builtin_popcountll(~forbidden[block]));
        }
        for (; block < blocks_of(vocab); ++block) {
            const std::size_t here = vocab - block * block_size;
            const std::uint64_t tokens = here >= block_size ? ~std::uint64_t{0} : (std::uint64_t{1} << here) - 1;
            const std::uint64_t low = 2 * block < count ? words[2 * block] : 0;
            const std::uint64_t high = 2 * block + 1 < count ? words[2 * block + 1] : 0;
            forbidden[block] |= ~(low | high << 32) & tokens;
            left += static_cast<std::size_t>(__builtin_popcountll(tokens & ~forbidden[block]));
        }
        return left;
    }
};

/// Logits of which some are forbidden, to be loaded as if they lay in memory with -infinity there.
template <class Stored>
struct masked_logits {
    const Stored* logits;
    const unsigned char* forbidden;  ///< where the words of edited_scores have the bit of the first of them
    Stored lowest;                   ///< -infinity

    /// From a later one on, whose number is a multiple of the lanes of a vector.
    [[nodiscard]] PLUCK_ALWAYS_INLINE masked_logits operator+(std::size_t i) const noexcept {
        return {logits + i, forbidden + i / 8, lowest};
    }
    [[nodiscard]] PLUCK_ALWAYS_INLINE Stored operator[](std::size_t i) const noexcept {
        const unsigned int bits = *in_word<1>(forbidden + i / 8);
        return (bits >> (i % 8) & 1u) != 0 ? lowest : logits[i];
    }

    /// Where the bits of `Bytes` times eight tokens lie.
    template <std::size_t Bytes>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static const unsigned char* in_word(const unsigned char* bits) noexcept {
        if constexpr (first_is_low) return bits;
        constexpr std::uintptr_t last = sizeof(std::uint64_t) - Bytes;
        return reinterpret_cast<const unsigned char*>(reinterpret_cast<std::uintptr_t>(bits) ^ last);
    }
};

PLUCK_ALWAYS_INLINE void prefetch_block(const masked_logits<float>& from) noexcept { prefetch_block(from.logits); }

[[nodiscard]] PLUCK_ALWAYS_INLINE masked_logits<float> masked_floats(const float* scores,
                                                                     const std::uint64_t* forbidden) noexcept {
    return {scores, reinterpret_cast<const unsigned char*>(forbidden), detail::minus_infinity};
}

/// Writes `value` to the lanes whose bits are set in `bits`; further bits are ignored.
template <class Element, class Vector, std::size_t... Lanes>
PLUCK_ALWAYS_INLINE void set_lanes(Vector& to, std::uint32_t bits, Element value,
                                   std::index_sequence<Lanes...>) noexcept {
    const Vector bit_of_lane = {static_cast<Element>(1u << Lanes)...};
    to = ((static_cast<Element>(bits) - Vector{}) & bit_of_lane) != 0 ? value - Vector{} : to;
}

template <class Vector, class Stored>
PLUCK_ALWAYS_INLINE void load_lanes(Vector& to, const masked_logits<Stored>& from) noexcept {
    using element = std::remove_cvref_t<decltype(to[0])>;
    constexpr std::size_t count = sizeof to / sizeof(element);
    load_lanes(to, from.logits);
    std::uint32_t bits = 0;
    // Four bytes of which one or two count, since an instruction loads as many into every lane.
    if constexpr (first_is_low) __builtin_memcpy(&bits, from.forbidden, sizeof bits);
    else
        __builtin_memcpy(reinterpret_cast<char*>(&bits) + (4 - count / 8),
                         from.template in_word<count / 8>(from.forbidden), count / 8);
    element lowest;
    __builtin_memcpy(&lowest, &from.lowest, sizeof lowest);
    set_lanes(to, bits, lowest, std::make_index_sequence<count>());
}

template <class Stored>
[[nodiscard]] PLUCK_ALWAYS_INLINE bool forbids_eight(const masked_logits<Stored>& of) noexcept {
    std::uint64_t words[lanes], all = ~std::uint64_t{0};
    __builtin_memcpy(words, of.forbidden, sizeof words);
    for (const std::uint64_t word : words) all &= word;
    return all == ~std::uint64_t{0};
}

/// What a scan finds, where some tokens are forbidden.
template <class Format>
struct scan_masked {
    static constexpr bool uses_avx512 = true;

    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static extremes run(const stored<Format>* logits, const std::uint64_t* forbidden,
                                                          std::size_t size, std::int32_t* block_best) noexcept {
        extremes seen;
        if constexpr (std::same_as<Format, float>) {
            seen = scan::of<Isa>(masked_floats(logits, forbidden), size, block_best);
        } else {
            const auto* bits = reinterpret_cast<const unsigned char*>(forbidden);
            constexpr auto lowest = static_cast<std::uint16_t>(infinite_bits<Format> | 0x8000u);
            const masked_logits<std::uint16_t> masked{logits, bits, lowest};
            seen = scan_narrow<Format>::template of<Isa>(masked, size, block_best);
        }
        seen.lowest = -detail::ordered_infinity;  // blocks that were not read have it, too
        return seen;
    }
};

/// Copies the scores that are not forbidden and their tokens, in order, and counts them.
template <class Format>
struct gather_allowed {
    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::size_t run(const stored<Format>* logits, std::size_t size,
                                                             const edited_scores& from, float* scores,
                                                             std::int32_t* tokens) noexcept {
        const edited_scores edited = from;  // no store below can change it
        std::size_t found = 0;
        for (std::size_t block = 0; block < blocks_of(size); ++block) {
            const std::size_t begin = block * block_size;
            const std::uint64_t moved = edited.moved_of(block);
            std::uint64_t allowed = ~edited.forbidden[block];
            if (size - begin < block_size) allowed &= (std::uint64_t{1} << (size - begin)) - 1;
            for (; allowed != 0; allowed &= allowed - 1) {
                const auto at = static_cast<std::size_t>(__builtin_ctzll(allowed));
                scores[found] =
                    (moved >> at & 1u) != 0 ? edited.scores[begin + at] : one_of<Format>(logits, begin + at);
                tokens[found++] = static_cast<std::int32_t>(begin + at);
            }
        }
        return found;
    }
};

}}}}}  // namespace pluck::v0::cpu::PLUCK_BUILD::kernels
