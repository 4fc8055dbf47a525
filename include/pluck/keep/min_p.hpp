// SPDX-License-Identifier: MIT
//
// Min-p: only tokens at least m times as likely as the best one stay.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/log.hpp>
#include <pluck/detail/parameter.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/pick.hpp>
#include <pluck/stage.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 {

/// Keeps the tokens whose probability is at least m times that of the best one.
///
/// Definition.   Token i stays iff its score is at least theta = M + T log(m), or its rank is below min_keep; M the
///               best score, T the temperature so far. theta is rounded to float as docs/draw.md says.
/// Parameters.   m          [0, 1], dimensionless; 0 is neutral, 1 keeps the tokens that tie with the best.
///               min_keep   [0, infinity), tokens; the best one always stays.
/// Ties.         Equal scores stay or go together, except where min_keep divides them by token id.
/// Non-finite.   Tokens at -infinity never stay.
/// Randomness.   None.
/// Cost.         A logarithm, and a look at the blocks that reach the threshold; no exponential.
/// Errors.       std::invalid_argument if m is outside [0, 1] (NaN included) or min_keep < 0.
/// Source.       Nguyen et al., ICLR 2025, arXiv:2407.01082.
class min_p : public stage {
public:
    static constexpr verb does = verb::keep;
    static constexpr const char* name = "min_p";

    template <real_parameter Real, whole_number Integer = int>
    PLUCK_TAGGED constexpr min_p(Real m, Integer min_keep = 1)
        : m_(name, "m", m),
          min_keep_(detail::checked_value<detail::count_of<std::uint32_t>>(name, "min_keep", min_keep)) {}

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        const float m = m_[row.index()];
        if (!m_.has(m)) return row.fail(status::bad_parameter);
        if (detail::ordered(m) == 0) return;
        float theta = row.best().score();
        if (detail::ordered(m) != detail::ordered(1.0f))
            theta = detail::sum(theta, detail::nearest_float(detail::product(row.temperature(), log_of(m))));
        row.keep_at_least(theta, min_keep_);
    }

    [[nodiscard]] PLUCK_TAGGED constexpr std::size_t rows() const noexcept { return m_.rows(); }

private:
    detail::parameter<detail::share> m_;
    std::uint32_t min_keep_;
};

}}  // namespace pluck::v0
