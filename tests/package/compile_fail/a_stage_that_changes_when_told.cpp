// SPDX-License-Identifier: MIT
// expect: after\(row, token\) must be const
#include <pluck/pluck.hpp>

#include <cstdint>
#include <span>

/// Counts what it has drawn.
struct counting : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::draw;
    std::int32_t* draws;
    std::int32_t own = 0;
    explicit counting(std::int32_t* where) : draws(where) {}

    template <class Row>
    std::int32_t operator()(Row& row) const {
        return row.best().token();
    }
#ifdef PLUCK_TWIN
    template <class Row>
    void after(Row&, std::int32_t) const {
        ++*draws;
    }
#else
    template <class Row>
    void after(Row&, std::int32_t) {
        ++own;
    }
#endif
};

pluck::pick next(std::span<const float> logits, std::int32_t* draws) {
    return pluck::sample(logits, pluck::basic_dynamic_chain<counting>().add(counting(draws)), {.seed = 1});
}
