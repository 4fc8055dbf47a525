// SPDX-License-Identifier: MIT
// llama.cpp through its public C API: a sampler chain over an array of candidates, which is kept from draw to draw and
// filled from the logits, as llama_sampler_sample does.
#include "support/contest.hpp"

#include <cstddef>
#include <cstdint>
#include <llama.h>
#include <memory>
#include <span>
#include <vector>

namespace {

using pluck_bench::sampler;
using pluck_bench::settings;

class llama_chain {
public:
    explicit llama_chain(const settings& what)
        : chain_(llama_sampler_chain_init({.no_perf = true}), llama_sampler_free) {
        if (what.greedy()) {
            add(llama_sampler_init_greedy());
            return;
        }
        // Top-k goes first, where llama.cpp has it: the temperature then sees k candidates, and the result is the same.
        if (what.top_k > 0) add(llama_sampler_init_top_k(what.top_k));
        add(llama_sampler_init_temp(what.temperature));
        if (what.top_p < 1) add(llama_sampler_init_top_p(what.top_p, 1));
        if (what.min_p > 0) add(llama_sampler_init_min_p(what.min_p, 1));
        add(llama_sampler_init_dist(1));
    }

    std::int32_t operator()(std::span<float> row) {
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

const pluck_bench::joins llama("llama.cpp", [](const settings& what) -> sampler { return llama_chain(what); });

}  // namespace
