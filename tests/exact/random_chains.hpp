// SPDX-License-Identifier: MIT
//
// Chains for the exact suite: one stage is the given sampler's, in any order, with any parameters, often at their
// limits. In some a parameter is set to where the cut is about to move from one token to the next.
#pragma once

#include "dossiers/all.hpp"
#include "exact/splitmix.hpp"
#include "reference/oracle.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace exact {

using dossiers::below_one, dossiers::least_subnormal;
using dossiers::sampler, dossiers::step;

/// A chain of 1 to `longest` stages for a row, one of them the sampler's. One chain in `sharp` has its last cut on an
/// edge, which the oracle finds.
inline void random_chain(std::vector<step>& chain, const sampler& own, std::span<const float> row, std::size_t longest,
                         std::size_t sharp, splitmix& random) {
    dossiers::mix(chain, own, longest, random, [&](const sampler& each) { return each.random(row.size(), random); });
    if (!random.one_in(sharp)) return;
    const std::size_t last = chain.size() - (chain.back().is_draw() ? 2 : 1);
    if (last < chain.size()) chain[last].sharpen(oracle::draw(row, std::span(chain).first(last), 0), random);
}

/// Where a draw's 128 bits come from; now and then a limit.
struct place {
    u64 seed, sequence, position;
};

[[nodiscard]] inline place random_place(splitmix& random) {
    const auto word = [&random] {
        return random.one_in(8) ? random.one_of({u64{0}, ~u64{0}, u64{1} << 32}) : random.bits();
    };
    const u64 seed = word(), sequence = word();
    return {seed, sequence, word()};
}

}  // namespace exact
