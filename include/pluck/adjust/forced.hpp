// SPDX-License-Identifier: MIT
//
// Forced: the token is given.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/detail/parameter.hpp>
#include <pluck/list_view.hpp>
#include <pluck/per_row.hpp>
#include <pluck/pick.hpp>
#include <pluck/stage.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace pluck { inline namespace v0 {

/// Leaves one token alone, whatever its logit is: what must come at the begin or the end of a text, or after a budget
/// for thinking is spent, or when a text is replayed.
///
/// Definition.   The token's score becomes 0, every other one -infinity.
/// Parameters.   id   in [0, vocab); -1 forces nothing and is neutral. One for all rows or one for each.
/// Non-finite.   No logit is looked at, so that a row of NaN can be forced, too.
/// Randomness.   None.
/// Cost.         On the CPU, none: the row is not read.
/// Errors.       std::invalid_argument if id < -1. A row in which the id is no token has `bad_parameter`.
/// Source.       Hugging Face's ForcedBOSToken and ForcedEOSToken, vLLM's trace_decode_token_ids.
class forced : public stage {
public:
    static constexpr verb does = verb::adjust;
    static constexpr const char* name = "forced";

    template <whole_number Integer>
    PLUCK_TAGGED constexpr forced(Integer id) : id_(checked(id)) {}
    PLUCK_TAGGED constexpr forced(per_row<std::int32_t> ids) noexcept : id_(ids) {}

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        if (row.index() >= id_.rows()) return row.fail(status::bad_parameter);
        const std::int32_t id = id_[row.index()];
        if (id == -1) return;
        row.select(list_view<std::int32_t>{&id, 1}, [](float, std::size_t) { return 0.0f; });
    }

    [[nodiscard]] PLUCK_TAGGED constexpr std::size_t rows() const noexcept { return id_.rows(); }

private:
    template <class Integer>
    [[nodiscard]] PLUCK_TAGGED static constexpr std::int32_t checked(Integer id) {
        if (std::cmp_less(id, -1) || std::cmp_greater(id, 0x7fffffff)) detail::reject(name, "id", "in [-1, 2^31)", id);
        return static_cast<std::int32_t>(id);
    }

    param<std::int32_t> id_;
};

}}  // namespace pluck::v0
