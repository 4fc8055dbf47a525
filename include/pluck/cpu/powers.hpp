// SPDX-License-Identifier: MIT
//
// Sums of powers of 2 that are near to masses: bounds of a sum of masses, in half the time or less.
#pragma once

#include <pluck/core/arithmetic.hpp>
#include <pluck/core/config.hpp>
#include <pluck/core/mass.hpp>
#include <pluck/cpu/kernels.hpp>
#include <pluck/cpu/masses.hpp>
#include <pluck/cpu/vectors.hpp>
#include <pluck/cpu/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace pluck::inline v0::cpu::inline PLUCK_BUILD::kernels {

// 2^(d * scale), roughly, as the bits of a float: mass / 2^40, before its last bits are shifted out, lies between
// `least` and `most` of it. 44 octaves down, where there is no mass, it is 2^-44 or less. Both kinds were held to
// mass_of over every fraction and every difference there is: tests/unit/cpu/masses_test.cpp.

/// Between two powers of 2, on the line from the one to the other: what the bits of a float mean as a number. Of it the
/// power itself is 0.94207 at least, where the fraction is 1 / log(2) - 1, and 1 at most; the bits lose their last
/// six, 4e-6.
struct chord {
    static constexpr double least = 0.942;       ///< mass / 2^40 is at least that of it
    static constexpr double most = 1 + 0x1p-16;  ///< and at most this

    template <class Fused>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::uint32_t of(float d, const mass_origin& origin) noexcept {
        // 2^23 times the exponent of a float, and its bias: the fraction falls where the mantissa is.
        const auto power = core::bits_as<std::int32_t>(Fused::of(d, 0x1p23f * origin.scale, 127 * 0x1p23f));
        const auto bounded = core::bits_as<float>(power > floor ? power : floor);
        return static_cast<std::uint32_t>(static_cast<std::int32_t>(bounded));
    }

    /// sum = that of the powers of a block, for each lane.
    template <class Fused>
    PLUCK_ALWAYS_INLINE static void sum_block(floats_of<Fused>& sum, const float* scores,
                                              const mass_origin& origin) noexcept {
        sum = floats_of<Fused>{};
        add_vectors<Fused>(sum, scores, origin, std::make_index_sequence<block_size / lanes_of<Fused>>());
    }

private:
    /// 45 octaves down. It is above 0, so that floats compare with it as integers.
    static constexpr auto floor = core::bits_as<std::int32_t>((127 - 45) * 0x1p23f);

    /// Few enough instructions for compilers to vectorise as they stand.
    template <class Fused, std::size_t... Steps>
    PLUCK_ALWAYS_INLINE static void add_vectors(floats_of<Fused>& sum, const float* scores, const mass_origin& origin,
                                                std::index_sequence<Steps...>) noexcept {
        (add_vector<Fused>(sum, scores + Steps * lanes_of<Fused>, origin), ...);
    }
    template <class Fused>
    PLUCK_ALWAYS_INLINE static void add_vector(floats_of<Fused>& sum, const float* scores,
                                               const mass_origin& origin) noexcept {
        float power[lanes_of<Fused>];
        for (std::size_t i = 0; i < lanes_of<Fused>; ++i) {
            power[i] = Fused::of(scores[i] - origin.best, 0x1p23f * origin.scale, 127 * 0x1p23f);
        }
        ints_of<Fused> bits;
        load_lanes(bits, power);
        raise(bits, floor - ints_of<Fused>{});
        bits = __builtin_convertvector(floats_of<Fused>(bits), ints_of<Fused>);
        sum += floats_of<Fused>(bits);
    }
};

/// A polynomial of degree 4 for the same fraction as the mass's own, within 2.8e-6 of it.
struct quartic {
    static constexpr double least = 1 - 0x1.8p-19;
    static constexpr double most = 1 + 0x1.8p-19;

    template <class Fused>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::uint32_t of(float difference, const mass_origin& origin) noexcept {
        const float d = origin.weighing_difference(difference);
        const auto shifted = core::bits_as<std::int32_t>(Fused::of(d, origin.scale, core::magic));
        const float f = Fused::of(d, origin.scale, static_cast<float>(core::magic_bits - shifted));
        float p = 0x1.3997d6p-7f;  // the polynomial of the least relative error on [-1/2, 1/2], by Remez
        p = Fused::of(p, f, 0x1.ca144p-5f);
        p = Fused::of(p, f, 0x1.ec06dap-3f);
        p = Fused::of(p, f, 0x1.62e0dcp-1f);
        p = Fused::of(p, f, 0x1.ffffe8p-1f);
        // Of the magic nothing is left when the octave has moved to where the exponent is.
        return core::bits_as<std::uint32_t>(p) + (static_cast<std::uint32_t>(shifted) << 23);
    }

    /// As chord's. By way of memory, as mass_words are.
    template <class Fused>
    PLUCK_ALWAYS_INLINE static void sum_block(floats_of<Fused>& sum, const float* scores,
                                              const mass_origin& origin) noexcept {
        alignas(64) std::uint32_t bits[block_size];
        for (std::size_t i = 0; i < block_size; ++i) bits[i] = of<Fused>(scores[i] - origin.best, origin);
        sum = floats_of<Fused>{};
        for (std::size_t i = 0; i < block_size; i += lanes_of<Fused>) {
            floats_of<Fused> powers;
            load_lanes(powers, bits + i);
            sum += powers;
        }
    }
};

/// Such powers of many scores, added up: right to 2^-20 of the sum.
///
/// A lane adds up the eight numbers of a block as floats, and four lanes what eight or sixteen have, in whichever order
/// a compiler chooses: all of one sign, right to 9 * 2^-24 of itself. Doubles add up the rest, right to 2^23 * 2^-53.
template <class Power, class Fused>
class sum_of_powers {
public:
    PLUCK_ALWAYS_INLINE explicit sum_of_powers(const mass_origin& origin) noexcept : origin_(origin) {}

    PLUCK_ALWAYS_INLINE void add_block(const float* scores) noexcept {
        floats_of<Fused> in_block;
        Power::template sum_block<Fused>(in_block, scores, origin_);
        four_floats folded;
        fold(folded, in_block, std::make_index_sequence<lanes_of<Fused> / 4>());
        sums_ += __builtin_convertvector(folded, doubles);
    }

    PLUCK_ALWAYS_INLINE void add(float score) noexcept {
        sum_ += static_cast<double>(core::bits_as<float>(bits_of(score)));
    }

    [[nodiscard]] PLUCK_ALWAYS_INLINE double total() noexcept {
        return sum_ + sums_[0] + sums_[1] + sums_[2] + sums_[3];
    }

private:
    typedef float four_floats __attribute__((vector_size(16)));
    typedef double doubles __attribute__((vector_size(32)));

    [[nodiscard]] PLUCK_ALWAYS_INLINE std::uint32_t bits_of(float score) const noexcept {
        return Power::template of<Fused>(score - origin_.best, origin_);
    }

    template <std::size_t... Quarters>
    PLUCK_ALWAYS_INLINE static void fold(four_floats& sum, const floats_of<Fused>& some,
                                         std::index_sequence<Quarters...>) noexcept {
        four_floats each[sizeof...(Quarters)];
        __builtin_memcpy(each, &some, sizeof some);
        sum = four_floats{};
        ((sum += each[Quarters]), ...);
    }

    mass_origin origin_;
    doubles sums_ = {};
    double sum_ = 0;
};

/// The powers of a row's scores, kept or not, and of some of them that were gathered.
struct powers {
    double all;
    double gathered;
};

template <class Power>
struct sum_powers {
    static constexpr bool widest = true;

    template <class Fused>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static powers run(const row_view& row, float best, float scale,
                                                        const float* gathered, std::size_t count) noexcept {
        const mass_origin origin(best, scale);
        const std::int32_t weighing = origin.weighing();
        const std::size_t whole = row.size / block_size;
        sum_of_powers<Power, Fused> all(origin);
        for (std::size_t block = 0; block < whole;) {
            while (block < whole && row.block_best[block] < weighing) ++block;
            for (; block < whole && row.block_best[block] >= weighing; ++block) {
                all.add_block(row.scores + block * block_size);
            }
        }
        for (std::size_t i = whole * block_size; i < row.size; ++i) all.add(row.scores[i]);
        sum_of_powers<Power, Fused> some(origin);
        std::size_t i = 0;
        for (; i + block_size <= count; i += block_size) some.add_block(gathered + i);
        for (; i < count; ++i) some.add(gathered[i]);
        return {all.total(), some.total()};
    }
};

/// What a sum of masses is at least and at most.
struct mass_bounds {
    std::uint64_t low;
    std::uint64_t high;
};

/// Of what was not gathered. Each mass lacks less than 1 to the number that is its bound, since it is an integer; and
/// so does 0, the mass of a token in a block that is not summed. One that was gathered there, too, is summed once and
/// subtracted: 2^-44 of the best one's mass, and what the sums may be wrong by is 2^-20.
template <class Power>
[[nodiscard]] inline mass_bounds bounds_of_rest(const powers& sums, std::size_t size) noexcept {
    constexpr double rounding = 0x1p-19;  // of both sums
    const double error = sums.all * rounding;
    const double rest = sums.all - sums.gathered;
    const double at_least = (rest - error) * (0x1p40 * Power::least) - static_cast<double>(size);
    const double at_most = (rest + error) * (0x1p40 * Power::most) + 1;
    return {at_least > 0 ? static_cast<std::uint64_t>(at_least) : 0, static_cast<std::uint64_t>(at_most)};
}

}  // namespace pluck::inline v0::cpu::inline PLUCK_BUILD::kernels
