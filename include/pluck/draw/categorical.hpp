// SPDX-License-Identifier: MIT
//
// The plain draw: a kept token with probability mass / Z.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/stage.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 {

/// Draws a token in proportion to its mass, as a chain without a draw stage does.
///
/// Definition.   r = floor(U Z / 2^128), U the draw's 128 random bits, Z the kept mass; the token is the first in id
///               order among the kept whose inclusive prefix mass exceeds r.
/// Ties.         None to break: each token owns its own interval of r.
/// Non-finite.   A token without mass has no interval and is never drawn, whatever the key.
/// Randomness.   128 bits.
/// Cost.         One pass for the masses of the kept, and one block.
/// Errors.       None.
/// Source.       docs/draw.md, section 4.
struct categorical : stage {
    static constexpr verb does = verb::draw;
    static constexpr const char* name = "categorical";

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE std::int32_t operator()(Row& row) const {
        return row.draw(row.uniform());
    }
};

}}  // namespace pluck::v0
