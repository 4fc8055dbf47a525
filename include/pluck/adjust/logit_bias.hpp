// SPDX-License-Identifier: MIT
//
// Logit bias: something is added to the logits of some tokens.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/score_arithmetic.hpp>
#include <pluck/detail/token_list.hpp>
#include <pluck/list_view.hpp>
#include <pluck/per_row.hpp>
#include <pluck/pick.hpp>
#include <pluck/stage.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 {

/// A list of biases, as kernels may use it: [count] ids, and what is added to the logit of each.
struct bias_view {
    const std::int32_t* ids = nullptr;
    const float* values = nullptr;
    std::uint32_t count = 0;

    /// Whether there is something where it says so.
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr bool is_there() const noexcept {
        return count == 0 || (ids != nullptr && values != nullptr);
    }
};

/// Adds a bias to the logit of each token of a list.
///
/// Definition.   s becomes s + b, rounded to float once; a finite sum beyond the floats becomes the largest. An id that
///               occurs more than once is moved once for each, in order.
/// Shapes.       ids, values [any], as many of one as of the other. None is neutral, and so is a bias of 0.
/// Parameters.   ids      a range of std::int32_t that outlives the stage, each in [0, vocab)
///               values   a range of float that does so, each finite or -infinity, which forbids the token
///               or, instead of both, a bias_view, or `per_row<bias_view>`, which may be in a device's memory
/// Non-finite.   A token at -infinity stays there. A NaN or +infinity that is not forbidden is the row's status.
/// Randomness.   None.
/// Cost.         On the CPU, that of the tokens listed: the row is not copied. A device walks the list by all threads.
/// Errors.       std::invalid_argument if an id of a range is negative, a value NaN or +infinity, or if there are not
///               as many values as ids. A row has `bad_parameter` in which an id is no token, and where a bias_view has
///               a value that is NaN or +infinity, `nan_logit` or `pos_inf_logit`.
/// Source.       OpenAI's logit_bias, without its limits of -100 and 100.
class logit_bias : public stage {
public:
    static constexpr verb does = verb::adjust;
    static constexpr const char* name = "logit_bias";

    template <detail::lasting_range_of<std::int32_t> Ids, detail::lasting_range_of<float> Values>
    PLUCK_TAGGED logit_bias(Ids&& ids, Values&& values) : biases_(checked(ids, values)) {}
    PLUCK_TAGGED constexpr explicit logit_bias(bias_view biases) noexcept : biases_(biases) {}
    PLUCK_TAGGED constexpr explicit logit_bias(per_row<bias_view> biases) noexcept : biases_(biases) {}

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        if (!biases_.serves(row.index())) return row.fail(status::bad_parameter);
        const bias_view biases = biases_[row.index()];
        row.edit(list_view<std::int32_t>{biases.ids, biases.count},
                 [biases](float score, std::size_t i) { return detail::biased(score, biases.values[i]); });
    }

    [[nodiscard]] PLUCK_TAGGED constexpr std::size_t rows() const noexcept { return biases_.rows(); }

private:
    template <class Ids, class Values>
    [[nodiscard]] PLUCK_TAGGED static bias_view checked(const Ids& ids, const Values& values) {
        const auto tokens = detail::checked_ids(name, ids);
        const auto biases = detail::view_of_list(name, "values", values);
        detail::check_biases(name, "ids.size()", tokens.size(), biases);
        return {tokens.values, biases.values, tokens.count};
    }

    detail::list_parameter<bias_view> biases_;
};

}}  // namespace pluck::v0
