// SPDX-License-Identifier: MIT
//
// Runs a dynamic chain on a row of any backend: as pluck::run() does, or stage by stage, with a look at the row before
// each of them.
#pragma once

#include "dossiers/all.hpp"
#include <pluck/chain.hpp>
#include <pluck/pick.hpp>
#include <pluck/stage.hpp>

#include <cstdint>

namespace exact {

/// The token of pluck::run(), by hand; `between(row)` looks at the row before each stage, which must not change
/// anything.
template <class Row, class Between>
std::int32_t run_slowly(const dossiers::chain& rules, Row& row, const Between& between) {
    std::int32_t token = -1;
    if (!row.settle()) return token;
    rules.for_each([&]<class Stage>(const Stage& stage) {
        if (row.state() != pluck::status::ok) return false;
        between(row);
        if constexpr (Stage::does == pluck::verb::draw) token = stage(row);
        else stage(row);
        return true;
    });
    if (row.state() != pluck::status::ok) return -1;
    return token < 0 ? row.draw(row.uniform()) : token;
}

}  // namespace exact
