// SPDX-License-Identifier: MIT
//
// What a stage is. A stage is written once, as a template over the row, and runs on every backend.
#pragma once

#include <pluck/detail/config.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace pluck { inline namespace v0 {

/// What a stage does to its row; a chain is `adjust* (shape | keep)* draw?`.
enum class verb : std::uint8_t {
    adjust,  ///< moves scores, before anything else looks at the row
    shape,   ///< rescales mass and leaves the ranking alone
    keep,    ///< moves a cut of the ranking
    draw,    ///< chooses the token; its call returns the token id
};

/// The base of every stage. It is empty; it only lets `a | b` find pluck's operator for a stage of your own:
///
///     struct at_least : pluck::stage {
///         static constexpr pluck::verb does = pluck::verb::keep;
///         float score;
///         template <class Row>
///         PLUCK_HOST_DEVICE void operator()(Row& row) const { row.keep_at_least(score, 1); }
///     };
///
/// A stage is trivially copyable, checks its parameters in its constructor, and its call does not throw. Optional:
/// `static constexpr bool random = true` where it moves cuts by chance (inspection then asks for a key),
/// `after(row, token)` to learn the token drawn, `rows()` where it has per-row parameters, and for messages
/// `static constexpr const char* name = "at_least"`.
struct stage {};

template <class T>
concept stage_like = std::derived_from<T, stage> && std::is_trivially_copyable_v<T> && requires {
    { T::does } -> std::convertible_to<verb>;
};

namespace detail {

template <class Stage>
[[nodiscard]] constexpr bool is_random() noexcept {
    if constexpr (requires { Stage::random; }) return Stage::random;
    else return false;
}

/// A stage's name in messages.
template <class Stage>
[[nodiscard]] constexpr const char* name_of() noexcept {
    if constexpr (requires { Stage::name; }) return Stage::name;
    else return "a stage without a name";
}

/// How many rows the per-row parameters of a stage can serve.
template <class Stage>
[[nodiscard]] constexpr std::size_t rows_served(const Stage& stage) noexcept {
    if constexpr (requires { stage.rows(); }) return stage.rows();
    else return (std::numeric_limits<std::size_t>::max)();
}

}  // namespace detail

}}  // namespace pluck::v0
