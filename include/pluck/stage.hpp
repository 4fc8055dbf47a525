// SPDX-License-Identifier: MIT
//
// What a stage is. A stage is written once, as a template over the row, and runs on every backend.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
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

/// How many rows per-row parameters can serve, and the name of what has the shortest array.
struct served {
    std::size_t rows = (std::numeric_limits<std::size_t>::max)();
    const char* by = "";
};

[[nodiscard]] PLUCK_TAGGED constexpr served fewer(const served& a, const served& b) noexcept {
    return b.rows < a.rows ? b : a;
}

template <class Stage>
[[nodiscard]] PLUCK_TAGGED constexpr served rows_served(const Stage& stage) noexcept {
    if constexpr (requires { stage.rows(); }) return {stage.rows(), name_of<Stage>()};
    else return {};
}

/// Throws that an array is too short, in the name of `who`.
[[noreturn]] PLUCK_TAGGED inline void reject_served(const char* who, const served& short_one,
                                                    const std::string& draws) {
    raise({"pluck::", who, ": the per_row size of ", short_one.by, " must be >= ", draws, ", got ",
           text_of(short_one.rows)});
}

/// Tells a stage of the token drawn, if it wants to know.
PLUCK_ANY_ROW
template <class Stage, class Row>
PLUCK_HOST_DEVICE void tell(const Stage& stage, Row& row, std::int32_t token) {
    if constexpr (requires { stage.after(row, token); }) {
        stage.after(row, token);
    } else {
        static_assert(
            !requires(Stage & changing) { changing.after(row, token); },
            "pluck: after(row, token) must be const: a stage keeps its state behind a pointer");
    }
}

}  // namespace detail

}}  // namespace pluck::v0
