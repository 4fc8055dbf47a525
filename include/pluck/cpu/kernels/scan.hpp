// SPDX-License-Identifier: MIT
//
// The loop that every draw begins with: the best score of each block, whether there is a NaN, and a bound of the lowest
// score. As in blocks.hpp, it is a struct whose run() is inlined into one function for each instruction set.
#pragma once

#include <pluck/cpu/isa/vectors.hpp>
#include <pluck/cpu/kernels/blocks.hpp>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_BUILD { namespace kernels {

/// An instruction set that compares sixteen floats at a time, and sets no exception flag where some are NaN.
template <class Isa>
concept compares_floats = requires(ints_of<Isa>& some, std::uint16_t& numbers) {
    Isa::raise_floats(some, some);
    Isa::keep_numbers(numbers, some, some);
};

/// Whether all of eight blocks are forbidden, so that none has to be read; masked.hpp has rows where they may be.
template <class Score>
[[nodiscard]] PLUCK_ALWAYS_INLINE bool forbids_eight(const Score*) noexcept {
    return false;
}

PLUCK_ALWAYS_INLINE void prefetch_block(const float* logits) noexcept {
    __builtin_prefetch(logits);
    __builtin_prefetch(logits + 16);
    __builtin_prefetch(logits + 32);
    __builtin_prefetch(logits + 48);
}

/// Eight blocks at a time, by their bits.
///
/// The largest signed integer is the best score, unless all are negative; the largest unsigned one is the lowest score
/// if one is negative, and a negative NaN if there is one. Two comparisons for each logit, and a second pass over a
/// block of which all are negative.
class scan_by_bits {
public:
    /// Prefetches what comes later.
    template <class Isa, class Scores>
    PLUCK_ALWAYS_INLINE void of_eight(ints& best, const Scores& logits) noexcept {
        if constexpr (plain<Isa>) return of_eight_rolled(best, logits);
        ints each[lanes];
        for (std::size_t block = 0; block < lanes; ++block) {
            const Scores its = logits + block * block_size;
            prefetch_block(its + lanes * block_size);  // a fifth faster from the second-level cache on
            of_block<Isa>(each[block], its, others());
        }
        largest_of_each(each);
        if (any_negative<Isa>(each[0])) {
            ints nearest[lanes];
            for (std::size_t block = 0; block < lanes; ++block) {
                nearest_of_block(nearest[block], logits + block * block_size, others());
            }
            largest_of_each(nearest);
            each[0] = each[0] < 0 ? nearest[0] : each[0];
        }
        best = each[0];
    }

    /// No ordered score is below that; it is 0 where none is negative. A negative NaN is below -infinity.
    [[nodiscard]] PLUCK_ALWAYS_INLINE std::int32_t lowest() const noexcept { return lowest_of(most_); }
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::int32_t lowest_of(const uints& most) noexcept {
        const std::uint32_t bits = largest_of(most);
        return bits > 0x80000000u ? -static_cast<std::int32_t>(bits & 0x7fffffffu) : 0;
    }

private:
    /// The same with little code.
    template <class Scores>
    PLUCK_ALWAYS_INLINE void of_eight_rolled(ints& best, const Scores& logits) noexcept {
        for (std::size_t block = 0; block < lanes; ++block) {
            const Scores its = logits + block * block_size;
            ints of_block = (std::numeric_limits<std::int32_t>::min)() - ints{};
            for (std::size_t i = 0; i < block_size; i += lanes) {
                uints bits;
                load_lanes(bits, its + i);
                raise(most_, bits);
                raise(of_block, ints(bits));
            }
            best[block] = largest_of(of_block);
            if (best[block] >= 0) continue;
            of_block = (std::numeric_limits<std::int32_t>::min)() - ints{};
            for (std::size_t i = 0; i < block_size; i += lanes) {
                ints bits;
                load_lanes(bits, its + i);
                raise(of_block, -(bits & 0x7fffffff));
            }
            best[block] = largest_of(of_block);
        }
    }

    using others = std::make_index_sequence<block_size / lanes - 1>;  // g++ -O2 unrolls no loop

    /// `best` = the largest bits of a block as signed integers; in which lane is left open.
    template <class Isa, class Scores, std::size_t... Steps>
    PLUCK_ALWAYS_INLINE void of_block(ints& best, const Scores& logits, std::index_sequence<Steps...>) noexcept {
        uints bits;
        load_held<Isa>(bits, logits);
        raise(most_, bits);
        best = ints(bits);
        ((load_held<Isa>(bits, logits + lanes * (Steps + 1)), raise(most_, bits), raise(best, ints(bits))), ...);
    }

    /// The same for a block of which all are negative, as ordered scores.
    template <class Scores, std::size_t... Steps>
    PLUCK_ALWAYS_INLINE static void nearest_of_block(ints& best, const Scores& logits,
                                                     std::index_sequence<Steps...>) noexcept {
        ints bits;
        load_lanes(bits, logits);
        best = -(bits & 0x7fffffff);
        ((load_lanes(bits, logits + lanes * (Steps + 1)), raise(best, -(bits & 0x7fffffff))), ...);
    }

    uints most_ = {};
};

/// The same by floats, sixteen at a time.
///
/// In vectors of 512 bits Intel's processors compare floats twice as fast as integers, since two of their ports can. So
/// one more comparison is free: whether one of two logits is a NaN. A flag says how subnormals compare, so where the
/// best of a block is a subnormal or 0, its bits decide.
class scan_by_floats {
public:
    template <class Isa, class Scores>
    PLUCK_ALWAYS_INLINE void of_eight(ints& best, const Scores& logits) noexcept {
        ints_of<Isa> all, others;
        of_four<Isa>(all, logits);
        of_four<Isa>(others, logits + 4 * block_size);
        raise_neighbours<Isa>(all, others);  // of blocks 0 2 4 6, twice, and 1 3 5 7, twice
        all = all < 0 ? -(all & 0x7fffffff) : all;
        pick_lanes<0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15>(all, all, all);
        ints twice[2];
        __builtin_memcpy(twice, &all, sizeof all);
        best = twice[0];
        raise(best, twice[1]);
        constexpr std::int32_t least_normal = 0x800000;
        if (any_negative<Isa>(best < least_normal && best > -least_normal)) scan_by_bits().of_eight<Isa>(best, logits);
    }

    /// As above, but -infinity's where there is no NaN: the lowest score is not looked for.
    [[nodiscard]] PLUCK_ALWAYS_INLINE std::int32_t lowest() const noexcept {
        return -detail::ordered_infinity - ((numbers_[0] & numbers_[1]) != 0xffff ? 1 : 0);
    }

private:
    /// `best` = the largest of a block; in which lane is left open.
    template <class Isa, class Scores>
    PLUCK_ALWAYS_INLINE void of_block(ints_of<Isa>& best, const Scores& logits) noexcept {
        ints_of<Isa> b, c, d;
        load_held<Isa>(best, logits);
        load_held<Isa>(b, logits + 16);
        load_held<Isa>(c, logits + 32);
        load_held<Isa>(d, logits + 48);
        Isa::keep_numbers(numbers_[0], best, b);
        Isa::keep_numbers(numbers_[1], c, d);
        Isa::raise_floats(best, b);
        Isa::raise_floats(c, d);
        Isa::raise_floats(best, c);
    }

    /// The largest of each of two blocks, one in each half.
    template <class Isa, class Scores>
    PLUCK_ALWAYS_INLINE void of_two(ints_of<Isa>& best, const Scores& logits) noexcept {
        ints_of<Isa> first, second;
        of_block<Isa>(first, logits);
        of_block<Isa>(second, logits + block_size);
        pick_lanes<0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23>(best, first, second);
        pick_lanes<8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31>(second, first, second);
        Isa::raise_floats(best, second);
    }
    template <class Isa, class Scores>
    PLUCK_ALWAYS_INLINE void of_four(ints_of<Isa>& best, const Scores& logits) noexcept {
        ints_of<Isa> others;
        of_two<Isa>(best, logits);
        of_two<Isa>(others, logits + 2 * block_size);
        raise_neighbours<Isa>(best, others);
    }

    /// The larger of each pair of neighbours, in each four lanes of both: those of `best` first.
    template <class Isa>
    PLUCK_ALWAYS_INLINE static void raise_neighbours(ints_of<Isa>& best, const ints_of<Isa>& others) noexcept {
        ints_of<Isa> odd;
        pick_lanes<1, 3, 17, 19, 5, 7, 21, 23, 9, 11, 25, 27, 13, 15, 29, 31>(odd, best, others);
        pick_lanes<0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14, 28, 30>(best, best, others);
        Isa::raise_floats(best, odd);
    }

    std::uint16_t numbers_[2] = {0xffff, 0xffff};
};

/// The best ordered score of each block, and the extremes of the row.
struct scan {
    static constexpr bool uses_avx512 = true;

    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static extremes run(const float* scores, std::size_t size,
                                                          std::int32_t* block_best) noexcept {
        return of<Isa>(scores, size, block_best);
    }

    /// The same of any scores: a pointer to them, or what is read as one (masked.hpp).
    template <class Isa, class Scores>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static extremes of(const Scores& scores, std::size_t size,
                                                         std::int32_t* block_best) noexcept {
        constexpr std::size_t group = lanes * block_size;
        std::conditional_t<compares_floats<Isa>, scan_by_floats, scan_by_bits> groups;
        extremes row;
        ints row_best = row.best - ints{};
        std::size_t begin = 0;
        for (; size - begin >= group; begin += group, block_best += lanes) {
            ints best = -detail::ordered_infinity - ints{};
            if (!forbids_eight(scores + begin)) groups.template of_eight<Isa>(best, scores + begin);
            __builtin_memcpy(block_best, &best, sizeof best);
            raise(row_best, best);
        }
        for (std::size_t i = 0; i < lanes; ++i) row.best = row_best[i] > row.best ? row_best[i] : row.best;
        uints rest = {};
        for (; begin < size; begin = block_end(begin, size), ++block_best) {
            *block_best = best_of(scores + begin, block_end(begin, size) - begin, rest);
            row.best = *block_best > row.best ? *block_best : row.best;
        }
        const std::int32_t lowest = groups.lowest();
        const std::int32_t rest_lowest = scan_by_bits::lowest_of(rest);
        row.lowest = lowest < rest_lowest ? lowest : rest_lowest;
        row.nan = row.best > detail::ordered_infinity || row.lowest < -detail::ordered_infinity;
        return row;
    }

private:
    /// The best ordered score of so many, which may be few. Raises `most` to their bits.
    template <class Scores>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::int32_t best_of(const Scores& scores, std::size_t count,
                                                                  uints& most) noexcept {
        std::int32_t best = (std::numeric_limits<std::int32_t>::min)();
        ints of_lanes = best - ints{};
        std::size_t i = 0;
        for (; i + lanes <= count; i += lanes) {
            uints bits;
            load_lanes(bits, scores + i);
            raise(most, bits);
            const ints order = ints(bits) < 0 ? -ints(bits & 0x7fffffffu) : ints(bits);
            raise(of_lanes, order);
        }
        for (std::size_t lane = 0; lane < lanes; ++lane) best = of_lanes[lane] > best ? of_lanes[lane] : best;
        for (; i < count; ++i) {
            const float score = scores[i];
            const std::int32_t order = detail::ordered(score);
            const auto bits = detail::bits_as<std::uint32_t>(score);
            best = order > best ? order : best;
            most[0] = bits > most[0] ? bits : most[0];
        }
        return best;
    }
};

}}}}}  // namespace pluck::v0::cpu::PLUCK_BUILD::kernels
