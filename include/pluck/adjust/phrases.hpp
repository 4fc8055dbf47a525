// SPDX-License-Identifier: MIT
//
// Phrases: a bias for the last token of a sequence of tokens, once the text ends with those before it.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/detail/score_arithmetic.hpp>
#include <pluck/detail/token_list.hpp>
#include <pluck/list_view.hpp>
#include <pluck/per_row.hpp>
#include <pluck/pick.hpp>
#include <pluck/stage.hpp>
#include <pluck/token_history.hpp>
#include <pluck/token_sequences.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace pluck { inline namespace v0 {

/// Sequences of tokens with a bias for each, as kernels may use them; without values, all are forbidden.
struct biased_sequences {
    token_sequences sequences{};
    const float* values = nullptr;  ///< [sequences.count], or null: all are -infinity

    [[nodiscard]] PLUCK_HOST_DEVICE constexpr bool is_there() const noexcept { return sequences.is_there(); }
};

namespace detail {

/// The last token of each sequence, as adjusters take ids.
struct last_tokens {
    struct iterator {
        const token_sequences* all;
        std::size_t i;
        [[nodiscard]] PLUCK_HOST_DEVICE std::int32_t operator*() const noexcept { return (*this)[0]; }
        [[nodiscard]] PLUCK_HOST_DEVICE std::int32_t operator[](std::ptrdiff_t n) const noexcept {
            const auto one = (*all)[i + static_cast<std::size_t>(n)];
            return one.size() == 0 ? -1 : one[one.size() - 1];
        }
        PLUCK_HOST_DEVICE iterator& operator++() noexcept { return ++i, *this; }
        [[nodiscard]] PLUCK_HOST_DEVICE std::ptrdiff_t operator-(const iterator& other) const noexcept {
            return static_cast<std::ptrdiff_t>(i) - static_cast<std::ptrdiff_t>(other.i);
        }
        [[nodiscard]] PLUCK_HOST_DEVICE bool operator!=(const iterator& other) const noexcept { return i != other.i; }
    };
    const token_sequences* all;

    [[nodiscard]] PLUCK_HOST_DEVICE iterator begin() const noexcept { return {all, 0}; }
    [[nodiscard]] PLUCK_HOST_DEVICE iterator end() const noexcept { return {all, all->size()}; }
};

}  // namespace detail

/// Adds a bias to the token that would complete a phrase.
///
/// Definition.   For each sequence in turn: if the text ends with all of its tokens but the last, the score of the last
///               one moves by its value, as logit_bias does it. A sequence of one token always does.
/// Shapes.       sequences [any], values as many. None is neutral. One history and list, or one of each for each row.
/// Parameters.   history     a token_history that outlives the stage, or `per_row<token_history>`
///               sequences   token_sequences, whose memory outlives the stage
///               values      a range of float that does so, each finite or -infinity; left out: the phrases are banned
///               or, instead of both, `per_row<biased_sequences>`, which may be in a device's memory
/// Non-finite.   As logit_bias: what is at -infinity stays there.
/// Randomness.   None.
/// Cost.         On the CPU that of the tokens of all sequences: the row is not copied.
/// Errors.       std::invalid_argument if a sequence is empty or has a negative token, if a value is NaN or +infinity,
///               or if there are not as many. A row in which a last token is no token has `bad_parameter`.
/// Source.       Hugging Face's SequenceBias and NoBadWords, vLLM's bad_words.
class phrases : public stage {
public:
    static constexpr verb does = verb::adjust;
    static constexpr const char* name = "phrases";

    PLUCK_TAGGED phrases(detail::history_parameter history, const token_sequences& sequences)
        : history_(history), phrases_({sequences, nullptr}) {
        detail::check_sequences(name, sequences);
    }
    template <detail::lasting_range_of<float> Values>
    PLUCK_TAGGED phrases(detail::history_parameter history, const token_sequences& sequences, Values&& values)
        : history_(history), phrases_({sequences, std::data(values)}) {
        detail::check_sequences(name, sequences);
        detail::check_biases(name, "sequences.size()", sequences.size(), detail::view_of_list(name, "values", values));
    }
    PLUCK_TAGGED constexpr phrases(detail::history_parameter history, per_row<biased_sequences> rows) noexcept
        : history_(history), phrases_(rows) {}

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        if (!phrases_.serves(row.index()) || !history_.serves(row.index())) return row.fail(status::bad_parameter);
        const biased_sequences list = phrases_[row.index()];
        const token_history& text = history_[row.index()];
        row.edit(detail::last_tokens{&list.sequences}, [&](float score, std::size_t i) {
            const auto phrase = list.sequences[i];
            const auto front = static_cast<std::uint32_t>(phrase.size() - 1);
            if (front > text.size()) return score;
            for (std::uint32_t at = 0; at < front; ++at)
                if (text[text.size() - front + at] != phrase[at]) return score;
            if (list.values == nullptr) return detail::minus_infinity;
            return detail::biased(score, list.values[i]);
        });
    }

    [[nodiscard]] PLUCK_TAGGED constexpr std::size_t rows() const noexcept {
        return detail::smaller(history_.rows(), phrases_.rows());
    }

private:
    detail::history_parameter history_;
    detail::list_parameter<biased_sequences> phrases_;
};

}}  // namespace pluck::v0
