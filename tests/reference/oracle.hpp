// SPDX-License-Identifier: MIT
//
// The exact draw, slow and obvious: sort, loop, 128-bit integers. It shares no code with the library, and every backend
// must return its token. It holds under -ffast-math and with subnormals flushed, too, so no NaN is passed by value.
// What a stage does to a row is not said here: each sampler's rule is in its dossier, tests/dossiers.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace oracle {

using u64 = std::uint64_t;
__extension__ typedef unsigned __int128 u128;
enum : int { ok, nan_logit, pos_inf_logit, no_candidate, row_too_long, bad_parameter };

struct result {
    int status = ok, token = -1;
    std::vector<int> kept = {};    // ids in ranking order
    std::vector<u64> masses = {};  // parallel to kept
    u64 total = 0;
    double temperature = 1;
};

// libm's fused multiply-add under a name that no compiler knows, so that none takes it apart.
extern "C" float oracle_fmaf(float, float, float) __asm__("fmaf");

// A float as an integer that compares as it should: -0 equals +0, every NaN is on top. For x >= 0 it is the bits of x.
inline int order(const float& x) {
    const int bits = std::bit_cast<int>(x), magnitude = bits & 0x7fffffff;
    return bits < 0 && magnitude <= 0x7f800000 ? -magnitude : magnitude;
}
inline constexpr int one = 0x3f800000, infinity = 0x7f800000;

// The integer weight of a token whose score is d <= 0 from the best one's, c = 1 / (T ln 2): 2^40 for the best token.
inline u64 mass(float d, float c) {
    const float magic = 0x1.8p23f, u = oracle_fmaf(d, c, magic);  // floats count in ones there: d * c, to an integer
    if (order(u) < order(magic - 40)) return 0;
    const int n = order(u) - order(magic);
    const float rest = oracle_fmaf(d, c, static_cast<float>(-n));         // in [-1/2, 1/2]
    const float f = std::bit_cast<float>(std::bit_cast<int>(rest) & ~1);  // or the mass would not be monotone in d
    float p = 0x1.3f94f2p-13f;
    for (float coefficient : {0x1.5f0a68p-10f, 0x1.3b30acp-7f, 0x1.c6af78p-5f, 0x1.ebfbd8p-3f, 0x1.62e43p-1f, 1.0f})
        p = oracle_fmaf(p, f, coefficient);
    return static_cast<u64>(p * 0x1p24f) << 16 >> -n;  // p * 2^24 is an integer
}

// ln m for m in (0, 1]: 56 binary digits of log2 m, a squaring each.
inline double log_of(const float& m) {
    const int field = order(m) >> 23, fraction = order(m) & 0x7fffff;
    const u64 significand = static_cast<u64>(field == 0 ? fraction : fraction | 0x800000);
    const int shift = std::countl_zero(significand), minus_e = shift + 87 - std::max(field, 1);
    u64 x = significand << shift, digits = 0;  // m = x / 2^63 * 2^e, with x / 2^63 in [1, 2)
    for (int i = 0; i < 56; ++i) {
        x = static_cast<u64>(u128{x} * x >> 64);  // the square, with 62 fraction bits
        digits = 2 * digits + (x >> 63);
        if (x >> 63 == 0) x *= 2;
    }
    const u64 minus_log2 = (static_cast<u64>(minus_e) << 56) - digits;
    return static_cast<double>(u128{minus_log2} * 0xB17217F7D1CF79AB >> 64) * -0x1p-56;  // ln 2 with 64 fraction bits
}

// Philox4x32-10. Word 0 of the counter, of the key and of the result is the least significant.
inline u128 philox(u128 counter, u64 key) {
    u64 low = static_cast<u64>(counter), high = static_cast<u64>(counter >> 64);
    for (u64 round = 0; round < 10; ++round) {
        const u64 a = (low & 0xffffffff) * 0xD2511F53, b = (high & 0xffffffff) * 0xCD9E8D57;
        low = std::rotl(b, 32) ^ (low >> 32) ^ static_cast<std::uint32_t>(key + round * 0x9E3779B9);
        high = std::rotl(a, 32) ^ (high >> 32) ^ static_cast<std::uint32_t>((key >> 32) + round * 0xBB67AE85);
    }
    return u128{high} << 64 | low;
}

// top-p keeps the tokens with less mass than this ranked before them: ceil(p * total), p the exact value of the float.
inline u64 nucleus(const float& p, u64 total) {
    if (order(p) == one) return ~u64{0};       // moves nothing, not even tokens without mass
    if (order(p) < order(0x1p-64f)) return 1;  // p * total < 1
    const int shift = 150 - (order(p) >> 23);  // p = significand / 2^shift
    const u128 significand = static_cast<u64>((order(p) & 0x7fffff) | 0x800000);
    return static_cast<u64>((significand * total + (u128{1} << shift) - 1) >> shift);
}

// min-p keeps the scores of at least best + T ln m, of which this is the order.
inline int threshold(const float& best, double T, const float& m) {
    if (order(m) == 0 || order(m) == one) return order(m) == 0 ? -infinity : order(best);
    return order(best + static_cast<float>(T * log_of(m)));
}

// The first token in id order of which the mass up to and including it exceeds r = floor(U * total / 2^128).
inline int by_mass(const result& row, u128 U) {
    u64 r = static_cast<u64>(((U >> 64) * row.total + ((U & ~u64{0}) * row.total >> 64)) >> 64);
    std::vector<std::pair<int, u64>> by_id;
    for (u64 rank = 0; rank < row.kept.size(); ++rank) by_id.emplace_back(row.kept[rank], row.masses[rank]);
    std::sort(by_id.begin(), by_id.end());
    for (const auto& [token, mass] : by_id)
        if (mass > r) return token;
        else r -= mass;
    return -1;
}

struct no_stage {
    void apply(result&) const {}
};

// A stage that moves scores has adjust(scores), which is false where a parameter is wrong for the row.
bool adjusted(const auto& stage, std::vector<float>& scores) {
    if constexpr (requires { stage.adjust(scores); }) return stage.adjust(scores);
    return true;
}

// A row between two stages: what a rule reads and changes.
struct state : result {
    std::span<const float> scores = {};
    u128 U = 0;   // the draw's random bits,
    u64 key = 0;  // and the key of philox for those who need more of them

    const float& score(u64 rank) const { return scores.data()[kept[rank]]; }

    void weigh() {  // against the best token of what is kept now
        const float c = static_cast<float>(0x1.71547652b82fep0 / temperature), best = score(0);
        masses.clear(), total = 0;
        for (int id : kept) total += masses.emplace_back(mass(scores.data()[id] - best, c));
    }

    // Keeps the tokens for which stays(rank, the mass ranked before it) is true: one at least.
    void keep(const auto& stays) {
        std::vector<int> staying;
        for (u64 rank = 0, before = 0; rank < kept.size(); before += masses[rank++])
            if (stays(rank, before)) staying.push_back(kept[rank]);
        kept = staying;
        weigh();
    }
};

// The draw with the 128 random bits U: each stage's rule is its apply(state&); one that draws sets the token.
template <class Chain = std::vector<no_stage>>
result draw(std::span<const float> logits, const Chain& chain, u128 U, u64 key = 0) {
    if (logits.size() > 1u << 23) return {row_too_long};
    if (logits.empty()) return {no_candidate};
    std::vector<float> scores(logits.begin(), logits.end());
    for (const auto& stage : chain)
        if (!adjusted(stage, scores)) return {bad_parameter};
    int highest = -infinity;
    for (const float& score : scores) highest = std::max(highest, order(score));
    if (highest >= infinity) return {highest > infinity ? nan_logit : pos_inf_logit};
    if (highest == -infinity) return {no_candidate};

    state row{{}, scores, U, key};
    const float* const score = scores.data();
    for (int id = 0; id < std::ssize(scores); ++id)
        if (order(score[id]) > -infinity) row.kept.push_back(id);
    std::stable_sort(row.kept.begin(), row.kept.end(), [&](int a, int b) { return order(score[a]) > order(score[b]); });
    row.weigh();
    for (const auto& stage : chain) stage.apply(row);
    if (row.token < 0) row.token = by_mass(row, U);
    return row;
}

template <class Chain = std::vector<no_stage>>
result draw(std::span<const float> scores, const Chain& chain, u64 seed, u64 sequence, u64 position) {
    return draw(scores, chain, philox(u128{sequence} << 64 | position, seed), seed);
}

}  // namespace oracle
