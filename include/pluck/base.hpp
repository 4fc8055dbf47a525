// SPDX-License-Identifier: MIT
//
// Of what a log-probability is one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 {

/// The scores, and the temperature, of which log-probabilities are reported.
enum class base : std::uint8_t {
    raw,       ///< the logits as they are given, at T = 1
    adjusted,  ///< what adjusters make of them, at T = 1
    tempered,  ///< the same at the chain's temperature, before anything is cut
    chain,     ///< what the chain draws from: -infinity for what it does not keep
};

/// So many of the best tokens can be reported of a draw.
inline constexpr std::size_t max_top = 1024;

}}  // namespace pluck::v0
