// SPDX-License-Identifier: MIT
//
// The second of two translation units that both have the same kernel: kernels.cu is the first, and a symbol that is
// defined twice would not link. Without a GPU the program can do no more than draw on the CPU, whose rows nvcc compiles
// as well.
#include "support/serial_row.hpp"
#include <pluck/cuda/sample.cuh>
#include <pluck/sample.hpp>

#include <cstdio>
#include <vector>

cudaError_t draw_best(const pluck::batch_view<float>& logits, const pluck::cuda::results& out);

int main() {
    const pluck::batch_view<float> none{nullptr, 0, 10, 10, 1};
    const bool alike = draw_best(none, {}) == pluck::cuda::sample_rows(none, pluck::greedy{}, {}, {});

    const auto chain = pluck::temperature(0.8f) | pluck::top_k(50) | pluck::top_p(0.9f) | pluck::min_p(0.01f);
    std::vector<float> logits(1000);
    int equal = 0;
    for (std::uint64_t row = 0; row < 100; ++row) {
        const pluck::key key{.seed = row};
        pluck::randomness random(key);
        for (std::uint32_t i = 0; i < logits.size(); ++i)
            logits[i] = static_cast<float>(random.bits(7, i).word[0] >> 20) / 256;
        pluck_test::serial_row slow(logits.data(), logits.size(), random, 0);
        equal += pluck::sample(logits, chain, key) == pluck::run(chain, slow) ? 1 : 0;
    }
    std::printf("both units %s; %d of 100 tokens are equal\n", alike ? "agree" : "differ", equal);
    return alike && equal == 100 ? 0 : 1;
}
