// SPDX-License-Identifier: MIT
//
// The stage with an operation of its own, in a kernel: the operation is compiled into it, and no header knows it.
#include "cuda/support/own_operation.hpp"
#include <pluck/cuda/sample.cuh>

cudaError_t draw_p_less(const pluck::batch_view<float>& logits, const pluck::cuda::results& out) {
    return pluck::cuda::sample_rows(logits, pluck::temperature(0.8f) | pluck_test::p_less{}, {.seed = 1}, out);
}
