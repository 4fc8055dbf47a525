// SPDX-License-Identifier: MIT
//
// The loops for masks: a bit for each token, bit j of word w for token 32 w + j; where there is no word, 0. As in
// blocks.hpp, each is a struct whose run() is inlined into one function for each instruction set.
#pragma once

#include <pluck/cpu/isa/vectors.hpp>
#include <pluck/cpu/kernels/blocks.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_BUILD { namespace kernels {

/// A word of a mask; the bits of tokens past the end of the row are 0.
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint32_t word_of_mask(const std::uint32_t* words, std::size_t count,
                                                             std::size_t word, std::size_t vocab) noexcept {
    if (word >= count) return 0;
    const std::size_t left = vocab - 32 * word;
    return left >= 32 ? words[word] : words[word] & ((std::uint32_t{1} << left) - 1);
}

/// How many tokens a mask allows.
struct count_allowed {
    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::size_t run(const std::uint32_t* words, std::size_t count,
                                                             std::size_t vocab) noexcept {
        std::size_t allowed = 0;
        for (std::size_t word = 0; 32 * word < vocab; ++word)
            allowed += static_cast<std::size_t>(__builtin_popcount(word_of_mask(words, count, word, vocab)));
        return allowed;
    }
};

/// Copies the scores that a mask allows and their tokens, in order, and counts them.
struct gather_allowed {
    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::size_t run(const float* from, std::size_t vocab,
                                                             const std::uint32_t* words, std::size_t count,
                                                             float* scores, std::int32_t* tokens) noexcept {
        std::size_t found = 0;
        for (std::size_t word = 0; 32 * word < vocab; ++word) {
            for (std::uint32_t bits = word_of_mask(words, count, word, vocab); bits != 0; bits &= bits - 1) {
                const auto token = static_cast<std::int32_t>(32 * word) + __builtin_ctz(bits);
                scores[found] = from[token];
                tokens[found++] = token;
            }
        }
        return found;
    }
};

/// Copies a row, with -infinity for what a mask does not allow. It may be copied to where it is.
struct copy_masked {
    template <class Isa>
    PLUCK_ALWAYS_INLINE static void run(const float* from, std::size_t vocab, const std::uint32_t* words,
                                        std::size_t count, float* to) noexcept {
        static_assert(32 % lanes == 0);
        ints bit_of_lane;
        for (std::size_t lane = 0; lane < lanes; ++lane) bit_of_lane[lane] = 1 << lane;
        const ints forbidden = detail::bits_as<std::int32_t>(detail::minus_infinity) - ints{};
        std::size_t i = 0;
        for (std::size_t word = 0; i + 32 <= vocab; ++word) {
            std::uint32_t allowed = word < count ? words[word] : 0;
            for (std::size_t end = i + 32; i < end; i += lanes, allowed >>= lanes) {
                ints bits;
                load_lanes(bits, from + i);
                bits = ((static_cast<std::int32_t>(allowed & 0xffu) - ints{}) & bit_of_lane) != 0 ? bits : forbidden;
                __builtin_memcpy(to + i, &bits, sizeof bits);
            }
        }
        const std::uint32_t rest = word_of_mask(words, count, i / 32, vocab);
        for (std::size_t j = 0; i < vocab; ++i, ++j) {
            to[i] = from[i];
            if ((rest >> j & 1u) == 0) to[i] = detail::minus_infinity;
        }
    }
};

}}}}}  // namespace pluck::v0::cpu::PLUCK_BUILD::kernels
