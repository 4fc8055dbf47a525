// SPDX-License-Identifier: MIT
//
// All random bits of one draw, as a function of its key.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/philox.hpp>
#include <pluck/key.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 {

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

}}  // namespace pluck::v0
