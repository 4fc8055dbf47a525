// SPDX-License-Identifier: MIT
//
// The text of the results of each golden case. What draws, the library or the oracle, is a template parameter:
// by_library.hpp, by_oracle.hpp. The text of both must be golden.txt.
#pragma once

#include "golden/cases.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace golden {

template <class... Values>
void print(std::string& text, const char* format, Values... values) {
    std::array<char, 256> line;
    text.append(line.data(), static_cast<std::size_t>(std::snprintf(line.data(), line.size(), format, values...)));
}

inline void describe(std::string& text, const row_bits& row) {
    static constexpr const char* types[] = {"float", "double", "half", "bfloat16"};
    print(text, "%s[%zu] %s ", types[static_cast<int>(row.type)], row.bits.size(), row.name);
}

inline void describe(std::string& text, const draw_case& made) {
    describe(text, made.row);
    if (made.chain.empty()) text += '-';
    for (const auto& stage : made.chain) {
        text += letters[static_cast<std::size_t>(stage.kind)];
        using kinds = golden::stage;
        if (stage.kind == kinds::temperature || stage.kind == kinds::top_p || stage.kind == kinds::min_p)
            print(text, "%08x", bits_of(stage.value));
        else if (stage.kind != kinds::greedy) print(text, "%llu", static_cast<unsigned long long>(stage.count));
        if (stage.min_keep != 1) print(text, "/%llu", static_cast<unsigned long long>(stage.min_keep));
    }
}

inline void report(std::string& text, const outcome& drawn) {
    print(text, ": %d %.*s %zu %llu %016llx\n", drawn.token, static_cast<int>(drawn.status.size()), drawn.status.data(),
          drawn.kept, static_cast<unsigned long long>(drawn.total),
          static_cast<unsigned long long>(drawn.ids_and_masses.value));
}

// ---- all of it ----

template <class Engine>
void write_arithmetic(std::string& text, const Engine& engine) {
    bit_source source(0x61726974686d, 0);
    const auto say = [&](const char* what, u64 value) {
        print(text, "%s %016llx\n", what, static_cast<unsigned long long>(value));
    };

    constexpr u32 minus_infinity = 0xff800000u;  // known to the compiler, on purpose: clang++ -ffast-math
    text += "\n# A million masses: c as bits, then the checksum of 65536 masses at that c.\n";
    static constexpr double temperatures[] = {0x1p-64, 1e-6, .01, .1, .3,  .7,  .8,     1,
                                              1.02,    1.5,  2,   5,  100, 1e9, 0x1p40, 0x1p64};
    for (const double temperature : temperatures) {
        const float scale = engine.scale(temperature);
        const int octave = static_cast<int>(bits_of(scale) >> 23) - 127;
        checksum sum;
        for (int i = 0; i < 65536; ++i) {
            // |difference * scale| below 2^5, half of them in the top octave of that; some beyond the last mass.
            const int above = source.below(16) == 0 ? 5 : 4 - std::countl_zero(source.next() | 1u);
            const u32 field = static_cast<u32>(above - octave + 127);
            sum.add(engine.mass(float_of_bits(0x80000000u | field << 23 | source.below(0x800000)), scale));
        }
        sum.add(engine.mass(0.0f, scale));
        sum.add(engine.mass(float_of_bits(minus_infinity), scale));
        print(text, "mass %08x %016llx\n", bits_of(scale), static_cast<unsigned long long>(sum.value));
    }

    text += "\n# T after one temperature stage after the other, t as bits, T as bits.\n";
    double temperature = 1;
    for (int i = 0; i < 48; ++i) {
        const u32 field = source.below(8) == 0 ? 0x30000000u : 0x3f000000u;
        const float any = float_of_bits(field + source.below(0x01000000));
        const float t = i / 4 == 2 ? 0x1p-62f : i / 4 == 5 ? 0x1p62f : any;  // to both ends and back
        temperature = engine.scaled(temperature, t);
        print(text, "scaled %08x %016llx c %08x\n", bits_of(t), static_cast<unsigned long long>(bits_of(temperature)),
              bits_of(engine.scale(temperature)));
    }

    text += "\n# Natural logarithms: m as bits, log(m) as bits; then the checksum of 65536 more.\n";
    static constexpr u32 special[] = {1,           0x7fffffu,   0x800000u,   0x3dcccccdu, 0x3d4ccccdu, 0x3f000000u,
                                      0x3effffffu, 0x3f666666u, 0x3f7ffffeu, 0x3f7fffffu, 0x3f800000u};
    for (const u32 bits : special)
        print(text, "log %08x %016llx\n", bits,
              static_cast<unsigned long long>(bits_of(engine.log_of(float_of_bits(bits)))));
    checksum logs, shares, words, widened[4];
    for (int i = 0; i < 65536; ++i) logs.add(bits_of(engine.log_of(float_of_bits(1 + source.below(0x3f800000)))));
    say("logs", logs.value);

    text += "\n# Checksums: ceil(p Z); philox; each type as a float, NaNs left out.\n";
    for (int i = 0; i < 16384; ++i) {
        const u32 p = source.below(4) != 0 ? 0x3c000000u + source.below(0x03800000) : source.below(0x3f800000);
        shares.add(engine.share(float_of_bits(p), (source.next64() >> 1 >> source.below(62)) + 1));
    }
    say("shares", shares.value);
    for (int i = 0; i < 16384; ++i) {
        const u64 seed = source.next64(), sequence = source.next64();
        for (const u64 half : engine.random(seed, sequence, source.next64())) words.add(half);
    }
    say("philox", words.value);
    for (u32 i = 0; i < 0x10000; ++i) {
        if ((i & 0x7fff) <= 0x7c00) widened[2].add(engine.widen(scalar::f16, i));
        if ((i & 0x7fff) <= 0x7f80) widened[3].add(engine.widen(scalar::bf16, i));
        const u64 bits = source.below(4) == 0 ? source.next64() : double_near(source.next(), source);
        if ((bits << 1) <= 0xffe0000000000000u) widened[1].add(engine.widen(scalar::f64, bits));
    }
    say("double", widened[1].value), say("half", widened[2].value), say("bfloat16", widened[3].value);
}

template <class Engine>
void write_draws(std::string& text, const Engine& engine) {
    struct section {
        std::size_t vocab;
        int cases;
    };
    static constexpr section sections[] = {{0, 1},     {1, 24},     {2, 60},    {3, 50},    {5, 90},
                                           {10, 60},   {17, 40},    {63, 30},   {64, 70},   {65, 70},
                                           {127, 20},  {128, 20},   {129, 20},  {257, 60},  {1000, 120},
                                           {4097, 24}, {32000, 40}, {50257, 8}, {151936, 4}};
    text +=
        "\n# Rows: number, type[vocab], shape, chain: token, status, kept, Z, checksum of the kept ids and masses.\n";
    u64 number = 0;
    for (const section& part : sections) {
        for (int i = 0; i < part.cases; ++i, ++number) {
            const draw_case made = random_case(part.vocab, number);
            print(text, "%llu ", static_cast<unsigned long long>(number));
            describe(text, made);
            report(text, engine.draw(made));
        }
    }

    text += "\n# Chosen chains and rows, likewise.\n";
    for (const auto& chosen : {chosen_cases(), threshold_cases()}) {
        for (const draw_case& made : chosen) {
            print(text, "%llu ", static_cast<unsigned long long>(number++));
            describe(text, made);
            report(text, engine.draw(made));
        }
    }

    text += "\n# Drawn with these 128 bits: the first and the last that draw a token.\n";
    for (const draw_case& made : edge_cases()) {
        const oracle::u128 point = *made.point;
        print(text, "%llu %016llx%016llx ", static_cast<unsigned long long>(number++),
              static_cast<unsigned long long>(point >> 64), static_cast<unsigned long long>(point));
        describe(text, made);
        report(text, engine.draw(made));
    }

    text += "\n# Batches: number.row, and as above.\n";
    for (u64 batch = 0; batch < 24; ++batch) {
        const batch_case made = random_batch(5, std::array<std::size_t, 4>{5, 65, 200, 1000}[batch / 3 % 4], batch);
        const std::vector<outcome> drawn = engine.draw(made);
        for (std::size_t i = 0; i < made.rows.size(); ++i) {
            print(text, "%llu.%zu ", static_cast<unsigned long long>(batch), i);
            describe(text, made.rows[i]);
            report(text, drawn[i]);
        }
    }
}

/// What golden.txt holds.
template <class Engine>
[[nodiscard]] std::string text_by(const Engine& engine) {
    std::string text =
        "# pluck's golden file: what fixed logits, chains and keys give, on every machine, compiler, flag and "
        "backend.\n"
        "# It is here so that nobody's tokens change unseen. A change of any line is a breaking change: people replay\n"
        "# their generations by seed. tests/golden/run compares it with what many builds of the library say; its "
        "numbers\n"
        "# come from tests/reference, the slow and obvious version, not from the library. A chain is read as T\n"
        "# temperature, K top_k, P top_p, M min_p, G greedy, D drop_above, A keep_mass_at_least, each with its "
        "number,\n"
        "# floats as bits, and /min_keep. To write it anew, after a decision to break: tests/golden/run --write.\n";
    write_arithmetic(text, engine);
    write_draws(text, engine);
    return text;
}

}  // namespace golden
