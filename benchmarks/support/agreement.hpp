// SPDX-License-Identifier: MIT
//
// Do two systems do the same work? Each system's draws from a small row are compared with the oracle's distribution, by
// the chi-squared test of pluck's own statistical tests, before anything is timed.
#pragma once

#include "contest.hpp"
#include "dossiers/all.hpp"
#include "reference/oracle.hpp"
#include "rows.hpp"
#include "support/chi_squared.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace pluck_bench {

/// What the oracle says of each token.
inline std::vector<double> true_probabilities(const std::vector<float>& row, const settings& what) {
    std::vector<dossiers::step> chain;
    chain.reserve(4);
    chain.emplace_back(dossiers::temperature{what.temperature});
    if (what.top_k > 0) chain.emplace_back(dossiers::top_k{static_cast<oracle::u64>(what.top_k)});
    if (what.top_p < 1) chain.emplace_back(dossiers::top_p{what.top_p});
    if (what.min_p > 0) chain.emplace_back(dossiers::min_p{what.min_p});
    const oracle::result truth = oracle::draw(row, chain, 0, 0, 0);
    std::vector<double> probabilities(row.size(), 0);
    for (std::size_t rank = 0; rank < truth.kept.size(); ++rank) {
        probabilities[static_cast<std::size_t>(truth.kept[rank])] =
            static_cast<double>(truth.masses[rank]) / static_cast<double>(truth.total);
    }
    return probabilities;
}

inline bool agrees_on(const std::vector<float>& row, const settings& what, const sampler& draw) {
    std::vector<std::uint64_t> counts(row.size(), 0);
    std::vector<float> fresh;
    for (int i = 0; i < 5000; ++i) {
        fresh = row;
        const std::int32_t token = draw(fresh);
        if (token < 0 || static_cast<std::size_t>(token) >= row.size()) return false;
        ++counts[static_cast<std::size_t>(token)];
    }
    return pluck_test::goodness_of_fit(counts, true_probabilities(row, what)).plausible();
}

/// Whether the system draws from the strategy's distribution, on a peaked and a typical row. The rows are long enough
/// that code for long rows is tested, too.
inline bool agrees(const system& who, const strategy& in) {
    static std::map<std::pair<std::string, std::string>, bool> known;
    const auto [entry, is_new] = known.try_emplace({who.name, in.name}, true);
    for (const shape kind : {shape::peaked, shape::typical}) {
        if (is_new && entry->second) entry->second = agrees_on(make_row(1500, kind, 7), in.what, who.make(in.what));
    }
    return entry->second;
}

}  // namespace pluck_bench
