// SPDX-License-Identifier: MIT
//
// Where a block finds the scores of its slice: in memory of its own, once it has copied them, or in the caller's.
#pragma once

#include <pluck/core/config.hpp>
#include <pluck/core/ranking.hpp>
#include <pluck/core/scalar.hpp>
#include <pluck/cuda/geometry.cuh>

#include <concepts>
#include <cstdint>

namespace pluck::inline v0::cuda {

/// Four logits of a type, as one load.
template <class Scalar>
struct alignas(quad * sizeof(Scalar)) packed {
    Scalar of[quad];
};

struct scores {
    float of[quad];
};

/// The quad at a position of a slice; -infinity outside of it.
template <class Scalar>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE packed<Scalar> load_quad(const slice_view<Scalar>& slice,
                                                                             std::uint32_t position,
                                                                             Scalar forbidden) noexcept {
    if (position >= slice.pad && position + quad <= slice.pad + slice.size) {
        return *reinterpret_cast<const packed<Scalar>*>(slice.quads + position);
    }
    packed<Scalar> some;
    for (std::uint32_t i = 0; i < quad; ++i) {
        const bool inside = position + i >= slice.pad && position + i < slice.pad + slice.size;
        some.of[i] = inside ? slice.quads[position + i] : forbidden;
    }
    return some;
}

/// -infinity in each type.
template <class Scalar>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE Scalar forbidden_logit() noexcept {
    if constexpr (std::same_as<Scalar, float>) return core::minus_infinity;
    else return core::bits_as<Scalar>(std::uint16_t{std::same_as<Scalar, bfloat16> ? 0xff80u : 0xfc00u});
}

template <class Scalar>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE scores widened(const packed<Scalar>& from) noexcept {
    return {{scalar_traits<Scalar>::widen(from.of[0]), scalar_traits<Scalar>::widen(from.of[1]),
             scalar_traits<Scalar>::widen(from.of[2]), scalar_traits<Scalar>::widen(from.of[3])}};
}

/// A slice that is copied as it is first read: read once from the caller's memory, then from `memory`. Stored as the
/// logits are, or as float where stages move scores.
template <class Scalar, class Stored>
class held {
public:
    static constexpr bool writable = std::same_as<Stored, float>;

    PLUCK_HOST_DEVICE held(const slice_view<Scalar>& slice, Stored* memory) noexcept : slice_(slice), memory_(memory) {}

    /// How many bytes of memory a slice takes: with room for the pad, and whole quads.
    [[nodiscard]] PLUCK_HOST_DEVICE static constexpr std::size_t bytes(const geometry& shape) noexcept {
        return (std::size_t{shape.slice} + 2 * quad) / quad * quad * sizeof(Stored);
    }

    [[nodiscard]] PLUCK_HOST_DEVICE const slice_view<Scalar>& slice() const noexcept { return slice_; }

    /// The logits at a position of the caller's memory, to be handed to keep().
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE packed<Scalar> fetch(std::uint32_t position) const noexcept {
        return load_quad(slice_, position, forbidden_logit<Scalar>());
    }
    PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE scores keep(std::uint32_t position, const packed<Scalar>& fetched) const noexcept {
        const scores wide = widened(fetched);
        if (position < slice_.pad + slice_.size) {
            if constexpr (std::same_as<Scalar, Stored>) *reinterpret_cast<packed<Stored>*>(memory_ + position) = fetched;
            else *reinterpret_cast<packed<float>*>(memory_ + position) = {{wide.of[0], wide.of[1], wide.of[2], wide.of[3]}};
        }
        return wide;
    }

    /// The scores at a position that was kept.
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE scores at(std::uint32_t position) const noexcept {
        if (position >= slice_.pad + slice_.size) return nothing();
        return widened(*reinterpret_cast<const packed<Stored>*>(memory_ + position));
    }
    [[nodiscard]] PLUCK_HOST_DEVICE float one(std::uint32_t position) const noexcept {
        return scalar_traits<Stored>::widen(memory_[position]);
    }
    PLUCK_HOST_DEVICE void set(std::uint32_t position, float score) const noexcept
        requires writable
    {
        memory_[position] = score;
    }

private:
    [[nodiscard]] PLUCK_HOST_DEVICE static scores nothing() noexcept {
        return {{core::minus_infinity, core::minus_infinity, core::minus_infinity, core::minus_infinity}};
    }

    slice_view<Scalar> slice_;
    Stored* memory_;
};

/// A slice that is too long to be held, and is read again from the caller's memory each time.
template <class Scalar>
class streamed {
public:
    static constexpr bool writable = false;

    PLUCK_HOST_DEVICE explicit streamed(const slice_view<Scalar>& slice) noexcept : slice_(slice) {}

    [[nodiscard]] PLUCK_HOST_DEVICE const slice_view<Scalar>& slice() const noexcept { return slice_; }

    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE packed<Scalar> fetch(std::uint32_t position) const noexcept {
        return load_quad(slice_, position, forbidden_logit<Scalar>());
    }
    PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE scores keep(std::uint32_t, const packed<Scalar>& fetched) const noexcept {
        return widened(fetched);
    }
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE scores at(std::uint32_t position) const noexcept {
        return widened(fetch(position));
    }
    [[nodiscard]] PLUCK_HOST_DEVICE float one(std::uint32_t position) const noexcept {
        return scalar_traits<Scalar>::widen(slice_.quads[position]);
    }

private:
    slice_view<Scalar> slice_;
};

}  // namespace pluck::inline v0::cuda
