// SPDX-License-Identifier: MIT
// expect: cannot convert|no viable conversion
#include <pluck/pluck.hpp>

#include <cstdint>

std::int32_t draw(const Eigen::VectorXf& logits) {
#ifdef PLUCK_TWIN
    return pluck::sample(logits, pluck::greedy(), {}).token;
#else
    return pluck::sample(logits, pluck::greedy(), {});
#endif
}
