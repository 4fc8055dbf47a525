// SPDX-License-Identifier: MIT
//
// What a draw reports for its row. A bad row is a status, never an exception, and never another row's problem.
#pragma once

#include <pluck/detail/config.hpp>

#include <cstdint>
#include <string_view>

namespace pluck { inline namespace v0 {

/// Why a row has a token, or why it has none.
enum class status : std::uint8_t {
    ok,             ///< the token is in [0, vocab), was allowed, and has positive mass
    nan_logit,      ///< a score is NaN
    pos_inf_logit,  ///< a score is +infinity (and none is NaN)
    no_candidate,   ///< every score is -infinity, or the row is empty
    row_too_long,   ///< more than 2^23 tokens
    bad_parameter,  ///< a parameter of this row, or an id that an adjuster has for it, is out of range
    out_of_memory,  ///< scratch memory was refused
    history_full,   ///< the row's token_history has no room for the token that would be drawn
};

/// The enumerator's name, as in `"nan_logit"`.
[[nodiscard]] constexpr std::string_view to_string(status value) noexcept {
    switch (value) {
        case status::ok: return "ok";
        case status::nan_logit: return "nan_logit";
        case status::pos_inf_logit: return "pos_inf_logit";
        case status::no_candidate: return "no_candidate";
        case status::row_too_long: return "row_too_long";
        case status::bad_parameter: return "bad_parameter";
        case status::out_of_memory: return "out_of_memory";
        case status::history_full: return "history_full";
    }
    return "unknown status";
}

/// What a draw returns: a token and `status::ok`, or -1 and the reason.
struct pick {
    std::int32_t token = -1;
    pluck::status status = pluck::status::no_candidate;

    [[nodiscard]] PLUCK_HOST_DEVICE constexpr explicit operator bool() const noexcept {
        return status == pluck::status::ok;
    }
    [[nodiscard]] friend constexpr bool operator==(const pick&, const pick&) noexcept = default;
};

}}  // namespace pluck::v0
