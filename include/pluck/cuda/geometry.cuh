// SPDX-License-Identifier: MIT
//
// How a row lies over the blocks that work on it: each block holds a slice of consecutive tokens, each warp a span of
// strips of its slice. Nothing here needs nvcc.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/row/concept.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

/// Logits that a thread reads at once: 16 bytes of float, 8 of a 16-bit type.
inline constexpr std::uint32_t quad = 4;

/// The best scores of all strips of a row are kept by every block; so many strips there are at most.
inline constexpr std::uint32_t max_strips = 2048;

/// How every row of a launch is shared out.
struct geometry {
    std::uint32_t vocab;        ///< tokens
    std::uint32_t blocks;       ///< that share a row: the cluster
    std::uint32_t slice;        ///< tokens of a block, the last may have fewer; a multiple of envelope_block
    std::uint32_t strip_quads;  ///< quads of a strip that each lane reads
    std::uint32_t strips;       ///< of a block, at most
    std::uint32_t head;         ///< strips whose best scores show where to look for a nucleus

    /// Positions of a block: with the pad, and whole strips.
    [[nodiscard]] PLUCK_HOST_DEVICE std::size_t positions(std::uint32_t lanes) const noexcept {
        return std::size_t{strips} * strip_quads * lanes * quad;
    }
};

/// The geometry for rows of this length.
///
/// Parameters.   vocab    <= max_vocab
///               blocks   that share a row
///               aligned  whether every row starts where a quad does
///               lanes    of a warp
///               list     tokens that a block has room for, once few are kept
[[nodiscard]] inline geometry geometry_of(std::uint32_t vocab, std::uint32_t blocks, bool aligned, std::uint32_t lanes,
                                          std::uint32_t list) noexcept {
    const auto up = [](std::uint32_t n, std::uint32_t step) { return (n + step - 1) / step * step; };
    geometry shape{};
    shape.vocab = vocab;
    shape.blocks = blocks;
    shape.slice = up(vocab > blocks ? (vocab + blocks - 1) / blocks : 1, envelope_block);
    const std::uint32_t positions = shape.slice + (aligned ? 0 : quad - 1);
    // What a strip costs beside its tokens halves if it is twice as long; a short row would have too few.
    for (shape.strip_quads = vocab >= 64 * lanes * quad * 2 ? 2 : 1;; shape.strip_quads *= 2) {
        const std::uint32_t strip = lanes * quad * shape.strip_quads;
        shape.strips = up(positions, strip) / strip;
        if (shape.strips * blocks <= max_strips) break;
    }
    // If n good tokens lie in s strips as chance has it, s (1 - exp(-n / s)) strips have one; the list shall be filled
    // to two thirds, so that it seldom overflows.
    const double strips = (vocab + lanes * quad * shape.strip_quads - 1) / (lanes * quad * shape.strip_quads);
    const double reaching = strips * (1 - std::exp(-0.67 * list / strips));
    shape.head = reaching < 1 ? 1 : static_cast<std::uint32_t>(reaching);
    return shape;
}

/// The part of a row that is one block's, in the caller's memory.
///
/// A position is a place counted from `quads`, which is aligned so that a quad is one load; the first token is at
/// position `pad`, and what lies outside of [pad, pad + size) is neither read nor written.
template <class Scalar>
struct slice_view {
    const Scalar* quads;
    std::uint32_t pad;
    std::uint32_t size;
    std::int32_t first;  ///< token

    [[nodiscard]] PLUCK_HOST_DEVICE static slice_view of(const Scalar* row, const geometry& shape,
                                                         std::uint32_t block) noexcept {
        const std::uint32_t begin = block * shape.slice < shape.vocab ? block * shape.slice : shape.vocab;
        const std::uint32_t rest = shape.vocab - begin;
        const Scalar* first = row + begin;
        const auto address = reinterpret_cast<std::uintptr_t>(first);
        const auto pad = static_cast<std::uint32_t>(address / sizeof(Scalar) % quad);
        return {first - pad, pad, rest < shape.slice ? rest : shape.slice, static_cast<std::int32_t>(begin)};
    }

    [[nodiscard]] PLUCK_HOST_DEVICE std::uint32_t end() const noexcept { return pad + size; }
    [[nodiscard]] PLUCK_HOST_DEVICE bool owns(std::int32_t token) const noexcept {
        return static_cast<std::uint32_t>(token) - static_cast<std::uint32_t>(first) < size;
    }
    /// The position of a token that it owns.
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint32_t position_of(std::int32_t token) const noexcept {
        return static_cast<std::uint32_t>(token - first) + pad;
    }
};

/// The consecutive things, of `all`, that are this warp's of `warps`.
struct span_of {
    std::uint32_t begin, end;
    PLUCK_HOST_DEVICE span_of(std::uint32_t all, std::uint32_t warp, std::uint32_t warps) noexcept {
        const std::uint32_t each = (all + warps - 1) / warps;
        begin = warp * each < all ? warp * each : all;
        end = all - begin < each ? all : begin + each;
    }
};

}}}  // namespace pluck::v0::cuda
