// SPDX-License-Identifier: MIT
//
// Top-p, or nucleus sampling: only the smallest head of the ranking that holds a share p of the probability stays.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/parameter.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/pick.hpp>
#include <pluck/stage.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 {

/// Keeps the nucleus: the shortest head of the ranking whose mass reaches p of the mass kept so far.
///
/// Definition.   Token i stays iff E_i < max(1, ceil(p Z)) or its rank is below min_keep, with E_i the mass ranked
///               strictly before it and Z the mass of what is kept so far, at the temperature so far. Stages compose
///               one after the other, so top_k before top_p renormalises.
/// Parameters.   p          [0, 1], dimensionless; 1 is neutral, 0 keeps min_keep tokens. The exact value of the
///                          float counts: .1f is a little more than a tenth, so that of ten equal tokens
///                          p = .1f, .2f, ..., .9f keep 2, 3, 4, 5, 5, 7, 7, 9, 9.
///               min_keep   [0, infinity), tokens; the best one always stays.
/// Ties.         By token id, lowest first: a tie may be cut in the middle.
/// Non-finite.   Tokens at -infinity have no mass and never stay.
/// Randomness.   None.
/// Cost.         One pass for bounds of the mass, which may have to be refined, and a look at the blocks that
///               reach the cut; where the nucleus is a large part of the row, a pass for the mass. It is taken when
///               something asks for what is kept. Linear for any input.
/// Errors.       std::invalid_argument if p is outside [0, 1] (NaN included) or min_keep < 0.
/// Source.       Holtzman et al., ICLR 2020, arXiv:1904.09751, section 3.1.
class top_p : public stage {
public:
    static constexpr verb does = verb::keep;
    static constexpr const char* name = "top_p";

    template <real_parameter Real, whole_number Integer = int>
    PLUCK_TAGGED constexpr top_p(Real p, Integer min_keep = 1)
        : p_(name, "p", p),
          min_keep_(detail::checked_value<detail::count_of<std::uint32_t>>(name, "min_keep", min_keep)) {}

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        const float p = p_[row.index()];
        if (!p_.has(p)) return row.fail(status::bad_parameter);
        if (detail::ordered(p) != detail::ordered(1.0f)) row.keep_mass(p, min_keep_);
    }

    [[nodiscard]] PLUCK_TAGGED constexpr std::size_t rows() const noexcept { return p_.rows(); }

private:
    detail::parameter<detail::share> p_;
    std::uint32_t min_keep_;
};

}}  // namespace pluck::v0
