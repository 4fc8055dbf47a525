// SPDX-License-Identifier: MIT
//
// The draw by rejection, docs/draw.md section 4: what all backends must agree on for it to give one token.
#pragma once

#include <pluck/detail/purposes.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 {

/// The purpose of its random bits, how many tokens a block of the envelope has, and how many proposals it makes at
/// most. Each is accepted with a chance of 1/64 at least.
inline constexpr std::uint32_t rejection_purpose = static_cast<std::uint32_t>(detail::purpose::rejection);
inline constexpr std::uint32_t envelope_block = 64;
inline constexpr std::uint32_t max_proposals = 4096;

}}  // namespace pluck::v0
