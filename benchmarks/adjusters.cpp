// SPDX-License-Identifier: MIT
//
// What does an adjuster cost? A draw by temperature and top-k with it, call by call in turn with the same draw without
// it: the counter `ratio` is the one over the other. llama.cpp's logit bias beside them, if it is installed, in turn
// with its own draw without one.
#include "support/registering.hpp"
#include "support/rows.hpp"
#include "support/timing.hpp"
#include <pluck/adjust/allowed.hpp>
#include <pluck/adjust/banned.hpp>
#include <pluck/adjust/forced.hpp>
#include <pluck/adjust/logit_bias.hpp>
#include <pluck/adjust/mask.hpp>
#include <pluck/sample.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#if PLUCK_BENCH_LLAMA
#include <llama.h>
#include <memory>
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

/// The lists that stages look at.
struct lists {
    std::vector<std::int32_t> few, many, hundredth;
    std::vector<float> few_values, many_values;
    std::vector<std::uint32_t> sparse, half, dense;

    explicit lists(std::size_t vocab)
        : few(random_ids(vocab, 50)),
          many(random_ids(vocab, 500)),
          hundredth(sorted(random_ids(vocab, vocab / 100))),
          few_values(50, -1.5f),
          many_values(500, -1.5f),
          sparse(mask_of(vocab, hundredth)),
          half(mask_of(vocab, random_ids(vocab, vocab / 2))),
          dense(mask_of(vocab, random_ids(vocab, vocab - vocab / 100))) {}
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
/// llama.cpp's chain, over candidates that are filled from the logits as llama_sampler_sample does.
class llama_draw {
public:
    llama_draw(std::size_t vocab, const std::vector<std::int32_t>& ids, const std::vector<float>& values)
        : chain_(llama_sampler_chain_init({.no_perf = true}), llama_sampler_free) {
        std::vector<llama_logit_bias> biases;
        for (std::size_t i = 0; i < ids.size(); ++i) biases.push_back({ids[i], values[i]});
        if (!biases.empty()) {
            add(llama_sampler_init_logit_bias(static_cast<std::int32_t>(vocab),
                                              static_cast<std::int32_t>(biases.size()), biases.data()));
        }
        add(llama_sampler_init_top_k(50));
        add(llama_sampler_init_temp(0.8f));
        add(llama_sampler_init_dist(1));
    }
    std::int32_t operator()(std::span<const float> row) {
        candidates_.resize(row.size());
        for (std::size_t i = 0; i < row.size(); ++i) candidates_[i] = {static_cast<llama_token>(i), row[i], 0.0f};
        llama_token_data_array all{candidates_.data(), candidates_.size(), -1, false};
        llama_sampler_apply(chain_.get(), &all);
        return all.data[all.selected].id;
    }

private:
    void add(llama_sampler* stage) { llama_sampler_chain_add(chain_.get(), stage); }

    std::shared_ptr<llama_sampler> chain_;
    std::vector<llama_token_data> candidates_;
};

void add_llama(const char* name, std::size_t vocab, const std::vector<std::int32_t>& ids,
               const std::vector<float>& values) {
    add("llama.cpp/" + std::string(name) + "/" + std::to_string(vocab), [=, &ids, &values](benchmark::State& state) {
        const auto& rows = rows_of(vocab, shape::typical);
        time_draws(state, turns(rows, llama_draw(vocab, ids, values)), turns(rows, llama_draw(vocab, {}, {})));
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
#if PLUCK_BENCH_LLAMA
    add_llama("logit_bias of 50", vocab, of.few, of.few_values);
    add_llama("logit_bias of 500", vocab, of.many, of.many_values);
#endif
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<lists> all;
    all.reserve(lengths.size());
    for (const std::size_t vocab : lengths) add_all(vocab, all.emplace_back(vocab));
    return run_all(argc, argv);
}
