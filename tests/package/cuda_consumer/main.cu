// SPDX-License-Identifier: MIT
#include <pluck/cuda/sample.cuh>

#include <cstdio>

int main() {
    int devices = 0;
    if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
        std::printf("no GPU here\n");
        return 0;
    }
    const float scores[4] = {0.5f, 1.0f, 3.0f, 2.0f};
    float* logits = nullptr;
    std::int32_t* tokens = nullptr;
    std::int32_t token = -1;
    bool good = cudaMalloc(&logits, sizeof scores) == cudaSuccess && cudaMalloc(&tokens, sizeof token) == cudaSuccess &&
                cudaMemcpy(logits, scores, sizeof scores, cudaMemcpyHostToDevice) == cudaSuccess;
    const pluck::batch_view<float> batch{logits, 1, 4};
    good = good && pluck::cuda::sample_rows(batch, pluck::greedy{}, {}, {.token = tokens}) == cudaSuccess;
    good = good && cudaMemcpy(&token, tokens, sizeof token, cudaMemcpyDeviceToHost) == cudaSuccess;
    std::printf("token %d\n", static_cast<int>(token));
    return good && token == 2 ? 0 : 1;
}
