// SPDX-License-Identifier: MIT
//
// Draws whose randomness comes from the caller's generator instead of a key.
#pragma once

#include <pluck/detail/thread_workspace.hpp>
#include <pluck/sample.hpp>

#include <bit>
#include <cstdint>
#include <random>

namespace pluck { inline namespace v0 {

namespace detail {

/// 32 uniform bits of any generator: the low bits of its output, after values that would favour some are rejected.
template <std::uniform_random_bit_generator Generator>
[[nodiscard]] PLUCK_TAGGED std::uint32_t word_of(Generator& generator) {
    constexpr std::uint64_t span = static_cast<std::uint64_t>((Generator::max)() - (Generator::min)());
    static_assert(span >= 1, "pluck: a generator with a single value has no randomness");
    if constexpr (span >= 0xffffffffu) {
        constexpr std::uint64_t fair = span == ~std::uint64_t{0} ? 0 : (span + 1) / 0x100000000u * 0x100000000u;
        for (;;) {
            const auto value = static_cast<std::uint64_t>(generator() - (Generator::min)());
            if (fair == 0 || value < fair) return static_cast<std::uint32_t>(value);
        }
    } else {
        // A narrow generator: as many whole bits as each call is sure to yield, those of the first call highest.
        constexpr int width = static_cast<int>(std::bit_width(span + 1)) - 1;
        constexpr std::uint64_t fair = std::uint64_t{1} << width;
        std::uint64_t word = 0;
        for (int bits = 0; bits < 32;) {
            const auto value = static_cast<std::uint64_t>(generator() - (Generator::min)());
            if (value >= fair) continue;
            word = word << width | value;
            bits += width;
        }
        return static_cast<std::uint32_t>(word);
    }
}

}  // namespace detail

inline namespace PLUCK_BUILD {

/// Draws one token with the caller's generator: `std::mt19937_64 generator(1); sample(row, chain, generator)`.
///
/// Randomness.   Four words of 32 bits, word 0 first, are drawn from the generator, also for chains that need none:
///               how far the generator advances does not depend on the logits or the chain. Generators whose range is
///               no power of two may be called more often.
/// Errors.       Throws only what the generator throws.
///
/// All else as sample(row, chain, key).
template <class X, chain_like Chain, class Generator>
requires std::uniform_random_bit_generator<Generator>
[[nodiscard]] pick sample(const X& row, const Chain& chain, Generator& generator) {
    bits128 bits;
    for (auto& word : bits.word) word = detail::word_of(generator);
    if constexpr (detail::check_row<X>()) {
        detail::workspace_lease scratch;
        return detail::draw_one(detail::look_at_row<X>{row}, detail::stages_of(chain), randomness(bits), 0, *scratch);
    }
}

template <class X, class Generator>
requires std::uniform_random_bit_generator<Generator>
[[nodiscard]] pick sample(const X& row, const combined& chain, Generator& generator) {
    return sample<X, combined, Generator>(row, chain, generator);
}

}  // namespace PLUCK_BUILD

}}  // namespace pluck::v0
