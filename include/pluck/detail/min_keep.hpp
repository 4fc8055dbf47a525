// SPDX-License-Identifier: MIT
//
// The floor under a cut: how many tokens a stage keeps whatever its threshold says.
#pragma once

#include <pluck/detail/error.hpp>
#include <pluck/detail/parameter.hpp>

#include <cstdint>
#include <limits>
#include <utility>

namespace pluck { inline namespace v0 { namespace detail {

/// A count of tokens, checked: `min_keep` of the stage named `who`.
template <whole_number Integer>
[[nodiscard]] constexpr std::uint32_t checked_min_keep(const char* who, Integer min_keep) {
    if (std::cmp_less(min_keep, 0)) reject(who, "min_keep", ">= 0", min_keep);
    constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();  // no row is that long
    return std::cmp_greater(min_keep, most) ? most : static_cast<std::uint32_t>(min_keep);
}

}}}  // namespace pluck::v0::detail
