// SPDX-License-Identifier: MIT
//
// A few kernels that stand for all: the usual chain, its draw by rejection, and greedy. Compiled for every
// architecture, so that warnings, registers and spills are seen without a GPU.
#include <pluck/cuda/sample.cuh>

cudaError_t draw_usual(const pluck::batch_view<float>& logits, const pluck::combined& chain,
                       const pluck::cuda::results& out) {
    return pluck::cuda::sample_rows(logits, chain, {.seed = 1}, out);
}

cudaError_t draw_by_rejection(const pluck::batch_view<float>& logits, const pluck::cuda::results& out) {
    return pluck::cuda::sample_rows(logits, pluck::temperature(0.8f) | pluck::rejection{}, {.seed = 1}, out);
}

cudaError_t draw_best(const pluck::batch_view<float>& logits, const pluck::cuda::results& out) {
    return pluck::cuda::sample_rows(logits, pluck::greedy{}, {}, out);
}
