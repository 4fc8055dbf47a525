// SPDX-License-Identifier: MIT
//
// A stage's parameter: one value for all rows, or one value per row; its range, and what it may be made from. The same
// type on host and device, so a chain with per-row parameters is copied into a kernel like any other.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/detail/scalar.hpp>
#include <pluck/per_row.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

namespace pluck { inline namespace v0 {

/// One value or one per row; read with the row's index. Two words: a chain may hold many, and is copied into kernels.
template <class T>
class param {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(const T*));

public:
    PLUCK_HOST_DEVICE constexpr param(T value) noexcept requires(!std::is_unsigned_v<T>) : value_(value) {}
    /// The word of a key, as in `key`: any integer goes in without a cast, and no fraction.
    template <std::integral Word>
    requires(std::is_unsigned_v<T> && !std::same_as<Word, bool>) PLUCK_HOST_DEVICE constexpr param(Word value) noexcept
        : value_(static_cast<T>(value)) {}
    PLUCK_TAGGED constexpr param(per_row<T> rows) noexcept : param(missing()) {
        if (rows.values == nullptr && rows.count != 0) {      // no values at all
            if constexpr (std::is_unsigned_v<T>) count_ = 0;  // no value is missing(), the size has to say it
            return;
        }
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
    [[nodiscard]] PLUCK_TAGGED constexpr std::size_t rows() const noexcept {
        return count_ < trusted ? count_ : single;
    }

    /// A value that no parameter allows. The words of a key, which are unsigned, allow all: their arrays are checked
    /// first.
    [[nodiscard]] PLUCK_HOST_DEVICE static constexpr T missing() noexcept {
        if constexpr (std::is_floating_point_v<T>) return detail::bits_as<T>(std::uint32_t{0x7fc00000u});  // NaN
        else return static_cast<T>(-1);
    }

private:
    static constexpr std::size_t single = (std::numeric_limits<std::size_t>::max)();
    static constexpr std::size_t trusted = single - 1;  // an array of as many values as there are rows

    union {
        T value_;
        const T* values_;
    };
    std::size_t count_ = single;
};

namespace detail {

template <class T, class... Types>
inline constexpr bool is_any_of = (... || std::same_as<std::remove_cv_t<T>, Types>);

}  // namespace detail

/// What a count may be made from: any integer type but bool and the types of characters.
template <class Integer>
concept whole_number =
    std::integral<Integer> && !detail::is_any_of<Integer, bool, char, wchar_t, char8_t, char16_t, char32_t>;

/// What a parameter may be made from: any such integer, and any floating-point type.
template <class Number>
concept number = whole_number<Number> || std::floating_point<Number>;

/// What a parameter of a stage may be made from: one number, or one for each row.
template <class Value>
concept real_parameter = number<Value> || std::same_as<Value, per_row<float>>;
template <class Value>
concept count_parameter = whole_number<Value> || std::same_as<Value, per_row<std::int32_t>>;

namespace detail {

/// What a real parameter is checked as, before it becomes the float that its stage holds. A float stays a float: the
/// processor's own conversion would take a subnormal for 0 in a program that flushes them.
template <number Number>
using real = std::conditional_t<std::same_as<std::remove_cv_t<Number>, float>, float, double>;

[[nodiscard]] PLUCK_TAGGED constexpr float held(float checked) noexcept { return checked; }
[[nodiscard]] PLUCK_TAGGED constexpr float held(double checked) noexcept {
    return scalar_traits<double>::widen(checked);
}

// A range says in which type its values are held, which of them it has, in integers, and how a message calls it.

/// A share of a whole.
struct share {
    using type = float;
    static constexpr const char* text = "in [0, 1]";
    template <class Real>
    [[nodiscard]] PLUCK_HOST_DEVICE static constexpr bool has(Real x) noexcept {
        return in_range(x, Real{0}, Real{1});
    }
};

/// A number of tokens.
template <whole_number Integer>
struct count_of {
    using type = Integer;
    static constexpr const char* text = ">= 0";
    template <whole_number Other>
    [[nodiscard]] PLUCK_HOST_DEVICE static constexpr bool has(Other x) noexcept {
        if constexpr (std::is_signed_v<Other>) return x >= Other{0};
        else return true;
    }
};

/// A number of a range, as it is held; else throws "pluck::top_p: p must be in [0, 1], got 1.5". A count beyond its
/// type becomes the largest, which says the same: no row is that long.
template <class Range, number Number>
[[nodiscard]] PLUCK_TAGGED constexpr typename Range::type checked_value(const char* who, const char* name,
                                                                        Number value) {
    using type = typename Range::type;
    if constexpr (std::is_floating_point_v<type>) {
        const auto exact = static_cast<real<Number>>(value);
        if (!Range::has(exact)) reject(who, name, Range::text, exact);
        return held(exact);
    } else {
        if (!Range::has(value)) reject(who, name, Range::text, value);
        constexpr type most = (std::numeric_limits<type>::max)();
        return std::cmp_greater(value, most) ? most : static_cast<type>(value);
    }
}

/// A stage's parameter, checked when it is made if it is one number. Those of rows are checked as rows run:
///
///     const float p = p_[row.index()];
///     if (!p_.has(p)) return row.fail(status::bad_parameter);
template <class Range>
class parameter : public param<typename Range::type>, public Range {
public:
    using type = typename Range::type;

    template <number Number>
    PLUCK_TAGGED constexpr parameter(const char* who, const char* name, Number value)
        : param<type>(checked_value<Range>(who, name, value)) {}
    PLUCK_TAGGED constexpr parameter(const char*, const char*, per_row<type> rows) noexcept : param<type>(rows) {}
};

}  // namespace detail

}}  // namespace pluck::v0
