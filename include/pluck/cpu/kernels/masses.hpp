// SPDX-License-Identifier: MIT
//
// The loops over masses, one by one and summed. As in blocks.hpp, each is a struct whose run() is inlined into one
// function for each instruction set.
#pragma once

#include <pluck/cpu/isa/vectors.hpp>
#include <pluck/cpu/kernels/blocks.hpp>
#include <pluck/cpu/kernels/mass_vectors.hpp>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_BUILD { namespace kernels {

/// The sum of the masses of one block: of all of it, or of the scores from `least` on.
template <class Isa, bool All>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t mass_of_block(const float* scores, const mass_origin& origin,
                                                              const threshold& least) noexcept {
    longs_of<Isa> sums = {};
    for (std::size_t i = 0; i < block_size; i += some_masses<Isa>::tokens) {
        some_masses<Isa> masses(scores + i, origin);
        if constexpr (!All) masses.keep(scores + i, least);
        masses.add_to(sums);
    }
    return sum_of(sums);
}

/// The masses of the kept tokens of one block, one by one.
template <class Isa>
[[nodiscard]] PLUCK_ALWAYS_INLINE std::uint64_t kept_mass_of(const row_view& row, std::size_t begin,
                                                             const mass_origin& origin) noexcept {
    std::uint64_t sum = 0;
    if (row.block_best[begin / block_size] < least_of_block(row.kept, begin)) return sum;
    for (std::uint64_t kept = kept_of_block<Isa>(row, begin); kept != 0; kept &= kept - 1) {
        sum += origin.mass_of<Isa>(row.scores[begin + static_cast<std::size_t>(__builtin_ctzll(kept))]);
    }
    return sum;
}

/// The kept mass of each block; returns the row's. A block whose best token has no mass is not read.
struct sum_masses {
    static constexpr bool uses_avx512 = true;

    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::uint64_t run(const row_view& from, float best, float scale,
                                                               std::uint64_t* block_mass) noexcept {
        const row_view row = from;  // no store below can change it
        const mass_origin origin(best, scale);
        const std::size_t whole = row.size / block_size;
        std::uint64_t total = 0;
        if (row.keeps_all()) {  // what is not kept weighs nothing
            total = add_blocks<Isa, true>(row, 0, whole, row.kept.score, origin, block_mass);
        } else {  // the ties of the cut stay, up to the block in which they end; then they go
            const std::size_t early = row.kept.ties_end / block_size < whole ? row.kept.ties_end / block_size : whole;
            std::size_t first = 0;
            std::int32_t score = row.kept.score;
            for (std::size_t last = early;; last = whole, ++score) {
                total += add_blocks<Isa, false>(row, first, last, score, origin, block_mass);
                if (last == whole) break;
                block_mass[last] = kept_mass_of<Isa>(row, last * block_size, origin);
                total += block_mass[last];
                first = last + 1;
            }
        }
        if (row.size % block_size != 0) {
            block_mass[whole] = kept_mass_of<Isa>(row, whole * block_size, origin);
            total += block_mass[whole];
        }
        return total;
    }

private:
    /// The same for the whole blocks of [first, last), for scores from `from` on.
    template <class Isa, bool All>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::uint64_t add_blocks(const row_view& row, std::size_t first,
                                                                      std::size_t last, std::int32_t score,
                                                                      const mass_origin& origin,
                                                                      std::uint64_t* block_mass) noexcept {
        const threshold least(score);
        const std::int32_t weighing = origin.weighing();
        const std::int32_t from = score > weighing ? score : weighing;
        std::uint64_t total = 0;
        for (std::size_t block = first; block < last;) {
            for (; block < last && row.block_best[block] < from; ++block) block_mass[block] = 0;
            for (; block < last && row.block_best[block] >= from; ++block) {  // without a branch that skips one
                block_mass[block] = mass_of_block<Isa, All>(row.scores + block * block_size, origin, least);
                total += block_mass[block];
            }
        }
        return total;
    }
};

/// A row's mass: that of the kept tokens, and that of all.
struct split_mass {
    std::uint64_t kept;
    std::uint64_t all;
};

/// The kept mass of each block; returns the row's, and the mass of all, kept or not. Ties of the cut count as kept.
struct split_masses {
    static constexpr bool uses_avx512 = true;

    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static split_mass run(const row_view& from, float best, float scale,
                                                            std::uint64_t* block_mass) noexcept {
        const row_view row = from;  // no store below can change it
        const threshold least(row.kept.score);
        const mass_origin origin(best, scale);
        const std::int32_t weighing = origin.weighing();
        longs_of<Isa> all = {};
        split_mass total{0, 0};
        for (std::size_t begin = 0, block = 0; begin < row.size; begin += block_size, ++block) {
            block_mass[block] = 0;
            if (row.block_best[block] < weighing) continue;
            if (row.size - begin < block_size) {
                const std::uint64_t kept = reaching<Isa>(row.scores, begin, row.size, row.kept.score);
                for (std::size_t i = begin; i < row.size; ++i) {
                    const std::uint64_t mass = origin.mass_of<Isa>(row.scores[i]);
                    total.all += mass;
                    block_mass[block] += (kept >> (i - begin) & 1) != 0 ? mass : 0;
                }
            } else {
                const float* scores = row.scores + begin;
                longs_of<Isa> sums = {};
                for (std::size_t i = 0; i < block_size; i += some_masses<Isa>::tokens) {
                    const some_masses<Isa> masses(scores + i, origin);
                    masses.add_to(all, sums, scores + i, least);
                }
                block_mass[block] = sum_of(sums);
            }
            total.kept += block_mass[block];
        }
        total.all += sum_of(all);
        return total;
    }
};

/// The mass of each score; returns their sum.
struct masses {
    static constexpr bool uses_avx512 = true;
    static constexpr std::size_t together = 16;

    template <class Isa>
    PLUCK_ALWAYS_INLINE static std::uint64_t run(const float* scores, std::size_t count, float best, float scale,
                                                 std::uint64_t* masses) noexcept {
        const mass_origin origin(best, scale);
        longs_of<Isa> sums = {};
        std::size_t i = 0;
        for (; i + some_masses<Isa>::tokens <= count; i += some_masses<Isa>::tokens) {
            const some_masses<Isa> some(scores + i, origin);
            some.store(masses + i);
            some.add_to(sums);
        }
        using fewer_masses = vectors_of_masses<Isa, together / lanes_of<Isa>>;
        for (; i + together <= count; i += together) {
            const fewer_masses some(scores + i, origin);
            some.store(masses + i);
            some.add_to(sums);
        }
        std::uint64_t sum = sum_of(sums);
        for (; i < count; ++i) sum += masses[i] = origin.mass_of<Isa>(scores[i]);
        return sum;
    }
};

/// Of tokens in id order, block by block: the mass of those from the ordered score `certain` on. Writes the indices of
/// those below that, but not below `possible`, to `places`, and counts them; gives up after the block in which there
/// are more than `limit`, so `places` needs room for one more block.
struct split_head {
    template <class Isa>
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::size_t run(const std::int32_t* scores, const std::uint64_t* masses,
                                                             std::size_t count, std::int32_t certain,
                                                             std::int32_t possible, std::uint64_t* block_mass,
                                                             std::size_t limit, std::uint32_t* places) noexcept {
        std::size_t found = 0;
        for (std::size_t begin = 0; begin < count && found <= limit; begin += block_size) {
            std::uint64_t sum = 0;
            if (count - begin >= block_size) {
                for (std::size_t i = begin; i < begin + block_size; ++i) {
                    sum += masses[i] & (std::uint64_t{0} - std::uint64_t{scores[i] >= certain});
                }
            } else {
                for (std::size_t i = begin; i < count; ++i) sum += scores[i] >= certain ? masses[i] : 0;
            }
            block_mass[begin / block_size] = sum;
            const std::uint64_t above = blocks_reaching<Isa>(scores, begin, count, certain);
            for (std::uint64_t left = blocks_reaching<Isa>(scores, begin, count, possible) & ~above; left != 0;
                 left &= left - 1) {
                places[found++] = static_cast<std::uint32_t>(begin) + static_cast<std::uint32_t>(__builtin_ctzll(left));
            }
        }
        return found;
    }
};

}}}}}  // namespace pluck::v0::cpu::PLUCK_BUILD::kernels
