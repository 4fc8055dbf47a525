// SPDX-License-Identifier: MIT
//
// The row on the CPU. It starts as a look at the caller's logits, with the best score of each block of 64. A cut that
// keeps little copies it, in id order, into scratch memory, which is then the row, so that the work shrinks with the
// kept set; one that keeps much only notes where it lies. Masses are only computed when something asks for them, and a
// nucleus is only cut then.
//
// Here is what depends on the caller's types. The rest is in definitions/row.hpp, which pluck::compiled holds compiled.
#pragma once

#include <pluck/cpu/deferred.hpp>
#include <pluck/cpu/load.hpp>
#include <pluck/cpu/row_view.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/philox.hpp>
#include <pluck/detail/randomness.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/pick.hpp>
#include <pluck/row/concept.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <utility>

namespace pluck { inline namespace v0 {

namespace detail {
struct checked;
}

namespace cpu { inline namespace PLUCK_ROW_BUILD {

class candidates;
class nucleus_finder;
struct envelope;
class found_cut;

class PLUCK_EXPORT row {
public:
    /// A row over `view`, at place `index` of its batch. Reads nothing yet but what must be converted to float.
    /// A null view has no candidate.
    template <class View>
    PLUCK_TAGGED row(const View& view, workspace& scratch, const randomness& random, std::size_t index) noexcept
        : scratch_(scratch), random_(random), index_(index) {
        vocab_ = uncut_.size = view.size;
        if (view.size > max_vocab) fail(status::row_too_long);
        else if (view.size == 0) fail(status::no_candidate);
        else if (!scratch_.reserve(view.size)) fail(status::out_of_memory);
        else read(view);
        if (state_ == status::ok && uncut_.scores == nullptr) fail(status::no_candidate);
    }

    // ---- adjusters, before settle(); a stage that moves scores after it fails the row ----

    /// score = f(score, i) for the token ids[i]; -infinity stays. An id outside the row fails it.
    template <class Ids, class F>
    PLUCK_TAGGED void edit(const Ids& ids, const F& f) noexcept {
        if (settled_) return fail(status::bad_parameter);
        if (!(ids.begin() != ids.end())) return;
        float* scores = edited();
        if (deferred_.is_there()) {
            if (!deferred_.edit(ids, f)) fail(status::bad_parameter);
            return;
        }
        std::size_t i = 0;
        for (const auto id : ids) {
            if (!is_token(id)) return fail(status::bad_parameter);
            const std::size_t at = place_of(static_cast<std::int32_t>(id));
            if (at != nowhere && !detail::is_minus_infinity(scores[at])) scores[at] = f(scores[at], i);
            ++i;
        }
    }

    /// score = f(score, token) for every token; -infinity stays.
    template <class F>
    PLUCK_TAGGED void map(const F& f) noexcept {
        if (settled_) return fail(status::bad_parameter);
        float* scores = writable();
        for (std::size_t i = 0; i < uncut_.size; ++i) {
            if (detail::is_minus_infinity(scores[i])) continue;
            scores[i] = f(scores[i], token(i));
        }
    }

    /// Only the tokens ids[i] are left, with score = f(score, i), also where that was -infinity or NaN. An id outside
    /// the row, or one that is not above the one before it, fails the row.
    template <class Ids, class F>
    PLUCK_TAGGED void select(const Ids& ids, const F& f) noexcept {
        if (settled_) return fail(status::bad_parameter);
        std::size_t i = 0;
        for (const auto id : ids) {
            const bool rises = i == 0 || std::cmp_greater(id, scratch_.spare_tokens()[i - 1]);
            if (!is_token(id) || !rises) return fail(status::bad_parameter);
            const auto token = static_cast<std::int32_t>(id);
            scratch_.spare_scores()[i] = f(unsettled(token), i);
            scratch_.spare_tokens()[i++] = token;
        }
        leave(i);
    }

    /// Forbids every token whose bit is 0, or that has none, whatever its score, NaN included. Bit i % 32 of word
    /// i / 32 is token i's; bits past the end of the row are ignored.
    void mask(std::span<const std::uint32_t> words) noexcept;

    /// Classifies the row once the adjusters have run; true if a token can be drawn.
    bool settle() noexcept;

    // ---- what it knows ----

    [[nodiscard]] PLUCK_TAGGED std::size_t index() const noexcept { return index_; }
    [[nodiscard]] PLUCK_TAGGED std::size_t vocab() const noexcept { return vocab_; }
    [[nodiscard]] PLUCK_TAGGED status state() const noexcept { return state_; }
    [[nodiscard]] PLUCK_TAGGED double temperature() const noexcept { return temperature_; }
    [[nodiscard]] PLUCK_TAGGED bits128 uniform() const noexcept { return random_.base; }
    [[nodiscard]] PLUCK_TAGGED bits128 random(std::uint32_t purpose, std::uint32_t index) const noexcept {
        return random_.bits(purpose, index);
    }

    [[nodiscard]] ranking_key best() const noexcept;
    [[nodiscard]] ranking_key at(std::size_t rank) noexcept;
    [[nodiscard]] float score_of(std::int32_t token) noexcept;
    [[nodiscard]] std::size_t rank_of(std::int32_t token) noexcept;
    [[nodiscard]] std::size_t count() noexcept;
    [[nodiscard]] std::uint64_t total() noexcept;

    /// Whether nothing was cut from what adjusters have left; not always seen where they have left little.
    [[nodiscard]] bool is_whole() const noexcept;

    /// The mass of a token, 0 if it is not kept.
    [[nodiscard]] std::uint64_t mass(std::int32_t token) noexcept;

    /// f(token, score, mass) for each kept token, in id order.
    template <class F>
    PLUCK_TAGGED void for_each(const F& f) {
        std::uint64_t masses[block_size];
        for (std::size_t begin = 0; begin < now().size; begin += block_size) {
            for (std::uint64_t kept = weigh_block(begin, &masses[0]); kept != 0; kept &= kept - 1) {
                const auto i = static_cast<std::size_t>(__builtin_ctzll(kept));
                f(token(begin + i), uncut_.scores[begin + i], masses[i]);
            }
        }
    }

    // ---- what moves the cuts and the temperature ----

    void keep_largest(std::size_t k) noexcept;
    void keep_mass(float p, std::size_t min_keep) noexcept;
    void keep_at_least(float score, std::size_t min_keep) noexcept;
    void keep_mass_at_least(std::uint64_t mass) noexcept;
    void drop_above(ranking_key cut) noexcept;
    void scale(double factor) noexcept;

    // ---- what ends it ----

    [[nodiscard]] std::int32_t draw(const bits128& uniform) noexcept;
    [[nodiscard]] std::int32_t draw_by_rejection() noexcept;
    PLUCK_TAGGED void fail(status why) noexcept { state_ = why; }

private:
    /// What is kept, and of what.
    struct parts {
        const float* scores = nullptr;         // [size], in id order; what was not kept may be among them
        const std::int32_t* tokens = nullptr;  // [size], their token ids; none until a cut copies: then i is token i
        std::size_t size = 0;
        kept_part kept;
        std::uint64_t total = 0;  // of the kept mass; 0 until asked for
    };

    /// The row as it is now, after a pending nucleus is cut: for all that does not deal with that itself.
    parts& now() noexcept;

    // ---- the primitives of row/checked.hpp ----

    friend detail::checked;

    [[nodiscard]] std::size_t max_count() const noexcept;
    [[nodiscard]] std::int32_t best_score() const noexcept;
    [[nodiscard]] std::int32_t lowest_score() const noexcept;
    [[nodiscard]] float octaves_per_nat() const noexcept;
    void keep_best() noexcept;
    void cut_to_largest(std::size_t k) noexcept;
    void keep_nucleus(float p) noexcept;
    [[nodiscard]] found_cut find_nucleus(float p, std::size_t min_keep) noexcept;
    [[nodiscard]] found_cut cut_at_score(std::int32_t score) noexcept;
    [[nodiscard]] bool leaves_less(const found_cut& found, std::size_t count) noexcept;
    void cut_to(const found_cut& found) noexcept;
    [[nodiscard]] std::size_t find_below(ranking_key key) noexcept;
    void keep_rest(std::size_t count) noexcept;
    void set_temperature(double t) noexcept;

    // ---- what those stand on ----

    /// Whether a nucleus is still to be cut.
    [[nodiscard]] bool cut_pending() const noexcept;
    [[nodiscard]] found_cut take_cut(nucleus_finder&& nucleus) noexcept;

    [[nodiscard]] PLUCK_TAGGED std::int32_t token(std::size_t i) const noexcept {
        return uncut_.tokens != nullptr ? uncut_.tokens[i] : static_cast<std::int32_t>(i);
    }
    [[nodiscard]] float best_logit() const noexcept;
    [[nodiscard]] row_view view() const noexcept;
    [[nodiscard]] row_view look() const noexcept;
    [[nodiscard]] candidates kept_tokens() noexcept;
    [[nodiscard]] std::size_t place_of_best() const noexcept;
    [[nodiscard]] std::uint64_t weigh_block(std::size_t begin, std::uint64_t* masses) noexcept;
    void rank_best(std::size_t count) noexcept;
    [[nodiscard]] envelope make_envelope() noexcept;
    [[nodiscard]] float kept_logit(std::int32_t token) const noexcept;
    [[nodiscard]] std::size_t gather(const row_view& from) noexcept;
    void adopt(std::size_t count) noexcept;

    // ---- before settle() ----

    template <class Id>
    [[nodiscard]] PLUCK_TAGGED bool is_token(Id id) const noexcept {
        return std::in_range<std::uint32_t>(id) && static_cast<std::size_t>(id) < vocab_;
    }
    static constexpr std::size_t nowhere = ~std::size_t{0};
    /// Where a token's score is, or nowhere.
    [[nodiscard]] PLUCK_TAGGED std::size_t place_of(std::int32_t token) const noexcept {
        return uncut_.tokens == nullptr ? static_cast<std::size_t>(token) : place_in_list(token);
    }
    [[nodiscard]] std::size_t place_in_list(std::int32_t token) const noexcept;
    [[nodiscard]] float unsettled(std::int32_t token) const noexcept;
    [[nodiscard]] float* edited() noexcept;
    void leave(std::size_t count) noexcept;
    [[nodiscard]] float* writable() noexcept;

    /// Contiguous 16-bit logits stay as they are; all else that is not floats is converted.
    template <class View>
    PLUCK_TAGGED void read(const View& view) noexcept {
        if constexpr (narrow_view<View>) {
            if (deferred_.read(view, scratch_.scores())) {
                uncut_.scores = scratch_.scores();
                return;
            }
        }
#if PLUCK_EXCEPTIONS
        if constexpr (!noexcept(load(view, scratch_.scores()))) {  // an expression may have parts that need memory
            try {
                uncut_.scores = load(view, scratch_.scores());
            } catch (const std::bad_alloc&) {
                fail(status::out_of_memory);
            }
            return;
        }
#endif
        uncut_.scores = load(view, scratch_.scores());
    }

    workspace& scratch_;
    randomness random_;
    std::size_t index_;
    status state_ = status::ok;
    bool settled_ = false;
    std::size_t vocab_ = 0;
    extremes seen_;
    parts uncut_;                    // as it is before the pending nucleus is cut
    mutable deferred_row deferred_;  // scores that are not in scratch memory yet
    double temperature_ = 1.0;
    float pending_p_ = 1;      // the share of the mass that is in the nucleus still to be cut; 1: there is none
    std::size_t ranked_ = 0;   // so many of the best tokens are sorted, in scratch_.ranking()
    bool all_ranked_ = false;  // there are no more
};

static_assert(row_backend<row>);

}}  // namespace cpu::PLUCK_ROW_BUILD

}}  // namespace pluck::v0

#if !PLUCK_COMPILED || PLUCK_COMPILED_SOURCE
#include <pluck/cpu/definitions/row.hpp>
#endif
