// SPDX-License-Identifier: MIT
//
// Mask: a bit for each token says whether it can be drawn, as grammars have it.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/token_list.hpp>
#include <pluck/list_view.hpp>
#include <pluck/per_row.hpp>
#include <pluck/pick.hpp>
#include <pluck/stage.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>

namespace pluck { inline namespace v0 {

/// Forbids every token whose bit is 0.
///
/// Definition.   Bit j of word w is that of token 32 w + j, the lowest bit first. A token whose bit is 0, or for which
///               there is no word, has the score -infinity.
/// Shapes.       words [(vocab + 31) / 32]; fewer forbid the tokens of the others, as a tokenizer's vocabulary is
///               often shorter than the row; more are ignored.
/// Parameters.   words   a range of std::uint32_t or std::int32_t that outlives the stage; or a list_view, or
///                       `per_row<list_view<std::uint32_t>>`, which may be in a device's memory
/// Non-finite.   A NaN or +infinity that is forbidden is forgotten. One that is allowed is the row's status.
/// Randomness.   None.
/// Cost.         On the CPU, the words, and where an eighth of the tokens or fewer are allowed a draw from these alone;
///               otherwise half a pass over the row, which is not copied.
/// Errors.       None: a row without a candidate has `no_candidate`.
/// Source.       The layout of xgrammar's and llguidance's bitmasks.
class mask : public stage {
public:
    static constexpr verb does = verb::adjust;
    static constexpr const char* name = "mask";

    template <detail::lasting_range_of<std::uint32_t> Range>
    PLUCK_TAGGED explicit mask(Range&& words) : words_(detail::view_of_list(name, "words", words)) {}
    template <detail::lasting_range_of<std::int32_t> Range>
    PLUCK_TAGGED explicit mask(Range&& words)
        : mask(std::span(reinterpret_cast<const std::uint32_t*>(std::data(words)),
                         static_cast<std::size_t>(std::size(words)))) {}
    PLUCK_TAGGED constexpr explicit mask(list_view<std::uint32_t> words) noexcept : words_(words) {}
    PLUCK_TAGGED constexpr explicit mask(per_row<list_view<std::uint32_t>> words) noexcept : words_(words) {}

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        if (!words_.serves(row.index())) return row.fail(status::bad_parameter);
        row.mask(words_[row.index()]);
    }

    [[nodiscard]] PLUCK_TAGGED constexpr std::size_t rows() const noexcept { return words_.rows(); }

private:
    detail::list_parameter<list_view<std::uint32_t>> words_;
};

}}  // namespace pluck::v0
