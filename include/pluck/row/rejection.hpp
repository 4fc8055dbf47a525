// SPDX-License-Identifier: MIT
//
// The draw by rejection, docs/draw.md section 4: the constants that all backends share.
#pragma once

#include <pluck/detail/purposes.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 {

/// The purpose of its random bits, the number of tokens in a block of the envelope, and the largest number of
/// proposals, each of which is accepted with a chance of at least 1/64.
inline constexpr std::uint32_t rejection_purpose = static_cast<std::uint32_t>(detail::purpose::rejection);
inline constexpr std::uint32_t envelope_block = 64;
inline constexpr std::uint32_t max_proposals = 4096;

}}  // namespace pluck::v0
