// SPDX-License-Identifier: MIT
//
// What a kernel has to know of a chain as it is compiled.
#pragma once

#include <pluck/chain.hpp>
#include <pluck/cuda/generic/operations.cuh>
#include <pluck/per_row.hpp>
#include <pluck/stage.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 {

template <class... Stages>
class basic_dynamic_chain;

namespace cuda {

/// Specialise it for a chain of a type of your own. This one is right for any, and as careful as can be: a chain whose
/// stages are known as it runs may do all that the library's stages do.
template <class Chain>
struct chain_traits {
    static constexpr bool may_adjust = true;  ///< it has adjusters, so that scores need memory that can be written
    using operations = row_operations;        ///< what its stages may ask of the workers
    /// Whether a stage of it has after(row, token); one that is no adjuster, where it is known to have none.
    template <class Row, bool Adjusts>
    static constexpr bool remembers = true;
};

template <class Stage>
struct operations_of_stage {
    using type = operation_list<>;
};
template <class Stage>
requires requires { typename Stage::operations; }
struct operations_of_stage<Stage> {
    using type = typename Stage::operations;
};

template <class... Stages>
struct operations_of_stages {
    using type = row_operations;
};
template <class First, class... Rest>
struct operations_of_stages<First, Rest...> {
    using type =
        joined_operations<typename operations_of_stages<Rest...>::type, typename operations_of_stage<First>::type>;
};

template <class Stage, class Row>
inline constexpr bool has_after = requires(const Stage& stage, Row& row, std::int32_t token) {
    stage.after(row, token);
};

template <class... Stages>
struct stages_of_one_chain;
template <class... Stages>
struct chain_traits<stages_of_one_chain<Stages...>> {
    static constexpr bool may_adjust = (... || (Stages::does == verb::adjust));
    using operations = typename operations_of_stages<Stages...>::type;
    template <class Row, bool Adjusts>
    static constexpr bool remembers = (... || ((Adjusts || Stages::does != verb::adjust) && has_after<Stages, Row>));
};

template <class... Stages>
struct chain_traits<chain<Stages...>> : chain_traits<stages_of_one_chain<Stages...>> {};

/// A chain whose stages are known at run time: all that it could hold.
template <class... Stages>
struct chain_traits<basic_dynamic_chain<Stages...>> : chain_traits<stages_of_one_chain<Stages...>> {};
template <class Chain>
struct chain_traits<per_row<Chain>> : chain_traits<Chain> {};

template <class Chain>
inline constexpr bool may_adjust = chain_traits<Chain>::may_adjust;

/// Whether the host sees at run time if a chain has adjusters: not where it is in device memory.
template <class Chain>
inline constexpr bool tells_if_it_adjusts = false;
template <class... Stages>
inline constexpr bool tells_if_it_adjusts<basic_dynamic_chain<Stages...>> = true;

}  // namespace cuda

}}  // namespace pluck::v0
