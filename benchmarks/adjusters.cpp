// SPDX-License-Identifier: MIT
//
// What does an adjuster cost? A draw by temperature and top-k with it, call by call in turn with the same draw without
// it: the counter `ratio` is the one over the other. What llama.cpp has of them is beside ours, if it is installed, in
// turn with its own draw without it.
#include "support/registering.hpp"
#include "support/rows.hpp"
#include "support/timing.hpp"
#include <pluck/adjust/allowed.hpp>
#include <pluck/adjust/banned.hpp>
#include <pluck/adjust/dry.hpp>
#include <pluck/adjust/forced.hpp>
#include <pluck/adjust/logit_bias.hpp>
#include <pluck/adjust/mask.hpp>
#include <pluck/adjust/penalties.hpp>
#include <pluck/sample.hpp>
#include <pluck/sequence.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#if PLUCK_BENCH_LLAMA
#include "support/llama_chain.hpp"
#endif

using namespace pluck_bench;

namespace {

constexpr std::array<std::size_t, 4> lengths = {1000, 32000, 128256, 262144};

/// Different tokens, in random order.
std::vector<std::int32_t> random_ids(std::size_t vocab, std::size_t count) {
    std::vector<std::int32_t> ids(vocab);
    for (std::size_t i = 0; i < vocab; ++i) ids[i] = static_cast<std::int32_t>(i);
    numbers draw(vocab);
    for (std::size_t i = 0; i < count; ++i)
        std::swap(ids[i], ids[i + static_cast<std::size_t>(draw.uniform() * static_cast<double>(vocab - i - 1))]);
    ids.resize(count);
    return ids;
}

std::vector<std::int32_t> sorted(std::vector<std::int32_t> ids) {
    std::sort(ids.begin(), ids.end());
    return ids;
}

std::vector<std::uint32_t> mask_of(std::size_t vocab, const std::vector<std::int32_t>& ids) {
    std::vector<std::uint32_t> words((vocab + 31) / 32);
    for (const std::int32_t id : ids) words[static_cast<std::size_t>(id) / 32] |= 1u << (id % 32);
    return words;
}

/// 1,000 tokens of an alphabet of 50, so that sequences come again.
std::vector<std::int32_t> repetitive_text(std::size_t vocab) {
    const std::vector<std::int32_t> alphabet = random_ids(vocab, 50);
    numbers draw(7);
    std::vector<std::int32_t> text(1000);
    for (std::int32_t& token : text) token = alphabet[static_cast<std::size_t>(draw.uniform() * 49.999)];
    return text;
}

/// The lists that stages look at.
struct lists {
    std::vector<std::int32_t> few, many, hundredth, text;
    std::vector<float> few_values, many_values;
    std::vector<std::uint32_t> sparse, half, dense;
    pluck::sequence penalized, prolonged;

    explicit lists(std::size_t vocab)
        : few(random_ids(vocab, 50)),
          many(random_ids(vocab, 500)),
          hundredth(sorted(random_ids(vocab, vocab / 100))),
          text(repetitive_text(vocab)),
          few_values(50, -1.5f),
          many_values(500, -1.5f),
          sparse(mask_of(vocab, hundredth)),
          half(mask_of(vocab, random_ids(vocab, vocab / 2))),
          dense(mask_of(vocab, random_ids(vocab, vocab - vocab / 100))),
          penalized(many),
          prolonged(text) {}
};

auto draw_by(const auto& chain) {
    return [chain](std::span<const float> row) { return pluck::sample(row, chain, {.seed = 1}).token; };
}

template <class Stage>
void add_pluck(const char* name, std::size_t vocab, const Stage& stage) {
    const auto plain = pluck::temperature(0.8f) | pluck::top_k(50);
    add("pluck/" + std::string(name) + "/" + std::to_string(vocab), [=](benchmark::State& state) {
        const auto& rows = rows_of(vocab, shape::typical);
        time_draws(state, turns(rows, draw_by(stage | plain)), turns(rows, draw_by(plain)));
    });
}

#if PLUCK_BENCH_LLAMA
/// Top-k goes before the temperature, as systems/llama.cpp has it.
llama_chain& add_draw(llama_chain& chain) {
    return chain.add(llama_sampler_init_top_k(50)).add(llama_sampler_init_temp(0.8f)).add(llama_sampler_init_dist(1));
}

/// The stage, which sees `text`, before that draw, and in turn the draw alone. Each repetition makes its own stage.
template <class Make>
void add_llama(const char* name, std::size_t vocab, const std::vector<std::int32_t>& text, const Make& make) {
    add("llama.cpp/" + std::string(name) + "/" + std::to_string(vocab), [=, &text](benchmark::State& state) {
        llama_chain with, without;
        add_draw(with.add(make())).accept(text);
        const auto& rows = rows_of(vocab, shape::typical);
        time_draws(state, turns(rows, with), turns(rows, add_draw(without)));
    });
}

void add_llama_bias(const char* name, std::size_t vocab, const std::vector<std::int32_t>& ids,
                    const std::vector<float>& values) {
    static const std::vector<std::int32_t> no_text;
    add_llama(name, vocab, no_text, [vocab, &ids, &values] {
        std::vector<llama_logit_bias> biases;
        for (std::size_t i = 0; i < ids.size(); ++i) biases.push_back({ids[i], values[i]});
        return llama_sampler_init_logit_bias(static_cast<std::int32_t>(vocab), static_cast<std::int32_t>(biases.size()),
                                             biases.data());
    });
}
#endif

void add_all(std::size_t vocab, const lists& of) {
    add_pluck("logit_bias of 50", vocab, pluck::logit_bias(of.few, of.few_values));
    add_pluck("logit_bias of 500", vocab, pluck::logit_bias(of.many, of.many_values));
    add_pluck("banned 50", vocab, pluck::banned(of.few));
    add_pluck("allowed 1 %", vocab, pluck::allowed(of.hundredth));
    add_pluck("mask of 1 %", vocab, pluck::mask(of.sparse));
    add_pluck("mask of 50 %", vocab, pluck::mask(of.half));
    add_pluck("mask of 99 %", vocab, pluck::mask(of.dense));
    add_pluck("forced", vocab, pluck::forced(7));
    add_pluck("penalties of 500", vocab,
              pluck::penalties(of.penalized.history(),
                               {.repetition = 1.1f, .frequency = 0.1f, .presence = 0.2f, .counts = pluck::scope::all}));
    add_pluck("dry on 1000", vocab,
              pluck::dry(of.prolonged.history(), {.multiplier = 0.8f, .base = 1.75f, .allowed_length = 2}));
#if PLUCK_BENCH_LLAMA
    add_llama_bias("logit_bias of 50", vocab, of.few, of.few_values);
    add_llama_bias("logit_bias of 500", vocab, of.many, of.many_values);
    const auto penalized = static_cast<std::int32_t>(of.many.size()),
               prolonged = static_cast<std::int32_t>(of.text.size());
    add_llama("penalties of 500", vocab, of.many, [=] {
        return llama_sampler_init_penalties(static_cast<std::int32_t>(vocab), penalized, 1.1f, 0.1f, 0.2f);
    });
    add_llama("dry on 1000", vocab, of.text, [=] {  // no vocabulary, since there are no breakers
        return llama_sampler_init_dry(nullptr, 0.8f, 1.75f, 2, prolonged, nullptr, 0);
    });
#endif
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<lists> all;
    all.reserve(lengths.size());
    for (const std::size_t vocab : lengths) add_all(vocab, all.emplace_back(vocab));
    return run_all(argc, argv);
}
