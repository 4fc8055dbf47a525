// SPDX-License-Identifier: MIT
//
// Greedy decoding: always the best token.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/stage.hpp>

#include <cstdint>

namespace pluck { inline namespace v0 {

/// Takes the best token.
///
/// Definition.   The first of the ranking; keeps it alone, so that probabilities() says 1 for it.
/// Ties.         The lowest token id among equal scores (-0 equals +0).
/// Randomness.   None: the key is not looked at.
/// Cost.         The pass for the block maxima, and one block.
/// Errors.       None.
struct greedy : stage {
    static constexpr verb does = verb::draw;
    static constexpr const char* name = "greedy";

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE std::int32_t operator()(Row& row) const {
        row.keep_largest(1);
        return row.best().token();
    }
};

}}  // namespace pluck::v0
