// SPDX-License-Identifier: MIT
//
// The loops over a whole row, written once as C++ that compilers vectorise. Each is a struct whose run() is inlined
// into one function for each instruction set (dispatch.hpp), so nothing in here may be called out of line, and no
// lambda appears. `Fused` is the fused multiply-add of that instruction set.
#pragma once

#include <pluck/core/config.hpp>
#include <pluck/core/mass.hpp>
#include <pluck/core/ranking.hpp>
#include <pluck/cpu/vectors.hpp>
#include <pluck/cpu/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>

namespace pluck::inline v0::cpu::inline PLUCK_BUILD {

/// The kept part of a row: the elements above `score`, and those that equal it before the place `ties_end`.
struct kept_part {
    std::int32_t score = 1 - core::ordered_infinity;  ///< ordered; never -infinity's, which no token keeps
    std::size_t ties_end = ~std::size_t{0};
};

/// A row as the loops see it: its scores, the best ordered score of each block, and which of it is kept.
struct row_view {
    const float* scores;
    std::size_t size;
    const std::int32_t* block_best;
    kept_part kept;
};

namespace kernels {

/// What one pass over a row's bits tells.
struct extremes {
    std::int32_t best = std::numeric_limits<std::int32_t>::min();  ///< largest ordered score; NaN bits included
    bool nan = false;
};

[[nodiscard]] PLUCK_ALWAYS_INLINE std::size_t block_end(std::size_t begin, std::size_t size) noexcept {
    return size - begin < block_size ? size : begin + block_size;
}

/// The best ordered score of each block, and the extremes of the row.
///
/// Of a float's bits, the largest as a signed integer is the best score, if one has no sign; the largest unsigned is a
/// NaN, if one with a sign is there. Two comparisons for each logit, and a second look where all of a block are negative.
struct scan {
    template <class Fused>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static extremes run(const float* scores, std::size_t size,
                                                          std::int32_t* block_best) noexcept {
        constexpr std::size_t group = lanes * block_size;
        extremes row;
        uints most = {};
        std::size_t begin = 0;
        for (; size - begin >= group; begin += group, block_best += lanes) {
            ints best[lanes];
            for (std::size_t block = 0; block < lanes; ++block) {
                const float* logits = scores + begin + block * block_size;
                __builtin_prefetch(logits + group);  // a fifth faster from the second-level cache on
                __builtin_prefetch(logits + group + 16);
                __builtin_prefetch(logits + group + 32);
                __builtin_prefetch(logits + group + 48);
                uints bits;
                load_lanes(bits, logits);
                uints unsigned_most = bits;
                ints signed_most = ints(bits);
                for (std::size_t i = lanes; i < block_size; i += lanes) {
                    load_lanes(bits, logits + i);
                    raise(unsigned_most, bits);
                    raise(signed_most, ints(bits));
                }
                raise(most, unsigned_most);
                best[block] = signed_most;
            }
            largest_of_each(best);
            __builtin_memcpy(block_best, best, sizeof best[0]);
            for (std::size_t block = 0; block < lanes; ++block) {
                if (block_best[block] < 0) block_best[block] = best_of(scores + begin + block * block_size, block_size);
                row.best = block_best[block] > row.best ? block_best[block] : row.best;
            }
        }
        for (; begin < size; begin = block_end(begin, size), ++block_best) {
            *block_best = best_of(scores + begin, block_end(begin, size) - begin);
            row.best = *block_best > row.best ? *block_best : row.best;
            for (std::size_t i = begin; i < block_end(begin, size); ++i) {
                const auto bits = core::bits_as<std::uint32_t>(scores[i]);
                most[0] = bits > most[0] ? bits : most[0];
            }
        }
        row.nan = row.best > core::ordered_infinity;
        for (std::size_t i = 0; i < lanes; ++i) row.nan |= most[i] > core::bits_as<std::uint32_t>(core::minus_infinity);
        return row;
    }

private:
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::int32_t best_of(const float* scores, std::size_t count) noexcept {
        std::int32_t best = std::numeric_limits<std::int32_t>::min();
        if (count == block_size) {  // a constant trip count vectorises also at -O2
            for (std::size_t i = 0; i < block_size; ++i) {
                const std::int32_t score = core::ordered(scores[i]);
                best = score > best ? score : best;
            }
        } else {
            for (std::size_t i = 0; i < count; ++i) {
                const std::int32_t score = core::ordered(scores[i]);
                best = score > best ? score : best;
            }
        }
        return best;
    }
};

/// A score, above -infinity, as something to compare a logit's bits with: those of a larger one are
/// `((bits ^ flip) > above) ^ invert`. Above 0 they compare as they are; else by magnitude, where the larger falls short.
struct threshold {
    std::uint32_t flip;
    std::int32_t above;
    std::uint32_t invert;

    PLUCK_ALWAYS_INLINE explicit threshold(std::int32_t score) noexcept
        : flip(score > 0 ? 0 : 0x80000000u), above(score > 0 ? score - 1 : -score), invert(score > 0 ? 0 : ~0u) {}
};

/// Bit i: whether scores[begin + i] is at least this ordered score, above -infinity's; of one block.
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t reaching(const float* scores, std::size_t begin, std::size_t size,
                                                         std::int32_t score) noexcept {
    if (size - begin >= block_size) {
        const threshold least(score);
        const std::uint64_t bits = bits_above(scores + begin, least.flip, least.above);
        return least.invert == 0 ? bits : ~bits;
    }
    std::uint64_t found = 0;
    for (std::size_t i = begin; i < size; ++i) {
        found |= std::uint64_t{core::ordered(scores[i]) >= score} << (i - begin);
    }
    return found;
}

/// Bit i: whether block first + i has a score of at least this, of 64 blocks.
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t blocks_reaching(const std::int32_t* block_best, std::size_t first,
                                                                std::size_t all, std::int32_t score) noexcept {
    if (all - first >= block_size) return bits_above(block_best + first, 0, score - 1);
    std::uint64_t found = 0;
    for (std::size_t i = first; i < all; ++i) found |= std::uint64_t{block_best[i] >= score} << (i - first);
    return found;
}

/// Bit i: whether scores[begin + i] is kept.
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t kept_of_block(const row_view& row, std::size_t begin) noexcept {
    if (begin + block_size <= row.kept.ties_end) return reaching(row.scores, begin, row.size, row.kept.score);
    const std::uint64_t above = reaching(row.scores, begin, row.size, row.kept.score + 1);
    if (begin >= row.kept.ties_end) return above;
    const std::uint64_t early = (std::uint64_t{1} << (row.kept.ties_end - begin)) - 1;
    return above | (reaching(row.scores, begin, row.size, row.kept.score) & early);
}

/// How many tokens are kept.
struct count {
    template <class Fused>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::size_t run(const row_view& row) noexcept {
        std::size_t found = 0;
        const std::size_t all = blocks_of(row.size);
        for (std::size_t first = 0; first < all; first += block_size) {
            for (std::uint64_t blocks = blocks_reaching(row.block_best, first, all, row.kept.score); blocks != 0;
                 blocks &= blocks - 1) {
                const std::size_t block = first + static_cast<std::size_t>(__builtin_ctzll(blocks));
                found += static_cast<std::size_t>(__builtin_popcountll(kept_of_block(row, block * block_size)));
            }
        }
        return found;
    }
};

/// A score that at least k blocks reach, and not many more; `low` if that many do not.
struct reach {
    template <class Fused>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::int32_t run(const std::int32_t* block_best, std::size_t blocks,
                                                              std::size_t k, std::int32_t low,
                                                              std::int32_t high) noexcept {
        // Down from the best in doubling steps, then by bisection: a dozen steps, each a short pass.
        bool bracketed = false;
        for (std::int64_t step = std::int64_t{1} << 20; low < high;) {
            std::int64_t probe = (std::int64_t{low} + high + 1) >> 1;
            if (!bracketed && high - step > probe) probe = high - step;
            const auto score = static_cast<std::int32_t>(probe);
            std::size_t reached = 0;
            std::size_t i = 0;
            for (; i + block_size <= blocks; i += block_size) {
                std::int32_t some = 0;
                for (std::size_t j = 0; j < block_size; ++j) some += block_best[i + j] >= score ? 1 : 0;
                reached += static_cast<std::size_t>(some);
            }
            for (; i < blocks; ++i) reached += block_best[i] >= score;
            if (reached >= k) {
                low = score;
                bracketed = true;
                if (reached - k <= k / 16) break;
            } else {
                high = score - 1;
                if (high - step > low) step *= 2;
            }
        }
        return low;
    }
};

/// Copies the kept scores below `high` and their places, in order, and counts them; gives up after the block in which
/// there are more than `limit`.
struct gather {
    template <class Fused>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::size_t run(const row_view& row, std::int32_t high, std::size_t limit,
                                                             float* scores, std::int32_t* places) noexcept {
        std::size_t found = 0;
        const std::size_t all = blocks_of(row.size);
        for (std::size_t first = 0; first < all && found <= limit; first += block_size) {
            std::uint64_t blocks = blocks_reaching(row.block_best, first, all, row.kept.score);
            for (; blocks != 0 && found <= limit; blocks &= blocks - 1) {
                const std::size_t block = first + static_cast<std::size_t>(__builtin_ctzll(blocks));
                const std::size_t begin = block * block_size;
                std::uint64_t kept = kept_of_block(row, begin);
                if (row.block_best[block] >= high) kept &= ~reaching(row.scores, begin, row.size, high);
                for (; kept != 0; kept &= kept - 1) {
                    const std::size_t place = begin + static_cast<std::size_t>(__builtin_ctzll(kept));
                    scores[found] = row.scores[place];
                    places[found++] = static_cast<std::int32_t>(place);
                }
            }
        }
        return found;
    }
};

/// The sum of the masses of one block, of all of it or of the scores from `least` on.
template <class Fused, bool All>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t mass_of_block(const float* scores, float best, float scale,
                                                              const threshold& least) noexcept {
    // q and the shift of two neighbours make one word of 64 bits, so that no lane is ever unpacked.
    std::uint32_t q[block_size];
    std::uint32_t shift[block_size];
    for (std::size_t i = 0; i < block_size; ++i) {
        const mass_parts parts = mass_parts_of<Fused>(scores[i] - best, scale);
        q[i] = parts.q;
        shift[i] = parts.shift;
    }
    if constexpr (!All) {
        for (std::size_t i = 0; i < block_size; ++i) {
            const auto bits = static_cast<std::int32_t>(core::bits_as<std::uint32_t>(scores[i]) ^ least.flip);
            q[i] &= (bits > least.above ? ~0u : 0u) ^ least.invert;
        }
    }
    longs sums = {};
    for (std::size_t i = 0; i < block_size; i += lanes) {
        longs pairs, shifts;
        load_lanes(pairs, q + i);
        load_lanes(shifts, shift + i);
        sums += (pairs << 32) >> (shifts & 0xffffffffu);
        sums += (pairs & 0xffffffff00000000u) >> (shifts >> 32);
    }
    return sums[0] + sums[1] + sums[2] + sums[3];
}

/// The kept mass of each block; returns the row's. A block whose best token weighs nothing is not looked at.
struct sum_masses {
    template <class Fused>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::uint64_t run(const row_view& row, float best, float scale,
                                                               std::uint64_t* block_mass) noexcept {
        const bool all = row.kept.score == kept_part{}.score;  // what is not kept then weighs nothing
        const threshold early(row.kept.score);                 // the ties of the cut stay, or go
        const threshold late(row.kept.score + 1);
        std::uint64_t total = 0;
        for (std::size_t begin = 0, block = 0; begin < row.size; begin += block_size, ++block) {
            block_mass[block] = 0;
            if (row.block_best[block] < row.kept.score) continue;
            if (mass_of<Fused>(core::float_of(row.block_best[block]) - best, scale) == 0) continue;
            const float* scores = row.scores + begin;
            const bool whole = row.size - begin >= block_size;
            std::uint64_t sum = 0;
            if (whole && all) {
                sum = mass_of_block<Fused, true>(scores, best, scale, early);
            } else if (whole && begin + block_size <= row.kept.ties_end) {
                sum = mass_of_block<Fused, false>(scores, best, scale, early);
            } else if (whole && begin >= row.kept.ties_end) {
                sum = mass_of_block<Fused, false>(scores, best, scale, late);
            } else {
                for (std::uint64_t kept = kept_of_block(row, begin); kept != 0; kept &= kept - 1) {
                    sum += mass_of<Fused>(scores[__builtin_ctzll(kept)] - best, scale);
                }
            }
            block_mass[block] = sum;
            total += sum;
        }
        return total;
    }
};

/// Buckets of a mass histogram: eight to the octave, a little beyond the last octave that has mass.
inline constexpr std::size_t mass_buckets = 8 * (mass_bits + 1);

struct mass_histogram {
    std::uint64_t sums[mass_buckets] = {};
};

/// The bucket of a score: never decreases with the score, is at least 0 wherever there is mass, negative far below.
template <class Fused>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::int32_t mass_bucket(float difference, float scale) noexcept {
    const float shifted = Fused::of(difference, 8 * scale, core::magic);
    const auto bits = core::bits_as<std::int32_t>(shifted);
    constexpr auto top = static_cast<std::int32_t>(mass_buckets) - 1;
    return bits >= core::magic_bits - top ? bits - core::magic_bits + top : -1;
}

/// The mass of each score.
struct masses {
    template <class Fused>
    PLUCK_ALWAYS_INLINE static void run(const float* scores, std::size_t count, float best, float scale,
                                        std::uint64_t* masses) noexcept {
        std::size_t i = 0;
        for (; i + lanes <= count; i += lanes) {
            for (std::size_t lane = 0; lane < lanes; ++lane) {
                masses[i + lane] = mass_of<Fused>(scores[i + lane] - best, scale);
            }
        }
        for (; i < count; ++i) masses[i] = mass_of<Fused>(scores[i] - best, scale);
    }
};

/// The kept masses dealt into buckets by score.
struct deal_masses {
    template <class Fused>
    PLUCK_ALWAYS_INLINE static void run(const row_view& row, float best, float scale,
                                        mass_histogram* histogram) noexcept {
        std::uint64_t mass[block_size];
        std::int32_t buckets[block_size];
        for (std::size_t begin = 0, block = 0; begin < row.size; begin += block_size, ++block) {
            if (row.block_best[block] < row.kept.score) continue;
            const std::size_t count = block_end(begin, row.size) - begin;
            masses::run<Fused>(row.scores + begin, count, best, scale, mass);
            if (count == block_size) {
                for (std::size_t i = 0; i < block_size; ++i) {
                    buckets[i] = mass_bucket<Fused>(row.scores[begin + i] - best, scale);
                }
            } else {
                for (std::size_t i = 0; i < count; ++i) {
                    buckets[i] = mass_bucket<Fused>(row.scores[begin + i] - best, scale);
                }
            }
            const std::uint64_t kept = kept_of_block(row, begin);
            for (std::size_t i = 0; i < count; ++i) {
                if (buckets[i] >= 0) histogram->sums[buckets[i]] += (kept >> i & 1) != 0 ? mass[i] : 0;
            }
        }
    }
};

}  // namespace kernels

}  // namespace pluck::inline v0::cpu::inline PLUCK_BUILD
