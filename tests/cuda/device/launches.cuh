// SPDX-License-Identifier: MIT
//
// The function bodies of launches.hpp. Each of the .cu files beside this one compiles them for one type of logits.
#pragma once

#include "cuda/device/launches.hpp"
#include <pluck/cuda/sample.cuh>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace device_test {

inline pluck::cuda::results to(const outputs& out, std::size_t vocab) {
    return {.token = out.token,
            .status = out.status,
            .kept = out.kept,
            .log_probability = out.log_probability,
            .rank = out.rank,
            .top = {.ids = out.top_ids, .values = out.top_values, .count = reported},
            .given = {.ids = out.given_ids, .values = out.given_values, .count = reported, .ids_stride = 0},
            .of = base_for(vocab)};
}
inline pluck::cuda::options by(const how& h) {
    using indices = std::span<const std::int32_t>;
    return {.stream = h.stream,
            .indices = h.indices != nullptr ? std::optional(indices(h.indices, h.draws)) : std::nullopt,
            .workspace = h.workspace,
            .workspace_size = h.workspace_size,
            .blocks = h.blocks};
}

template <class Scalar>
cudaError_t launches<Scalar>::draw_listed(const batch& b, listed chain, const pluck::key* keys, const outputs& out,
                                          const how& h) {
    return pluck::cuda::sample_rows(b, chain, {.whole = keys}, to(out, b.vocab), by(h));
}
template <class Scalar>
cudaError_t launches<Scalar>::draw_listed_by_rejection(const batch& b, listed chain, const pluck::key* keys,
                                                       const outputs& out, const how& h) {
    return pluck::cuda::sample_rows(b, chain | pluck::rejection{}, {.whole = keys}, to(out, b.vocab), by(h));
}
template <class Scalar>
cudaError_t launches<Scalar>::draw_combined(const batch& b, const pluck::combined& chain, const pluck::key* keys,
                                            const outputs& out, const how& h) {
    return pluck::cuda::sample_rows(b, chain, {.whole = keys}, to(out, b.vocab), by(h));
}
template <class Scalar>
cudaError_t launches<Scalar>::draw_per_row(const batch& b, const parameters& p, const outputs& out, const how& h) {
    using pluck::per_row;
    const auto chain = pluck::temperature(per_row<float>{p.temperature}) |
                       pluck::top_k(per_row<std::int32_t>{p.top_k}) | pluck::top_p(per_row<float>{p.top_p}) |
                       pluck::min_p(per_row<float>{p.min_p});
    const pluck::cuda::keys keys{.seed = per_row<std::uint64_t>{p.seed},
                                 .sequence = per_row<std::uint64_t>{p.sequence},
                                 .position = per_row<std::uint64_t>{p.position}};
    return pluck::cuda::sample_rows(b, chain, keys, to(out, b.vocab), by(h));
}
template <class Scalar>
cudaError_t launches<Scalar>::draw_greedy(const batch& b, const pluck::key* keys, const outputs& out, const how& h) {
    return pluck::cuda::sample_rows(b, pluck::greedy{}, {.whole = keys}, to(out, b.vocab), by(h));
}
template <class Scalar>
cudaError_t launches<Scalar>::draw_probable(const batch& b, const pluck::key* keys, const outputs& out, const how& h) {
    return pluck::cuda::sample_rows(b, pluck::temperature(0.75f) | probable{}, {.whole = keys}, to(out, b.vocab),
                                    by(h));
}
template <class Scalar>
cudaError_t launches<Scalar>::draw_adjusted(const batch& b, penalise losing, allow allowed, const pluck::key* keys,
                                            const outputs& out, const how& h) {
    return pluck::cuda::sample_rows(b, favour{} | losing | allowed | pluck::top_p(0.9f), {.whole = keys},
                                    to(out, b.vocab), by(h));
}
template <class Scalar>
cudaError_t launches<Scalar>::workspace_for_adjusted(const batch& b, penalise losing, allow allowed, const how& h,
                                                     std::size_t& bytes) {
    return pluck::cuda::workspace_bytes(b, favour{} | losing | allowed | pluck::top_p(0.9f), bytes, by(h));
}
template <class Scalar>
cudaError_t launches<Scalar>::probabilities(const batch& b, const pluck::combined& chain, float* out,
                                            std::ptrdiff_t stride, pluck::status* status, const how& h) {
    return pluck::cuda::probabilities(b, chain, out, stride, status, by(h));
}
template <class Scalar>
cudaError_t launches<Scalar>::mask(const batch& b, const pluck::combined& chain, Scalar* out, std::ptrdiff_t stride,
                                   pluck::status* status, const how& h) {
    return pluck::cuda::mask_logits(b, chain, out, stride, status, by(h));
}

}  // namespace device_test
