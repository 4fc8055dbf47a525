// SPDX-License-Identifier: MIT
//
// A sampler's cases come from its own random stream, and mix it only with samplers listed before it. So adding a
// sampler leaves the cases of the others as they were: here are the checksums of thousands of chains of each.
#include "dossiers/all.hpp"
#include "exact/random_chains.hpp"
#include "exact/splitmix.hpp"
#include "support/catch.hpp"

#include <cstddef>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

using namespace exact;

namespace {

u64 checksum_of_chains(const sampler& own) {
    std::string text;
    std::vector<step> chain;
    for (u64 number = 0; number < 2000; ++number) {
        splitmix stream = own.stream(2, number);
        const std::size_t vocab = 1 + stream.below(300);
        dossiers::mix(chain, own, 5, stream, [&](const sampler& each) { return each.random(vocab, stream); });
        for (const step& each : chain) text += each.text() + '|';
    }
    return dossiers::seed_of(text);
}

}  // namespace

TEST_CASE("the cases of the first samplers are what they were, whatever has been added") {
    const std::pair<std::string, u64> expected[] = {
        {"temperature", 0x6fd73e14127ef5a8}, {"top_k", 0x3eeeafec2942bd10},
        {"top_p", 0x2c890e46fe557110},       {"min_p", 0x24e7525e15f8b84e},
        {"drop_above", 0x0da85176d713b0dc},  {"keep_mass_at_least", 0x676bbe3e9e3d87ad},
        {"greedy", 0x1d5a06ba36558209},      {"categorical", 0x830d74810a2aa1fc},
        {"rejection", 0xbf77f46eae6ff98b},
    };
    for (std::size_t i = 0; i < std::size(expected); ++i) {
        const sampler& own = dossiers::samplers().at(i);
        INFO(own.name);
        CHECK(own.name == expected[i].first);
        CHECK(checksum_of_chains(own) == expected[i].second);
    }
}

TEST_CASE("each sampler has a name and a stream of its own, a dossier with edges, and text") {
    const auto& all = dossiers::samplers();
    for (std::size_t i = 0; i < all.size(); ++i) {
        INFO(all[i].name);
        CHECK_FALSE(all[i].edges().empty());
        CHECK(all[i].edges()[0].text().starts_with(all[i].name));
        CHECK(all[i].edges()[0].index() == i);
        for (std::size_t other = 0; other < i; ++other) {
            CHECK(dossiers::seed_of(all[i].name) != dossiers::seed_of(all[other].name));
            CHECK(checksum_of_chains(all[i]) != checksum_of_chains(all[other]));
        }
    }
}
