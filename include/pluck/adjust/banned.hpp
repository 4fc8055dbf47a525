// SPDX-License-Identifier: MIT
//
// Banned: some tokens cannot be drawn.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/detail/token_list.hpp>
#include <pluck/list_view.hpp>
#include <pluck/per_row.hpp>
#include <pluck/pick.hpp>
#include <pluck/stage.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 {

/// Forbids the tokens of a list.
///
/// Definition.   The score of each token listed becomes -infinity.
/// Shapes.       ids [any], in any order; an id may occur more than once. None is neutral.
/// Parameters.   ids   a range of std::int32_t that outlives the stage, each in [0, vocab); or a list_view, or
///                     `per_row<list_view<std::int32_t>>`, which may be in a device's memory
/// Non-finite.   A token that is listed is forbidden whatever its logit is, NaN included.
/// Randomness.   None.
/// Cost.         On the CPU, that of the tokens listed: the row is not copied. A device walks the list by all threads.
/// Errors.       std::invalid_argument if an id of a range is negative. A row in which an id is no token has
///               `bad_parameter`.
/// Source.       OpenAI's logit_bias of -100, Hugging Face's SuppressTokens, llama.cpp's logit bias of -infinity.
class banned : public stage {
public:
    static constexpr verb does = verb::adjust;
    static constexpr const char* name = "banned";

    template <detail::lasting_range_of<std::int32_t> Range>
    PLUCK_TAGGED explicit banned(Range&& ids) : ids_(detail::checked_ids(name, ids)) {}
    PLUCK_TAGGED constexpr explicit banned(list_view<std::int32_t> ids) noexcept : ids_(ids) {}
    PLUCK_TAGGED constexpr explicit banned(per_row<list_view<std::int32_t>> ids) noexcept : ids_(ids) {}

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        if (!ids_.serves(row.index())) return row.fail(status::bad_parameter);
        row.edit(ids_[row.index()], [](float, std::size_t) { return detail::minus_infinity; });
    }

    [[nodiscard]] PLUCK_TAGGED constexpr std::size_t rows() const noexcept { return ids_.rows(); }

private:
    detail::list_parameter<list_view<std::int32_t>> ids_;
};

}}  // namespace pluck::v0
