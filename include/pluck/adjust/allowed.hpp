// SPDX-License-Identifier: MIT
//
// Allowed: no other tokens can be drawn.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/token_list.hpp>
#include <pluck/list_view.hpp>
#include <pluck/per_row.hpp>
#include <pluck/pick.hpp>
#include <pluck/stage.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 {

/// Forbids all tokens but those of a list. For many tokens, or for what a grammar allows, there is `mask`.
///
/// Definition.   The score of each token that is not listed becomes -infinity.
/// Shapes.       ids [any], rising. None leaves no candidate.
/// Parameters.   ids   a range of std::int32_t that outlives the stage, each in [0, vocab) and above the one before it;
///                     or a list_view, or `per_row<list_view<std::int32_t>>`, which may be in a device's memory
/// Non-finite.   A NaN or +infinity outside the list is forbidden like any other token. One in the list is the row's
///               status.
/// Randomness.   None.
/// Cost.         On the CPU, that of a row of the tokens listed: nothing else of the row is read.
/// Errors.       std::invalid_argument if an id of a range is negative, or not above the one before it. A row in which
///               an id is no token, or does not rise, has `bad_parameter`.
/// Source.       vLLM's allowed_token_ids.
class allowed : public stage {
public:
    static constexpr verb does = verb::adjust;
    static constexpr const char* name = "allowed";

    template <detail::lasting_range_of<std::int32_t> Range>
    PLUCK_TAGGED explicit allowed(Range&& ids) : ids_(detail::checked_rising_ids(name, ids)) {}
    PLUCK_TAGGED constexpr explicit allowed(list_view<std::int32_t> ids) noexcept : ids_(ids) {}
    PLUCK_TAGGED constexpr explicit allowed(per_row<list_view<std::int32_t>> ids) noexcept : ids_(ids) {}

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        if (!ids_.serves(row.index())) return row.fail(status::bad_parameter);
        row.select(ids_[row.index()], [](float score, std::size_t) { return score; });
    }

    [[nodiscard]] PLUCK_TAGGED constexpr std::size_t rows() const noexcept { return ids_.rows(); }

private:
    detail::list_parameter<list_view<std::int32_t>> ids_;
};

}}  // namespace pluck::v0
