// SPDX-License-Identifier: MIT
//
// Where a draw's randomness comes from: the request, the text within it, the token within the text.
#pragma once

#include <pluck/detail/config.hpp>

#include <concepts>
#include <cstdint>

namespace pluck { inline namespace v0 {

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

}}  // namespace pluck::v0
