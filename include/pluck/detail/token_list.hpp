// SPDX-License-Identifier: MIT
//
// What adjusters check of a list of token ids when they are made of one.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/detail/range.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/list_view.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>

namespace pluck { inline namespace v0 { namespace detail {

/// A range as a list_view; throws if it is too long for one.
template <contiguous_range Range>
[[nodiscard]] PLUCK_TAGGED list_view<range_value<Range>> view_of_list(const char* who, const char* name,
                                                                      const Range& range) {
    const auto size = static_cast<std::size_t>(std::size(range));
    if (size >> 32 != 0) reject(who, (std::string(name) + ".size()").c_str(), "below 2^32", size);
    return {std::data(range), static_cast<std::uint32_t>(size)};
}

/// Throws "pluck::banned: ids[2] must be >= 0, got -7".
PLUCK_TAGGED inline void check_id(const char* who, std::size_t i, std::int32_t id, std::int32_t least) {
    if (id < least) reject(who, ("ids[" + text_of(i) + "]").c_str(), (">= " + text_of(least)).c_str(), id);
}

/// The ids of tokens; not where the row ends, which only a row knows.
template <class Range>
[[nodiscard]] PLUCK_TAGGED list_view<std::int32_t> checked_ids(const char* who, const Range& range) {
    const auto ids = view_of_list(who, "ids", range);
    for (std::size_t i = 0; i < ids.size(); ++i) check_id(who, i, ids[i], 0);
    return ids;
}

/// The same where each has to be above the one before it.
template <class Range>
[[nodiscard]] PLUCK_TAGGED list_view<std::int32_t> checked_rising_ids(const char* who, const Range& range) {
    const auto ids = checked_ids(who, range);
    for (std::size_t i = 1; i < ids.size(); ++i) {
        if (ids[i] <= ids[i - 1])
            reject(who, ("ids[" + text_of(i) + "]").c_str(),
                   ("above the one before it, " + text_of(ids[i - 1])).c_str(), ids[i]);
    }
    return ids;
}

/// Biases of as many things as there are, each finite or -infinity.
PLUCK_TAGGED inline void check_biases(const char* who, const char* what, std::size_t count,
                                      const list_view<float>& values) {
    if (values.size() != count) reject(who, "values.size()", (what + (", " + text_of(count))).c_str(), values.size());
    for (std::size_t i = 0; i < count; ++i) {
        const std::int32_t order = ordered(values[i]);
        if (order >= ordered_infinity || order < -ordered_infinity)
            reject(who, ("values[" + text_of(i) + "]").c_str(), "finite or -infinity", values[i]);
    }
}

}}}  // namespace pluck::v0::detail
