// SPDX-License-Identifier: MIT
//
// A list of token ids, biases or mask words in the caller's memory, as adjusters hold it: for the CPU or for a device.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/range.hpp>
#include <pluck/per_row.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <type_traits>

namespace pluck { inline namespace v0 {

template <class T>
struct list_view;

namespace detail {

template <class T>
inline constexpr bool is_list_view = false;
template <class T>
inline constexpr bool is_list_view<list_view<T>> = true;

/// A range that a stage may keep a view of: one that is named, or whose elements outlive it, as a span's do.
template <class Range, class T>
concept lasting_range_of = contiguous_range<Range> && std::same_as<range_value<Range>, T> &&
    (std::is_lvalue_reference_v<Range> || std::ranges::enable_borrowed_range<std::remove_cvref_t<Range>>);

}  // namespace detail

/// Where a list lies and how long it is: a span that kernels may use.
///
/// Shapes.       [size], size below 2^32. A stage that is made from a range looks at the range's values at once, and
///               refuses what cannot be right. One that is made from a list_view does not, since its list may be in a
///               device's memory: what is wrong with it is the status of each row that it is used on.
template <class T>
struct list_view {
    const T* values = nullptr;
    std::uint32_t count = 0;

    /// Whether there is something where it says so.
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr bool is_there() const noexcept { return values != nullptr || count == 0; }
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr const T* begin() const noexcept { return values; }
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr const T* end() const noexcept { return values + count; }
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr const T* data() const noexcept { return values; }
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr std::size_t size() const noexcept { return count; }
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr const T& operator[](std::size_t i) const noexcept { return values[i]; }
};

namespace detail {

/// A parameter of more than one number, as a list or settings: that of all rows, or of each row its own.
template <class List>
class list_parameter {
public:
    PLUCK_HOST_DEVICE constexpr list_parameter(List one) noexcept : one_(one) {}
    PLUCK_TAGGED constexpr list_parameter(per_row<List> rows) noexcept
        : rows_(rows.values),
          count_(rows.values == nullptr ? 0
                 : rows.count < trusted ? rows.count
                                        : trusted) {}

    /// Whether the row has a list.
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr bool serves(std::size_t row) const noexcept {
        if constexpr (requires(const List& list) { list.is_there(); }) return row < count_ && (*this)[row].is_there();
        else return row < count_;
    }
    /// The list of a row that has one.
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr List operator[](std::size_t row) const noexcept {
        return count_ == all ? one_ : rows_[row];
    }

    /// How many rows it can serve.
    [[nodiscard]] PLUCK_TAGGED constexpr std::size_t rows() const noexcept { return count_; }

private:
    static constexpr std::size_t all = ~std::size_t{0};  // one list for all rows
    static constexpr std::size_t trusted = all - 1;      // as many lists as there are rows

    union {
        List one_;
        const List* rows_;
    };
    std::size_t count_ = all;
};

}  // namespace detail

}}  // namespace pluck::v0
