// SPDX-License-Identifier: MIT
//
// Begin suppress: some tokens cannot be the first one.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/detail/token_list.hpp>
#include <pluck/list_view.hpp>
#include <pluck/per_row.hpp>
#include <pluck/pick.hpp>
#include <pluck/stage.hpp>
#include <pluck/token_history.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 {

/// Forbids tokens where a text begins.
///
/// Definition.   If no token is generated yet, the score of each token listed becomes -infinity.
/// Shapes.       ids [any], in any order. None is neutral. One history and list, or one of each for each row.
/// Parameters.   history   a token_history that outlives the stage, or `per_row<token_history>`
///               ids       a range of std::int32_t that outlives the stage, each in [0, vocab); or a list_view, or
///                         `per_row<list_view<std::int32_t>>`, which may be in a device's memory
/// Non-finite.   A token that is listed is forbidden whatever its logit is, NaN included.
/// Randomness.   None.
/// Cost.         On the CPU, that of the tokens listed: the row is not copied.
/// Errors.       std::invalid_argument if an id of a range is negative. A row in which an id is no token has
///               `bad_parameter`, while it is forbidden.
/// Source.       Hugging Face's SuppressTokensAtBegin.
class begin_suppress : public stage {
public:
    static constexpr verb does = verb::adjust;
    static constexpr const char* name = "begin_suppress";

    template <detail::lasting_range_of<std::int32_t> Range>
    PLUCK_TAGGED begin_suppress(detail::history_parameter history, Range&& ids)
        : history_(history), ids_(detail::checked_ids(name, ids)) {}
    PLUCK_TAGGED constexpr begin_suppress(detail::history_parameter history, list_view<std::int32_t> ids) noexcept
        : history_(history), ids_(ids) {}
    PLUCK_TAGGED constexpr begin_suppress(detail::history_parameter history,
                                          per_row<list_view<std::int32_t>> ids) noexcept
        : history_(history), ids_(ids) {}

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        if (!ids_.serves(row.index()) || !history_.serves(row.index())) return row.fail(status::bad_parameter);
        if (history_[row.index()].generated() > 0) return;
        row.edit(ids_[row.index()], [](float, std::size_t) { return detail::minus_infinity; });
    }

    [[nodiscard]] PLUCK_TAGGED constexpr std::size_t rows() const noexcept {
        return detail::smaller(history_.rows(), ids_.rows());
    }

private:
    detail::history_parameter history_;
    detail::list_parameter<list_view<std::int32_t>> ids_;
};

}}  // namespace pluck::v0
