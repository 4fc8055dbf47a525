// SPDX-License-Identifier: MIT
//
// A draw from a nucleus of which only bounds are known. Where it ends is between two places of the ranking, and mostly
// each of the cuts in between leads to the same token: then none of them has to be chosen, nor anything to be cut.
#pragma once

#include <pluck/cpu/cut/select.hpp>
#include <pluck/cpu/cut/sort.hpp>
#include <pluck/cpu/isa/dispatch.hpp>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/philox.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_ROW_BUILD {

/// The best tokens of a row, in id order.
struct weighed_head {
    const std::int32_t* scores;   ///< [count], ordered
    const std::uint64_t* masses;  ///< [count]
    std::size_t count;
    score_range range;  ///< in which all scores are
};

/// Draws from the tokens of a head before which the mass, summed down the ranking, is below a target: for every target
/// in [least, most].
///
/// Parameters.   least, most   in [1, sum of the masses]
///               block_mass    [blocks of count], overwritten
/// Returns.      The element that is drawn for each of the targets, or head.count if that is not one and the same, or
///               too much to be found out here.
/// Cost.         Linear, two additions for each token; a sort of those about the cuts, at most `max_doubtful`.
[[nodiscard]] inline std::size_t draw_between(const weighed_head& head, std::uint64_t least, std::uint64_t most,
                                              const bits128& uniform, std::uint64_t* block_mass) noexcept {
    // As select() does, once: the buckets in which the two ends fall, and what is certain above them.
    constexpr std::size_t max_buckets = 256;
    std::uint64_t sums[max_buckets];
    const auto low = static_cast<std::uint32_t>(head.range.low);
    const std::uint32_t width = static_cast<std::uint32_t>(head.range.high) - low;
    const int shift = detail::larger(static_cast<int>(detail::bit_width(width)) - (head.count < 512 ? 6 : 8), 0);
    std::uint32_t bucket = width >> shift;
    for (std::uint32_t i = 0; i <= bucket; ++i) sums[i] = 0;
    const auto bucket_of = [&](std::size_t i) noexcept {
        return (static_cast<std::uint32_t>(head.scores[i]) - low) >> shift;
    };
    for (std::size_t i = 0; i < head.count; ++i) sums[bucket_of(i)] += head.masses[i];
    std::uint64_t reached = 0;
    for (; bucket > 0 && reached + sums[bucket] < least; --bucket) reached += sums[bucket];
    const std::uint32_t first = bucket;
    std::uint64_t mass = reached;  // above the first bucket
    for (; bucket > 0 && reached + sums[bucket] < most; --bucket) reached += sums[bucket];
    const std::uint32_t last = bucket;

    constexpr std::size_t max_doubtful = 512;
    std::uint32_t places[max_doubtful + block_size];
    const auto certain = static_cast<std::int32_t>(
        detail::smaller(head.range.low + ((std::int64_t{first} + 1) << shift), std::int64_t{head.range.high} + 1));
    const auto possible = static_cast<std::int32_t>(low + (last << shift));
    const std::size_t count = run_kernel<kernels::split_head>(head.scores, head.masses, head.count, certain, possible,
                                                              block_mass, max_doubtful, &places[0]);
    if (count > max_doubtful) return head.count;
    std::uint64_t doubtful[max_doubtful], spare[max_doubtful];  // the better, the less; then by id
    for (std::size_t i = 0; i < count; ++i)
        doubtful[i] = std::uint64_t{~(static_cast<std::uint32_t>(head.scores[places[i]]) - low)} << 32 | places[i];
    sort(&doubtful[0], &spare[0], count);

    // The cut of the least target: what is kept, and what is drawn from that.
    const auto element = [&](std::size_t rank) noexcept { return static_cast<std::uint32_t>(doubtful[rank]); };
    std::size_t kept = 0;
    for (; kept < count && mass < least; ++kept) {
        const std::uint64_t its_mass = head.masses[element(kept)];
        block_mass[element(kept) / block_size] += its_mass;
        mass += its_mass;
    }
    std::uint64_t point = mass_point(uniform, mass);
    std::uint64_t before = 0;  // the token that is drawn, in id order
    std::size_t block = 0;
    while (point - before >= block_mass[block]) before += block_mass[block++];
    std::uint64_t also = 0;  // bit i: whether element i of the block is kept by its rank
    for (std::size_t rank = 0; rank < kept; ++rank) {
        if (element(rank) / block_size == block) also |= std::uint64_t{1} << (element(rank) % block_size);
    }
    std::size_t drawn = block * block_size;
    for (;; ++drawn, also >>= 1) {
        if (bucket_of(drawn) <= first && (also & 1) == 0) continue;
        if (point - before < head.masses[drawn]) break;
        before += head.masses[drawn];
    }

    // Each of the other cuts keeps one token more, which moves the point, and perhaps what is before the token.
    for (; kept < count && mass < most; ++kept) {
        const std::uint64_t its_mass = head.masses[element(kept)];
        mass += its_mass;
        before += element(kept) < drawn ? its_mass : 0;
        point = mass_point(uniform, mass);
        if (point < before || point - before >= head.masses[drawn]) return head.count;
    }
    return drawn;
}

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD
