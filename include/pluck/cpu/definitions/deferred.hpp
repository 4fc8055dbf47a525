// SPDX-License-Identifier: MIT
//
// The loops of each type of logits, in one table.
#pragma once

#include <pluck/cpu/deferred.hpp>
#include <pluck/cpu/isa/dispatch.hpp>
#include <pluck/cpu/kernels/masked.hpp>
#include <pluck/cpu/kernels/moved.hpp>
#include <pluck/cpu/kernels/scan_narrow.hpp>
#include <pluck/cpu/kernels/widen.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/scalar.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#if PLUCK_COMPILED && !PLUCK_COMPILED_SOURCE
#error "pluck: pluck::compiled holds what this header defines; include <pluck/cpu/row.hpp>"
#endif

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_ROW_BUILD {

/// The loops as plain functions, built for the best instruction set that this processor has.
template <class Format>
struct loops_of_format {
    [[nodiscard]] static const kernels::stored<Format>* stored(const void* logits) noexcept {
        return static_cast<const kernels::stored<Format>*>(logits);
    }

    [[nodiscard]] static extremes scan(const void* logits, std::size_t size, std::int32_t* block_best) noexcept {
        if constexpr (std::same_as<Format, float>) return run_kernel<kernels::scan>(stored(logits), size, block_best);
        else return run_kernel<kernels::scan_narrow<Format>>(stored(logits), size, block_best);
    }
    [[nodiscard]] static extremes scan_masked(const void* logits, const std::uint64_t* forbidden, std::size_t size,
                                              std::int32_t* block_best) noexcept {
        return run_kernel<kernels::scan_masked<Format>>(stored(logits), forbidden, size, block_best);
    }
    [[nodiscard]] static extremes scan_moved(const void* logits, std::size_t size, const edited_scores& edited,
                                             const moved_tokens& moved, std::int32_t* block_best,
                                             const extremes& seen) noexcept {
        return run_kernel<kernels::scan_moved<Format>>(stored(logits), size, edited, moved, block_best, seen);
    }
    [[nodiscard]] static std::size_t gather_allowed(const void* logits, std::size_t size, const edited_scores& edited,
                                                    float* scores, std::int32_t* tokens) noexcept {
        return run_kernel<kernels::gather_allowed<Format>>(stored(logits), size, edited, scores, tokens);
    }
    static void copy(const void* logits, std::size_t begin, std::size_t count, float* scores) noexcept {
        const auto* from = stored(logits) + begin;
        if constexpr (std::same_as<Format, float>) __builtin_memcpy(scores, from, count * sizeof(float));
        else run_kernel<kernels::widen<Format>>(from, count, scores);
    }
    static void copy_blocks(const void* logits, std::size_t begin, std::size_t size, const std::int32_t* block_best,
                            std::int32_t low, std::int32_t high, const edited_scores& edited, float* scores) noexcept {
        run_kernel<kernels::copy_blocks<Format>>(stored(logits) + begin, size, block_best, low, high, edited, scores);
    }
    [[nodiscard]] static float one(const void* logits, std::size_t i) noexcept {
        return kernels::one_of<Format>(stored(logits), i);
    }
    static void widen(const std::uint16_t* logits, std::size_t count, float* scores) noexcept {
        run_kernel<kernels::widen<Format>>(logits, count, scores);
    }

    [[nodiscard]] static const format_loops& all() noexcept {
        if constexpr (std::same_as<Format, float>) {
            static constexpr format_loops of_floats{scan, scan_masked, scan_moved, gather_allowed,
                                                    copy, copy_blocks, one,        nullptr};
            return of_floats;
        } else {
            static constexpr format_loops of_format{scan, scan_masked, scan_moved, gather_allowed,
                                                    copy, copy_blocks, one,        widen};
            return of_format;
        }
    }
};

PLUCK_INLINE const format_loops& format_loops::of(half) noexcept { return loops_of_format<half>::all(); }
PLUCK_INLINE const format_loops& format_loops::of(bfloat16) noexcept { return loops_of_format<bfloat16>::all(); }
PLUCK_INLINE const format_loops& format_loops::of(float) noexcept { return loops_of_format<float>::all(); }

PLUCK_INLINE std::size_t forbid_by_mask(std::span<const std::uint32_t> words, std::size_t size,
                                        std::uint64_t* forbidden) noexcept {
    return run_kernel<kernels::forbid>(words.data(), words.size(), size, forbidden);
}

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD
