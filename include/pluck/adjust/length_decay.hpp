// SPDX-License-Identifier: MIT
//
// Length decay: the longer a text gets, the likelier its end becomes.
#pragma once

#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/detail/scalar.hpp>
#include <pluck/detail/score_arithmetic.hpp>
#include <pluck/list_view.hpp>
#include <pluck/per_row.hpp>
#include <pluck/pick.hpp>
#include <pluck/stage.hpp>
#include <pluck/token_history.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 {

/// From where on, how fast, and which token.
struct length_decay_settings {
    std::int32_t start = 0;  ///< >= 0; so many generated tokens are free
    float factor = 1;        ///< >= 0, finite; 1 is neutral
    std::int32_t token = 0;  ///< in [0, vocab); the one that ends a text
};

/// Moves the score of the token that ends a text the more, the longer the text is.
///
/// Definition.   With n tokens generated and n > start, s becomes s + RN32(RN64(|s| (factor^(n - start) - 1))), rounded
///               once; the power is taken by products of doubles, and is FLT_MAX at most.
/// Shapes.       One history, or one for each row.
/// Parameters.   history    a token_history that outlives the stage, or `per_row<token_history>`
///               settings   length_decay_settings, or `per_row<length_decay_settings>`; `{}` is neutral
/// Non-finite.   -infinity stays. A NaN or +infinity stays, and is the row's status.
/// Randomness.   None.
/// Cost.         That of a token, and a product for each token past the start.
/// Errors.       std::invalid_argument if a setting is out of its range; of a row's own, it is `bad_parameter`, and a
///               token that is not in the row.
/// Source.       Hugging Face's ExponentialDecayLengthPenalty.
class length_decay : public stage {
public:
    static constexpr verb does = verb::adjust;
    static constexpr const char* name = "length_decay";

    PLUCK_TAGGED length_decay(detail::history_parameter history, const length_decay_settings& settings)
        : history_(history), settings_(checked(settings)) {}
    PLUCK_TAGGED constexpr length_decay(detail::history_parameter history,
                                        per_row<length_decay_settings> settings) noexcept
        : history_(history), settings_(settings) {}

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        if (!settings_.serves(row.index()) || !history_.serves(row.index())) return row.fail(status::bad_parameter);
        const length_decay_settings set = settings_[row.index()];
        if (set.start < 0 || set.token < 0 || !has_factor(set.factor)) return row.fail(status::bad_parameter);
        const std::uint32_t generated = history_[row.index()].generated();
        const auto start = static_cast<std::uint32_t>(set.start);
        if (generated <= start || detail::ordered(set.factor) == detail::ordered(1.0f)) return;
        const double growth = detail::sum(detail::power(set.factor, generated - start), -1.0);
        row.edit(list_view<std::int32_t>{&set.token, 1}, [growth](float score, std::size_t) {
            if (!detail::is_finite(score)) return score;
            const float size = detail::ordered(score) < 0 ? -score : score;
            const double change = detail::product(detail::as_double(size), growth);
            return detail::score_plus(score, scalar_traits<double>::widen(change));
        });
    }

    [[nodiscard]] PLUCK_TAGGED constexpr std::size_t rows() const noexcept {
        return detail::smaller(history_.rows(), settings_.rows());
    }

private:
    [[nodiscard]] PLUCK_HOST_DEVICE static constexpr bool has_factor(float factor) noexcept {
        return detail::is_finite(factor) && detail::ordered(factor) >= 0;
    }
    [[nodiscard]] PLUCK_TAGGED static const length_decay_settings& checked(const length_decay_settings& set) {
        if (set.start < 0) detail::reject(name, "start", ">= 0", set.start);
        if (!has_factor(set.factor)) detail::reject(name, "factor", ">= 0 and finite", set.factor);
        if (set.token < 0) detail::reject(name, "token", ">= 0", set.token);
        return set;
    }

    detail::history_parameter history_;
    detail::list_parameter<length_decay_settings> settings_;
};

}}  // namespace pluck::v0
