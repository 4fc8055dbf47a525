// SPDX-License-Identifier: MIT
//
// philox4x32-10: the random bits of a draw are a pure function of a counter and a key, so they are the same on every
// machine, thread and device. Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#pragma once

#include <pluck/detail/config.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 {

/// 128 bits as four words, word 0 the least significant.
struct bits128 {
    std::uint32_t word[4] = {};
    [[nodiscard]] friend constexpr bool operator==(const bits128&, const bits128&) noexcept = default;
};

/// The two key words of philox.
struct philox_key {
    std::uint32_t word[2] = {};
};

/// Ten rounds of philox4x32.
///
/// Definition.   Round: {c0, c1, c2, c3} becomes {hi(B c2) ^ c1 ^ k0, lo(B c2), hi(A c0) ^ c3 ^ k1, lo(A c0)} with
///               A = D2511F53, B = CD9E8D57; between rounds k0 += 9E3779B9, k1 += BB67AE85.
/// Randomness.   None of its own: same arguments, same result, everywhere; also in a constant expression.
/// Cost.         Twenty 32-bit multiplications, no memory.
/// Source.       Known answers: tests/unit/detail/philox_test.cpp.
[[nodiscard]] PLUCK_HOST_DEVICE constexpr bits128 philox4x32(bits128 counter, philox_key key) noexcept {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t a = std::uint64_t{0xD2511F53u} * counter.word[0];
        const std::uint64_t b = std::uint64_t{0xCD9E8D57u} * counter.word[2];
        counter = {{static_cast<std::uint32_t>(b >> 32) ^ counter.word[1] ^ key.word[0], static_cast<std::uint32_t>(b),
                    static_cast<std::uint32_t>(a >> 32) ^ counter.word[3] ^ key.word[1],
                    static_cast<std::uint32_t>(a)}};
        key.word[0] += 0x9E3779B9u;
        key.word[1] += 0xBB67AE85u;
    }
    return counter;
}

}}  // namespace pluck::v0
