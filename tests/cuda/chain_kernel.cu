// SPDX-License-Identifier: MIT
//
// The stages, unchanged, in a kernel: one thread for each row, on the smallest backend. Compiled wherever nvcc is
// found, so that no stage comes to need what a device cannot run.
#include "support/serial_row.hpp"
#include <pluck/chain.hpp>

namespace {

struct probable : pluck::stage {  // a stage of a user's own
    static constexpr pluck::verb does = pluck::verb::keep;
    float share = 0.01f;
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        row.keep_mass_at_least(pluck::mass_share(share, row.total()));
    }
};

template <class Chain>
__global__ void draw_rows(const float* logits, std::size_t rows, std::size_t vocab, Chain chain, pluck::key key,
                          pluck::pick* picks) {
    const std::size_t row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows) return;
    key.position.value += row;
    pluck_test::serial_row state(logits + row * vocab, vocab, pluck::randomness(key), row);
    picks[row] = pluck::run(chain, state);
}

}  // namespace

void draw_on_device(const float* logits, std::size_t rows, std::size_t vocab, const float* temperatures, pluck::key key,
                    pluck::pick* picks) {
    const auto every_stage = pluck::temperature(pluck::per_row<float>{temperatures}) | pluck::top_k(50) |
                             pluck::top_p(0.9f) | pluck::min_p(0.05f) | probable{};
    draw_rows<<<1, 32>>>(logits, rows, vocab, every_stage, key, picks);
    draw_rows<<<1, 32>>>(logits, rows, vocab, pluck::as_chain(pluck::combined{.temperature = 0.7f}), key, picks);
    draw_rows<<<1, 32>>>(logits, rows, vocab, pluck::as_chain(pluck::greedy{}), key, picks);
    draw_rows<<<1, 32>>>(logits, rows, vocab, pluck::temperature(0.8f) | pluck::rejection{}, key, picks);
}
