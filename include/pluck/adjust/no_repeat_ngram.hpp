// SPDX-License-Identifier: MIT
//
// No repeated n-gram: no n tokens in a row occur twice.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/parameter.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/per_row.hpp>
#include <pluck/pick.hpp>
#include <pluck/stage.hpp>
#include <pluck/token_history.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 {

/// Forbids each token that would be the last of n tokens in a row that the text already has.
///
/// Definition.   The score of x becomes -infinity if the text's last n - 1 tokens are also somewhere else in it,
///               followed by x; for n = 1, if it is in the text at all.
/// Shapes.       One history, or one for each row.
/// Parameters.   history   a token_history that outlives the stage, or `per_row<token_history>`; with matches if n > 1
///               n         >= 0, 0 is neutral; one for all rows or one for each
/// Non-finite.   A token that is listed is forbidden whatever its logit is, NaN included.
/// Randomness.   None.
/// Cost.         On the CPU that of the places where the text's last token is, if n - 1 tokens are repeated.
/// Errors.       std::invalid_argument if n < 0; of a row's own, it is `bad_parameter`, as a token of the text is that
///               the row does not have, and for n > 1 a history without matches.
/// Source.       Paulus et al. 2017; Hugging Face's NoRepeatNGram.
class no_repeat_ngram : public stage {
public:
    static constexpr verb does = verb::adjust;
    static constexpr const char* name = "no_repeat_ngram";

    template <count_parameter Count>
    PLUCK_TAGGED constexpr no_repeat_ngram(detail::history_parameter history, Count n)
        : history_(history), n_(name, "n", n) {}

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        const std::int32_t n = n_[row.index()];
        if (!n_.has(n) || !history_.serves(row.index())) return row.fail(status::bad_parameter);
        const token_history& text = history_[row.index()];
        if (n == 0) return;
        if (!text.is_within(row.vocab())) return row.fail(status::bad_parameter);
        if (n == 1) return row.edit(text.distinct(), [](float, std::size_t) { return detail::minus_infinity; });
        if (!text.has_matches()) return row.fail(status::bad_parameter);
        const auto least = static_cast<std::uint32_t>(n) - 1;
        if (text.longest_match() < least) return;
        row.edit(text.followers(), [&](float score, std::size_t i) {
            bool repeats = false;
            text.each_match_before(i, [&](auto, std::uint32_t length) { repeats = repeats || length >= least; });
            return repeats ? detail::minus_infinity : score;
        });
    }

    [[nodiscard]] PLUCK_TAGGED constexpr std::size_t rows() const noexcept {
        return detail::smaller(history_.rows(), n_.rows());
    }

private:
    detail::history_parameter history_;
    detail::parameter<detail::count_of<std::int32_t>> n_;
};

}}  // namespace pluck::v0
