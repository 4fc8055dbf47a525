// SPDX-License-Identifier: MIT
//
// The library's own stages, in one list: what a dynamic_chain can hold. A new sampler adds its header
// and its name here, and touches no other list.
#pragma once

#include <pluck/adjust/allowed.hpp>
#include <pluck/adjust/banned.hpp>
#include <pluck/adjust/forced.hpp>
#include <pluck/adjust/logit_bias.hpp>
#include <pluck/adjust/mask.hpp>
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
using of_library_stages = List<logit_bias, banned, allowed, mask, forced,  // adjust
                               temperature,                                // shape
                               top_k, top_p, min_p,                        // keep
                               categorical, greedy, rejection>;            // draw

}}}  // namespace pluck::v0::detail
