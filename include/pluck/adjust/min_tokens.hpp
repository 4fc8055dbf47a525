// SPDX-License-Identifier: MIT
//
// Min tokens: a text does not end before it has so many tokens.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/parameter.hpp>
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

/// Forbids the tokens that end a text as long as it is short.
///
/// Definition.   While fewer than n tokens are generated, the score of each of `ends` becomes -infinity.
/// Shapes.       ends [any], in any order. None is neutral. One history and list, or one of each for each row.
/// Parameters.   history   a token_history that outlives the stage, or `per_row<token_history>`
///               n         >= 0, 0 is neutral; one for all rows or one for each
///               ends      a range of std::int32_t that outlives the stage, each in [0, vocab); or a list_view, or
///                         `per_row<list_view<std::int32_t>>`, which may be in a device's memory
/// Non-finite.   A token that is listed is forbidden whatever its logit is, NaN included.
/// Randomness.   None.
/// Cost.         On the CPU, that of the tokens listed: the row is not copied.
/// Errors.       std::invalid_argument if n or an id of a range is negative; of a row's own, it is `bad_parameter`, and
///               an id that is no token of the row, while it is forbidden.
/// Source.       vLLM's min_tokens, Hugging Face's MinNewTokensLength.
class min_tokens : public stage {
public:
    static constexpr verb does = verb::adjust;
    static constexpr const char* name = "min_tokens";

    template <count_parameter Count, detail::lasting_range_of<std::int32_t> Range>
    PLUCK_TAGGED min_tokens(detail::history_parameter history, Count n, Range&& ends)
        : history_(history), n_(name, "n", n), ends_(detail::checked_ids(name, ends)) {}
    template <count_parameter Count>
    PLUCK_TAGGED constexpr min_tokens(detail::history_parameter history, Count n, list_view<std::int32_t> ends)
        : history_(history), n_(name, "n", n), ends_(ends) {}
    template <count_parameter Count>
    PLUCK_TAGGED constexpr min_tokens(detail::history_parameter history, Count n, per_row<list_view<std::int32_t>> ends)
        : history_(history), n_(name, "n", n), ends_(ends) {}

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        const std::size_t index = row.index();
        const std::int32_t n = n_[index];
        if (!n_.has(n) || !history_.serves(index) || !ends_.serves(index)) return row.fail(status::bad_parameter);
        if (history_[index].generated() >= static_cast<std::uint32_t>(n)) return;
        row.edit(ends_[index], [](float, std::size_t) { return detail::minus_infinity; });
    }

    [[nodiscard]] PLUCK_TAGGED constexpr std::size_t rows() const noexcept {
        return detail::smaller(history_.rows(), detail::smaller(n_.rows(), ends_.rows()));
    }

private:
    detail::history_parameter history_;
    detail::parameter<detail::count_of<std::int32_t>> n_;
    detail::list_parameter<list_view<std::int32_t>> ends_;
};

}}  // namespace pluck::v0
