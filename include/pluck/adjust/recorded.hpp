// SPDX-License-Identifier: MIT
//
// Recorded: what is drawn is appended to its row's text, on a device without a way back to the host.
#pragma once

#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/pick.hpp>
#include <pluck/stage.hpp>
#include <pluck/token_history.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace pluck { inline namespace v0 {

/// Appends each row's token to its history once it is drawn, so that the next draw sees it. For histories that are kept
/// where the chain runs, as in a device's memory; a `sequence` is told by accept() instead, never by both.
///
/// Definition.   Scores stay as they are. A row whose history is full has `history_full` and no token.
/// Shapes.       histories [slots], one for each row by its index: two draws of a call must not have the same one.
/// Parameters.   histories   a pointer, which is trusted to be long enough, or a span
/// Non-finite, Randomness: none of its own.
/// Cost.         That of token_history::append, by one thread.
/// Errors.       A row past the end of the span has `bad_parameter`.
class recorded : public stage {
public:
    static constexpr verb does = verb::adjust;
    static constexpr const char* name = "recorded";

    PLUCK_TAGGED constexpr explicit recorded(token_history* histories) noexcept
        : histories_(histories), count_(histories == nullptr ? 0 : ~std::size_t{0}) {}
    PLUCK_TAGGED constexpr explicit recorded(std::span<token_history> histories) noexcept
        : histories_(histories.data()), count_(histories.size()) {}

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        if (row.index() >= count_ || !histories_[row.index()].is_there()) return row.fail(status::bad_parameter);
        if (histories_[row.index()].is_full()) row.fail(status::history_full);
    }
    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE void after(const Row& row, std::int32_t token) const {
        (void)histories_[row.index()].append(token);
    }

    [[nodiscard]] PLUCK_TAGGED constexpr std::size_t rows() const noexcept { return count_; }

private:
    token_history* histories_;
    std::size_t count_;
};

}}  // namespace pluck::v0
