// SPDX-License-Identifier: MIT
//
// The only place where the version is written; CMake reads it from here.
#pragma once

namespace pluck { inline namespace v0 {

inline constexpr int version_major = 0;
inline constexpr int version_minor = 2;
inline constexpr int version_patch = 0;

}}  // namespace pluck::v0
