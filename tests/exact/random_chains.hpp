// SPDX-License-Identifier: MIT
//
// Chains for the exact suite, as lists of the oracle's stages: any order, any parameter, its limits often. Some have
// their parameters set to where the cut is about to move from one token to the next.
#pragma once

#include "exact/random_rows.hpp"
#include "exact/splitmix.hpp"
#include "reference/oracle.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace exact {

using oracle::stage;
using kind_of = oracle::stage::kind_of;

inline constexpr float below_one = 0x1.fffffep-1f, least_subnormal = 0x1p-149f;

[[nodiscard]] inline u64 random_count(std::size_t vocab, splitmix& random) {
    if (random.one_in(16)) return random.one_of({~u64{0}, u64{1} << 32, u64{1} << 31, (u64{1} << 31) - 1});
    return random.below(random.one_in(2) ? 8 : vocab + 3);
}

[[nodiscard]] inline u64 random_min_keep(std::size_t vocab, splitmix& random) {
    return random.one_in(4) ? random_count(vocab, random) : 1;
}

[[nodiscard]] inline stage random_stage(kind_of kind, std::size_t vocab, splitmix& random) {
    stage made{.kind = kind};
    switch (kind) {
        case stage::temperature:
            made.value = random.positive(-3, 2);
            if (random.one_in(16)) made.value = random.positive(-64, 63);
            if (random.one_in(8)) made.value = random.one_of({0.0f, -0.0f, 0x1p-64f, 0x1p64f, 1.0f, 0.5f});
            break;
        case stage::top_k: made.count = random_count(vocab, random); break;
        case stage::top_p:
            made.value = random.uniform();
            if (random.one_in(8)) made.value = random.positive(-149 + 23, -1);
            if (random.one_in(8))
                made.value = random.one_of({0.0f, -0.0f, least_subnormal, 0x1p-64f, 0.5f, 0x1p-40f, below_one, 1.0f});
            made.min_keep = random_min_keep(vocab, random);
            break;
        case stage::min_p:
            made.value = random.positive(-20, -1);
            if (random.one_in(8))
                made.value = random.one_of({0.0f, -0.0f, least_subnormal, 0.1f, 0.5f, below_one, 1.0f});
            made.min_keep = random_min_keep(vocab, random);
            break;
        case stage::greedy: break;
        case stage::drop_above: made.count = random.one_in(4) ? random_count(vocab, random) : random.below(4); break;
        case stage::keep_mass_at_least:
            made.count = random.bits() >> (23 + random.below(41));
            if (random.one_in(8))
                made.count = random.one_of({u64{0}, u64{1}, u64{1} << 40, (u64{1} << 40) + 1, ~u64{0}});
            break;
    }
    return made;
}

/// Sets a stage's parameter to the very edge of one of the tokens that it finds, or one step beside it.
inline void sharpen(stage& edge, const oracle::result& found, splitmix& random) {
    if (found.status != oracle::ok) return;
    const std::size_t rank = random.below(std::min<std::size_t>(found.kept.size(), random.one_in(2) ? 4 : 1u << 23));
    const int aside = random.between(-1, 1);
    const auto moved = [aside](double share) {
        const float nearest = static_cast<float>(share);
        return nearest <= 0x1p-100f || nearest >= 1 ? std::clamp(nearest, 0.0f, 1.0f) : neighbour(nearest, aside);
    };
    const u64 mass = found.masses[rank];
    if (edge.kind == stage::top_p) {
        u64 before = 0;
        for (std::size_t i = 0; i < rank; ++i) before += found.masses[i];
        edge.value = moved(static_cast<double>(before) / static_cast<double>(found.total));
    }
    if (edge.kind == stage::min_p) edge.value = moved(static_cast<double>(mass) * 0x1p-40);
    if (edge.kind == stage::top_k) edge.count = found.kept.size() + static_cast<u64>(aside + 1) - 1;
    if (edge.kind == stage::drop_above) edge.count = found.kept.size() - 1;
    if (edge.kind == stage::keep_mass_at_least) edge.count = mass + 1 - static_cast<u64>(aside + 1);
}

/// A chain of 0 to `longest` stages for a row; one in `sharp` has its last cut on an edge, found by the oracle.
inline void random_chain(std::vector<stage>& chain, std::span<const float> row, std::size_t longest, std::size_t sharp,
                         splitmix& random) {
    chain.clear();
    for (std::size_t length = random.below(longest + 1); chain.size() < length;) {
        const kind_of kind =
            random.one_in(40)
                ? stage::greedy
                : random.one_of({stage::temperature, stage::temperature, stage::top_k, stage::top_p, stage::top_p,
                                 stage::min_p, stage::min_p, stage::drop_above, stage::keep_mass_at_least});
        chain.push_back(random_stage(kind, row.size(), random));
    }
    if (chain.empty() || !random.one_in(sharp)) return;
    sharpen(chain.back(), oracle::draw(row, std::span(chain).first(chain.size() - 1), 0), random);
}

/// Where a draw's 128 bits come from; limits now and then.
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
