// SPDX-License-Identifier: MIT
//
// llama.cpp's samplers beside the stages that are to do the same; its rows are in llama.txt.
#include "fixture.hpp"
#include <pluck/adjust/dry.hpp>
#include <pluck/adjust/logit_bias.hpp>
#include <pluck/adjust/penalties.hpp>
#include <pluck/keep/min_p.hpp>
#include <pluck/keep/top_k.hpp>
#include <pluck/keep/top_p.hpp>
#include <pluck/shape/temperature.hpp>

using peers::each_case, peers::fields, peers::float_of, peers::numbered, peers::peer_case, peers::sequence_list;
using pluck::token_history;

namespace {

/// The arguments of llama_sampler_init_penalties.
pluck::penalty_settings penalties_of(const std::vector<std::string>& words) {
    return {.repetition = float_of(words.at(1)),
            .frequency = float_of(words.at(2)),
            .presence = float_of(words.at(3)),
            .last_n = std::stoi(words.at(0)),
            .counts = pluck::scope::all};
}

/// The arguments of llama_sampler_init_dry, and its breakers as tokens.
struct dry_arguments {
    pluck::dry_settings settings;
    sequence_list breakers;

    explicit dry_arguments(const std::vector<std::string>& words)
        : settings{.multiplier = float_of(words.at(0)),
                   .base = float_of(words.at(1)),
                   .allowed_length = std::stoi(words.at(2)),
                   .last_n = std::stoi(words.at(3))},
          breakers({words.begin() + 4, words.end()}) {}
};

}  // namespace

TEST_CASE("penalties are llama.cpp's") {
    CHECK(each_case("llama.txt", "penalties", [](const peer_case& one, const token_history& text) {
              one.compare(pluck::penalties(text, penalties_of(one.words())), 2e-7);
          }) == 200);
}

TEST_CASE("DRY is llama.cpp's") {
    CHECK(each_case("llama.txt", "dry", [](const peer_case& one, const token_history& text) {
              const dry_arguments arguments(one.words());
              one.compare(pluck::dry(text, arguments.settings, arguments.breakers.view()), 0);
          }) == 600);
}

TEST_CASE("logit_bias is llama.cpp's") {
    CHECK(each_case("llama.txt", "logit_bias", [](const peer_case& one, const token_history&) {
              const numbered biases(one.words());
              one.compare(pluck::logit_bias(biases.ids, biases.values), 0);
          }) == 120);
}

TEST_CASE("a chain with bias, penalties, DRY and cuts is llama.cpp's") {
    CHECK(each_case("llama.txt", "all", [](const peer_case& one, const token_history& text) {
              const std::vector<std::string> parts = fields(one.parameters, ';');
              const numbered biases(fields(parts.at(0), ' '));
              const dry_arguments dry(fields(parts.at(2), ' '));
              const auto number = [&parts](std::size_t i) { return float_of(fields(parts.at(i), ' ').at(0)); };
              one.compare(pluck::logit_bias(biases.ids, biases.values) |
                              pluck::penalties(text, penalties_of(fields(parts.at(1), ' '))) |
                              pluck::dry(text, dry.settings, dry.breakers.view()) |
                              pluck::top_k(std::stoi(parts.at(3))) | pluck::top_p(number(4)) | pluck::min_p(number(5)) |
                              pluck::temperature(number(6)),
                          0);
          }) == 100);
}
