// SPDX-License-Identifier: MIT
//
// Chains: stages one after the other, as one immutable value; and `combined`, the usual four from run-time fields.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/library_stages.hpp>
#include <pluck/draw/categorical.hpp>
#include <pluck/keep/min_p.hpp>
#include <pluck/keep/top_k.hpp>
#include <pluck/keep/top_p.hpp>
#include <pluck/pick.hpp>
#include <pluck/row/concept.hpp>
#include <pluck/shape/temperature.hpp>
#include <pluck/stage.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace pluck { inline namespace v0 {

template <stage_like... Stages>
struct chain;

/// The empty chain: plain sampling from the whole row.
template <>
struct chain<> {};

/// Stages in the order in which they run. Made by `a | b` or `chain{a, b}`; any number, any order that the grammar
/// `adjust* (shape | keep)* draw?` allows, which is checked at compile time.
///
/// Errors.       None of its own: each stage has checked its parameters when it was made.
/// Cost.         None: trivially copyable, no allocation, safe to share between threads and to copy into a kernel.
template <stage_like First, stage_like... Rest>
struct chain<First, Rest...> {
    First first;
    chain<Rest...> rest;

    PLUCK_HOST_DEVICE constexpr explicit chain(First head, Rest... tail) noexcept : first(head), rest{tail...} {}
    PLUCK_HOST_DEVICE constexpr explicit chain(First head, chain<Rest...> tail) noexcept : first(head), rest(tail) {}

    static_assert(
        First::does != verb::draw || sizeof...(Rest) == 0,
        "pluck: a draw stage ends its chain; move greedy(), categorical(), rejection() or your own draw to the end");
    static_assert(First::does == verb::adjust || (... && (Rest::does != verb::adjust)),
                  "pluck: adjusters move scores before anything is kept; put them in front of shape and keep stages");
};

template <stage_like... Stages>
chain(Stages...) -> chain<Stages...>;

namespace detail {

template <class T>
inline constexpr bool is_chain = false;
template <class... Stages>
inline constexpr bool is_chain<chain<Stages...>> = true;

/// How a chain runs whose stages are known at run time only: dynamic_chain.hpp specialises it.
template <class T>
struct run_time_chain {
    static constexpr bool exists = false;
};

template <class T>
concept chosen_at_run_time = run_time_chain<T>::exists;

/// A chain as a value, of either kind.
template <class T>
concept chain_value = is_chain<T> || chosen_at_run_time<T>;

/// A type that is no chain itself, but has a const `stages()` that returns one: `combined`, or a type of your own.
template <class T>
concept has_stages = requires(const T& x) {
    requires chain_value<std::remove_cvref_t<decltype(x.stages())>>;
};

}  // namespace detail

/// The usual four stages from fields that may be set at run time, in this order. Each field is the stage itself, so it
/// is checked when it is set; a neutral one costs a comparison.
///
///     pluck::combined settings{.temperature = 0.8f, .top_k = 50};
///     settings.top_p = 0.9f;
struct combined {
    pluck::temperature temperature = 1;
    pluck::top_k top_k = 0;
    pluck::top_p top_p = 1;
    pluck::min_p min_p = 0;

    [[nodiscard]] PLUCK_HOST_DEVICE constexpr auto stages() const noexcept {
        return chain<pluck::temperature, pluck::top_k, pluck::top_p, pluck::min_p>{temperature, top_k, top_p, min_p};
    }
};

/// What well-known services are said to use when the caller sets nothing: starting points, not endorsements.
namespace presets {

[[nodiscard]] constexpr combined openai() { return {.temperature = 1.0f, .top_p = 1.0f}; }
[[nodiscard]] constexpr combined claude() { return {.temperature = 0.7f, .top_p = 0.9f}; }
[[nodiscard]] constexpr combined llama() { return {.temperature = 0.6f, .top_p = 0.9f}; }

}  // namespace presets

/// Whatever sample() takes: a stage, a chain, or anything with a const `stages()` that returns a chain, as `combined`.
template <class T>
concept chain_like = stage_like<T> || detail::chain_value<T> || detail::has_stages<T>;

/// The chain of anything that is one.
template <chain_like T>
[[nodiscard]] PLUCK_HOST_DEVICE constexpr auto as_chain(const T& x) noexcept {
    if constexpr (stage_like<T>) return chain<T>{x};
    else if constexpr (detail::chain_value<T>) return x;
    else return x.stages();
}

namespace detail {

/// The same, without a copy where it is a chain already.
template <chain_like T>
[[nodiscard]] PLUCK_HOST_DEVICE constexpr decltype(auto) stages_of(const T& x) noexcept {
    if constexpr (chain_value<T>) return (x);
    else return as_chain(x);
}

/// A type of its own with stages() that are known by its type.
template <class T>
concept has_typed_stages = requires(const T& x) {
    requires is_chain<std::remove_cvref_t<decltype(x.stages())>>;
};

/// Anything whose stages are known by its type. Not by what as_chain() returns: that copies T, and for a stage that has
/// a dynamic chain clang++ 19 would ask whether that is made of T, which is this question.
template <class T>
concept typed_chain_like = stage_like<T> || is_chain<T> || has_typed_stages<T>;

template <class... Right>
PLUCK_TAGGED constexpr chain<Right...> joined(const chain<>&, const chain<Right...>& right) noexcept {
    return right;
}

template <class First, class... Rest, class... Right>
PLUCK_TAGGED constexpr chain<First, Rest..., Right...> joined(const chain<First, Rest...>& left,
                                                              const chain<Right...>& right) noexcept {
    return chain<First, Rest..., Right...>{left.first, joined(left.rest, right)};
}

template <class... Stages>
[[nodiscard]] constexpr bool chain_is_random(const chain<Stages...>*) noexcept {
    return (... || is_random<Stages>());
}

/// Whether the kept set depends on the key.
template <class T>
inline constexpr bool needs_key = chain_is_random(static_cast<decltype(as_chain(std::declval<T>()))*>(nullptr));

[[nodiscard]] PLUCK_TAGGED constexpr served rows_served(const chain<>&) noexcept { return {}; }

/// How many rows all per-row parameters of a chain can serve.
template <class First, class... Rest>
[[nodiscard]] PLUCK_TAGGED constexpr served rows_served(const chain<First, Rest...>& stages) noexcept {
    return fewer(rows_served(stages.first), rows_served(stages.rest));
}

template <chosen_at_run_time Chain>
[[nodiscard]] PLUCK_TAGGED served rows_served(const Chain& stages) noexcept {
    return run_time_chain<Chain>::rows_served(stages);
}

}  // namespace detail

/// `a | b`: first a, then b. Either side may be anything that sample() takes.
template <detail::typed_chain_like Left, detail::typed_chain_like Right>
[[nodiscard]] PLUCK_TAGGED constexpr auto operator|(const Left& left, const Right& right) noexcept {
    return detail::joined(as_chain(left), as_chain(right));
}

namespace detail {

PLUCK_ANY_ROW
template <class Row>
PLUCK_HOST_DEVICE void adjust(const chain<>&, Row&) {}

PLUCK_ANY_ROW
template <class First, class... Rest, class Row>
PLUCK_HOST_DEVICE void adjust(const chain<First, Rest...>& stages, Row& row) {
    if constexpr (First::does == verb::adjust) {
        if (row.state() != status::ok) return;
        adjusting<Row> scores(row);
        stages.first(scores);
        adjust(stages.rest, row);
    }
}

PLUCK_ANY_ROW
template <class Row>
PLUCK_HOST_DEVICE std::int32_t choose(const chain<>&, Row& row) {
    return row.state() == status::ok ? categorical{}(row) : -1;
}

PLUCK_ANY_ROW
template <class First, class... Rest, class Row>
PLUCK_HOST_DEVICE std::int32_t choose(const chain<First, Rest...>& stages, Row& row) {
    if constexpr (First::does == verb::adjust) {
        return choose(stages.rest, row);
    } else {
        if (row.state() != status::ok) return -1;
        if constexpr (First::does == verb::draw) {
            const std::int32_t token = stages.first(row);
            return row.state() == status::ok ? token : -1;
        } else {
            stages.first(row);
            return choose(stages.rest, row);
        }
    }
}

PLUCK_ANY_ROW
template <class Row>
PLUCK_HOST_DEVICE void remember(const chain<>&, Row&, std::int32_t) {}

PLUCK_ANY_ROW
template <class First, class... Rest, class Row>
PLUCK_HOST_DEVICE void remember(const chain<First, Rest...>& stages, Row& row, std::int32_t token) {
    tell(stages.first, row, token);
    remember(stages.rest, row, token);
}

// The same for a chain whose stages are known at run time only.

PLUCK_ANY_ROW
template <chosen_at_run_time Chain, class Row>
PLUCK_HOST_DEVICE void adjust(const Chain& stages, Row& row) {
    run_time_chain<Chain>::adjust(stages, row);
}

PLUCK_ANY_ROW
template <chosen_at_run_time Chain, class Row>
PLUCK_HOST_DEVICE std::int32_t choose(const Chain& stages, Row& row) {
    return run_time_chain<Chain>::choose(stages, row);
}

PLUCK_ANY_ROW
template <chosen_at_run_time Chain, class Row>
PLUCK_HOST_DEVICE void remember(const Chain& stages, Row& row, std::int32_t token) {
    run_time_chain<Chain>::remember(stages, row, token);
}

/// What comes after the adjusters: classification, cuts, draw.
PLUCK_ANY_ROW
template <chain_value Chain, class Row>
[[nodiscard]] PLUCK_HOST_DEVICE pick try_draw(const Chain& stages, Row& row) {
    if (!row.settle()) return {-1, row.state()};
    const std::int32_t token = choose(stages, row);
    if (row.state() != status::ok) return {-1, row.state()};
    if (token < 0) return {-1, status::no_candidate};  // a draw stage of your own that found none
    return {token, status::ok};
}

/// run() without the calls of after().
PLUCK_ANY_ROW
template <chain_value Chain, class Row>
[[nodiscard]] PLUCK_HOST_DEVICE pick try_run(const Chain& stages, Row& row) {
    adjust(stages, row);
    return try_draw(stages, row);
}

}  // namespace detail

/// Runs a chain on a row of any backend: adjusters, classification, cuts, draw, and what stages remember of it.
PLUCK_ANY_ROW
template <detail::chain_value Chain, class Row>
[[nodiscard]] PLUCK_HOST_DEVICE pick run(const Chain& stages, Row& row) {
    const pick drawn = detail::try_run(stages, row);
    if (drawn) detail::remember(stages, row, drawn.token);
    return drawn;
}

}}  // namespace pluck::v0
