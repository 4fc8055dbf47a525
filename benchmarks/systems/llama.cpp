// SPDX-License-Identifier: MIT
// llama.cpp through its public C API.
#include "support/contest.hpp"
#include "support/llama_chain.hpp"

namespace {

using pluck_bench::llama_chain;
using pluck_bench::sampler;
using pluck_bench::settings;

llama_chain chain_of(const settings& what) {
    llama_chain chain;
    if (what.greedy()) return chain.add(llama_sampler_init_greedy());
    // Top-k goes first, where llama.cpp has it: the temperature then sees k candidates, and the result is the same.
    if (what.top_k > 0) chain.add(llama_sampler_init_top_k(what.top_k));
    chain.add(llama_sampler_init_temp(what.temperature));
    if (what.top_p < 1) chain.add(llama_sampler_init_top_p(what.top_p, 1));
    if (what.min_p > 0) chain.add(llama_sampler_init_min_p(what.min_p, 1));
    return chain.add(llama_sampler_init_dist(1));
}

const pluck_bench::joins llama("llama.cpp", [](const settings& what) -> sampler { return chain_of(what); });

}  // namespace
