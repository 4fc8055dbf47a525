// SPDX-License-Identifier: MIT
// expect: not a batch of logits
// expect: One row alone goes to sample
#include <pluck/pluck.hpp>

#include <span>
#include <vector>

void draw(const std::vector<float>& row, std::span<const pluck::key> keys, std::span<pluck::pick> picks) {
#ifdef PLUCK_TWIN
    pluck::sample_rows(pluck::batch_view<float>{row.data(), 2, row.size() / 2}, pluck::top_k(5), keys, picks);
#else
    pluck::sample_rows(row, pluck::top_k(5), keys, picks);
#endif
}
