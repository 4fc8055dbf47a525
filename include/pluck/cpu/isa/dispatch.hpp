// SPDX-License-Identifier: MIT
//
// Which build of each loop runs. A program compiled for plain x86-64 still uses fused multiply-adds and 256-bit vectors
// where the processor has them; one compiled with -march= uses what it asked for. The bits are the same in any case.
#pragma once

#include <pluck/cpu/isa/instructions.hpp>
#include <pluck/cpu/kernels/blocks.hpp>
#include <pluck/cpu/kernels/gather.hpp>
#include <pluck/cpu/kernels/mass_bounds.hpp>
#include <pluck/cpu/kernels/masses.hpp>
#include <pluck/cpu/kernels/scan.hpp>
#include <pluck/detail/config.hpp>

/// 1 where a faster instruction set than this translation unit is compiled for may be found at run time. Defined as 0
/// beforehand, it is not looked for: the tests do so, to run what a processor without it would. clang++ refuses the
/// instructions of AVX-512 in templates that are inlined into functions of that target.
#if !defined(__x86_64__) || defined(__CUDACC__)
#undef PLUCK_DISPATCH_AVX2
#define PLUCK_DISPATCH_AVX2 0
#endif
#if !defined(PLUCK_DISPATCH_AVX2)
#if defined(__MINGW32__) && !defined(__clang__)  // whose g++ may spill such vectors to where the stack is not aligned
#define PLUCK_DISPATCH_AVX2 0
#else
#define PLUCK_DISPATCH_AVX2 !PLUCK_HARDWARE_FMA
#endif
#endif
#if !PLUCK_DISPATCH_AVX2 || defined(__clang__)
#undef PLUCK_DISPATCH_AVX512
#define PLUCK_DISPATCH_AVX512 0
#endif
#if !defined(PLUCK_DISPATCH_AVX512)
#define PLUCK_DISPATCH_AVX512 1
#endif

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_BUILD {

#if PLUCK_DISPATCH_AVX2
struct avx2 {
#if defined(__clang__)  // refuses the instructions in templates
    struct isa {
        [[nodiscard]] PLUCK_ALWAYS_INLINE static float fma(float a, float b, float c) noexcept {
            return __builtin_fmaf(a, b, c);
        }
    };
#else
    using isa = avx2_isa;
#endif

    // Every processor with the first two has the others, which take a mask apart twice as fast.
    template <class Kernel, class... Arguments>
    __attribute__((target("avx2,fma,bmi,bmi2,popcnt,f16c"))) static auto run(const Arguments&... arguments) noexcept {
        return Kernel::template run<isa>(arguments...);
    }

    [[nodiscard]] static bool found() noexcept {
        static const bool all = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                                __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                                __builtin_cpu_supports("popcnt") && has_f16c();
        return all;
    }

private:
    /// clang++ 14 does not know the name, and its <cpuid.h> is not for -masm=intel. Volatile and apart, or g++ asks in
    /// every call, before it looks whether it has to: that takes 4 us in a virtual machine, whose host answers.
    [[nodiscard]] __attribute__((noinline, cold)) static bool has_f16c() noexcept {
        unsigned int a = 1, b, c = 0, d;
        asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
        return (c >> 29 & 1u) != 0;
    }
};
#endif

#if PLUCK_DISPATCH_AVX512
struct avx512 {
    using isa = avx512_isa;

    template <class Kernel, class... Arguments>
    __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma,bmi,bmi2,popcnt,f16c"))) static auto run(
        const Arguments&... arguments) noexcept {
        return Kernel::template run<isa>(arguments...);
    }

    /// Of the processors with 512-bit vectors, those that do not slow down to use them: all that know VBMI2, as well.
    [[nodiscard]] static bool found() noexcept {
        static const bool all = avx2::found() && __builtin_cpu_supports("avx512f") &&
                                __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
                                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vbmi2");
        return all;
    }
};
#endif

/// Runs a kernel of kernels/, built for the best instruction set that this processor has.
template <class Kernel, class... Arguments>
auto run_kernel(const Arguments&... arguments) noexcept {
#if PLUCK_DISPATCH_AVX512
    if constexpr (requires { Kernel::uses_avx512; }) {
        if (avx512::found()) return avx512::run<Kernel>(arguments...);
    }
#endif
#if PLUCK_DISPATCH_AVX2
    if (avx2::found()) return avx2::run<Kernel>(arguments...);
#endif
    return Kernel::template run<native>(arguments...);
}

}}}}  // namespace pluck::v0::cpu::PLUCK_BUILD
