// SPDX-License-Identifier: MIT
//
// What templates cannot say: what runs on a device, what must be inlined. Every macro is always defined.
#pragma once

/// 1 wherever nvcc compiles, also for the host side of a .cu file.
#if defined(__CUDACC__)
#define PLUCK_NVCC 1
#else
#define PLUCK_NVCC 0
#endif

/// Before a template that runs on rows of host and device, on a line of its own: nvcc would warn of the host's row.
#if defined(__CUDACC__)
#define PLUCK_ANY_ROW _Pragma("nv_exec_check_disable")
#else
#define PLUCK_ANY_ROW
#endif

/// 1 while nvcc compiles the device side of a function.
#if defined(__CUDA_ARCH__)
#define PLUCK_ON_DEVICE 1
#else
#define PLUCK_ON_DEVICE 0
#endif

/// 1 while a device function is compiled for a processor whose blocks can form clusters.
#if defined(__CUDA_ARCH__)
#if __CUDA_ARCH__ >= 900
#define PLUCK_DEVICE_CLUSTERS 1
#else
#define PLUCK_DEVICE_CLUSTERS 0
#endif
#else
#define PLUCK_DEVICE_CLUSTERS 0
#endif

/// A loop that is written once and compiled per instruction set must end up inside its wrapper, also at -O0. clang++'s
/// sanitizer would check each index of each unrolled step, which takes three times as long to compile; what is read
/// and written is checked all the same. Under -finstrument-functions g++ would make a function of it after all, to have
/// an address to report, for a processor without the instructions that it asks for.
#if defined(__clang__)
#define PLUCK_ALWAYS_INLINE inline __attribute__((always_inline, no_sanitize("pointer-overflow")))
#else
#define PLUCK_ALWAYS_INLINE inline __attribute__((always_inline, no_instrument_function))
#endif

/// Before a loop that is not to be unrolled on a device: most of a kernel's code runs once per launch, and has to wait
/// until it is fetched. It also takes half as long to compile.
#if defined(__CUDA_ARCH__)
#define PLUCK_ROLLED _Pragma("unroll 1")
#else
#define PLUCK_ROLLED
#endif

/// A device function that is not inlined. A kernel of many stages would otherwise contain a copy of each loop for each
/// stage, and run out of registers.
#if defined(__CUDACC__)
#define PLUCK_DEVICE_CALL __noinline__
#else
#define PLUCK_DEVICE_CALL
#endif

/// 1 under -rdc=true, where a device function may be called from other translation units.
#if defined(__CUDACC_RDC__)
#define PLUCK_RELOCATABLE 1
#else
#define PLUCK_RELOCATABLE 0
#endif

/// 1 where one instruction computes a * b + c, rounded once.
#if defined(__FMA__) || defined(__aarch64__) || defined(__ARM_FEATURE_FMA)
#define PLUCK_HARDWARE_FMA 1
#else
#define PLUCK_HARDWARE_FMA 0
#endif

#if defined(__cpp_exceptions)
#define PLUCK_EXCEPTIONS 1
#else
#define PLUCK_EXCEPTIONS 0
#endif

/// 1 in a translation unit that links pluck::compiled: the row is declared there, and defined in the library.
#if !defined(PLUCK_COMPILED)
#define PLUCK_COMPILED 0
#endif

/// 1 in the same units and in the library's own, where pluck::compiled is a shared library.
#if !defined(PLUCK_SHARED)
#define PLUCK_SHARED 0
#endif

/// 1 in the one translation unit that pluck::compiled is made of.
#if !defined(PLUCK_COMPILED_SOURCE)
#define PLUCK_COMPILED_SOURCE 0
#endif
#if PLUCK_COMPILED_SOURCE && !PLUCK_COMPILED
#error "pluck: the unit that defines PLUCK_COMPILED_SOURCE must be compiled with -DPLUCK_COMPILED=1"
#endif

/// Before a definition outside of its class: the library defines it once, headers define it in each unit.
#if PLUCK_COMPILED
#define PLUCK_INLINE
#else
#define PLUCK_INLINE inline
#endif

/// On what pluck::compiled defines: where that is shared, visible although -fvisibility=hidden is the rule. Of a static
/// one nothing is marked: a plugin that links it would export it, and two plugins would use the row of one of them.
#if PLUCK_COMPILED && PLUCK_SHARED && !defined(_WIN32)
#define PLUCK_EXPORT __attribute__((visibility("default")))
#else
#define PLUCK_EXPORT
#endif

/// What this translation unit is compiled for.
#if defined(__AVX512F__) && defined(__AVX512VL__) && defined(__AVX512BW__) && defined(__AVX512DQ__)
#define PLUCK_TARGET avx512
#elif defined(__AVX512F__)
#define PLUCK_TARGET avx512f
#elif defined(__AVX2__) && defined(__FMA__)
#define PLUCK_TARGET avx2_and_fma
#elif defined(__AVX2__)
#define PLUCK_TARGET avx2
#elif PLUCK_HARDWARE_FMA
#define PLUCK_TARGET fma
#elif defined(__AVX__)
#define PLUCK_TARGET avx
#elif defined(__SSE4_1__)
#define PLUCK_TARGET sse4
#else
#define PLUCK_TARGET any
#endif

#define PLUCK_JOIN_NOW(a, b) a##b
#define PLUCK_JOIN(a, b) PLUCK_JOIN_NOW(a, b)
#define PLUCK_TEXT_NOW(a) #a
#define PLUCK_TEXT(a) PLUCK_TEXT_NOW(a)

/// Without exceptions a bad parameter ends the program, which is nothing that a unit with exceptions expects.
#if PLUCK_EXCEPTIONS
#define PLUCK_UNIT PLUCK_TARGET
#else
#define PLUCK_UNIT PLUCK_JOIN(PLUCK_TARGET, _without_exceptions)
#endif

/// The linker keeps one of the functions that have the same name, and may keep the one with the newest instructions for
/// a part of the program that must also run without them. So each function has the target in its name: PLUCK_BUILD is
/// an inline namespace where a function is free to have one, and an ABI tag (PLUCK_TAGGED) elsewhere. Types have
/// neither, so that they pass from one part of a program to another. PLUCK_ROW_BUILD is the namespace of the CPU's row:
/// the same, or the one of pluck::compiled, which is compiled for any processor whatever its callers are compiled for.
#if PLUCK_COMPILED_SOURCE
#define PLUCK_BUILD compiled
#define PLUCK_ROW_BUILD compiled
#elif PLUCK_COMPILED
#define PLUCK_BUILD PLUCK_JOIN(linked_for_, PLUCK_UNIT)
#define PLUCK_ROW_BUILD compiled
#else
#define PLUCK_BUILD PLUCK_JOIN(built_for_, PLUCK_UNIT)
#define PLUCK_ROW_BUILD PLUCK_BUILD
#endif

/// Before a function that any translation unit may define: gives it a name of its build. nvcc's front end warns of the
/// attribute where it instantiates templates.
#if defined(__CUDACC__)
#define PLUCK_TAGGED
#else
#define PLUCK_TAGGED __attribute__((abi_tag(PLUCK_TEXT(PLUCK_BUILD))))
#endif

/// Marks what a kernel may call, tagged. Under nvcc: `__host__ __device__`.
#if defined(__CUDACC__)
#define PLUCK_HOST_DEVICE __host__ __device__
#else
#define PLUCK_HOST_DEVICE PLUCK_TAGGED
#endif
