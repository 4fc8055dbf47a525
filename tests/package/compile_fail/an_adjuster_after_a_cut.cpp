// SPDX-License-Identifier: MIT
// expect: put them in front of shape and keep stages
#include <pluck/pluck.hpp>

struct flatten : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::adjust;
    template <class Row>
    void operator()(Row& row) const {
        row.map([](auto, float) { return 0.0f; });
    }
};

#ifdef PLUCK_TWIN
constexpr auto chain = flatten() | pluck::top_k(5);
#else
constexpr auto chain = pluck::top_k(5) | flatten();
#endif
