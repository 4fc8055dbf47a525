// SPDX-License-Identifier: MIT
// expect: no matching function for call to .*sample_rows
// expect: span<(pluck::v0::)?pick>
#include <pluck/pluck.hpp>

#include <cstdint>
#include <vector>

#ifdef PLUCK_TWIN
using drawn = pluck::pick;
#else
using drawn = std::int32_t;
#endif

void draw(const Eigen::MatrixXf& logits, const std::vector<pluck::key>& keys, std::vector<drawn>& out) {
    pluck::sample_rows(logits, pluck::top_k(5), keys, out);
}
