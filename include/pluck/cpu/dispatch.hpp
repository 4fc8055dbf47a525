// SPDX-License-Identifier: MIT
//
// Which build of each loop runs. A program compiled for plain x86-64 still gets fused multiply-adds and 256-bit vectors
// where the processor has them; one compiled with -march= gets what it asked for. The bits are the same in any case.
#pragma once

#include <pluck/core/config.hpp>
#include <pluck/cpu/kernels.hpp>

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

#if PLUCK_DISPATCH_AVX2
struct avx2 {
    struct fused {  // one instruction, once inlined into a function of this target
        [[nodiscard]] PLUCK_ALWAYS_INLINE static float of(float a, float b, float c) noexcept {
            return __builtin_fmaf(a, b, c);
        }
    };

    template <class Kernel, class... Arguments>
    __attribute__((target("avx2,fma"))) static auto run(const Arguments&... arguments) noexcept {
        return Kernel::template run<fused>(arguments...);
    }

    [[nodiscard]] static bool found() noexcept {
        static const bool both = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
        return both;
    }
};
#endif

/// Runs a kernel of kernels.hpp, built for the best instruction set that is here.
template <class Kernel, class... Arguments>
auto run_kernel(const Arguments&... arguments) noexcept {
#if PLUCK_DISPATCH_AVX2
    if (avx2::found()) return avx2::run<Kernel>(arguments...);
#endif
    return Kernel::template run<core::native_fused>(arguments...);
}

}  // namespace pluck::inline v0::cpu::inline PLUCK_BUILD
