// SPDX-License-Identifier: MIT
//
// Where a block finds the scores of its slice: in memory of its own, once it has copied them, or in the caller's.
#pragma once

#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/geometry.cuh>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/detail/scalar.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

/// Four logits of a type, as one load.
template <class Scalar>
struct alignas(quad * sizeof(Scalar)) packed {
    Scalar of[quad];
    /// Element i where a loop over them stays one: registers cannot be indexed.
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE Scalar at(std::uint32_t i) const noexcept {
        return i < 2 ? (i == 0 ? of[0] : of[1]) : (i == 2 ? of[2] : of[3]);
    }
};

using scores = packed<float>;
using tokens = packed<std::int32_t>;

/// -infinity in each type.
template <class Scalar>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE Scalar forbidden_logit() noexcept {
    if constexpr (std::same_as<Scalar, float>) return detail::minus_infinity;
    else return detail::bits_as<Scalar>(std::uint16_t{std::same_as<Scalar, bfloat16> ? 0xff80u : 0xfc00u});
}

/// A quad of the caller's logits, by one load. On a device it stays out of the first-level cache, where it would take
/// the place of what is used again; and it is told that this is global memory, since it cannot see that.
template <class Scalar>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE packed<Scalar> load(const Scalar* from) noexcept {
#if PLUCK_ON_DEVICE
    const auto address = __cvta_generic_to_global(from);
    packed<Scalar> some;
    if constexpr (sizeof some == 16) {
        uint4 words;
        asm volatile("ld.global.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
                     : "=r"(words.x), "=r"(words.y), "=r"(words.z), "=r"(words.w)
                     : "l"(address));
        __builtin_memcpy(&some, &words, sizeof some);
    } else {
        static_assert(sizeof some == 8);
        uint2 words;
        asm volatile("ld.global.L1::no_allocate.v2.u32 {%0, %1}, [%2];" : "=r"(words.x), "=r"(words.y) : "l"(address));
        __builtin_memcpy(&some, &words, sizeof some);
    }
    return some;
#else
    return *reinterpret_cast<const packed<Scalar>*>(from);
#endif
}

/// The quad at a position of a slice; -infinity outside of it.
template <class Scalar>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE packed<Scalar> load_quad(const slice_view<Scalar>& slice,
                                                                             std::uint32_t position) noexcept {
    if (position >= slice.pad && position + quad <= slice.end()) return load(slice.quads + position);
    packed<Scalar> some;
    for (std::uint32_t i = 0; i < quad; ++i) {
        const bool inside = position + i >= slice.pad && position + i < slice.end();
        some.of[i] = inside ? slice.quads[position + i] : forbidden_logit<Scalar>();
    }
    return some;
}

template <class Scalar>
[[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE scores widened(const packed<Scalar>& from) noexcept {
    return {{scalar_traits<Scalar>::widen(from.of[0]), scalar_traits<Scalar>::widen(from.of[1]),
             scalar_traits<Scalar>::widen(from.of[2]), scalar_traits<Scalar>::widen(from.of[3])}};
}

/// A slice that is copied as it is first read: read once from the caller's memory, then from shared memory, or, if it
/// is `Elsewhere`, from a workspace. Stored as the logits are, or as float where stages move scores.
template <class Scalar, class Stored, bool Elsewhere = false>
class held {
public:
    using scalar = Scalar;
    using stored = Stored;
    static constexpr bool writable = std::same_as<Stored, float>;

    template <class Team>
    PLUCK_HOST_DEVICE held(const row_memory<Team>& memory, std::byte* room) noexcept
        : slice(memory.template slice<Scalar>()),
          memory_(static_cast<Stored*>(Elsewhere ? memory.elsewhere : room + memory_map<Team>(memory.shape).slice)) {}

    const slice_view<Scalar> slice;

    /// How many bytes of memory a slice takes.
    [[nodiscard]] PLUCK_HOST_DEVICE static std::size_t bytes(const geometry& shape, std::uint32_t lanes) noexcept {
        return shape.positions(lanes) * sizeof(Stored);
    }

    /// The logits at a position of the caller's memory, to be handed to keep().
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE packed<Scalar> fetch(std::uint32_t position) const noexcept {
        return load_quad(slice, position);
    }
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE packed<Scalar> fetch_inner(
        std::uint32_t position) const noexcept {
        return load(slice.quads + position);
    }
    PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE scores keep(std::uint32_t position,
                                                      const packed<Scalar>& fetched) const noexcept {
        const scores wide = widened(fetched);
        if constexpr (std::same_as<Scalar, Stored>) *reinterpret_cast<packed<Stored>*>(memory_ + position) = fetched;
        else *reinterpret_cast<scores*>(memory_ + position) = wide;
        return wide;
    }

    /// The scores at a position that was kept.
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE scores at(std::uint32_t position) const noexcept {
        return widened(*reinterpret_cast<const packed<Stored>*>(memory_ + position));
    }
    [[nodiscard]] PLUCK_HOST_DEVICE float one(std::uint32_t position) const noexcept {
        return scalar_traits<Stored>::widen(memory_[position]);
    }
    PLUCK_HOST_DEVICE void set(std::uint32_t position, float score) const noexcept requires writable {
        memory_[position] = score;
    }

private:
    Stored* memory_;
};

/// A slice that is too long to be held, and is read again from the caller's memory each time.
template <class Scalar>
class streamed {
public:
    using scalar = Scalar;
    static constexpr bool writable = false;

    template <class Team>
    PLUCK_HOST_DEVICE streamed(const row_memory<Team>& memory, std::byte*) noexcept
        : slice(memory.template slice<Scalar>()) {}

    const slice_view<Scalar> slice;

    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE packed<Scalar> fetch(std::uint32_t position) const noexcept {
        return load_quad(slice, position);
    }
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE packed<Scalar> fetch_inner(
        std::uint32_t position) const noexcept {
        return load(slice.quads + position);
    }
    PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE scores keep(std::uint32_t, const packed<Scalar>& fetched) const noexcept {
        return widened(fetched);
    }
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE scores at(std::uint32_t position) const noexcept {
        return widened(fetch(position));
    }
    [[nodiscard]] PLUCK_HOST_DEVICE float one(std::uint32_t position) const noexcept {
        return scalar_traits<Scalar>::widen(slice.quads[position]);
    }
};

}}}  // namespace pluck::v0::cuda
