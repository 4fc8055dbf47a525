// SPDX-License-Identifier: MIT
//
// What docs/llama_cpp.md shows: what stands between the marks is there, word for word, and the tests run it.
#pragma once

// [page]
#include <pluck/adapters/llama_cpp.hpp>

/// A chain for llama_sampler_sample(), and for whatever else takes a llama_sampler.
inline llama_sampler* sampler_of(const llama_model* model, const pluck::sampling_params& request, std::uint64_t seed) {
    const std::int32_t vocab = llama_vocab_n_tokens(llama_model_get_vocab(model));
    llama_sampler* chain = llama_sampler_chain_init(llama_sampler_chain_default_params());
    llama_sampler_chain_add(chain,
                            pluck::llama_cpp::make_sampler(request, pluck::order::llama_cpp, {.seed = seed}, vocab));
    return chain;
}
// [page]

inline std::vector<llama_token> generate(llama_context* ctx, std::vector<llama_token> prompt, int most) {
    // [loop]
    const llama_vocab* vocab = llama_model_get_vocab(llama_get_model(ctx));
    pluck::sequence text(prompt, {.seed = 42});
    const auto chain =
        pluck::penalties(text.history(), {.repetition = 1.1f}) | pluck::top_p(0.95f) | pluck::temperature(0.8f);
    llama_decode(ctx, llama_batch_get_one(prompt.data(), static_cast<std::int32_t>(prompt.size())));
    for (int i = 0; i < most; ++i) {
        pluck::pick next = pluck::llama_cpp::sample(ctx, -1, chain, text.key());
        if (!next || llama_vocab_is_eog(vocab, next.token)) break;  // next.status says why there is none
        text.accept(next.token);
        llama_decode(ctx, llama_batch_get_one(&next.token, 1));
    }
    // [loop]
    return {text.tokens().begin(), text.tokens().end()};
}

inline void read_prompt(llama_sampler* chain, const std::vector<llama_token>& prompt) {
    // [prompt]
    llama_sampler* const ours = llama_sampler_chain_get(chain, llama_sampler_chain_n(chain) - 1);
    for (const llama_token token : prompt) llama_sampler_accept(ours, token);
    // [prompt]
}
