// SPDX-License-Identifier: MIT
//
// Remove NaN: a broken logit forbids its token, and the row goes on without it.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/stage.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 {

/// Forbids each token whose logit is NaN. Without it, such a row has the status `nan_logit`: NaN mostly means that
/// something is wrong with the model or its memory, which a service may want to know.
///
/// Definition.   A score that is NaN becomes -infinity. A row of nothing else has no candidate.
/// Shapes.       All rows.
/// Parameters.   None.
/// Non-finite.   +infinity stays, and is the row's status.
/// Randomness.   None.
/// Cost.         A pass over the row, which is copied.
/// Errors.       None.
/// Source.       Hugging Face's InfNanRemoveLogitsProcessor, which makes NaN 0 and +infinity the largest float instead.
class remove_nan : public stage {
public:
    static constexpr verb does = verb::adjust;
    static constexpr const char* name = "remove_nan";

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        row.map([](float score, std::int32_t) {
            const std::int32_t order = detail::ordered(score);
            const bool is_nan = order > detail::ordered_infinity || order < -detail::ordered_infinity;
            return is_nan ? detail::minus_infinity : score;
        });
    }
};

}}  // namespace pluck::v0
