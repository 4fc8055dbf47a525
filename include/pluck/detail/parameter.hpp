// SPDX-License-Identifier: MIT
//
// A stage's parameter: one value for all rows, or one value per row. The same type on host and device, so a chain with
// per-row parameters is copied into a kernel like any other.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/detail/scalar.hpp>
#include <pluck/per_row.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace pluck { inline namespace v0 {

/// One value or one per row; read with the row's index. Two words: a chain may hold many, and is copied into kernels.
template <class T>
class param {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(const T*));

public:
    PLUCK_HOST_DEVICE constexpr param(T value) noexcept : value_(value) {}
    constexpr param(per_row<T> rows) noexcept : param(missing()) {
        if (rows.values == nullptr && rows.count != 0) return;  // no values at all
        values_ = rows.values;
        count_ = rows.count < trusted ? rows.count : trusted;
    }

    /// The value of this row; `missing()` past the end of a per-row array.
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr T operator[](std::size_t row) const noexcept {
        if (count_ == single) return value_;
        if (row >= count_) return missing();
        return values_[row];
    }

    /// How many rows it can serve.
    [[nodiscard]] constexpr std::size_t rows() const noexcept { return count_ < trusted ? count_ : single; }

    /// A value that no parameter allows. The words of a key, which are unsigned, allow all: their arrays are checked first.
    [[nodiscard]] PLUCK_HOST_DEVICE static constexpr T missing() noexcept {
        if constexpr (std::is_floating_point_v<T>) return detail::bits_as<T>(std::uint32_t{0x7fc00000u});  // NaN
        else return static_cast<T>(-1);
    }

private:
    static constexpr std::size_t single = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t trusted = single - 1;  // an array of as many values as there are rows

    union {
        T value_;
        const T* values_;
    };
    std::size_t count_ = single;
};

/// What a parameter may be made from: any arithmetic type but bool.
template <class Number>
concept number = std::is_arithmetic_v<Number> && !std::same_as<std::remove_cv_t<Number>, bool>;

/// What a count may be made from: any integer type but bool.
template <class Integer>
concept whole_number = std::integral<Integer> && !std::same_as<std::remove_cv_t<Integer>, bool>;

namespace detail {

/// What a real parameter is checked as, before it becomes the float that its stage holds. A float stays a float: the
/// processor's own conversion would take a subnormal for 0 in a program that flushes them.
template <number Number>
using real = std::conditional_t<std::same_as<std::remove_cv_t<Number>, float>, float, double>;

[[nodiscard]] constexpr float held(float checked) noexcept { return checked; }
[[nodiscard]] constexpr float held(double checked) noexcept { return scalar_traits<double>::widen(checked); }

}  // namespace detail

}}  // namespace pluck::v0
