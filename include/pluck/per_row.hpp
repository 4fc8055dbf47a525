// SPDX-License-Identifier: MIT
//
// A stage's parameter with one value for each row of a batch.
#pragma once

#include <pluck/detail/config.hpp>

#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <type_traits>

namespace pluck { inline namespace v0 {

/// One value per row of a batch, in the caller's memory: `top_p(per_row<float>{values})`.
///
/// Shapes.       [batch]; row i reads element i. A pointer alone is trusted to be long enough.
/// Errors.       Unlike a single value, these are checked row by row: a value out of range, or a row past the end,
///               gives that row `status::bad_parameter`. sample_rows() throws first if the array is shorter than
///               the batch; not for arrays of the chains in a `per_row<dynamic_chain>`, which only rows read.
template <class T>
struct per_row {
    const T* values = nullptr;
    std::size_t count = (std::numeric_limits<std::size_t>::max)();

    PLUCK_TAGGED constexpr explicit per_row(const T* from) noexcept : values(from) {}
    PLUCK_TAGGED constexpr explicit per_row(std::span<const T> from) noexcept
        : values(from.data()), count(from.size()) {}

    /// A temporary container would be gone before the first draw.
    template <class Range>
    requires(!std::is_lvalue_reference_v<Range> && !std::ranges::enable_borrowed_range<std::remove_cvref_t<Range>> &&
             std::convertible_to<Range, std::span<const T>>) explicit per_row(Range&&) = delete;
};

}}  // namespace pluck::v0
