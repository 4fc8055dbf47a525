// SPDX-License-Identifier: MIT
//
// pluck's draws from logits of one type, PLUCK_SCALAR: compiled once for each, side by side.
#include "cuda/systems.hpp"
#include <pluck/cuda/sample.cuh>

namespace cuda_benchmark {

template <class Scalar>
cudaError_t draw_by_pluck(const chain& what, const work<Scalar>& on, unsigned blocks) {
    const pluck::batch_view<Scalar> batch{on.logits, on.rows, on.vocab, static_cast<std::ptrdiff_t>(on.vocab), 1};
    const auto draw = [&](const auto& stages) {
        return pluck::cuda::sample_rows(
            batch, stages,
            {.seed = 1, .sequence = pluck::per_row<std::uint64_t>{on.each.sequence}, .position = on.position},
            {.token = on.tokens}, {.stream = on.stream, .blocks = blocks});
    };
    if (what.greedy) return draw(pluck::greedy{});
    if (what.mixed) {
        return draw(pluck::temperature(pluck::per_row<float>{on.each.temperature}) |
                    pluck::top_p(pluck::per_row<float>{on.each.top_p}) |
                    pluck::top_k(pluck::per_row<std::int32_t>{on.each.top_k}));
    }
    if (what.p_first)
        return draw(pluck::temperature(what.temperature) | pluck::top_p(what.top_p) | pluck::top_k(what.top_k));
    return draw(pluck::combined{
        .temperature = what.temperature, .top_k = what.top_k, .top_p = what.top_p, .min_p = what.min_p});
}

template cudaError_t draw_by_pluck(const chain&, const work<PLUCK_SCALAR>&, unsigned);

}  // namespace cuda_benchmark
