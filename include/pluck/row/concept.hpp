// SPDX-License-Identifier: MIT
//
// The row: what every stage works on, and the one thing that a backend implements. A row holds scores, a temperature
// and two cuts of the ranking between which its tokens are kept; all of its verbs are lazy where they can be.
// On a device many threads run the same stage on one row, so all of them pass the same arguments and get the same
// results.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/philox.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/pick.hpp>
#include <pluck/row/rejection.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 {

/// What stages may ask of a row, and do to it. None of it throws. None of it empties a row that has a candidate.
///
/// What it knows:
///     index()                      the row's place in its batch, 0 for a single row
///     best()                       the best kept token's ranking_key: score() and token()
///     at(rank)                     that of any kept token by its rank, best() is at(0); 0 from max_ranked on, and past
///                                  the end
///     score_of(token)              a kept token's score; -infinity of a token that is not kept
///     rank_of(token)               how many kept tokens are better than a kept one; count() for any other
///     count()                      how many tokens are kept
///     vocab()                      how many tokens the row has, kept or not
///     temperature()                T so far, a double
///     total()                      Z, the kept tokens' mass at this temperature
///     uniform()                    the draw's own 128 random bits
///     random(purpose, index)       128 more, docs/draw.md section 5
/// What moves the cuts and the temperature:
///     keep_largest(k)              the first k of the ranking, k >= 1
///     keep_mass(p, min_keep)       the nucleus of share p of the mass, as top_p says
///     keep_at_least(s, min_keep)   scores >= s, and the first min_keep
///     keep_mass_at_least(mass)     tokens of at least this mass, or the best one
///     drop_above(cut)              removes what is ranked before the ranking_key `cut`, if anything would be left
///     scale(t)                     T becomes T * t
/// What ends it:
///     draw(uniform)                a token in proportion to mass
///     draw_by_rejection()          the same by rejection, from random(rejection_purpose, 0), random(.., 1), ...
///     fail(status)                 the row has no token, for this reason; the stages that follow are not run
///
/// An adjuster runs before all that, and meets the row as `adjusting` shows it.
template <class Row>
concept row_backend = requires(Row& row, const Row& look, bits128 bits, float number, std::uint32_t count,
                               std::uint64_t mass, ranking_key cut, std::int32_t token) {
    { look.index() } -> std::convertible_to<std::size_t>;
    { row.best() } -> std::convertible_to<ranking_key>;
    { row.at(count) } -> std::convertible_to<ranking_key>;
    { row.score_of(token) } -> std::convertible_to<float>;
    { row.rank_of(token) } -> std::convertible_to<std::size_t>;
    { row.count() } -> std::convertible_to<std::size_t>;
    { look.vocab() } -> std::convertible_to<std::size_t>;
    { look.temperature() } -> std::convertible_to<double>;
    { row.total() } -> std::convertible_to<std::uint64_t>;
    { look.uniform() } -> std::convertible_to<bits128>;
    { look.random(count, count) } -> std::convertible_to<bits128>;
    row.keep_largest(count);
    row.keep_mass(number, count);
    row.keep_at_least(number, count);
    row.keep_mass_at_least(mass);
    row.drop_above(cut);
    row.scale(1.0);
    { row.draw(bits) } -> std::convertible_to<std::int32_t>;
    { row.draw_by_rejection() } -> std::convertible_to<std::int32_t>;
    row.fail(status::bad_parameter);
    { look.state() } -> std::convertible_to<status>;
    { row.settle() } -> std::convertible_to<bool>;
};

/// The row as an adjuster sees it: scores that can be moved, and nothing yet that depends on them.
///
///     edit(ids, f)    score = f(score, i) of the token ids[i], for each i: an id that occurs twice is edited twice
///     map(f)          score = f(score, token), for every token
///     select(ids, f)  score = f(score, i) of the token ids[i]; every other token is forbidden. The ids rise
///     mask(words)     forbids the tokens whose bit is 0, or that have none
/// edit and map leave -infinity alone; select hands it to f, and what is NaN, too. Only select and mask forbid what is
/// NaN. An id outside of the row, or one of select's that is not above the last, fails the row.
template <class Row>
class adjusting {
public:
    PLUCK_HOST_DEVICE explicit adjusting(Row& adjusted) noexcept : row_(adjusted) {}

    template <class Ids, class F>
    PLUCK_HOST_DEVICE void edit(const Ids& ids, const F& f) noexcept {
        row_.edit(ids, f);
    }
    template <class F>
    PLUCK_HOST_DEVICE void map(const F& f) noexcept {
        row_.map(f);
    }
    template <class Ids, class F>
    PLUCK_HOST_DEVICE void select(const Ids& ids, const F& f) noexcept {
        row_.select(ids, f);
    }
    template <class Words>
    PLUCK_HOST_DEVICE void mask(const Words& words) noexcept {
        row_.mask(words);
    }

    [[nodiscard]] PLUCK_HOST_DEVICE std::size_t index() const noexcept { return row_.index(); }
    /// How many tokens the row has, forbidden ones included.
    [[nodiscard]] PLUCK_HOST_DEVICE std::size_t vocab() const noexcept { return row_.vocab(); }
    [[nodiscard]] PLUCK_HOST_DEVICE bits128 uniform() const noexcept { return row_.uniform(); }
    [[nodiscard]] PLUCK_HOST_DEVICE bits128 random(std::uint32_t purpose, std::uint32_t i) const noexcept {
        return row_.random(purpose, i);
    }
    [[nodiscard]] PLUCK_HOST_DEVICE status state() const noexcept { return row_.state(); }
    PLUCK_HOST_DEVICE void fail(status why) noexcept { row_.fail(why); }

private:
    Row& row_;
};

}}  // namespace pluck::v0
