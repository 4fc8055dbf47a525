// SPDX-License-Identifier: MIT
//
// Top-k: only the k best tokens stay.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/parameter.hpp>
#include <pluck/pick.hpp>
#include <pluck/stage.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 {

/// Keeps the k best tokens.
///
/// Definition.   The first min(k, candidates) of the ranking.
/// Parameters.   k   [0, infinity), a count of any integer type; 0 keeps all and is neutral.
/// Ties.         Exactly k are kept: equal scores by token id, lowest first.
/// Non-finite.   Tokens at -infinity are not candidates and never kept.
/// Randomness.   None.
/// Cost.         One look at the block maxima, and at the few blocks that reach the k-th of them. Linear in the vocab
///               for any input; nothing is sorted.
/// Errors.       std::invalid_argument if k < 0.
/// Source.       Fan, Lewis, Dauphin, ACL 2018, arXiv:1805.04833.
class top_k : public stage {
public:
    static constexpr verb does = verb::keep;
    static constexpr const char* name = "top_k";

    template <count_parameter Count>
    PLUCK_TAGGED constexpr top_k(Count k) : k_(name, "k", k) {}

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        const std::int32_t k = k_[row.index()];
        if (!k_.has(k)) return row.fail(status::bad_parameter);
        if (k != 0) row.keep_largest(static_cast<std::uint32_t>(k));
    }

    [[nodiscard]] PLUCK_TAGGED constexpr std::size_t rows() const noexcept { return k_.rows(); }

private:
    detail::parameter<detail::count_of<std::int32_t>> k_;
};

}}  // namespace pluck::v0
