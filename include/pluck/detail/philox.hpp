// SPDX-License-Identifier: MIT
//
// philox4x32-10: the random bits of a draw are a pure function of a counter and a key, so they are the same on every
// machine, thread and device. Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#pragma once

#include <pluck/detail/config.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace pluck::inline v0 {

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

/// Where a draw's randomness comes from. Every combination of the 3 x 64 bits is valid and gives its own draw.
///
/// `seed` for the request, `sequence` for the stream within it, `position` for the token within the stream. The bits
/// are those of cuRAND's `curand_init(seed, sequence, 4 * position)` and of PyTorch's generator. Any integer goes in
/// without a cast; negative ones by their two's complement.
struct key {
    /// 64 bits from an integer of any type. A field of this type is what lets `.position = step` compile for an int.
    struct word {
        std::uint64_t value = 0;

        constexpr word() noexcept = default;
        template <std::integral Integer>
        PLUCK_HOST_DEVICE constexpr word(Integer from) noexcept : value(static_cast<std::uint64_t>(from)) {}
        [[nodiscard]] PLUCK_HOST_DEVICE constexpr operator std::uint64_t() const noexcept { return value; }
    };

    word seed{};
    word sequence{};
    word position{};
};

/// All random bits of one draw: 128 bits that choose the token, and any number of others for stages that need them.
/// Specification: docs/draw.md.
struct randomness {
    bits128 base{};
    philox_key philox{};

    constexpr randomness() noexcept = default;

    PLUCK_HOST_DEVICE explicit constexpr randomness(const key& from) noexcept
        : philox{{low(from.seed), high(from.seed)}} {
        base = philox4x32({{low(from.position), high(from.position), low(from.sequence), high(from.sequence)}}, philox);
    }

    /// The bits come from the caller's own generator; further bits are derived from them with an all-zero key.
    PLUCK_HOST_DEVICE explicit constexpr randomness(bits128 drawn) noexcept : base(drawn) {}

    /// 128 bits for a stage: `purpose` >= 1 is a constant of the stage's type, `index` counts within the draw.
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr bits128 bits(std::uint32_t purpose, std::uint32_t index) const noexcept {
        return philox4x32({{base.word[0] ^ index, base.word[1] ^ purpose, base.word[2], base.word[3]}}, philox);
    }

private:
    PLUCK_HOST_DEVICE static constexpr std::uint32_t low(std::uint64_t x) noexcept {
        return static_cast<std::uint32_t>(x);
    }
    PLUCK_HOST_DEVICE static constexpr std::uint32_t high(std::uint64_t x) noexcept {
        return static_cast<std::uint32_t>(x >> 32);
    }
};

}  // namespace pluck::inline v0
