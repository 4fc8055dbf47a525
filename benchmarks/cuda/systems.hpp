// SPDX-License-Identifier: MIT
//
// Who draws by the chains. Each system is a file of its own, compiled by its own flags: pluck.cu,
// flashinfer.cu where FlashInfer is installed (install_peers), and torch_peer.py, which is no part of this program.
#pragma once

#include "cuda/chains.hpp"
#include <pluck/detail/scalar.hpp>

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

namespace cuda_benchmark {

/// The parameters of mixed rows, and which sequence each row is, in device memory.
struct row_parameters {
    const float* temperature;
    const std::int32_t* top_k;  // as many as there are tokens, and more: all
    const float* top_p;
    const std::uint64_t* sequence;
};

/// One draw from each row.
template <class Scalar>
struct work {
    const Scalar* logits;
    std::uint32_t rows, vocab;
    row_parameters each;
    std::uint64_t position;  // no two draws of a row have the same
    std::int32_t* tokens;
    cudaStream_t stream;
};

template <class Scalar>
[[nodiscard]] cudaError_t draw_by_pluck(const chain&, const work<Scalar>&, unsigned blocks);

/// Memory passed to FlashInfer, for the largest batch.
struct scratch {
    float* logits;             // [rows][vocab]
    float* probabilities;      // [rows][vocab]
    void* top_logits;          // [rows][k]
    std::int32_t* top_tokens;  // [rows][k]
    bool* valid;               // [rows]
    void* workspace;           // of its softmax
    void* states;              // of its top-k, zero at first
};
inline constexpr std::size_t workspace_bytes = std::size_t{1} << 20;  // of either, as its Python has them

[[nodiscard]] inline bool flashinfer_has(const chain& what) { return !what.greedy; }
template <class Scalar>
[[nodiscard]] cudaError_t draw_by_flashinfer(const chain&, const work<Scalar>&, const scratch&);

}  // namespace cuda_benchmark
