// SPDX-License-Identifier: MIT
//
// What the device tests ask of pluck::cuda, as plain functions: nvcc compiles their bodies, and the host's compiler the
// tests themselves, with the CPU's fastest loops.
#pragma once

#include "cuda/device/stages.hpp"
#include <pluck/base.hpp>
#include <pluck/chain.hpp>
#include <pluck/key.hpp>
#include <pluck/logits.hpp>
#include <pluck/pick.hpp>

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

namespace device_test {

/// So many of the best and of given tokens are reported of each draw, of a base that depends on the vocabulary alone.
inline constexpr std::uint32_t reported = 3;
[[nodiscard]] inline pluck::base base_for(std::size_t vocab) noexcept { return static_cast<pluck::base>(vocab % 4); }

/// All pointers are to device memory.
struct outputs {
    std::int32_t* token = nullptr;
    pluck::status* status = nullptr;
    std::int32_t* kept = nullptr;
    float* log_probability = nullptr;
    std::int32_t* rank = nullptr;
    std::int32_t* top_ids = nullptr;
    float* top_values = nullptr;
    const std::int32_t* given_ids = nullptr;  // [reported], for all draws
    float* given_values = nullptr;
};

struct how {
    unsigned blocks = 0;
    cudaStream_t stream = nullptr;
    const std::int32_t* indices = nullptr;
    std::size_t draws = 0;  // of indices
    void* workspace = nullptr;
    std::size_t workspace_size = 0;
};

/// Parameters for each row, as inference engines have them.
struct parameters {
    const float* temperature;
    const std::int32_t* top_k;
    const float* top_p;
    const float* min_p;
    const std::uint64_t* seed;
    const std::uint64_t* sequence;
    const std::uint64_t* position;
};

template <class Scalar>
struct launches {
    using batch = pluck::batch_view<Scalar>;
    static cudaError_t draw_listed(const batch&, listed, const pluck::key* keys, const outputs&, const how&);
    static cudaError_t draw_listed_by_rejection(const batch&, listed, const pluck::key* keys, const outputs&,
                                                const how&);
    static cudaError_t draw_combined(const batch&, const pluck::combined&, const pluck::key* keys, const outputs&,
                                     const how&);
    static cudaError_t draw_per_row(const batch&, const parameters&, const outputs&, const how&);
    static cudaError_t draw_greedy(const batch&, const pluck::key* keys, const outputs&, const how&);
    static cudaError_t draw_probable(const batch&, const pluck::key* keys, const outputs&, const how&);
    static cudaError_t draw_adjusted(const batch&, penalise, allow, const pluck::key* keys, const outputs&, const how&);
    static cudaError_t workspace_for_adjusted(const batch&, penalise, allow, const how&, std::size_t& bytes);
    static cudaError_t probabilities(const batch&, const pluck::combined&, float* out, std::ptrdiff_t stride,
                                     pluck::status*, const how&);
    static cudaError_t mask(const batch&, const pluck::combined&, Scalar* out, std::ptrdiff_t stride, pluck::status*,
                            const how&);
};

}  // namespace device_test
