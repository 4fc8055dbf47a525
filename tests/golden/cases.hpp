// SPDX-License-Identifier: MIT
//
// The cases of golden.txt: rows, chains and keys made from random bits by integer arithmetic alone, so that no
// compiler, flag or libm has a say in them. Frozen, as golden.txt is: a sampler that came later is not in here and must
// never be, for a further letter would make all of these cases anew. It has a golden file of its own, which sampler.hpp
// makes.
#pragma once

#include "golden/source.hpp"
#include "reference/oracle.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace golden {

/// A stage of these cases.
struct stage {
    enum kind_of { temperature, top_k, top_p, min_p, greedy, drop_above, keep_mass_at_least } kind;
    float value = 0;   // of temperature, top_p, min_p
    u64 count = 0;     // of top_k; how many of the best to drop, though never the last; the least mass to keep
    u64 min_keep = 1;  // of top_p, min_p
};

/// A row to draw from, and how.
struct draw_case {
    row_bits row;
    std::vector<stage> chain;
    std::ptrdiff_t stride = 1;  // at which the row lies in memory
    u64 seed = 0, sequence = 0, position = 0;
    std::optional<oracle::u128> point;  // the draw's 128 bits, in place of a key
};

/// Rows of the same length and type; `joint` says in which of three ways their chains are given.
struct batch_case {
    enum kind { one_chain, chain_per_row, parameters_per_row } joint = one_chain;
    bool column_major = false;
    std::vector<draw_case> rows;
};

/// What a draw returned, and what it drew from.
struct outcome {
    std::int32_t token = -1;
    std::string_view status;
    std::size_t kept = 0;
    u64 total = 0;
    checksum ids_and_masses;  // of the kept, in id order
};

// ---- parameters ----

inline float random_temperature(bit_source& source) {
    static constexpr float mild[] = {.3f, .6f, .7f, .8f, 1, 1.02f, 1.3f, 2};
    static constexpr float edges[] = {0, 0x1p-64f, 0x1p-30f, 1e-6f, .01f, .1f, 5, 1e3f, 0x1p40f, 0x1p64f};
    const u32 which = source.below(4);
    if (which == 0) return edges[source.below(std::size(edges))];
    if (which == 1) return mild[source.below(std::size(mild))];
    return float_of_bits(0x3e000000u + source.below(0x02800000));  // any float of [1/8, 4)
}

inline u64 random_count(bit_source& source, std::size_t vocab) {
    static constexpr u64 usual[] = {0,  1,  1,  2,  3,   5,    10,           40,
                                    50, 63, 64, 65, 100, 1000, u64{1} << 31, (u64{1} << 32) + 1};
    if (source.below(3) != 0) return usual[source.below(std::size(usual))];
    return source.below(static_cast<u32>(vocab) + 2);
}

inline float random_share(bit_source& source) {
    static constexpr float mild[] = {.01f, .05f, .1f, .2f, .3f, .5f, .7f, .8f, .9f, .95f, .99f};
    static constexpr float edges[] = {0, 0x1p-140f, 0x1p-65f, 0x1p-64f, 1e-6f, 0x1.fffffep-1f, 1};
    const u32 which = source.below(5);
    if (which == 0) return edges[source.below(std::size(edges))];
    if (which == 1) return float_of_bits(source.below(0x3f800001u));
    return mild[source.below(std::size(mild))];
}

inline u64 random_min_keep(bit_source& source, std::size_t vocab) {
    static constexpr u64 usual[] = {0, 1, 2, 3, 5, 64, 100, u64{1} << 32};
    if (source.below(3) != 0) return 1;
    return source.below(8) != 0 ? usual[source.below(std::size(usual))] : source.below(static_cast<u32>(vocab) + 2);
}

inline stage random_stage(stage::kind_of kind, std::size_t vocab, bit_source& source) {
    switch (kind) {
        case stage::temperature: return {.kind = kind, .value = random_temperature(source)};
        case stage::top_k: return {.kind = kind, .count = random_count(source, vocab)};
        case stage::drop_above: return {.kind = kind, .count = source.below(4)};
        case stage::keep_mass_at_least: return {.kind = kind, .count = source.next64() >> (23 + source.below(41))};
        case stage::greedy: return {.kind = kind};
        default: break;
    }
    const float value = random_share(source);
    return {.kind = kind, .value = value, .min_keep = random_min_keep(source, vocab)};
}

/// The letters by which the text names the stages, in the order of stage::kind_of.
inline constexpr std::string_view letters = "TKPMGDA";

inline std::string letters_of(std::span<const stage> chain) {
    std::string result;
    for (const auto& stage : chain) result += letters[static_cast<std::size_t>(stage.kind)];
    return result;
}

inline std::vector<stage> random_chain(std::size_t vocab, bit_source& source) {
    // First the chains that by_library.hpp spells out with the library's own types, then whatever comes.
    static constexpr std::string_view usual[] = {"",    "T",    "K",    "P",    "M",    "G",   "TK",
                                                 "TP",  "TM",   "PT",   "MT",   "KP",   "TKP", "PKT",
                                                 "TPG", "TKPM", "MPKT", "TTPP", "TPTM", "KMTP"};
    std::string names{usual[source.below(std::size(usual))]};
    if (source.below(3) == 0) {
        names.clear();
        for (u32 length = source.below(7); length > 0; --length) names += "TKPMDA"[source.below(6)];
    }
    std::vector<stage> chain;
    for (const char name : names)
        chain.push_back(random_stage(static_cast<stage::kind_of>(letters.find(name)), vocab, source));
    return chain;
}

// ---- cases ----

inline void randomise_key(draw_case& made, bit_source& source) {
    made.seed = source.next64();
    made.sequence = source.next64() >> source.below(64);
    made.position = source.below(2) != 0 ? source.below(4096) : source.next64();
    if (source.below(32) == 0) made.seed = made.sequence = made.position = 0;
    if (source.below(32) == 0) made.seed = made.sequence = made.position = ~u64{0};
}

inline draw_case random_case(std::size_t vocab, u64 number) {
    bit_source source(0x676f6c64656e, number);
    draw_case made;
    const auto type = source.below(2) != 0 ? scalar::f32 : static_cast<scalar>(source.below(4));
    made.row = random_row(type, random_shape(source), vocab, source);
    made.chain = random_chain(vocab, source);
    static constexpr int strides[] = {1, 1, 1, 1, 2, 3, -1};
    made.stride = strides[source.below(std::size(strides))];
    randomise_key(made, source);
    return made;
}

/// Each of these chains on rows at which it, or a processor that flushes subnormals, could go wrong.
inline std::vector<draw_case> chosen_cases() {
    const auto t = [](float value) { return stage{.kind = stage::temperature, .value = value}; };
    const auto k = [](u64 count) { return stage{.kind = stage::top_k, .count = count}; };
    const auto p = [](float value) { return stage{.kind = stage::top_p, .value = value}; };
    const auto m = [](float value) { return stage{.kind = stage::min_p, .value = value}; };
    const float least = float_of_bits(1), below_1 = 0x1.fffffep-1f;
    const std::vector<std::vector<stage>> chains = {
        {},
        {{.kind = stage::greedy}},
        {t(0)},
        {t(0x1p-64f)},
        {t(0x1p64f)},
        {t(0x1p-40f), t(0x1p-40f)},  // saturates
        {k(1)},
        {k(2)},
        {k(64)},
        {p(0)},
        {p(least)},
        {p(.5f)},
        {p(.5f), p(.5f)},
        {p(below_1)},
        {{.kind = stage::top_p, .value = .1f, .min_keep = 3}},
        {m(least)},
        {m(0x1p-140f)},
        {t(2), m(least)},
        {m(below_1)},
        {t(0x1p-64f), m(below_1)},
        {m(1)},
        {{.kind = stage::min_p, .value = 1, .min_keep = 3}},
        {t(.8f), k(50), p(.9f)},
        {p(.9f), p(.9f)},
        {m(.1f), t(3), m(.1f)},
    };
    std::vector<draw_case> made;
    for (const auto& chain : chains) {
        for (const shape kind :
             {shape::flat, shape::wide, shape::zeros, shape::subnormal, shape::ties, shape::any, shape::octave}) {
            bit_source source(0x63686f73656e, made.size());
            draw_case one;
            one.row = random_row(scalar::f32, kind, 99, source);
            one.chain = chain;
            one.seed = made.size();
            made.push_back(one);
        }
    }
    return made;
}

/// Min-p on rows of floats around its threshold.
inline std::vector<draw_case> threshold_cases() {
    std::vector<draw_case> made;
    for (u64 number = 0; number < 32; ++number) {
        bit_source source(0x7468657461, number);
        const auto best = static_cast<int>(fixed(1 + std::int64_t{source.below(1u << 20)}, -16));
        const float t = random_temperature(source), m = random_share(source);
        const double temperature = t == 0 ? 1 : static_cast<double>(t);
        const int theta = oracle::threshold(float_of_bits(static_cast<u32>(best)), temperature, m);
        draw_case one;
        one.row = {scalar::f32, "around", {}};
        for (int i = 0; i < 70; ++i) {
            // Theta and its neighbours as ordered integers, none above the best.
            const int order =
                i == 33 ? best : std::min(best, std::max(theta, -0x7f000000) + static_cast<int>(source.below(5)) - 2);
            one.row.bits.push_back(order < 0 ? 0x80000000u | static_cast<u32>(-order) : static_cast<u32>(order));
        }
        one.chain = {{.kind = stage::temperature, .value = t}, {.kind = stage::min_p, .value = m}};
        one.seed = number;
        made.push_back(one);
    }
    return made;
}

/// Equal tokens, and the first and last 128 bits that draw each of a few of them.
inline std::vector<draw_case> edge_cases() {
    std::vector<draw_case> made;
    for (const u32 n : {1u, 2u, 3u, 5u, 64u, 65u, 128u, 130u}) {
        const oracle::u128 all = ~oracle::u128{0};
        std::vector<oracle::u128> points = {0, all};
        for (const u32 j : std::set<u32>{1, n / 2, n - 1}) {
            if (j == 0 || j == n) continue;
            const oracle::u128 first = all / n * j + ((all % n + 1) * j + n - 1) / n;  // ceil(j * 2^128 / n)
            points.push_back(first - 1);
            points.push_back(first);
        }
        for (const oracle::u128 point : points) {
            draw_case one;
            one.row = {scalar::f32, "equal", std::vector<u64>(n, 0x3f800000)};
            one.point = point;
            made.push_back(one);
        }
    }
    // The first and the last that can be drawn weigh next to nothing, and what surrounds them nothing.
    for (const oracle::u128 point : {oracle::u128{0}, ~oracle::u128{0}}) {
        draw_case one;
        one.row = {scalar::f32,
                   "ends",
                   {0xff800000, fixed(-27 * 64 - 45, -6), 0, fixed(-27 * 64 - 45, -6), 0xc3480000, 0xff800000}};
        one.point = point;
        made.push_back(one);
    }
    return made;
}

inline batch_case random_batch(std::size_t rows, std::size_t vocab, u64 number) {
    bit_source source(0x6261746368, number);
    batch_case made;
    made.joint = static_cast<batch_case::kind>(number % 3);
    made.column_major = source.below(2) != 0;
    const auto type = static_cast<scalar>(source.below(4));
    for (std::size_t i = 0; i < rows; ++i) {
        draw_case row;
        row.row = random_row(type, random_shape(source), vocab, source);
        for (const auto kind : {stage::temperature, stage::top_k, stage::top_p, stage::min_p})
            row.chain.push_back(random_stage(kind, vocab, source));
        // Only arrays can hold what a constructor refuses, and they hold no min_keep per row.
        if (made.joint == batch_case::parameters_per_row) {
            row.chain[1].count &= 0x7fffffff;
            row.chain[2].min_keep = row.chain[3].min_keep = 1;
            static constexpr u32 refused[] = {0x7fc00000u, 0xffc00001u, 0x7f800000u, 0xbf800000u, 0x80000001u};
            const u32 bits = refused[source.below(std::size(refused))];
            if (source.below(4) == 0)
                put_bits(row.chain[std::array<std::size_t, 3>{0, 2, 3}[source.below(3)]].value, bits);
        }
        if (made.joint == batch_case::one_chain && i > 0) row.chain = made.rows[0].chain;
        randomise_key(row, source);
        made.rows.push_back(row);
    }
    return made;
}

}  // namespace golden
