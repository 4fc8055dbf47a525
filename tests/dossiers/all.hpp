// SPDX-License-Identifier: MIT
//
// The tests' list of samplers. Each sampler has a dossier, a header in this folder that is included below, and its name
// at the end of `of_all`. A dossier is a stage with its parameters, and has
//
//     stage                        the library's type of it
//     name                         its name, which determines its random stream and its golden file
//     apply(oracle::state&)        its rule, slow and obvious, without any code of the library; of an adjuster
//     adjust(scores)               instead, which is false where a parameter is wrong for the row
//     made()                       the library's stage with these parameters
//     text()                       what failures and golden files call it
//     random(vocab, stream)        one with random parameters, for a row of `vocab` tokens
//     edges()                      those at the ends of its parameters' ranges
//     sharpen(found, rank, aside)  if it has an edge: sets the parameter to where the token at this rank of what
//                                  the oracle found is about to go, then moves it by `aside` steps
//
// The suites test what is listed. A sampler's cases come from its own stream, and mix it only with samplers listed
// before it: appending one changes no case of the others. So append, and never sort.
#pragma once

#include "dossiers/allowed.hpp"
#include "dossiers/at_rank.hpp"
#include "dossiers/banned.hpp"
#include "dossiers/begin_suppress.hpp"
#include "dossiers/categorical.hpp"
#include "dossiers/drop_above.hpp"
#include "dossiers/dry.hpp"
#include "dossiers/forced.hpp"
#include "dossiers/greedy.hpp"
#include "dossiers/guidance.hpp"
#include "dossiers/keep_mass_at_least.hpp"
#include "dossiers/length_decay.hpp"
#include "dossiers/logit_bias.hpp"
#include "dossiers/mask.hpp"
#include "dossiers/min_p.hpp"
#include "dossiers/min_tokens.hpp"
#include "dossiers/no_repeat_ngram.hpp"
#include "dossiers/penalties.hpp"
#include "dossiers/phrases.hpp"
#include "dossiers/random.hpp"
#include "dossiers/rejection.hpp"
#include "dossiers/remove_nan.hpp"
#include "dossiers/temperature.hpp"
#include "dossiers/top_k.hpp"
#include "dossiers/top_p.hpp"
#include <pluck/detail/library_stages.hpp>
#include <pluck/dynamic_chain.hpp>
#include <pluck/stage.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace dossiers {

template <template <class...> class List>
using of_all = List<temperature, top_k, top_p, min_p, drop_above, keep_mass_at_least, greedy, categorical, rejection,
                    at_rank, logit_bias, banned, allowed, mask, forced, penalties, dry, no_repeat_ngram, phrases,
                    min_tokens, begin_suppress, length_decay, guidance, remove_nan>;

template <class Dossier>
inline constexpr bool draws = Dossier::stage::does == pluck::verb::draw;
template <class Dossier>
inline constexpr bool adjusts = Dossier::stage::does == pluck::verb::adjust;

template <class... Dossiers>
struct types {
    template <class F>
    static void each(const F& f) {
        (f.template operator()<Dossiers>(), ...);
    }
};

/// Calls f.operator()<Dossier>() for each dossier. Where a loop over samplers() suffices, it compiles faster.
template <class F>
void for_each_type(const F& f) {
    of_all<types>::each(f);
}

/// Any one dossier, with its parameters.
struct step : of_all<std::variant> {
    using of_all<std::variant>::variant;

    void apply(oracle::state& row) const {
        std::visit(
            [&]<class Own>(const Own& own) {
                if constexpr (!adjusts<Own>) own.apply(row);
            },
            *this);
    }
    [[nodiscard]] bool adjust(std::vector<float>& scores) const {
        return std::visit([&](const auto& own) { return oracle::adjusted(own, scores); }, *this);
    }
    [[nodiscard]] std::string text() const {
        return std::visit([](const auto& own) { return own.text(); }, *this);
    }
    [[nodiscard]] bool is_draw() const {
        return std::visit([]<class Own>(const Own&) { return draws<Own>; }, *this);
    }
    [[nodiscard]] bool is_adjuster() const {
        return std::visit([]<class Own>(const Own&) { return adjusts<Own>; }, *this);
    }
    /// Sets a parameter exactly to the edge of one of the tokens that the oracle found, or one step beside it.
    void sharpen(const oracle::result& found, splitmix& random) {
        if (found.status != oracle::ok) return;
        const std::size_t most = random.one_in(2) ? 4 : 1u << 23;
        const std::size_t rank = random.below(std::min(found.kept.size(), most));
        const int aside = random.between(-1, 1);
        const auto own = [&](auto& each) {
            if constexpr (requires { each.sharpen(found, rank, aside); }) each.sharpen(found, rank, aside);
        };
        std::visit(own, static_cast<of_all<std::variant>&>(*this));
    }
};

template <class... Dossiers>
using chain_of = pluck::basic_dynamic_chain<typename Dossiers::stage...>;

/// A dynamic chain of any stages that have dossiers.
using chain = of_all<chain_of>;

template <class... Stages>
struct library {
    template <class... Dossiers>
    struct of {
        template <class Stage>
        /// recorded moves nothing; what it remembers is in tests/unit/adjust/recorded_test.cpp.
        static constexpr bool has =
            (... || std::same_as<Stage, typename Dossiers::stage>) || std::same_as<Stage, pluck::recorded>;
        static constexpr bool complete = (... && has<Stages>);
    };
};
static_assert(of_all<pluck::detail::of_library_stages<library>::of>::complete,
              "a stage of the library's has no dossier");

[[nodiscard]] inline chain chained(std::span<const step> steps) {
    chain made;
    for (const step& each : steps) std::visit([&](const auto& own) { made.add(own.made()); }, each);
    return made;
}

/// A sampler as a value, so that a loop over all samplers is compiled once.
struct sampler {
    const char* name;
    std::size_t place;  // in the list
    bool draws, adjusts;
    step (*random)(std::size_t vocab, splitmix& stream);
    std::vector<step> (*edges)();

    /// Its random numbers for case `number` of a test.
    [[nodiscard]] splitmix stream(u64 test, u64 number) const { return {seed_of(name) + test, number}; }
};

template <class... Dossiers>
struct table {
    static constexpr sampler all[] = {
        {Dossiers::name, 0, draws<Dossiers>, adjusts<Dossiers>,
         [](std::size_t vocab, splitmix& stream) -> step { return Dossiers::random(vocab, stream); },
         [] {
             std::vector<step> edges;
             for (const auto& edge : Dossiers::edges()) edges.emplace_back(edge);
             return edges;
         }}...};
};

/// All samplers, in the order of the list.
[[nodiscard]] inline const std::vector<sampler>& samplers() {
    static const std::vector<sampler> all = [] {
        std::vector<sampler> made(std::begin(of_all<table>::all), std::end(of_all<table>::all));
        for (std::size_t i = 0; i < made.size(); ++i) made[i].place = i;
        return made;
    }();
    return all;
}

/// Puts them where a chain may have them.
inline void adjusters_first(std::vector<step>& steps) {
    std::stable_partition(steps.begin(), steps.end(), [](const step& each) { return each.is_adjuster(); });
}

/// 1 to `longest` steps, each made by one(sampler). The sampler itself stands at a random place, or at the end if it
/// draws; each other place has any sampler up to it in the list that does not draw. Adjusters then come first.
template <class One>
void mix(std::vector<step>& steps, const sampler& own, std::size_t longest, splitmix& stream, const One& one) {
    std::vector<const sampler*> others;
    for (std::size_t i = 0; i <= own.place; ++i)
        if (!samplers()[i].draws) others.push_back(&samplers()[i]);
    const std::size_t length = 1 + stream.below(longest);
    const std::size_t place = own.draws ? length - 1 : stream.below(length);
    steps.clear();
    for (std::size_t i = 0; i < length; ++i)
        steps.push_back(one(i == place ? own : *others[stream.below(others.size())]));
    adjusters_first(steps);
}

/// Whether a chain needs rows that can be written to.
[[nodiscard]] inline bool moves_scores(std::span<const step> steps) {
    return !steps.empty() && steps.front().is_adjuster();
}

}  // namespace dossiers
