// SPDX-License-Identifier: MIT
//
// From a context of llama.cpp to a token, without its array of candidates.
#pragma once

#if __has_include(<pluck/adapters/llama_cpp.hpp>)
#include <pluck/adapters/llama_cpp.hpp>
#else

#include <pluck/logits.hpp>
#include <pluck/report.hpp>
#include <pluck/sample.hpp>

#include <cstddef>
#include <cstdint>
#include <llama.h>

namespace pluck::llama_cpp {

/// The logits of the index-th output of the last llama_decode(), -1 for the last one.
inline logits_view<float> logits(llama_context* context, std::int32_t index) {
    const float* const row = llama_get_logits_ith(context, index);
    const llama_vocab* const vocab = llama_model_get_vocab(llama_get_model(context));
    return {row, row == nullptr ? 0 : static_cast<std::size_t>(llama_vocab_n_tokens(vocab))};
}

template <class Chain>
pick sample(llama_context* context, std::int32_t index, const Chain& chain, const key& from) {
    return pluck::sample(logits(context, index), chain, from);
}

template <class Chain>
pick sample(llama_context* context, std::int32_t index, const Chain& chain, const key& from, report& said) {
    return pluck::sample(logits(context, index), chain, from, said);
}

}  // namespace pluck::llama_cpp

#endif
