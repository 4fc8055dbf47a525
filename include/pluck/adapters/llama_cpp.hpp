// SPDX-License-Identifier: MIT
//
// pluck inside llama.cpp: draws straight from a context's logits, and a llama_sampler that stands in llama.cpp's own
// chains. The one header that needs llama.h; no other of the library's includes it. docs/llama_cpp.md says how to use
// it.
#pragma once

#if !__has_include(<llama.h>)
#error "pluck/adapters/llama_cpp.hpp needs llama.cpp: its folder include/ with llama.h and ggml.h, and libllama"
#endif

#include <pluck/adapters/llama_cpp_row.hpp>
#include <pluck/adapters/llama_cpp_sampler.hpp>
#include <pluck/chain.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/key.hpp>
#include <pluck/logits.hpp>
#include <pluck/make_chain.hpp>
#include <pluck/pick.hpp>
#include <pluck/report.hpp>
#include <pluck/sample.hpp>
#include <pluck/sampling_params.hpp>
#include <pluck/sequence.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <llama.h>
#include <type_traits>
#include <utility>

namespace pluck { inline namespace v0 { namespace llama_cpp { inline namespace PLUCK_BUILD {

/// The logits of an output row of a context.
///
/// Shapes.       [vocab], in the context's memory: valid until its next decode. Data is null and the size 0 if there is
///               no context or no such row, or if a sampler on the backend has cut the row.
/// Parameters.   index   of the token in the batch that was decoded last; negative: from the last output row on
/// Cost.         That of llama_get_logits_ith, which waits for the decode.
/// Errors.       None of ours. For a row that a batch of this context could have, and does not, a libllama that is
///               compiled without NDEBUG ends the program; others write a line to llama.cpp's log.
[[nodiscard]] inline logits_view<float> logits(llama_context* ctx, std::int32_t index) noexcept {
    if (ctx == nullptr) return {};
    const std::int64_t rows = llama_n_batch(ctx);
    if (index >= rows || index < -rows || detail::backend_has_sampled(ctx, index)) return {};
    const float* const data = llama_get_logits_ith(ctx, index);
    if (data == nullptr) return {};
    const std::int32_t vocab = llama_vocab_n_tokens(llama_model_get_vocab(llama_get_model(ctx)));
    return {data, static_cast<std::size_t>(vocab)};
}

/// Draws from an output row of a context, without the array of candidates that llama.cpp's samplers need.
///
/// Definition.   pluck::sample of logits(ctx, index).
/// Errors.       Never throws. The status is no_candidate if logits() has no such row.
template <chain_like Chain = combined>
[[nodiscard]] pick sample(llama_context* ctx, std::int32_t index, const Chain& chain, const key& where,
                          workspace& scratch) noexcept {
    return pluck::sample(logits(ctx, index), chain, where, scratch);
}

template <chain_like Chain = combined>
[[nodiscard]] pick sample(llama_context* ctx, std::int32_t index, const Chain& chain, const key& where) noexcept {
    return pluck::sample(logits(ctx, index), chain, where);
}

/// The same with log-probabilities: see report.
template <chain_like Chain = combined>
[[nodiscard]] pick sample(llama_context* ctx, std::int32_t index, const Chain& chain, const key& where, report& said,
                          workspace& scratch) noexcept {
    return pluck::sample(logits(ctx, index), chain, where, said, scratch);
}

template <chain_like Chain = combined>
[[nodiscard]] pick sample(llama_context* ctx, std::int32_t index, const Chain& chain, const key& where,
                          report& said) noexcept {
    return pluck::sample(logits(ctx, index), chain, where, said);
}

/// A sampler for a chain of llama.cpp's, the last one in it, with a text of its own: what it is told to accept.
///
///     llama_sampler* last = pluck::llama_cpp::make_sampler(
///         [](pluck::sequence& text) { return pluck::penalties(text.history(), {.repetition = 1.1f}) | my_cuts; },
///         {.seed = 42}, llama_vocab_n_tokens(vocab));
///     llama_sampler_chain_add(chain, last);                      // which owns it from then on
///
/// Definition.   apply() draws from the row of the whole vocabulary in which a candidate has its logit and every other
///               token -infinity: the token is that of pluck::sample(row, make(text), text.key()), in whatever order
///               candidates come, and whatever was cut before. `selected` is its place in the array, of which nothing
///               else changes: p is not written. Another draw at the same place of the text, as llama.cpp makes if
///               its grammar refuses the first token, is by random bits of its own: the n-th one's key has n * 2^32
///               added to its position, n from 0. What is accepted before the first draw is the text's prompt, what
///               comes later is generated. reset() forgets the text. clone() copies it, with the place in it: the copy
///               draws what the original would have drawn, and neither knows of the other.
/// Shapes.       Any number of candidates, of at most 2^23 tokens. An id that is there twice has its last logit.
/// Parameters.   make    called with a sequence, returns a chain for it: a stage, a chain, or what has stages(). It is
///                       copied, and called for each clone: it makes the same chain each time. All that it changes
///                       of the sequence is what it keeps there, and its memory. Lists that the chain looks at are
///                       there or in `make` itself, or outlive the sampler and its clones
///               how     the options of the sequence: seed, sequence
///               vocab   how many tokens the model has; 0: not known, and the row is as long as the largest id seen.
///                       Then an adjuster's id may be none of its tokens, which is the status bad_parameter
/// Non-finite.   As in any row: a NaN among the candidates is the status nan_logit.
/// Randomness.   That of the text's key.
/// Cost.         That of the draw from a row of all tokens, and two looks at each candidate. The row has 4 bytes for
///               each token of the vocabulary.
/// Errors.       What make throws, and std::invalid_argument if the vocab is not in [0, 2^23]. Afterwards nothing
///               throws: `selected` is -1 if there is no token, and status_of() says why. It is bad_parameter if an id
///               is negative or not below the vocab, no_candidate if a forced token is none of the candidates. What was
///               accepted but cannot be kept, a negative id or one for which there is no memory, is the status of all
///               draws until a reset. llama_sampler_sample() ends the program where nothing is selected: apply the
///               sampler yourself where that may happen. clone() returns null if there is no memory or make throws.
/// Threads.      As llama.cpp's: one at a time.
template <detail::makes_chain Make>
[[nodiscard]] llama_sampler* make_sampler(Make make, const sequence::options& how, std::int32_t vocab = 0) {
    return detail::make_llama_sampler<detail::chain_of_text<Make>>(vocab, std::move(make), how);
}

/// The sampler of a request, by the rules of an engine; its seed is the request's, or the one of `otherwise`. Else as
/// above.
///
/// Errors.       std::invalid_argument with all that is wrong with the request, as make_chain().
[[nodiscard]] inline llama_sampler* make_sampler(const sampling_params& request, order rules,
                                                 const sequence::options& otherwise = {}, std::int32_t vocab = 0) {
    const sequence::options how = options_of(request, otherwise);
    sequence text({}, how);
    (void)make_chain(request, text, rules, vocab);  // throws; a clone's text may have tokens that no vocabulary has
    return make_sampler([request, rules](sequence& own) { return make_chain(request, own, rules); }, how, vocab);
}

/// The sampler of a chain that looks at no text. Each token that is accepted moves the key's position on by one.
/// Otherwise as above: the lists that its adjusters look at outlive the sampler and its clones.
///
/// Errors.       A chain that looks at a text, which would not be the sampler's, does not compile; where its stages are
///               chosen at run time, it throws std::invalid_argument. A stage of your own that does is not recognised.
template <chain_like Chain = combined>
[[nodiscard]] llama_sampler* make_sampler(const Chain& chain, const key& where, std::int32_t vocab = 0) {
    using value = std::remove_cvref_t<decltype(as_chain(chain))>;
    return detail::make_llama_sampler<detail::chain_without_text<value>>(vocab, as_chain(chain), where);
}

/// How the last draw of a sampler ended: `ok` before the first one, and bad_parameter if it is none of make_sampler's.
[[nodiscard]] inline status status_of(const llama_sampler* sampler) noexcept {
    const detail::llama_sampler_state* const state = detail::state_of(sampler);
    return state == nullptr ? status::bad_parameter : state->said;
}

}}}}  // namespace pluck::v0::llama_cpp::PLUCK_BUILD
