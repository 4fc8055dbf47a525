// SPDX-License-Identifier: MIT
//
// Runs a list of the oracle's stages on a row of any backend, through pluck's own stages: they are callable on a row,
// so no chain type is needed for each combination.
#pragma once

#include "reference/oracle.hpp"
#include <pluck/chain.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/pick.hpp>
#include <pluck/stage.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace exact {

/// Backends that can show what they keep.
template <class Row>
concept listing_row = requires(Row& row, void (*look)(std::int32_t, float, std::uint64_t)) {
    row.for_each(look);
};

/// Drops the `count` best tokens, though never the last: one after the other, or by a single cut at the first to stay.
template <class Row>
void drop_best(Row& row, std::uint64_t count) {
    if constexpr (listing_row<Row>) {
        if (count > 2) {
            std::vector<pluck::ranking_key> keys;
            row.for_each([&](std::int32_t token, float score, std::uint64_t) { keys.emplace_back(score, token); });
            const std::uint64_t dropped = std::min(count, keys.size() - std::uint64_t{1});
            const auto first = keys.begin() + static_cast<std::ptrdiff_t>(dropped);
            std::nth_element(keys.begin(), first, keys.end(), std::greater<>());
            return row.drop_above(*first);
        }
    }
    for (; count > 0 && row.count() > 1; --count) row.drop_above(pluck::ranking_key{row.best().value - 1});
}

template <class Row>
void run_stage(const oracle::stage& stage, Row& row) {
    switch (stage.kind) {
        case oracle::stage::temperature: return pluck::temperature(stage.value)(row);
        case oracle::stage::top_k: return pluck::top_k(stage.count)(row);
        case oracle::stage::top_p: return pluck::top_p(stage.value, stage.min_keep)(row);
        case oracle::stage::min_p: return pluck::min_p(stage.value, stage.min_keep)(row);
        case oracle::stage::greedy: return static_cast<void>(pluck::greedy()(row));
        case oracle::stage::drop_above: return drop_best(row, stage.count);
        case oracle::stage::keep_mass_at_least: return row.keep_mass_at_least(stage.count);
    }
}

/// Runs the stages; `between(row)` looks at the row before each of them, which must not change anything.
template <class Row, class Between>
void run_chain(std::span<const oracle::stage> chain, Row& row, const Between& between) {
    for (const oracle::stage& stage : chain) {
        if (row.state() != pluck::status::ok) return;
        between(row);
        run_stage(stage, row);
    }
}

template <class Row>
void run_chain(std::span<const oracle::stage> chain, Row& row) {
    run_chain(chain, row, [](Row&) {});
}

/// The list as one stage, for the public functions.
struct listed : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;

    listed(std::span<const oracle::stage> chain) : list(chain) {}
    template <class Row>
    void operator()(Row& row) const {
        run_chain(list, row);
    }

    std::span<const oracle::stage> list;
};

}  // namespace exact
