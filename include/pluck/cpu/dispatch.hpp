// SPDX-License-Identifier: MIT
//
// Which build of each loop runs. A program compiled for plain x86-64 still gets fused multiply-adds and 256-bit vectors
// where the processor has them; one compiled with -march= gets what it asked for. The bits are the same in any case.
#pragma once

#include <pluck/core/config.hpp>
#include <pluck/cpu/kernels.hpp>
#include <pluck/cpu/masses.hpp>

/// 1 where a faster instruction set may be found at run time. Defined as 0 beforehand, only what the compiler was told
/// is used: the tests do so, to run what a processor without AVX2 would.
#if !defined(PLUCK_DISPATCH_AVX2)
#if defined(__x86_64__) && !PLUCK_HARDWARE_FMA && !defined(__CUDACC__)
#define PLUCK_DISPATCH_AVX2 1
#else
#define PLUCK_DISPATCH_AVX2 0
#endif
#endif

#if PLUCK_DISPATCH_AVX2
#include <cpuid.h>
#endif

namespace pluck::inline v0::cpu::inline PLUCK_BUILD {

/// The instruction set that this translation unit is compiled for.
struct native : core::native_fused {
#if defined(__AVX2__) && !defined(__CUDACC__)
    [[nodiscard]] PLUCK_ALWAYS_INLINE static std::uint32_t signs(const kernels::ints& word) noexcept {
        return static_cast<std::uint32_t>(__builtin_ia32_movmskps256(kernels::floats(word)));
    }
#endif
#if defined(__F16C__) && defined(__AVX__) && !defined(__CUDACC__)
    PLUCK_ALWAYS_INLINE static void widen(const std::uint16_t* halves, float* floats) noexcept {
        typedef std::int16_t eight __attribute__((vector_size(16)));
        eight bits;
        __builtin_memcpy(&bits, halves, sizeof bits);
        const kernels::floats wide = __builtin_ia32_vcvtph2ps256(bits);
        __builtin_memcpy(floats, &wide, sizeof wide);
    }
#endif
};

#if PLUCK_DISPATCH_AVX2
struct avx2 {
    struct fused {  // one instruction each, once inlined into a function of this target
        [[nodiscard]] PLUCK_ALWAYS_INLINE static float of(float a, float b, float c) noexcept {
            return __builtin_fmaf(a, b, c);
        }
#if !defined(__clang__)
        // The builtins may only be called where the target is known, which is not where templates are written; clang++
        // refuses the instructions, too. A mask of 64 takes 45 of them by the first, and 80 without; eight halves take
        // 2 by the second, and 16 without.
        [[nodiscard]] PLUCK_ALWAYS_INLINE static std::uint32_t signs(const kernels::ints& word) noexcept {
            std::uint32_t bits;
            asm("vmovmskps %1, %0" : "=r"(bits) : "x"(word));
            return bits;
        }
        PLUCK_ALWAYS_INLINE static void widen(const std::uint16_t* halves, float* floats) noexcept {
            struct eight {
                std::uint16_t bits[kernels::lanes];
            };
            kernels::floats wide;
            asm("vcvtph2ps %1, %0" : "=x"(wide) : "m"(*reinterpret_cast<const eight*>(halves)));
            __builtin_memcpy(floats, &wide, sizeof wide);
        }
#endif
    };

    // Every processor with the first two has the others; a mask is taken apart twice as fast by them.
    template <class Kernel, class... Arguments>
    __attribute__((target("avx2,fma,bmi,bmi2,popcnt,f16c"))) static auto run(const Arguments&... arguments) noexcept {
        return Kernel::template run<fused>(arguments...);
    }

    [[nodiscard]] static bool found() noexcept {
        static const bool all = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                                __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                                __builtin_cpu_supports("popcnt") && has_f16c();
        return all;
    }

private:
    /// clang++ 14 does not know the name.
    [[nodiscard]] static bool has_f16c() noexcept {
        unsigned int a = 0, b = 0, c = 0, d = 0;
        return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
    }
};
#endif

/// Runs a kernel of kernels.hpp, built for the best instruction set that is here.
template <class Kernel, class... Arguments>
auto run_kernel(const Arguments&... arguments) noexcept {
#if PLUCK_DISPATCH_AVX2
    if (avx2::found()) return avx2::run<Kernel>(arguments...);
#endif
    return Kernel::template run<native>(arguments...);
}

}  // namespace pluck::inline v0::cpu::inline PLUCK_BUILD
