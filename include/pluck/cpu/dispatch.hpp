// SPDX-License-Identifier: MIT
//
// Which build of each loop runs. A program compiled for plain x86-64 still gets fused multiply-adds and 256-bit vectors
// where the processor has them; one compiled with -march= gets what it asked for. The bits are the same in any case.
#pragma once

#include <pluck/core/config.hpp>
#include <pluck/cpu/kernels.hpp>

#include <cstddef>
#include <cstdint>

/// 1 where a faster instruction set may be found at run time. Defined as 0 beforehand, only what the compiler was told
/// is used: the tests do so, to run what a processor without AVX2 would.
#if !defined(PLUCK_DISPATCH_AVX2)
#if defined(__x86_64__) && !PLUCK_HARDWARE_FMA && !defined(__CUDACC__)
#define PLUCK_DISPATCH_AVX2 1
#else
#define PLUCK_DISPATCH_AVX2 0
#endif
#endif

namespace pluck::inline v0::cpu::inline PLUCK_BUILD {

/// The arguments of a pass over masses: the row, its best score, its scale, its blocks.
struct mass_pass {
    const float* scores;
    std::size_t size;
    float best;
    float scale;
    const std::int32_t* block_best;
    std::uint64_t* block_mass;
};

#if PLUCK_DISPATCH_AVX2
namespace avx2 {

struct hardware_fused {  // one instruction, once inlined into a function of this target
    [[nodiscard]] PLUCK_ALWAYS_INLINE static float of(float a, float b, float c) noexcept {
        return __builtin_fmaf(a, b, c);
    }
};

[[nodiscard]] __attribute__((target("avx2,fma"))) inline kernels::extremes scan(const float* scores, std::size_t size,
                                                                                std::int32_t* block_best) noexcept {
    return kernels::scan(scores, size, block_best);
}

[[nodiscard]] __attribute__((target("avx2,fma"))) inline std::uint64_t sum_masses(const mass_pass& pass) noexcept {
    return kernels::sum_masses<hardware_fused>(pass.scores, pass.size, pass.best, pass.scale, pass.block_best,
                                               pass.block_mass);
}

__attribute__((target("avx2,fma"))) inline void deal_masses(const mass_pass& pass,
                                                            kernels::mass_histogram& histogram) noexcept {
    kernels::deal_masses<hardware_fused>(pass.scores, pass.size, pass.best, pass.scale, pass.block_best,
                                         pass.block_mass, histogram);
}

}  // namespace avx2

[[nodiscard]] inline bool has_avx2() noexcept {
    static const bool found = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return found;
}
#endif

[[nodiscard]] inline kernels::extremes scan(const float* scores, std::size_t size, std::int32_t* block_best) noexcept {
#if PLUCK_DISPATCH_AVX2
    if (has_avx2()) return avx2::scan(scores, size, block_best);
#endif
    return kernels::scan(scores, size, block_best);
}

[[nodiscard]] inline std::uint64_t sum_masses(const mass_pass& pass) noexcept {
#if PLUCK_DISPATCH_AVX2
    if (has_avx2()) return avx2::sum_masses(pass);
#endif
    return kernels::sum_masses<core::native_fused>(pass.scores, pass.size, pass.best, pass.scale, pass.block_best,
                                                   pass.block_mass);
}

inline void deal_masses(const mass_pass& pass, kernels::mass_histogram& histogram) noexcept {
#if PLUCK_DISPATCH_AVX2
    if (has_avx2()) return avx2::deal_masses(pass, histogram);
#endif
    kernels::deal_masses<core::native_fused>(pass.scores, pass.size, pass.best, pass.scale, pass.block_best,
                                             pass.block_mass, histogram);
}

}  // namespace pluck::inline v0::cpu::inline PLUCK_BUILD
