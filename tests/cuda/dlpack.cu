// SPDX-License-Identifier: MIT
//
// A DLPack tensor on a GPU goes through visit() to a launch, with a fake of CUDA's run-time library: nothing is drawn,
// and it is seen that each type is launched, and what is refused is not.
#include "cuda/support/fake_runtime.hpp"
#include <pluck/adapters/dlpack.hpp>
#include <pluck/cuda/sample.cuh>

#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>

using pluck_test::fake;

namespace {

int failures = 0;

void check(bool holds, const char* what) {
    if (holds) return;
    ++failures;
    std::printf("FAILED: %s\n", what);
}

/// docs/tensors.md has these lines.
cudaError_t draw_on_gpu(const DLTensor& logits, const DLTensor& tokens, cudaStream_t stream) {
    const pluck::dlpack::cuda_device gpu{0};
    const auto chain = pluck::temperature(0.8f) | pluck::top_k(50);
    std::int32_t* const to = pluck::dlpack::span_of<std::int32_t>(tokens, gpu).data();
    return pluck::dlpack::visit(logits, gpu, [&](const auto& batch) {
        return pluck::cuda::sample_rows(batch, chain, {.seed = 42}, {.token = to}, {.stream = stream});
    });
}

}  // namespace

int main() {
    static float memory[512];  // never read: nothing is launched
    std::int64_t shape[2] = {3, 100}, draws[1] = {3}, strides[2] = {128, 1}, transposed[2] = {1, 3};
    DLTensor logits{memory, {kDLCUDA, 0}, 2, {kDLFloat, 32, 1}, shape, strides, 0};
    const DLTensor tokens{memory, {kDLCUDA, 0}, 1, {kDLInt, 32, 1}, draws, nullptr, 0};
    int launches = 0;
    for (const DLDataType type : {DLDataType{kDLFloat, 32, 1}, {kDLFloat, 16, 1}, {kDLBfloat, 16, 1}}) {
        logits.dtype = type;
        check(draw_on_gpu(logits, tokens, nullptr) == cudaSuccess, "a launch");
        check(fake().launches == ++launches, "one launch for each call");
    }
    const auto refusal = [&] {
        try {
            (void)draw_on_gpu(logits, tokens, nullptr);
        } catch (const std::invalid_argument& refused) {
            return std::string(refused.what());
        }
        return std::string();
    };
    logits.strides = transposed;
    check(refusal().find("sample_rows: logits.vocab_stride must be 1, got 3") != std::string::npos, "a transposed one");
    logits.strides = strides;
    logits.dtype = {kDLFloat, 64, 1};
    check(refusal().find("dtype must be float16, bfloat16 or float32, got float64") != std::string::npos, "doubles");
    logits.dtype = {kDLFloat, 32, 1};
    logits.device = {kDLCPU, 0};
    check(refusal().find("device must be cuda:0, got cpu:0") != std::string::npos, "a tensor of the host");
    check(fake().launches == launches, "launches of what is refused");
    std::printf(failures == 0 ? "all checks hold\n" : "%d checks fail\n", failures);
    return failures == 0 ? 0 : 1;
}
