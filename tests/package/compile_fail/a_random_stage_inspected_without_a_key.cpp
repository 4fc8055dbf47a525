// SPDX-License-Identifier: MIT
// expect: a stage of this chain is random; pass the draw's key
#include <pluck/pluck.hpp>

struct sometimes : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    static constexpr bool random = true;
    template <class Row>
    void operator()(Row& row) const {
        if ((row.random(1, 0).word[0] & 1) != 0) row.keep_largest(1);
    }
};

auto look(const Eigen::VectorXf& logits) {
#ifdef PLUCK_TWIN
    return pluck::probabilities(logits, sometimes(), {.seed = 1});
#else
    return pluck::probabilities(logits, sometimes());
#endif
}
