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

/// The token that pluck::run() draws from a settled row. If `curious`, each stage comes after questions to the row
/// about what it holds: these must not change anything, and no answer that the row remembers may outlive a cut.
template <class Row>
[[gnu::noinline]] std::int32_t run_stages(const dossiers::chain& rules, Row& row, bool curious) {
    std::int32_t token = -1;
    rules.for_each([&]<class Stage>(const Stage& stage) {
        if (row.state() != pluck::status::ok) return false;
        if (curious && (row.total() == 0 || row.count() == 0)) row.fail(pluck::status::no_candidate);
        if constexpr (Stage::does == pluck::verb::draw) token = stage(row);
        else stage(row);
        return true;
    });
    if (row.state() != pluck::status::ok) return -1;
    return token < 0 ? row.draw(row.uniform()) : token;
}

/// A dynamic chain as one stage, for the many forms of batches and rows.
struct listed : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::draw;
    const dossiers::chain* rules;

    explicit listed(const dossiers::chain& from) : rules(&from) {}

    template <class Row>
    std::int32_t operator()(Row& row) const {
        return run_stages(*rules, row, false);
    }
};

}  // namespace exact
