// SPDX-License-Identifier: MIT
//
// The draw by rejection: the same distribution as categorical(), from other random bits, without a pass for the masses.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/stage.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 {

/// Draws a token in proportion to its mass, by rejection.
///
/// Definition.   Over each block of 64 token ids the envelope is as high as the mass of its best kept token. Proposals
///               are uniform under the envelope; the first that falls below the mass of its token draws it. Another
///               map from random bits to tokens than categorical()'s, so that a key gives another token, equally
///               likely.
/// Ties.         None to break.
/// Non-finite.   A token without mass cannot be hit.
/// Randomness.   128 bits for each proposal, mostly some ten to forty of them; after 4096 (a chance below 10^-28)
///               categorical() draws.
/// Cost.         A mass for each block, and one for each proposal: up to twice greedy() and a quarter of categorical()
///               over a long row. Where few tokens are kept or the row is short, categorical() is as fast.
/// Errors.       None.
/// Source.       docs/draw.md, section 4. Rejection from an envelope: von Neumann, 1951.
struct rejection : stage {
    static constexpr verb does = verb::draw;
    static constexpr const char* name = "rejection";

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE std::int32_t operator()(Row& row) const {
        return row.draw_by_rejection();
    }
};

/// The stage's name in version 0.1; removed in the next version.
using dart [[deprecated("pluck: dart is now rejection")]] = rejection;

}}  // namespace pluck::v0
