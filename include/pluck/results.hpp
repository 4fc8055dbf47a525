// SPDX-License-Identifier: MIT
//
// Where the draws of a batch write what has come out. The same on the CPU and on a device.
#pragma once

#include <pluck/base.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/pick.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 {

/// Where the best tokens of each draw go, best first; -1 and -infinity past the last one, -1 and NaN where there is no
/// token or the base has none.
struct top_arrays {
    std::int32_t* ids = nullptr;                                 ///< [draws, count]
    float* values = nullptr;                                     ///< [draws, count], their log-probabilities
    std::uint32_t count = 0;                                     ///< of each draw, at most max_top
    std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(count);  ///< from one draw to the next, in elements
};

/// The tokens whose log-probabilities are asked for, and where these go: -infinity where the base forbids the token or
/// does not keep it, NaN where it is no token of the row, or the draw has none.
struct given_arrays {
    const std::int32_t* ids = nullptr;                           ///< [draws, count]
    float* values = nullptr;                                     ///< [draws, count]
    std::uint32_t count = 0;                                     ///< of each draw
    std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(count);  ///< of values, from one draw to the next
    std::ptrdiff_t ids_stride = stride;                          ///< of ids; 0: the same tokens for all draws
};

/// Where results go, in the caller's memory, for a device in device memory; null for what is not wanted.
struct results {
    std::int32_t* token = nullptr;     ///< [draws], -1 where there is none
    pluck::status* status = nullptr;   ///< [draws]
    std::int32_t* kept = nullptr;      ///< [draws], how many tokens the draw chose from; 0 where there is none
    float* log_probability = nullptr;  ///< [draws], of the token, in nats; NaN where there is none
    std::int32_t* rank = nullptr;      ///< [draws], so many tokens of the base are better; -1 where there is none
    top_arrays top = {};               ///< the best tokens of each draw
    given_arrays given = {};           ///< any other ones
    /// What log-probabilities, ranks and best tokens are those of. What the draw is from is never anything but the
    /// chain's.
    pluck::base of = pluck::base::chain;

    /// Throws std::invalid_argument, in the name of `who`, if more of the best tokens are asked for than can be.
    PLUCK_TAGGED void check(const char* who) const {
        if (top.count > max_top) detail::reject(who, "top.count", "<= 1024", top.count);
    }
};

}}  // namespace pluck::v0
