// SPDX-License-Identifier: MIT
//
// Runs a dynamic chain on a row of any backend, compiled once for each type of row.
#pragma once

#include "dossiers/all.hpp"
#include <pluck/chain.hpp>
#include <pluck/pick.hpp>
#include <pluck/stage.hpp>

#include <cstdint>

namespace exact {

/// Backends whose scores can be moved.
template <class Row>
concept adjustable_row = requires(Row& row, float (*f)(float, std::int32_t)) {
    row.map(f);
};

/// Runs the adjusters of a chain, and classifies the row.
template <class Row>
[[nodiscard]] bool settle(const dossiers::chain& rules, Row& row) {
    if constexpr (adjustable_row<Row>) pluck::detail::adjust(rules, row);
    return row.settle();
}

/// The token that pluck::run() draws from a settled row. If `curious`, each stage comes after questions to the row
/// about what it holds: these must not change anything, and no answer that the row remembers may outlive a cut.
template <class Row>
[[gnu::noinline]] std::int32_t run_stages(const dossiers::chain& rules, Row& row, bool curious) {
    std::int32_t token = -1;
    rules.for_each([&]<class Stage>(const Stage& stage) {
        if (row.state() != pluck::status::ok) return false;
        if (curious && (row.total() == 0 || row.count() == 0)) row.fail(pluck::status::no_candidate);
        if constexpr (Stage::does == pluck::verb::draw) token = stage(row);
        else if constexpr (Stage::does != pluck::verb::adjust) stage(row);
        return true;
    });
    if (row.state() != pluck::status::ok) return -1;
    return token < 0 ? row.draw(row.uniform()) : token;
}

/// The adjusters of a dynamic chain as one stage, and all that follows them as another.
struct adjusters_of : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::adjust;
    const dossiers::chain* rules;

    explicit adjusters_of(const dossiers::chain& from) : rules(&from) {}

    template <class Row>
    void operator()(Row& row) const {
        rules->for_each([&]<class Stage>(const Stage& each) {
            if constexpr (Stage::does == pluck::verb::adjust) {
                if (row.state() == pluck::status::ok) each(row);
            }
            return Stage::does == pluck::verb::adjust;
        });
    }
};
struct rest_of : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::draw;
    const dossiers::chain* rules;

    explicit rest_of(const dossiers::chain& from) : rules(&from) {}

    template <class Row>
    std::int32_t operator()(Row& row) const {
        return run_stages(*rules, row, false);
    }
};

/// A dynamic chain as a typed one of two stages, for the many forms of batches and rows.
[[nodiscard]] inline pluck::chain<adjusters_of, rest_of> listed(const dossiers::chain& rules) {
    return pluck::chain{adjusters_of(rules), rest_of(rules)};
}

}  // namespace exact
