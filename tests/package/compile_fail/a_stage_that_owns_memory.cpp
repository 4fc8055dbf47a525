// SPDX-License-Identifier: MIT
// expect: stage_like|chain_like
#include <pluck/pluck.hpp>

#include <span>
#include <vector>

struct floor_at : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
#ifdef PLUCK_TWIN
    std::span<const float> floors;
#else
    std::vector<float> floors;
#endif
    template <class Row>
    void operator()(Row& row) const {
        row.keep_at_least(floors[row.index()], 1);
    }
};

auto chain(const floor_at& stage) { return stage | pluck::top_k(5); }
