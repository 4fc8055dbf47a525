// SPDX-License-Identifier: MIT
//
// The golden file of a sampler that came after golden.txt: rows and chains from its own random stream, made and judged
// by its dossier. Samplers that are listed behind it change nothing in it. tests/golden/NAME.txt is there for those
// that have one; golden.txt has the first eight of the list in dossiers/all.hpp.
#pragma once

#include "dossiers/all.hpp"
#include "golden/cases.hpp"
#include "golden/text.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace golden {

/// The sampler of that name, or null.
[[nodiscard]] inline const dossiers::sampler* sampler_called(std::string_view name) {
    const auto& all = dossiers::samplers();
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.name == name; });
    return found == all.end() ? nullptr : &*found;
}

/// What the sampler's golden file holds: first each of its edges, then random chains.
template <class Engine>
[[nodiscard]] std::string text_of(const dossiers::sampler& own, const Engine& engine) {
    std::string text = std::string("# ") + own.name +
                       ": what fixed logits, chains and keys give, on every machine, compiler, flag and backend. A "
                       "change\n# of any line is a breaking change. Made by the oracle: tests/golden/run --write " +
                       own.name +
                       "\n# Rows: number, type[vocab], shape, chain: token, status, kept, Z, checksum of the kept ids "
                       "and masses.\n";
    static constexpr std::size_t vocabs[] = {1, 2, 3, 5, 10, 17, 63, 64, 65, 128, 257, 1000};
    const std::vector<dossiers::step> edges = own.edges();
    const std::size_t cases = 2 * edges.size() + 300;
    for (u64 number = 0; number < cases; ++number) {
        bit_source source(dossiers::seed_of(own.name), number);
        dossiers::splitmix stream = own.stream(0, number);
        const std::size_t vocab = number + 8 < cases ? vocabs[source.below(std::size(vocabs))] : 20'000;
        draw_case made;
        const auto type = source.below(2) != 0 ? scalar::f32 : static_cast<scalar>(source.below(4));
        made.row = random_row(type, random_shape(source), vocab, source);
        randomise_key(made, source);
        std::vector<dossiers::step> chain;
        if (number < 2 * edges.size()) chain = {edges[number / 2]};
        else dossiers::mix(chain, own, 5, stream, [&](const auto& each) { return each.random(vocab, stream); });

        print(text, "%llu ", static_cast<unsigned long long>(number));
        describe(text, made.row);
        for (const dossiers::step& each : chain) text += each.text() + (&each == &chain.back() ? "" : "|");
        report(text, engine.draw(made, chain));
    }
    return text;
}

}  // namespace golden
