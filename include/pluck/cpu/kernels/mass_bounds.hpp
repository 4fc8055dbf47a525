// SPDX-License-Identifier: MIT
//
// Bounds of a sum of masses, from sums of powers of 2 that approximate them: in a sixth of the time of the exact sum,
// or in half of it.
#pragma once

#include <pluck/cpu/isa/vectors.hpp>
#include <pluck/cpu/kernels/blocks.hpp>
#include <pluck/cpu/kernels/masses.hpp>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_BUILD { namespace kernels {

// Two approximations of 2^(d * scale), as the bits of a float: mass / 2^40, before its last bits are shifted out, lies
// between `least` and `most` times it. 44 octaves down, where there is no mass, it is 2^-44 or less. The tests compare
// both with mass_of over every difference there is, and the chord's slack on rows far from 0:
// tests/unit/cpu/kernels/masses_test.cpp.

/// The number for a power 45 octaves down, as its own bits. It is above 0, so floats compare with it as integers do.
inline constexpr auto lowest_power = detail::bits_as<std::int32_t>((127 - 45) * 0x1p23f);

/// An instruction set that converts a number below 0 to an unsigned integer with all bits set, which as a float is a
/// NaN.
template <class Isa>
concept finds_negative = requires(floats_of<Isa>& powers) {
    Isa::make_unsigned(powers, powers);
};

/// The number with these bits, raised so that it converts to an integer. clang++ would convert what was not raised as
/// well, -infinity too, and then select: right, but it ends a program that traps invalid operations.
[[nodiscard]] PLUCK_ALWAYS_INLINE float raised(std::int32_t power) noexcept {
    return detail::opaque(detail::bits_as<float>(power > lowest_power ? power : lowest_power));
}

/// The chord: between two powers of 2, the straight line from one to the other, which is what a float's bits mean as a
/// number. The power itself is at least 0.94207 times that, where the fraction is 1 / log(2) - 1, and at most 1 times;
/// the bits lose their last six, 4e-6.
struct chord {
    static constexpr double least = 0.942;       ///< mass / 2^40 is at least that of it
    static constexpr double most = 1 + 0x1p-16;  ///< and at most this
    static constexpr std::size_t together = 8;   ///< so many blocks are summed as floats
    static constexpr bool has_shallow = true;

    /// score * scale + offset is 2^23 times the exponent of a float with its bias; its fraction fills the mantissa.
    explicit PLUCK_ALWAYS_INLINE chord(const mass_origin& origin) noexcept
        : scale_(0x1p23f * origin.scale),
          offset_(static_cast<float>(127 * 0x1p23 - static_cast<double>(origin.best) * static_cast<double>(scale_))) {}

    /// By how much the rounding of the offset widens the bounds: the more, the further from 0 the best score is.
    [[nodiscard]] static double slack(const mass_origin& origin) noexcept {
        return (256 + octaves_of(origin)) * 0x1p-23;
    }
    /// Whether the bounds are still of use: they are unless the best score is in the tens of thousands.
    [[nodiscard]] static bool fits(const mass_origin& origin) noexcept { return octaves_of(origin) < 0x1p16; }

    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE float of(float score) const noexcept {
        const auto power = detail::bits_as<std::int32_t>(Isa::fma(score, scale_, offset_));
        const float bounded = raised(power);
        return detail::bits_as<float>(static_cast<std::int32_t>(bounded));
    }

    /// The same for a vector.
    template <class Isa>
    PLUCK_ALWAYS_INLINE void of_lanes(floats_of<Isa>& powers, const float* scores) const noexcept {
        ints_of<Isa> bits;
        numbers_of<Isa>(bits, scores);
        raise(bits, lowest_power - ints_of<Isa>{});
        powers = floats_of<Isa>(__builtin_convertvector(floats_of<Isa>(bits), ints_of<Isa>));
    }

    /// Whether, in a row with this lowest score, each number is the bits of a normal float: none is below 0 or
    /// subnormal, which some processors flush. A lowest score above 0 counts as 0.
    [[nodiscard]] PLUCK_ALWAYS_INLINE static bool is_shallow(const mass_origin& origin, float lowest) noexcept {
        return (static_cast<double>(lowest) - static_cast<double>(origin.best)) * static_cast<double>(origin.scale) >=
               -120;
    }
    /// The same for a vector in which no number has to be raised: three instructions instead of four. A score that is
    /// too low all the same becomes a NaN, if the instruction set finds that.
    template <class Isa>
    PLUCK_ALWAYS_INLINE void shallow_of_lanes(floats_of<Isa>& powers, const float* scores) const noexcept {
        ints_of<Isa> bits;
        numbers_of<Isa>(bits, scores);
        if constexpr (finds_negative<Isa>) {
            Isa::make_unsigned(powers, floats_of<Isa>(bits));
        } else {
            powers = floats_of<Isa>(__builtin_convertvector(floats_of<Isa>(bits), ints_of<Isa>));
        }
    }

private:
    [[nodiscard]] static double octaves_of(const mass_origin& origin) noexcept {
        const double octaves = static_cast<double>(origin.best) * static_cast<double>(origin.scale);
        return octaves < 0 ? -octaves : octaves;
    }

    /// The numbers score * scale + offset, as their own bits. Few enough instructions that compilers vectorise the loop
    /// as it is.
    template <class Isa>
    PLUCK_ALWAYS_INLINE void numbers_of(ints_of<Isa>& bits, const float* scores) const noexcept {
        float numbers[lanes_of<Isa>];
        for (std::size_t i = 0; i < lanes_of<Isa>; ++i) numbers[i] = Isa::fma(scores[i], scale_, offset_);
        load_lanes(bits, numbers);
    }

    float scale_;
    float offset_;
};

/// The quartic: the same bits, with a polynomial of degree 4 for the fraction, within 2.7e-6 of the power.
struct quartic {
    static constexpr double least = 1 - 0x1.8p-18;
    static constexpr double most = 1 + 0x1.8p-18;
    static constexpr std::size_t together = 4;
    static constexpr bool has_shallow = false;

    explicit PLUCK_ALWAYS_INLINE quartic(const mass_origin& origin) noexcept
        : best_(origin.best), scale_(0x1p23f * origin.scale) {}

    [[nodiscard]] static double slack(const mass_origin&) noexcept { return 0; }

    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE float of(float score) const noexcept {
        const auto power = detail::bits_as<std::int32_t>(Isa::fma(score - best_, scale_, offset));
        const float bounded = raised(power);
        const auto bits = static_cast<std::int32_t>(bounded);
        const auto m = detail::bits_as<float>((bits & mantissa) | one);
        float p = Isa::fma(c[4], m, c[3]);
        p = Isa::fma(p, m, c[2]);
        p = Isa::fma(p, m, c[1]);
        return detail::bits_as<float>(bits & ~mantissa) * Isa::fma(p, m, c[0]);
    }

    template <class Isa>
    PLUCK_ALWAYS_INLINE void of_lanes(floats_of<Isa>& powers, const float* scores) const noexcept {
        constexpr floats_of<Isa> none = {};
        floats_of<Isa> number;
        load_lanes(number, scores);
        number -= best_;
        fma_lanes<Isa>(number, scale_ + none, offset + none);
        auto bits = ints_of<Isa>(number);
        raise(bits, lowest_power - ints_of<Isa>{});
        bits = __builtin_convertvector(floats_of<Isa>(bits), ints_of<Isa>);
        const auto m = floats_of<Isa>((bits & mantissa) | one);
        powers = c[4] + none;
        fma_lanes<Isa>(powers, m, c[3] + none);
        fma_lanes<Isa>(powers, m, c[2] + none);
        fma_lanes<Isa>(powers, m, c[1] + none);
        fma_lanes<Isa>(powers, m, c[0] + none);
        powers *= floats_of<Isa>(bits & ~mantissa);
    }

private:
    static constexpr float offset = 127 * 0x1p23f;
    static constexpr std::int32_t mantissa = 0x7fffff;
    static constexpr auto one = detail::bits_as<std::int32_t>(1.0f);

    /// The polynomial of least relative error against 2^(m - 1) on [1, 2], by Remez' algorithm.
    static constexpr float c[] = {0x1.05193cp-1f, 0x1.3f84fep-2f, 0x1.5532eep-3f, -0x1.1603f4p-9f, 0x1.bb792ep-7f};

    float best_;
    float scale_;
};

/// The largest relative error of a sum of such powers.
///
/// Each of eight lanes adds two numbers a block as floats, and four lanes then add the results, in whichever order a
/// compiler chooses: at most four more additions for each number, all of one sign, each right to 2^-24 of its sum. Of
/// sixteen lanes each adds half as many, and one more addition follows. Doubles add the rest, right to 2^23 * 2^-53.
template <class Power>
inline constexpr double sum_rounding = (2 * Power::together + 4) * 0x1p-24 + 0x1p-30;

/// The sum of the powers of many scores.
template <class Power, class Isa>
class sum_of_powers {
public:
    PLUCK_ALWAYS_INLINE explicit sum_of_powers(const mass_origin& origin) noexcept : power_(origin) {}

    /// Adds so many blocks, at most Power::together; if Shallow, raises no number. Returns false, and adds nothing, if
    /// a score turns out to be too low for that.
    template <bool Shallow>
    PLUCK_ALWAYS_INLINE bool add_blocks(const row_view& row, std::size_t begin, std::size_t blocks) noexcept {
        const float* scores = row.scores + begin;
        if constexpr (plain<Isa>) {
            for (std::size_t i = 0; i < blocks * block_size; ++i) {
                sum_ += static_cast<double>(power_.template of<Isa>(scores[i]));
            }
        } else {
            floats_of<Isa> sums[4] = {};
            for (std::size_t i = 0; i < blocks; ++i) {
                add_block<Shallow>(sums, scores + i * block_size,
                                   std::make_index_sequence<block_size / lanes_of<Isa>>());
            }
            sums[0] = (sums[0] + sums[1]) + (sums[2] + sums[3]);
            four_floats folded;
            fold(folded, sums[0], std::make_index_sequence<lanes_of<Isa> / 4>());
            if constexpr (Shallow && finds_negative<Isa>) {
                if (any_nan(folded)) return false;
            }
            sums_ += __builtin_convertvector(folded, doubles);
        }
        return true;
    }

    /// Adds those from that index on.
    PLUCK_ALWAYS_INLINE void add_from(std::size_t begin, const row_view& row) noexcept {
        for (; row.size - begin >= block_size; begin += block_size) add_blocks<false>(row, begin, 1);
        for (; begin < row.size; ++begin) sum_ += static_cast<double>(power_.template of<Isa>(row.scores[begin]));
    }

    [[nodiscard]] PLUCK_ALWAYS_INLINE double total() noexcept {
        return sum_ + sums_[0] + sums_[1] + sums_[2] + sums_[3];
    }

private:
    typedef float four_floats __attribute__((vector_size(16)));
    typedef double doubles __attribute__((vector_size(32)));

    template <bool Shallow, std::size_t... Steps>
    PLUCK_ALWAYS_INLINE void add_block(floats_of<Isa>* sums, const float* scores,
                                       std::index_sequence<Steps...>) noexcept {
        (add_lanes<Shallow>(sums[Steps % 4], scores + Steps * lanes_of<Isa>), ...);
    }
    template <bool Shallow>
    PLUCK_ALWAYS_INLINE void add_lanes(floats_of<Isa>& sum, const float* scores) noexcept {
        floats_of<Isa> powers;
        if constexpr (Shallow) power_.template shallow_of_lanes<Isa>(powers, scores);
        else power_.template of_lanes<Isa>(powers, scores);
        sum += powers;
    }

    /// By the bits, since -ffast-math assumes that there is no NaN.
    [[nodiscard]] PLUCK_ALWAYS_INLINE static bool any_nan(const four_floats& sums) noexcept {
        typedef std::int32_t four_ints __attribute__((vector_size(16)));
        const four_ints found = (four_ints(sums) & 0x7fffffff) > 0x7f800000;
        std::uint64_t pairs[2];
        __builtin_memcpy(pairs, &found, sizeof found);
        return (pairs[0] | pairs[1]) != 0;
    }

    template <std::size_t... Quarters>
    PLUCK_ALWAYS_INLINE static void fold(four_floats& sum, const floats_of<Isa>& some,
                                         std::index_sequence<Quarters...>) noexcept {
        four_floats each[sizeof...(Quarters)];
        __builtin_memcpy(each, &some, sizeof some);
        sum = four_floats{};
        ((sum += each[Quarters]), ...);
    }

    Power power_;
    doubles sums_ = {};
    double sum_ = 0;
};

/// The sums of the powers of all scores of a row, kept or not, and of those that were gathered.
struct powers {
    double all;
    double gathered;
};

template <class Power>
struct sum_powers {
    static constexpr bool uses_avx512 = true;

    /// No score is below `lowest`.
    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static powers run(const row_view& row, float best, float lowest, float scale,
                                                        const float* gathered, std::size_t count) noexcept {
        const mass_origin origin(best, scale);
        const double all = sum_of_all<Isa>(row, origin, lowest);
        sum_of_powers<Power, Isa> some(origin);
        some.add_from(0, row_view{gathered, count, nullptr, {}});
        return {all, some.total()};
    }

private:
    template <class Isa>
    static constexpr bool has_shallow = Power::has_shallow && !plain<Isa>;

    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static double sum_of_all(const row_view& row, const mass_origin& origin,
                                                               float lowest) noexcept {
        constexpr std::make_index_sequence<Power::together> together;
        const std::int32_t weighing = origin.weighing();
        const std::size_t whole = row.size / (together.size() * block_size) * together.size();
        sum_of_powers<Power, Isa> all(origin);
        bool shallow = false;  // until a score is too low; where one is, there will be more
        if constexpr (has_shallow<Isa>) shallow = finds_negative<Isa> || Power::is_shallow(origin, lowest);
        for (std::size_t block = 0; block < whole; block += together.size()) {
            if (all_below(row.block_best + block, weighing, together)) continue;
            const std::size_t begin = block * block_size;
            if constexpr (has_shallow<Isa>) {
                if (shallow) shallow = all.template add_blocks<true>(row, begin, together.size());
                if (shallow) continue;
            }
            all.template add_blocks<false>(row, begin, together.size());
        }
        all.add_from(whole * block_size, row);
        return all.total();
    }

    template <std::size_t... Blocks>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static bool all_below(const std::int32_t* block_best, std::int32_t score,
                                                            std::index_sequence<Blocks...>) noexcept {
        return ((block_best[Blocks] < score) && ...);
    }
};

/// Lower and upper bound of a sum of masses.
struct mass_bounds {
    std::uint64_t low;
    std::uint64_t high;
};

/// The bounds of what was not gathered. Each mass is less than 1 below the number that bounds it, since it is an
/// integer; so is 0, the mass of a token in a block that is not summed. A gathered token more than 45 octaves down may
/// be raised in one sum and not in the other, or be in a block that is not summed: by 2^-44 at most for each.
template <class Power>
[[nodiscard]] inline mass_bounds bounds_of_rest(const powers& sums, std::size_t size, double slack) noexcept {
    const double error = sums.all * (2 * sum_rounding<Power>)+static_cast<double>(size) * 0x1p-44;
    const double rest = sums.all - sums.gathered;
    const double at_least = (rest - error) * (0x1p40 * Power::least * (1 - slack)) - static_cast<double>(size);
    const double at_most = (rest + error) * (0x1p40 * Power::most * (1 + slack)) + 1;
    return {at_least > 0 ? static_cast<std::uint64_t>(at_least) : 0, static_cast<std::uint64_t>(at_most)};
}

}}}}}  // namespace pluck::v0::cpu::PLUCK_BUILD::kernels
