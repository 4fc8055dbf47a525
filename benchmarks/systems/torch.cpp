// SPDX-License-Identifier: MIT
// PyTorch's C++ functions, by the names that they have in Python. The row is looked at, not copied.
#include "support/contest.hpp"

#include <cstdint>
#include <limits>
#include <span>
#include <torch/torch.h>
#include <tuple>

namespace {

using pluck_bench::sampler;
using pluck_bench::settings;
using torch::Tensor;

Tensor view(std::span<float> row) { return torch::from_blob(row.data(), {static_cast<std::int64_t>(row.size())}); }

Tensor weights(const Tensor& logits, const settings& what) {
    Tensor probabilities = torch::softmax(logits / what.temperature, -1);
    if (what.min_p > 0) {
        probabilities = probabilities.masked_fill(probabilities < probabilities.max() * what.min_p, 0);
    }
    return probabilities;
}

std::int32_t draw(const Tensor& probabilities) {
    return static_cast<std::int32_t>(torch::multinomial(probabilities, 1).item<std::int64_t>());
}

/// Sorted logits: the tokens before which less than p lies stay.
Tensor nucleus(const Tensor& sorted_logits, const settings& what) {
    const Tensor probabilities = torch::softmax(sorted_logits / what.temperature, -1);
    const Tensor before = torch::cumsum(probabilities, -1) - probabilities;
    return sorted_logits.masked_fill(before >= what.top_p, -std::numeric_limits<float>::infinity());
}

/// As notebooks do: a mask over the whole row for what is not kept, and a multinomial over the whole row.
std::int32_t by_masks(std::span<float> row, const settings& what) {
    const c10::InferenceMode no_gradients;
    Tensor logits = view(row);
    if (what.greedy()) return static_cast<std::int32_t>(logits.argmax().item<std::int64_t>());
    if (what.top_k > 0) {
        const Tensor least = std::get<0>(logits.topk(what.top_k))[-1];
        logits = logits.masked_fill(logits < least, -std::numeric_limits<float>::infinity());
    }
    if (what.top_p == 1) return draw(weights(logits, what));
    const auto [sorted, ids] = logits.sort(-1, /*descending=*/true);
    return static_cast<std::int32_t>(ids[draw(weights(nucleus(sorted, what), what))].item<std::int64_t>());
}

/// As it is better done, where there is a top-k: everything after it on k logits alone.
std::int32_t by_k(std::span<float> row, const settings& what) {
    const c10::InferenceMode no_gradients;
    const auto [sorted, ids] = view(row).topk(what.top_k);
    return static_cast<std::int32_t>(
        ids[draw(weights(what.top_p < 1 ? nucleus(sorted, what) : sorted, what))].item<std::int64_t>());
}

void settle_torch() {
    at::set_num_threads(1);
    torch::manual_seed(1);
}

const pluck_bench::joins masks("PyTorch", [](const settings& what) -> sampler {
    settle_torch();
    return [what](std::span<float> row) { return by_masks(row, what); };
});

const pluck_bench::joins k_alone("PyTorch, k alone", [](const settings& what) -> sampler {
    if (what.top_k == 0) return {};
    settle_torch();
    return [what](std::span<float> row) { return by_k(row, what); };
});

}  // namespace
