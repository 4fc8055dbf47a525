// SPDX-License-Identifier: MIT
//
// Shows:       a batch of logits in a GPU's memory, a token from each row, and that they are the CPU's tokens.
// Leaves out:  streams, graphs, per-row parameters, several draws from one row: docs/cuda.md.
// Next:        08_your_own_sampler, whose stages run in a kernel unchanged.
// Prints:      "256 of 256 tokens are the CPU's", or that there is no GPU here.
//
// What stands between the marks is in the README.
#include <pluck/cuda/sample.cuh>
#include <pluck/sample.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

constexpr std::size_t rows = 256, vocab = 128256;

void check(cudaError_t error) {
    if (error == cudaSuccess) return;
    std::printf("CUDA: %s\n", cudaGetErrorString(error));
    std::exit(1);
}

// [readme]
std::vector<std::int32_t> draw_on_device(const std::vector<float>& logits) {
    float* on_device;
    std::int32_t* tokens;
    check(cudaMalloc(&on_device, logits.size() * sizeof(float)));
    check(cudaMalloc(&tokens, rows * sizeof(std::int32_t)));
    check(cudaMemcpy(on_device, logits.data(), logits.size() * sizeof(float), cudaMemcpyHostToDevice));

    const auto chain = pluck::temperature(0.8f) | pluck::top_k(50) | pluck::top_p(0.9f);
    const pluck::batch_view<float> batch{on_device, rows, vocab};
    check(pluck::cuda::sample_rows(batch, chain, {.seed = 42, .position = 7}, {.token = tokens}));  // one launch

    std::vector<std::int32_t> drawn(rows);
    check(cudaMemcpy(drawn.data(), tokens, rows * sizeof(std::int32_t), cudaMemcpyDeviceToHost));
    check(cudaFree(tokens));
    check(cudaFree(on_device));
    return drawn;
}
// [readme]

int main() {
    int devices = 0;
    if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
        std::printf("no GPU here: this example has drawn nothing\n");
        return 0;
    }
    std::vector<float> logits(rows * vocab);  // any numbers will do, such as the sums of some hashes
    std::uint32_t state = 1;
    for (float& logit : logits) {
        int sum = 0;
        for (int i = 0; i < 4; ++i) sum += static_cast<int>((state = state * 1664525u + 1013904223u) >> 20);
        logit = static_cast<float>(sum - 8190) / 1024;
    }
    const std::vector<std::int32_t> drawn = draw_on_device(logits);

    const auto chain = pluck::temperature(0.8f) | pluck::top_k(50) | pluck::top_p(0.9f);
    std::size_t equal = 0;
    for (std::size_t row = 0; row < rows; ++row) {
        const pluck::logits_view<float> own{logits.data() + row * vocab, vocab};
        equal += pluck::sample(own, chain, {.seed = 42, .position = 7}).token == drawn[row];
    }
    std::printf("%zu of %zu tokens are the CPU's\n", equal, rows);
    return equal == rows ? 0 : 1;
}
