// SPDX-License-Identifier: MIT
//
// Penalties: tokens that the text already has become less likely.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/detail/score_arithmetic.hpp>
#include <pluck/list_view.hpp>
#include <pluck/per_row.hpp>
#include <pluck/pick.hpp>
#include <pluck/stage.hpp>
#include <pluck/token_history.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 {

/// What penalties do, and which tokens of a text count.
struct penalty_settings {
    float repetition = 1;             ///< in (0, 2^24]; divides a score above 0, multiplies one below
    float frequency = 0;              ///< finite; taken off for each time that the token occurs
    float presence = 0;               ///< finite; taken off once if the token occurs
    std::int32_t last_n = 0;          ///< >= 0; only the last tokens of the text count, 0: all of them
    scope repeats = scope::all;       ///< where a token must occur for `repetition`
    scope counts = scope::generated;  ///< where it is counted for `frequency` and `presence`
};

namespace detail {

/// What penalties make of a score.
class penalty {
public:
    PLUCK_HOST_DEVICE explicit penalty(const penalty_settings& settings) noexcept : set(settings) {
#if !PLUCK_ON_DEVICE
        moderate_ = is_moderate(set.repetition) && (ordered(set.frequency) == 0 || is_moderate(set.frequency)) &&
                    (ordered(set.presence) == 0 || is_moderate(set.presence));
#endif
    }

    PLUCK_HOST_DEVICE PLUCK_ALWAYS_INLINE float operator()(float score, std::uint32_t repeats,
                                                           std::uint32_t counts) const noexcept {
#if PLUCK_ON_DEVICE
        return in_steps(score, repeats, counts);
#else
        return moderate_ && is_moderate(score) ? at_once(score, repeats, counts) : seldom(score, repeats, counts);
#endif
    }

    const penalty_settings set;

private:
    PLUCK_HOST_DEVICE float in_steps(float score, std::uint32_t repeats, std::uint32_t counts) const noexcept {
        if (!is_finite(score)) return score;
        if (repeats > 0) {
            score = ordered(score) > 0 ? score_over(score, set.repetition) : score_times(score, set.repetition);
        }
        if (counts > 0) {
            score = score_plus(score, -score_times(static_cast<float>(counts), set.frequency));
            score = score_plus(score, -set.presence);
        }
        return score;
    }

#if !PLUCK_ON_DEVICE
    /// Of its own, so that what is around it is short enough to be inlined.
    [[nodiscard]] PLUCK_TAGGED __attribute__((noinline, cold)) float seldom(float score, std::uint32_t repeats,
                                                                            std::uint32_t counts) const noexcept {
        return in_steps(score, repeats, counts);
    }

    /// The same without a branch, of which no predictor knows the way, and in floats alone.
    [[nodiscard]] PLUCK_ALWAYS_INLINE float at_once(float score, std::uint32_t repeats,
                                                    std::uint32_t counts) const noexcept {
        const float repetition = repeats > 0 ? set.repetition : 1.0f;
        const auto divided = bits_as<std::uint32_t>(opaque(opaque(score) / opaque(repetition)));
        const auto multiplied = bits_as<std::uint32_t>(opaque(opaque(score) * opaque(repetition)));
        const std::uint32_t below_0 = 0 - (bits_as<std::uint32_t>(score) >> 31);
        const auto repeated = bits_as<float>((multiplied & below_0) | (divided & ~below_0));
        const float frequent = opaque(opaque(static_cast<float>(counts)) * opaque(set.frequency));
        return sum(sum(repeated, -frequent), counts > 0 ? -set.presence : 0.0f);
    }
#endif

    bool moderate_ = false;  // whether at_once() is right for most scores
};

}  // namespace detail

/// Makes less likely what the text already has.
///
/// Definition.   For each token of the text, with n the times that it occurs in `counts`, from its score s on, each
///               step rounded to float once:
///                   if it occurs in `repeats`:  s becomes s / repetition if s > 0, else s * repetition
///                   if n > 0:                   s becomes s - RN32(frequency * n), then s - presence;
///                   n is rounded to a float before, which changes none up to 2^24
/// Shapes.       One history, or one for each row.
/// Parameters.   history    a token_history that outlives the stage, or `per_row<token_history>`
///               settings   penalty_settings, or `per_row<penalty_settings>`; `{}` is neutral
/// Non-finite.   -infinity stays. A NaN or +infinity stays, and is the row's status.
/// Randomness.   None.
/// Cost.         On the CPU that of the distinct tokens of the text, or of the last_n: the row is not copied.
/// Errors.       std::invalid_argument if a setting is out of its range; of a row's own, it is `bad_parameter`, as a
///               token of the text is that the row does not have, unless the settings are neutral.
/// Source.       Keskar et al. 2019 (CTRL) for repetition, OpenAI for frequency and presence. vLLM and OpenAI: the
///               defaults. Hugging Face: repetition alone. SGLang: repeats = scope::generated. llama.cpp: counts =
///               scope::all, last_n = 64. mlx-lm: counts = scope::all, last_n = 20.
class penalties : public stage {
public:
    static constexpr verb does = verb::adjust;
    static constexpr const char* name = "penalties";

    PLUCK_TAGGED penalties(detail::history_parameter history, const penalty_settings& settings)
        : history_(history), settings_(checked(settings)) {}
    PLUCK_TAGGED constexpr penalties(detail::history_parameter history, per_row<penalty_settings> settings) noexcept
        : history_(history), settings_(settings) {}

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        if (!settings_.serves(row.index()) || !history_.serves(row.index())) return row.fail(status::bad_parameter);
        const penalty_settings set = settings_[row.index()];
        if (!has_repetition(set.repetition) || !detail::is_finite(set.frequency) || !detail::is_finite(set.presence) ||
            set.last_n < 0)
            return row.fail(status::bad_parameter);
        const bool divides = detail::ordered(set.repetition) != detail::ordered(1.0f);
        const bool takes = detail::ordered(set.frequency) != 0 || detail::ordered(set.presence) != 0;
        if (!divides && !takes) return;

        const detail::penalty move(set);
        const token_history text = history_[row.index()];
        if (!text.is_within(row.vocab())) return row.fail(status::bad_parameter);
        const std::uint32_t begin = text.begin_of_last(static_cast<std::uint32_t>(set.last_n));
        if (begin == 0) {
            return row.edit(text.distinct(), [text, move](float score, std::size_t i) {
                return move(score, text.count(i, move.set.repeats), text.count(i, move.set.counts));
            });
        }
        row.edit(text.tokens(begin), [text, move, begin](float score, std::size_t i) {
            const auto at = begin + static_cast<std::uint32_t>(i);
            const std::uint32_t before = text.previous_of(at);
            if (before != token_history::none && before >= begin) return score;  // its first place has moved it
            return move(score, text.count_from(at, move.set.repeats), text.count_from(at, move.set.counts));
        });
    }

    [[nodiscard]] PLUCK_TAGGED constexpr std::size_t rows() const noexcept {
        return detail::smaller(history_.rows(), settings_.rows());
    }

private:
    [[nodiscard]] PLUCK_HOST_DEVICE static constexpr bool has_repetition(float r) noexcept {
        return detail::ordered(r) > 0 && detail::ordered(r) <= detail::ordered(0x1p24f);
    }
    [[nodiscard]] PLUCK_TAGGED static const penalty_settings& checked(const penalty_settings& set) {
        if (!has_repetition(set.repetition)) detail::reject(name, "repetition", "in (0, 2^24]", set.repetition);
        if (!detail::is_finite(set.frequency)) detail::reject(name, "frequency", "finite", set.frequency);
        if (!detail::is_finite(set.presence)) detail::reject(name, "presence", "finite", set.presence);
        if (set.last_n < 0) detail::reject(name, "last_n", ">= 0", set.last_n);
        return set;
    }

    detail::history_parameter history_;
    detail::list_parameter<penalty_settings> settings_;
};

}}  // namespace pluck::v0
