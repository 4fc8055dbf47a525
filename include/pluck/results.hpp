// SPDX-License-Identifier: MIT
//
// Where the draws of a batch write what has come out. The same on the CPU and on a device.
#pragma once

#include <pluck/pick.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 {

/// Where results go, in the caller's memory, for a device in device memory; null for what is not wanted.
struct results {
    std::int32_t* token = nullptr;     ///< [draws], -1 where there is none
    pluck::status* status = nullptr;   ///< [draws]
    std::int32_t* kept = nullptr;      ///< [draws], how many tokens the draw chose from; 0 where there is none
    float* log_probability = nullptr;  ///< [draws], of the token, in nats; NaN where there is none
};

}}  // namespace pluck::v0
