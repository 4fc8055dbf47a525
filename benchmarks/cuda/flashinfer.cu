// SPDX-License-Identifier: MIT
//
// FlashInfer from logits to tokens, by the kernels that its Python calls, with its defaults: deterministic, one seed
// for a batch, 16-bit logits widened first but where its top-k takes them as they are. Its steps share one buffer for
// each thing, so that what one writes the next may find in the cache, which is as good as its Python has it.
#include "cuda/systems.hpp"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <flashinfer/sampling.cuh>
#include <flashinfer/topk.cuh>
#include <type_traits>

namespace cuda_benchmark {
namespace {

namespace peer = flashinfer::sampling;
constexpr bool deterministic = true;

template <class Scalar>
struct peers_type {
    using type = float;
};
template <>
struct peers_type<pluck::half> {
    using type = __half;
};
template <>
struct peers_type<pluck::bfloat16> {
    using type = __nv_bfloat16;
};

__device__ float wide(pluck::half x) { return __half2float(__ushort_as_half(x.bits)); }
__device__ float wide(pluck::bfloat16 x) { return __uint_as_float(static_cast<unsigned>(x.bits) << 16); }

/// As its Python's logits.float(), four at a time.
template <class Scalar>
__global__ void widen_quads(const Scalar* from, float* to, std::size_t quads) {
    struct alignas(8) four {
        Scalar of[4];
    };
    const std::size_t step = std::size_t{gridDim.x} * blockDim.x;
    for (std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x; i < quads; i += step) {
        const four some = reinterpret_cast<const four*>(from)[i];
        reinterpret_cast<float4*>(to)[i] = {wide(some.of[0]), wide(some.of[1]), wide(some.of[2]), wide(some.of[3])};
    }
}

/// The logits, of which there are a multiple of four, as floats: where they are, or in `room`.
template <class Scalar>
cudaError_t widened(const Scalar* from, float* room, std::size_t count, cudaStream_t stream, float*& logits) {
    if constexpr (std::is_same_v<Scalar, float>) {
        logits = const_cast<float*>(from);  // FlashInfer only reads them
        return cudaSuccess;
    } else {
        logits = room;
        const std::size_t blocks = (count / 4 + 255) / 256;
        widen_quads<<<static_cast<unsigned>(blocks < 65536 ? blocks : 65536), 256, 0, stream>>>(from, room, count / 4);
        return cudaGetLastError();
    }
}

/// Places among the top k to tokens.
__global__ void look_up(const std::int32_t* top_tokens, unsigned k, std::int32_t* tokens, unsigned rows) {
    const unsigned row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row < rows) tokens[row] = top_tokens[row * k + static_cast<unsigned>(tokens[row])];
}

}  // namespace

template <class Scalar>
cudaError_t draw_by_flashinfer(const chain& what, const work<Scalar>& on, const scratch& own) {
    constexpr std::uint64_t seed = 1;
    const std::uint64_t offset = on.position * 32;  // as its Python goes on from draw to draw
    const auto softmax = [&](float* from, float* to, unsigned vocab) {
        float* temperatures = what.mixed ? const_cast<float*>(on.each.temperature) : nullptr;
        return peer::OnlineSoftmax<float>(from, to, on.rows, vocab, temperatures, what.temperature, own.workspace,
                                          workspace_bytes, false, on.stream);
    };
    const auto by_top_p = [&](float* probabilities, unsigned vocab) {
        return peer::TopPSamplingFromProb<float, std::int32_t>(probabilities, on.tokens, own.valid, nullptr, nullptr,
                                                               on.rows, what.top_p, vocab, deterministic, nullptr, seed,
                                                               nullptr, offset, on.stream);
    };
    const auto k = static_cast<unsigned>(what.top_k);
    const bool k_first = k != 0 && what.top_p < 1 && !what.p_first;
    auto* states = static_cast<peer::RadixRowState*>(own.states);

    // top_k_top_p_sampling_from_logits() with one k for all rows: in a long row it goes on with the k best alone.
    if (k_first && on.vocab >= 65536) {
        using type = typename peers_type<Scalar>::type;
        auto* from = reinterpret_cast<type*>(const_cast<Scalar*>(on.logits));
        auto* best = static_cast<Scalar*>(own.top_logits);
        const std::size_t count = (std::size_t{on.rows} * k + 3) / 4 * 4;
        float* logits;
        cudaError_t error = peer::TopKDispatch<type, std::int32_t>(from, own.top_tokens, reinterpret_cast<type*>(best),
                                                                   on.rows, k, on.vocab, states, true, deterministic,
                                                                   peer::TopKTieBreak::None, on.stream);
        if (error == cudaSuccess) error = widened(best, own.logits, count, on.stream, logits);
        if (error == cudaSuccess) error = softmax(logits, own.probabilities, k);
        if (error == cudaSuccess) error = by_top_p(own.probabilities, k);
        if (error != cudaSuccess) return error;
        look_up<<<(on.rows + 255) / 256, 256, 0, on.stream>>>(own.top_tokens, k, on.tokens, on.rows);
        return cudaGetLastError();
    }

    float* logits;
    cudaError_t error = widened(on.logits, own.logits, std::size_t{on.rows} * on.vocab, on.stream, logits);
    if (error != cudaSuccess) return error;
    if (k_first) {  // and in a short one masks the others
        error = peer::RadixTopKMaskLogitsMultiCTA<float, std::int32_t>(logits, own.probabilities, nullptr, on.rows, k,
                                                                       on.vocab, states, on.stream);
        if (error == cudaSuccess) error = softmax(own.probabilities, own.logits, on.vocab);
        return error == cudaSuccess ? by_top_p(own.logits, on.vocab) : error;
    }
    if (what.temperature == 1 && k == 0 && what.top_p == 1 && what.min_p == 0 && !what.mixed) {
        return peer::SamplingFromLogits<float, std::int32_t>(logits, on.tokens, nullptr, on.rows, on.vocab,
                                                             deterministic, nullptr, seed, nullptr,
                                                             on.position * on.vocab, on.stream);
    }
    error = softmax(logits, own.probabilities, on.vocab);
    if (error != cudaSuccess) return error;
    if (what.p_first) {
        return peer::TopKTopPSamplingFromProb<float, std::int32_t>(
            own.probabilities, what.mixed ? const_cast<std::int32_t*>(on.each.top_k) : nullptr,
            what.mixed ? const_cast<float*>(on.each.top_p) : nullptr, on.tokens, own.valid, nullptr, on.rows,
            what.top_k, what.top_p, on.vocab, deterministic, nullptr, seed, nullptr, offset, on.stream);
    }
    if (k != 0) {
        return peer::TopKSamplingFromProb<float, std::int32_t>(own.probabilities, on.tokens, own.valid, nullptr,
                                                               nullptr, on.rows, k, on.vocab, deterministic, nullptr,
                                                               seed, nullptr, offset, on.stream);
    }
    if (what.min_p > 0) {
        return peer::MinPSamplingFromProb<float, std::int32_t>(own.probabilities, nullptr, on.tokens, own.valid,
                                                               nullptr, on.rows, what.min_p, on.vocab, deterministic,
                                                               nullptr, seed, nullptr, offset, on.stream);
    }
    if (what.top_p < 1) return by_top_p(own.probabilities, on.vocab);
    return peer::SamplingFromProb<float, std::int32_t>(own.probabilities, on.tokens, own.valid, nullptr, on.rows,
                                                       on.vocab, deterministic, nullptr, seed, nullptr, offset,
                                                       on.stream);
}

template cudaError_t draw_by_flashinfer(const chain&, const work<float>&, const scratch&);
template cudaError_t draw_by_flashinfer(const chain&, const work<pluck::half>&, const scratch&);
template cudaError_t draw_by_flashinfer(const chain&, const work<pluck::bfloat16>&, const scratch&);

}  // namespace cuda_benchmark
