// SPDX-License-Identifier: MIT
//
// What a draw's further random bits are for. Each purpose has bits of its own, so no two stages share any.
#pragma once

#include <cstdint>

namespace pluck { inline namespace v0 { namespace detail {

/// The purposes of the library's stages, in docs/draw.md section 5. A number is never changed and never used again: it
/// is part of the tokens. 1 to 2^31 - 1 are the library's; a stage of your own passes a number from 2^31 on to
/// `row.random(purpose, index)`.
enum class purpose : std::uint32_t {
    rejection = 1,  ///< the proposals of draw/rejection.hpp
};

}}}  // namespace pluck::v0::detail
