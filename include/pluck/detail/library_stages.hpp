// SPDX-License-Identifier: MIT
//
// The library's own stages, in one list: what a dynamic_chain can hold. A new sampler adds its header
// and its name here, and touches no other list.
#pragma once

#include <pluck/adjust/allowed.hpp>
#include <pluck/adjust/banned.hpp>
#include <pluck/adjust/begin_suppress.hpp>
#include <pluck/adjust/dry.hpp>
#include <pluck/adjust/forced.hpp>
#include <pluck/adjust/guidance.hpp>
#include <pluck/adjust/length_decay.hpp>
#include <pluck/adjust/logit_bias.hpp>
#include <pluck/adjust/mask.hpp>
#include <pluck/adjust/min_tokens.hpp>
#include <pluck/adjust/no_repeat_ngram.hpp>
#include <pluck/adjust/penalties.hpp>
#include <pluck/adjust/phrases.hpp>
#include <pluck/adjust/recorded.hpp>
#include <pluck/adjust/remove_nan.hpp>
#include <pluck/draw/categorical.hpp>
#include <pluck/draw/greedy.hpp>
#include <pluck/draw/rejection.hpp>
#include <pluck/keep/min_p.hpp>
#include <pluck/keep/top_k.hpp>
#include <pluck/keep/top_p.hpp>
#include <pluck/shape/temperature.hpp>

namespace pluck { inline namespace v0 { namespace detail {

/// `list<Stages...>` with all of the library's stages.
template <template <class...> class List>
using of_library_stages = List<logit_bias, banned, allowed, mask, forced, penalties, dry, no_repeat_ngram, phrases,
                               min_tokens, begin_suppress, length_decay, guidance, remove_nan, recorded,  // adjust
                               temperature,                                                               // shape
                               top_k, top_p, min_p,                                                       // keep
                               categorical, greedy, rejection>;                                           // draw

}}}  // namespace pluck::v0::detail
