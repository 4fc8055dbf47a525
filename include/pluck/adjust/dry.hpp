// SPDX-License-Identifier: MIT
//
// DRY ("don't repeat yourself"): what would prolong a repetition becomes less likely, the more so the longer it is.
#pragma once

#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/detail/scalar.hpp>
#include <pluck/detail/score_arithmetic.hpp>
#include <pluck/list_view.hpp>
#include <pluck/per_row.hpp>
#include <pluck/pick.hpp>
#include <pluck/stage.hpp>
#include <pluck/token_history.hpp>
#include <pluck/token_sequences.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 {

/// How DRY counts and what it takes off.
struct dry_settings {
    float multiplier = 0;             ///< finite; what is taken off at the allowed length, 0: nothing
    float base = 1.75f;               ///< >= 1, finite; times this for each token more
    std::int32_t allowed_length = 2;  ///< >= 1; shorter repetitions are free
    std::int32_t last_n = 0;          ///< >= 0; only the last tokens of the text count, 0: all of them
};

/// Makes less likely what would prolong a repetition of the text.
///
/// Definition.   For a token x, n(x) is the length of the longest sequence with which the text ends, and which is also
///               somewhere else in it followed by x. It lies within the last_n tokens, and behind the last breaker. If
///               n(x) >= allowed_length, s becomes s - RN32(RN64(multiplier * base^(n(x) - allowed_length))), rounded
///               once; the power is taken by products of doubles, and is FLT_MAX at most.
/// Shapes.       One history, or one for each row; breakers are sequences of tokens, as of a line's end or a quotation
///               mark. A token that is a breaker by itself is never made less likely.
/// Parameters.   history    a token_history with matches that outlives the stage, or `per_row<token_history>`
///               settings   dry_settings, or `per_row<dry_settings>`; `{}` is neutral
///               breakers   token_sequences, or `per_row<token_sequences>`; none by default
/// Non-finite.   -infinity stays. A NaN or +infinity stays, and is the row's status.
/// Randomness.   None.
/// Cost.         On the CPU that of the places where the text's last token is, and of looking for each breaker in the
///               longest repetition, if that is long enough. Few breakers are usual; thousands take long.
/// Errors.       std::invalid_argument if a setting is out of its range, or a breaker is empty or has a negative token;
///               of a row's own, it is `bad_parameter`, unless nothing is taken off also an empty breaker, a
///               history without matches, and a token of the text that the row does not have.
/// Source.       p-e-w, text-generation-webui 5677 (2024); as llama.cpp has it.
class dry : public stage {
public:
    static constexpr verb does = verb::adjust;
    static constexpr const char* name = "dry";

    PLUCK_TAGGED dry(detail::history_parameter history, const dry_settings& settings, token_sequences breakers = {})
        : history_(history), settings_(checked(settings)), breakers_(breakers) {
        detail::check_sequences(name, breakers);
    }
    PLUCK_TAGGED dry(detail::history_parameter history, const dry_settings& settings, per_row<token_sequences> breakers)
        : history_(history), settings_(checked(settings)), breakers_(breakers) {}
    PLUCK_TAGGED constexpr dry(detail::history_parameter history, per_row<dry_settings> settings,
                               detail::list_parameter<token_sequences> breakers = token_sequences{}) noexcept
        : history_(history), settings_(settings), breakers_(breakers) {}

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        const std::size_t index = row.index();
        if (!settings_.serves(index) || !history_.serves(index) || !breakers_.serves(index))
            return row.fail(status::bad_parameter);
        const dry_settings set = settings_[index];
        const token_history& text = history_[index];
        if (!are_valid(set)) return row.fail(status::bad_parameter);
        const auto allowed = static_cast<std::uint32_t>(set.allowed_length);
        if (detail::ordered(set.multiplier) == 0) return;
        const token_sequences breakers = breakers_[index];
        if (!text.has_matches() || !text.is_within(row.vocab()) || !are_sequences(breakers))
            return row.fail(status::bad_parameter);
        if (text.longest_match() < allowed) return;
        const std::uint32_t begin = text.begin_of_last(static_cast<std::uint32_t>(set.last_n));
        const std::uint32_t most = unbroken(text, begin, breakers, text.longest_match());
        if (most < allowed) return;
        row.edit(text.followers(), [&](float score, std::size_t i) {
            const std::int32_t token = text.followers()[i];
            std::uint32_t longest = 0;
            text.each_match_before(i, [&](std::uint32_t at, std::uint32_t length) {
                if (at >= begin) longest = detail::larger(longest, detail::smaller(length, at + 1 - begin));
            });
            longest = detail::smaller(longest, most);
            if (longest < allowed || !detail::is_finite(score) || is_breaker(breakers, token)) return score;
            const double penalty =
                detail::product(detail::as_double(set.multiplier), detail::power(set.base, longest - allowed));
            return detail::score_plus(score, -scalar_traits<double>::widen(penalty));
        });
    }

    [[nodiscard]] PLUCK_TAGGED constexpr std::size_t rows() const noexcept {
        return detail::smaller(history_.rows(), detail::smaller(settings_.rows(), breakers_.rows()));
    }

private:
    /// Whether each of them has a token.
    [[nodiscard]] PLUCK_HOST_DEVICE static bool are_sequences(const token_sequences& breakers) noexcept {
        for (std::size_t i = 0; i < breakers.size(); ++i) {
            if (breakers[i].size() == 0) return false;
        }
        return true;
    }
    /// How many of the text's last tokens lie behind the last breaker: at most `enough`, more is not asked for.
    [[nodiscard]] PLUCK_HOST_DEVICE static std::uint32_t unbroken(const token_history& text, std::uint32_t begin,
                                                                  const token_sequences& breakers,
                                                                  std::uint32_t enough) noexcept {
        std::size_t most = 0;
        for (std::size_t i = 0; i < breakers.size(); ++i) most = detail::larger(most, breakers[i].size());
        if (most == 0) return enough;
        for (std::uint32_t behind = 1; behind <= text.size() - begin && behind < enough + most; ++behind) {
            const std::uint32_t length = longest_at(text, text.size() - behind, breakers);
            if (length > 0) return detail::smaller(enough, behind - length);
        }
        return enough;
    }
    /// The length of the longest breaker that starts at a position and is over by the text's end; 0 if none does.
    [[nodiscard]] PLUCK_HOST_DEVICE static std::uint32_t longest_at(const token_history& text, std::uint32_t start,
                                                                    const token_sequences& breakers) noexcept {
        std::uint32_t longest = 0;
        for (std::size_t i = 0; i < breakers.size(); ++i) {
            const auto breaker = breakers[i];
            if (breaker.size() <= longest || breaker.size() > text.size() - start) continue;
            std::uint32_t same = 0;
            while (same < breaker.size() && text[start + same] == breaker[same]) ++same;
            if (same == breaker.size()) longest = same;
        }
        return longest;
    }
    [[nodiscard]] PLUCK_HOST_DEVICE static bool is_breaker(const token_sequences& breakers,
                                                           std::int32_t token) noexcept {
        for (std::size_t i = 0; i < breakers.size(); ++i) {
            if (breakers[i].size() == 1 && breakers[i][0] == token) return true;
        }
        return false;
    }

    [[nodiscard]] PLUCK_HOST_DEVICE static constexpr bool has_base(float base) noexcept {
        return detail::is_finite(base) && detail::ordered(base) >= detail::ordered(1.0f);
    }
    [[nodiscard]] PLUCK_HOST_DEVICE static constexpr bool are_valid(const dry_settings& set) noexcept {
        return detail::is_finite(set.multiplier) && has_base(set.base) && set.allowed_length >= 1 && set.last_n >= 0;
    }
    [[nodiscard]] PLUCK_TAGGED static const dry_settings& checked(const dry_settings& set) {
        if (!detail::is_finite(set.multiplier)) detail::reject(name, "multiplier", "finite", set.multiplier);
        if (!has_base(set.base)) detail::reject(name, "base", ">= 1 and finite", set.base);
        if (set.allowed_length < 1) detail::reject(name, "allowed_length", ">= 1", set.allowed_length);
        if (set.last_n < 0) detail::reject(name, "last_n", ">= 0", set.last_n);
        return set;
    }

    detail::history_parameter history_;
    detail::list_parameter<dry_settings> settings_;
    detail::list_parameter<token_sequences> breakers_;
};

}}  // namespace pluck::v0
