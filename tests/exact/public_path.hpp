// SPDX-License-Identifier: MIT
//
// What a user calls, against the oracle: sample() for the token, candidates() for the kept set.
#pragma once

#include "exact/compare.hpp"
#include "exact/random_chains.hpp"
#include "exact/report.hpp"
#include "reference/oracle.hpp"
#include <pluck/inspect.hpp>
#include <pluck/sample.hpp>

#include <cstddef>

namespace exact {

[[nodiscard]] inline pluck::key key_of(const place& from) { return {from.seed, from.sequence, from.position}; }
[[nodiscard]] inline u128 U_of(const place& from) {
    return oracle::philox(u128{from.sequence} << 64 | from.position, from.seed);
}

inline void check_pick(comparison& compared, const question& asked, const oracle::result& want,
                       const pluck::pick& got) {
    compared.equal(asked, "token", want.token, got.token);
    compared.equal(asked, "status", want.status, static_cast<int>(got.status));
}

/// Checks candidates() of a row that has some; another test checks that it throws for the others.
template <class X, class Chain>
void check_candidates(comparison& compared, const question& asked, const oracle::result& want, const X& x,
                      const Chain& chain, const place& from) {
    if (want.status != oracle::ok) return;
    const auto got = pluck::candidates(x, chain, key_of(from));
    compared.equal(asked, "number of candidates", want.kept.size(), got.size());
    for (std::size_t rank = 0; rank < want.kept.size() && rank < got.size(); ++rank) {
        compared.equal(asked, "candidate at a rank", want.kept[rank], got[rank].token);
        const double probability = static_cast<double>(want.masses[rank]) / static_cast<double>(want.total);
        compared.equal(asked, "probability of a candidate", probability, got[rank].probability);
    }
}

/// Checks sample() and candidates() of anything that is a row.
template <class X, class Chain>
void check_public(comparison& compared, const question& asked, const oracle::result& want, const X& x,
                  const Chain& chain, const place& from) {
    check_pick(compared, asked, want, pluck::sample(x, chain, key_of(from)));
    check_candidates(compared, asked, want, x, chain, from);
}

}  // namespace exact
