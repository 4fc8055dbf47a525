// SPDX-License-Identifier: MIT
//
// Temperature: how boldly to draw. Below 1 the best tokens gain, above 1 the others do.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/parameter.hpp>
#include <pluck/pick.hpp>
#include <pluck/stage.hpp>

#include <cstddef>

namespace pluck { inline namespace v0 {

/// Divides the scores by t, for all that follows in the chain.
///
/// Definition.   p_i = exp(z_i / t) / sum_j exp(z_j / t) over the kept set. T starts at 1 and becomes T * t, rounded to
///               double, at each temperature stage; it saturates at 2^-64 and 2^64. t = 0 keeps the best token and
///               leaves T alone.
/// Parameters.   t   0 or [2^-64, 2^64], dimensionless; 1 is neutral. Held as a float: 0.8 means 0.8f.
/// Ties.         t = 0 takes the lowest id among the best, as greedy() does.
/// Non-finite.   Never made: the difference from the best score is scaled, not the score.
/// Randomness.   None.
/// Cost.         A multiplication. No exponential is taken until a draw or a top_p asks for one.
/// Errors.       std::invalid_argument outside the range, NaN included.
/// Source.       Ackley, Hinton, Sejnowski 1985; docs/draw.md, section 3.
class temperature : public stage {
public:
    static constexpr verb does = verb::shape;
    static constexpr const char* name = "temperature";

    template <real_parameter Real>
    PLUCK_TAGGED constexpr temperature(Real t) : t_(name, "t", t) {}

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        const float t = t_[row.index()];
        if (!t_.has(t)) return row.fail(status::bad_parameter);
        if (detail::ordered(t) == 0) return row.keep_largest(1);
        if (detail::ordered(t) != detail::ordered(1.0f)) row.scale(static_cast<double>(t));
    }

    [[nodiscard]] PLUCK_TAGGED constexpr std::size_t rows() const noexcept { return t_.rows(); }

private:
    struct range {
        using type = float;
        static constexpr const char* text = "0 or in [2^-64, 2^64]";
        template <class Float>
        [[nodiscard]] PLUCK_HOST_DEVICE static constexpr bool has(Float t) noexcept {
            return detail::ordered(t) == 0 ||
                   detail::in_range(t, static_cast<Float>(min_temperature), static_cast<Float>(max_temperature));
        }
    };

    detail::parameter<range> t_;
};

}}  // namespace pluck::v0
