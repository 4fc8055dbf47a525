// SPDX-License-Identifier: MIT
//
// The few things that templates cannot say: what runs on a device, what must be inlined. Every macro is always defined.
#pragma once

/// Marks what a kernel may call. Under nvcc: `__host__ __device__`.
#if defined(__CUDACC__)
#define PLUCK_HOST_DEVICE __host__ __device__
#else
#define PLUCK_HOST_DEVICE
#endif

/// 1 wherever nvcc compiles, the host side of a .cu file as well.
#if defined(__CUDACC__)
#define PLUCK_NVCC 1
#else
#define PLUCK_NVCC 0
#endif

/// Before a template that runs on rows of either side, on a line of its own: nvcc would warn of a host's row.
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
/// and written is checked all the same.
#if defined(__clang__)
#define PLUCK_ALWAYS_INLINE inline __attribute__((always_inline, no_sanitize("pointer-overflow")))
#else
#define PLUCK_ALWAYS_INLINE inline __attribute__((always_inline))
#endif

/// Before a loop whose body a device shall hold once: most of a kernel's code runs once a launch, and is waited for as it
/// is fetched. It also takes half as long to compile.
#if defined(__CUDA_ARCH__)
#define PLUCK_ROLLED _Pragma("unroll 1")
#else
#define PLUCK_ROLLED
#endif

/// A device function that stays one. A kernel of many stages would otherwise hold a copy of each loop for each stage, and
/// run out of registers.
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

/// 1 where one instruction computes a * b + c with one rounding.
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

/// Names what this translation unit is compiled for. The functions between sample() and a row's loops live in an inline
/// namespace of that name: else the linker could keep the body with the newest instructions for a part of the program
/// that must also run without them. Types do not, so that they pass from one part to the other.
#if defined(__AVX512F__) && defined(__AVX512VL__) && defined(__AVX512BW__) && defined(__AVX512DQ__)
#define PLUCK_BUILD built_for_avx512
#elif defined(__AVX512F__)
#define PLUCK_BUILD built_for_foundation_of_avx512
#elif defined(__AVX2__) && defined(__FMA__)
#define PLUCK_BUILD built_for_avx2_and_fma
#elif defined(__AVX2__)
#define PLUCK_BUILD built_for_avx2
#elif PLUCK_HARDWARE_FMA
#define PLUCK_BUILD built_for_fma
#elif defined(__AVX__)
#define PLUCK_BUILD built_for_avx
#elif defined(__SSE4_1__)
#define PLUCK_BUILD built_for_sse4
#else
#define PLUCK_BUILD built_for_any
#endif
