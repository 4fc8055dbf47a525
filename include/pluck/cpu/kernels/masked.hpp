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
        const std::size_t whole = (count < vocab / 32 ? count : vocab / 32) / 2;
        std::size_t left = 0, block = 0;
        for (; block + 4 <= whole; block += 4) {  // g++ -O2 unrolls no loop
            left += of_block(words + 2 * block, forbidden[block]) +
                    of_block(words + 2 * block + 2, forbidden[block + 1]) +
                    of_block(words + 2 * block + 4, forbidden[block + 2]) +
                    of_block(words + 2 * block + 6, forbidden[block + 3]);
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

private:
    /// The same for one block, with all of its words.
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::size_t of_block(const std::uint32_t* words,
                                                                  std::uint64_t& forbidden) noexcept {
        const std::uint64_t left = (words[0] | std::uint64_t{words[1]} << 32) & ~forbidden;
        forbidden = ~left;
        return static_cast<std::size_t>(__builtin_popcountll(left));
    }
};

/// Logits of which some are forbidden, to be loaded as if they lay in memory with -infinity there.
template <class Stored>
struct masked_logits {
    const Stored* logits;
    const unsigned char* forbidden;  ///< byte i of words that a processor stores low byte first; one more word follows
    Stored lowest;                   ///< -infinity

    /// From a later one on, whose number is a multiple of 8.
    [[nodiscard]] PLUCK_ALWAYS_INLINE masked_logits operator+(std::size_t i) const noexcept {
        return {logits + i, forbidden + i / 8, lowest};
    }
    [[nodiscard]] PLUCK_ALWAYS_INLINE Stored operator[](std::size_t i) const noexcept {
        return ((*this + i).bits() >> (i % 8) & 1u) != 0 ? lowest : logits[i];
    }

    /// The bits of the first tokens: of as many as a vector has, at least. Four bytes, since an instruction loads as
    /// many into every lane.
    [[nodiscard]] PLUCK_ALWAYS_INLINE std::uint32_t bits() const noexcept {
        if constexpr (first_is_low) {
            std::uint32_t first;
            __builtin_memcpy(&first, forbidden, sizeof first);
            return first;
        } else {
            const auto byte = reinterpret_cast<std::uintptr_t>(forbidden) % sizeof(std::uint64_t);
            std::uint64_t word;
            __builtin_memcpy(&word, forbidden - byte, sizeof word);
            return static_cast<std::uint32_t>(word >> (8 * byte));
        }
    }
};

[[nodiscard]] PLUCK_ALWAYS_INLINE masked_logits<float> masked_floats(const float* scores,
                                                                     const std::uint64_t* forbidden) noexcept {
    return {scores, reinterpret_cast<const unsigned char*>(forbidden), detail::minus_infinity};
}

/// Writes `value` to the lanes whose bits are set in `bits`; further bits are ignored.
template <class Isa, class Element, class Vector, std::size_t... Lanes>
PLUCK_ALWAYS_INLINE void set_lanes(Vector& to, std::uint32_t bits, Element value,
                                   std::index_sequence<Lanes...>) noexcept {
    const Vector values = value - Vector{};
    if constexpr (requires { Isa::set_lanes(to, static_cast<std::uint16_t>(bits), values); }) {
        Isa::set_lanes(to, static_cast<std::uint16_t>(bits), values);
    } else {
        const Vector bit_of_lane = {static_cast<Element>(1u << Lanes)...};
        to = ((static_cast<Element>(bits) - Vector{}) & bit_of_lane) != 0 ? values : to;
    }
}

template <class Isa, class Vector, class Stored>
PLUCK_ALWAYS_INLINE void load_held(Vector& to, const masked_logits<Stored>& from) noexcept {
    using element = std::remove_cvref_t<decltype(to[0])>;
    element lowest;
    __builtin_memcpy(&lowest, &from.lowest, sizeof lowest);
    load_lanes(to, from.logits);
    set_lanes<Isa>(to, from.bits(), lowest, std::make_index_sequence<sizeof to / sizeof lowest>());
}
template <class Vector, class Stored>
PLUCK_ALWAYS_INLINE void load_lanes(Vector& to, const masked_logits<Stored>& from) noexcept {
    load_held<native>(to, from);
}

PLUCK_ALWAYS_INLINE void prefetch_block(const masked_logits<float>& from) noexcept { prefetch_block(from.logits); }

template <class Stored>
[[nodiscard]] PLUCK_ALWAYS_INLINE bool forbids_eight(const masked_logits<Stored>& of) noexcept {
    std::uint64_t all = ~std::uint64_t{0};
    for (std::size_t block = 0; block < lanes; ++block) {
        std::uint64_t word;  // one by one: a copy of all would be written to the stack first
        __builtin_memcpy(&word, of.forbidden + block * sizeof word, sizeof word);
        all &= word;
    }
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
