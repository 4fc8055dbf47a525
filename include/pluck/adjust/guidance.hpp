// SPDX-License-Identifier: MIT
//
// Guidance (classifier-free): away from what the model would say without the prompt.
#pragma once

#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/detail/parameter.hpp>
#include <pluck/detail/range.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/detail/scalar.hpp>
#include <pluck/detail/score_arithmetic.hpp>
#include <pluck/list_view.hpp>
#include <pluck/logits.hpp>
#include <pluck/per_row.hpp>
#include <pluck/pick.hpp>
#include <pluck/stage.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace pluck { inline namespace v0 {

/// Moves each score along the line from an unconditional score to it.
///
/// Definition.   s becomes RN32(RN64(u + RN64(g (s - u)))), u the unconditional logit of the token; the difference is
///               one of doubles. A finite result beyond the floats becomes the largest.
/// Shapes.       unconditional [vocab] for one row, or [rows, vocab], of which the row with this one's index belongs to
///               it; the vocab is that of the row, or longer. Any stride between rows, none within one.
/// Parameters.   unconditional   floats, halves or bfloat16 that outlive the stage: a range, a logits_view or a
///                               batch_view, which may be in a device's memory
///               scale           g, finite; 1 is neutral. One for all rows or one for each
/// Non-finite.   -infinity stays. A u of -infinity forbids its token for g <= 1 and leaves it as it is otherwise; any
///               other u, or score, that is not finite makes the score NaN, which is the row's status.
/// Randomness.   None.
/// Cost.         A pass over both rows, and a copy of one.
/// Errors.       std::invalid_argument if the scale is not finite; of a row's own, it is `bad_parameter`, as a row that
///               has no unconditional one.
/// Source.       Ho and Salimans 2022; Sanchez et al. 2023 for text. Hugging Face takes log-softmax of both first,
///               which gives the same probabilities.
class guidance : public stage {
public:
    static constexpr verb does = verb::adjust;
    static constexpr const char* name = "guidance";

    template <detail::contiguous_range Range, real_parameter Scale>
    requires(detail::lasting_range_of<Range, detail::range_value<Range>>) PLUCK_TAGGED
        guidance(Range&& unconditional, Scale scale)
        : guidance(logits_view<detail::range_value<Range>>{std::data(unconditional),
                                                           static_cast<std::size_t>(std::size(unconditional))},
                   scale) {}
    template <logit_scalar Scalar, real_parameter Scale>
    PLUCK_TAGGED guidance(const logits_view<Scalar>& unconditional, Scale scale)
        : guidance(batch_view<Scalar>{.data = unconditional.data,
                                      .rows = 1,
                                      .vocab = unconditional.size,
                                      .row_stride = 0,
                                      .vocab_stride = unconditional.stride},
                   scale) {
        rows_ = ~std::size_t{0};
    }
    template <logit_scalar Scalar, real_parameter Scale>
    PLUCK_TAGGED guidance(const batch_view<Scalar>& unconditional, Scale scale)
        : scale_(name, "scale", scale),
          logits_(unconditional.data),
          row_stride_(unconditional.row_stride),
          rows_(unconditional.rows),
          vocab_(static_cast<std::uint32_t>(detail::smaller<std::size_t>(unconditional.vocab, 0xffffffffu))),
          type_(type_of<Scalar>()) {
        if (unconditional.vocab_stride != 1)
            detail::reject(name, "the stride of unconditional logits", "1", unconditional.vocab_stride);
    }

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        const float scale = scale_[row.index()];
        if (!scale_.has(scale) || row.index() >= rows_ || logits_ == nullptr) return row.fail(status::bad_parameter);
        if (detail::ordered(scale) == detail::ordered(1.0f)) return;
        if (row.vocab() > vocab_) return row.fail(status::bad_parameter);
        const std::ptrdiff_t first = static_cast<std::ptrdiff_t>(row.index()) * row_stride_;
        switch (type_) {
            case type::of_floats: return guide<float>(row, first, scale);
            case type::of_halves: return guide<half>(row, first, scale);
            case type::of_bfloat16: return guide<bfloat16>(row, first, scale);
        }
    }

    [[nodiscard]] PLUCK_TAGGED constexpr std::size_t rows() const noexcept {
        return detail::smaller(scale_.rows(), rows_);
    }

private:
    enum class type : std::uint8_t { of_floats, of_halves, of_bfloat16 };

    /// What a scale may be.
    struct finite {
        using type = float;
        static constexpr const char* text = "finite";
        template <class Real>
        [[nodiscard]] PLUCK_HOST_DEVICE static constexpr bool has(Real x) noexcept {
            return detail::in_range(x, static_cast<Real>(-0x1.fffffep127f), static_cast<Real>(0x1.fffffep127f));
        }
    };

    template <class Scalar>
    [[nodiscard]] PLUCK_TAGGED static constexpr type type_of() noexcept {
        static_assert(!std::same_as<Scalar, double>, "pluck: guidance takes float, half or bfloat16 logits");
        if constexpr (std::same_as<Scalar, half>) return type::of_halves;
        else if constexpr (std::same_as<Scalar, bfloat16>) return type::of_bfloat16;
        else return type::of_floats;
    }

    PLUCK_ANY_ROW
    template <class Scalar, class Row>
    PLUCK_HOST_DEVICE void guide(Row& row, std::ptrdiff_t first, float scale) const {
        const Scalar* without = static_cast<const Scalar*>(logits_) + first;
        row.map([without, scale](float score, std::int32_t token) {
            return guided(score, scalar_traits<Scalar>::widen(without[token]), scale);
        });
    }
    [[nodiscard]] PLUCK_HOST_DEVICE static float guided(float score, float without, float scale) noexcept {
        if (detail::is_minus_infinity(without) && detail::is_finite(score))
            return detail::ordered(scale) > detail::ordered(1.0f) ? score : without;
        if (!detail::is_finite(score) || !detail::is_finite(without))
            return detail::bits_as<float>(std::uint32_t{0x7fc00000u});
        const double difference = detail::sum(detail::as_double(score), -detail::as_double(without));
        const double way = detail::product(detail::as_double(scale), difference);
        return scalar_traits<double>::widen(detail::sum(detail::as_double(without), way));
    }

    detail::parameter<finite> scale_;
    const void* logits_;
    std::ptrdiff_t row_stride_;
    std::size_t rows_;
    std::uint32_t vocab_;
    type type_;
};

}}  // namespace pluck::v0
