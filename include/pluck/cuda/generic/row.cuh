// SPDX-License-Identifier: MIT
//
// The row on a device: the same primitives as the CPU's row. Its algorithm is plain C++ over a team (team/), so that
// a team of std::threads runs this very source in the tests.
//
// All threads of all blocks of the row run the adjusters. Then one thread of each block runs the rest of the chain, all
// of these threads the same, while the others are in the worker_loop(): what a stage asks of its row becomes a command,
// by which all warps carry out an operation (operation.cuh).
#pragma once

#include <pluck/cuda/generic/adjust.cuh>
#include <pluck/cuda/generic/leader.cuh>
#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/generic/operations.cuh>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/philox.hpp>
#include <pluck/detail/randomness.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/key.hpp>
#include <pluck/pick.hpp>
#include <pluck/row/checked.hpp>
#include <pluck/row/concept.hpp>
#include <pluck/row/interval.hpp>
#include <pluck/row/weighing.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

template <class Row>
class reported_row;

template <class Team, class Source, class Operations = row_operations>
class row {
public:
    using team_type = Team;
    using source_type = Source;
    using operations_type = Operations;

    /// A row at place `index` of its batch, whose row_memory has begun.
    PLUCK_HOST_DEVICE row(const Team& team, const key& key, std::uint32_t vocab, std::size_t index) noexcept
        : leader_(team), key_(key), vocab_(vocab), index_(index) {
        if (vocab == 0) fail(status::no_candidate);
        if (vocab > max_vocab) fail(status::row_too_long);
    }

    /// The same row for another thread of its block.
    PLUCK_HOST_DEVICE row(const Team& team, const row& other) noexcept : row(other) { leader_.of(team); }

    // ---- adjusters, by all threads; a stage that comes later and moves scores all the same fails the row ----

    /// score = f(score, i) for the token ids[i], in order; -infinity stays. An id outside of the row fails it. `ids`
    /// has iterators of random access.
    template <class Ids, class F>
    PLUCK_HOST_DEVICE void edit(const Ids& ids, const F& f) noexcept {
        if (!editable()) return;
        if (!edit_scores(leader_.team(), memory(), own_source(), ids, f)) fail(status::bad_parameter);
    }

    /// score = f(score, token) for every token; -infinity stays.
    template <class F>
    PLUCK_HOST_DEVICE void map(const F& f) noexcept {
        if (!editable()) return;
        const Source source = own_source();
        each_of_slice(leader_.team(), source, [&](std::uint32_t position, std::int32_t token) {
            move_score(source, position, [&](float score) { return f(score, token); });
        });
        leader_.team().sync();
    }

    /// score = f(score, i) for the token ids[i], also where that was -infinity or NaN; -infinity for every other one.
    /// An id outside of the row, or one that is not above the one before it, fails the row.
    template <class Ids, class F>
    PLUCK_HOST_DEVICE void select(const Ids& ids, const F& f) noexcept {
        if (!editable()) return;
        if (!select_scores(leader_.team(), memory(), own_source(), ids, f)) fail(status::bad_parameter);
    }

    /// Forbids every token whose bit is 0, or that has none, NaN included; bit i % 32 of words[i / 32] is token i's.
    template <class Words>
    PLUCK_HOST_DEVICE void mask(const Words& words) noexcept {
        if (!editable()) return;
        const Source source = own_source();
        each_of_slice(leader_.team(), source, [&](std::uint32_t position, std::int32_t token) {
            const auto word = static_cast<std::size_t>(token / 32);
            const bool allowed = word < words.size() && (words[word] >> (token % 32) & 1u) != 0;
            if constexpr (Source::writable) {
                if (!allowed) source.set(position, detail::minus_infinity);
            }
        });
        leader_.team().sync();
    }

    // ---- from here on by one thread of each block, while the others are in the worker_loop() ----

    /// Lets the others go, and leaves them what has come out.
    PLUCK_HOST_DEVICE void finished(const pick& drawn) noexcept {
        memory().result = {drawn, kept_, masses(), total_, settled_};
        leader_.stop();
    }

    /// Reads and classifies the row; true if a token can be drawn.
    PLUCK_HOST_DEVICE bool settle() noexcept {
        if (state_ != status::ok) return false;
        settled_ = true;
        fail(read(operations::scan{copied_ ? 1u : 0u}));
        return state_ == status::ok;
    }

    // ---- what it knows ----

    [[nodiscard]] PLUCK_HOST_DEVICE std::size_t index() const noexcept { return index_; }
    [[nodiscard]] PLUCK_HOST_DEVICE std::size_t vocab() const noexcept { return vocab_; }
    [[nodiscard]] PLUCK_HOST_DEVICE status state() const noexcept { return state_; }
    [[nodiscard]] PLUCK_HOST_DEVICE double temperature() const noexcept { return temperature_; }
    [[nodiscard]] PLUCK_HOST_DEVICE bits128 uniform() const noexcept { return randomness(key_).base; }
    [[nodiscard]] PLUCK_HOST_DEVICE bits128 random(std::uint32_t purpose, std::uint32_t i) const noexcept {
        return randomness(key_).bits(purpose, i);
    }

    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL ranking_key best() noexcept {
        if (best_token_ < 0) {
            interval tied = kept_;
            tied.raise(best_score_);
            best_token_ = ranking_key{leader_.run(operations::best{tied})}.token();
        }
        return {best_score_, best_token_};
    }

    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL ranking_key at(std::size_t rank) noexcept {
        if (rank == 0) return best();
        if (rank >= max_ranked || rank >= count()) return {};
        return cut_at(kept_, rank + 1, weighing::ones(), bins_per_nat, true);
    }

    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL float score_of(std::int32_t token) noexcept {
        const std::uint64_t found = leader_.run(operations::token_score{kept_, token});
        return found != 0 ? detail::bits_as<float>(static_cast<std::uint32_t>(found)) : detail::minus_infinity;
    }

    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::size_t rank_of(std::int32_t token) noexcept {
        const float score = score_of(token);
        if (detail::is_minus_infinity(score)) return count();
        return leader_.count_of({ranking_key(score, token), kept_.most()}) - 1;  // but itself
    }

    [[nodiscard]] PLUCK_HOST_DEVICE std::size_t count() noexcept { return leader_.count_of(kept_); }

    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::uint64_t total() noexcept {
        if (total_ == 0) {
            total_ = leader_.run(mass_of_kept());
            masses_turn_ = leader_.now().turn;
        }
        return total_;
    }

    [[nodiscard]] PLUCK_HOST_DEVICE const Team& team() const noexcept { return leader_.team(); }
    /// Whether each block has a list of what is kept, and works alone.
    [[nodiscard]] PLUCK_HOST_DEVICE bool listed() const noexcept { return leader_.now().listed(); }

    // ---- what moves the cuts and the temperature ----

    PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL void keep_largest(std::size_t k) noexcept {
        detail::checked::keep_largest(*this, k);
    }
    PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL void keep_mass(float p, std::size_t min_keep) noexcept {
        detail::checked::keep_mass(*this, p, min_keep);
    }
    PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL void keep_at_least(float score, std::size_t min_keep) noexcept {
        detail::checked::keep_at_least(*this, score, min_keep);
    }
    PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL void keep_mass_at_least(std::uint64_t mass) noexcept {
        detail::checked::keep_mass_at_least(*this, mass);
    }
    PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL void drop_above(ranking_key cut) noexcept {
        detail::checked::drop_above(*this, cut);
    }
    PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL void scale(double factor) noexcept { detail::checked::scale(*this, factor); }

    // ---- what ends it ----

    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::int32_t draw(const bits128& uniform) noexcept {
        const std::uint64_t token =
            total_ == 0 ? leader_.run(operations::mass_and_token{mass_of_kept(), uniform})
                        : leader_.run(operations::token{{kept_, masses()}, masses_turn_, mass_point(uniform, total_)});
        return static_cast<std::int32_t>(static_cast<std::uint32_t>(token));
    }

    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL std::int32_t draw_by_rejection() noexcept {
        const std::uint64_t found = leader_.run(operations::rejection{kept_, masses(), randomness(key_)});
        const auto token = static_cast<std::int32_t>(static_cast<std::uint32_t>(found));
        return token >= 0 ? token : draw(uniform());
    }

    // ---- what a stage's own operation needs ----

    /// Has all warps of all blocks carry out an operation that the chain's stages list: see operation.cuh.
    template <class Operation>
    PLUCK_HOST_DEVICE std::uint64_t run_operation(const Operation& asked) noexcept {
        return leader_.run(asked);
    }
    [[nodiscard]] PLUCK_HOST_DEVICE const interval& kept() const noexcept { return kept_; }
    [[nodiscard]] PLUCK_HOST_DEVICE weighing masses() const noexcept {
        return {1, detail::float_of(best_score_), scale_};
    }

    PLUCK_HOST_DEVICE void fail(status why) noexcept { state_ = why; }

private:
    static constexpr float unit_scale = 0x1.715476p+0f;  // mass_scale(1)
    static constexpr float bins_per_nat = 32.0f;         // the scores of models span some 30 nats; any number would do

    [[nodiscard]] PLUCK_HOST_DEVICE row_memory<Team>& memory() const noexcept { return leader_.memory(); }
    [[nodiscard]] PLUCK_HOST_DEVICE Source own_source() const noexcept {
        return Source(memory(), leader_.team().room());
    }
    [[nodiscard]] PLUCK_HOST_DEVICE operations::mass mass_of_kept() const noexcept {
        const float floor = detail::sum(detail::float_of(best_score_), -44.0f / scale_);  // as in mass.hpp
        const std::int32_t lightest = detail::ordered(floor) > kept_.low ? detail::ordered(floor) : kept_.low;
        return {{kept_, masses()}, lightest, whole_ ? 1u : 0u};
    }

    // ---- the primitives of row/checked.hpp ----

    friend detail::checked;
    template <class>
    friend class reported_row;

    [[nodiscard]] PLUCK_HOST_DEVICE std::size_t max_count() const noexcept { return vocab_; }
    [[nodiscard]] PLUCK_HOST_DEVICE std::int32_t best_score() const noexcept { return best_score_; }
    [[nodiscard]] PLUCK_HOST_DEVICE std::int32_t lowest_score() const noexcept { return kept_.low; }
    [[nodiscard]] PLUCK_HOST_DEVICE float octaves_per_nat() const noexcept { return scale_; }

    PLUCK_HOST_DEVICE void keep_best() noexcept { cut_to(best()); }
    PLUCK_HOST_DEVICE void cut_to_largest(std::size_t k) noexcept {
        interval within = kept_;
        const auto target = static_cast<std::uint32_t>(k);
        if (!leader_.now().listed()) {
            if (!dropped_ && target <= memory().shape.strips * memory().shape.blocks)
                within.raise(leader_.reached(target, weighing::ones(), bins_per_nat, best_score_));
            const std::uint32_t listed = leader_.list_of(within);
            if (listed <= Team::list) {
                use_list(within, listed);
                if (listed <= target) return;
            }
        }
        cut_to(cut_at(within, target, weighing::ones(), bins_per_nat, true));
    }
    [[nodiscard]] PLUCK_HOST_DEVICE ranking_key find_nucleus(float p, std::size_t min_keep) noexcept {
        const std::uint64_t target = mass_share(p, total());
        const float bins = scale_ * (static_cast<float>(Team::bins) / mass_bits);  // 40 octaves: all that has mass
        bool tied = false;
        if (!leader_.now().listed()) {
            // Mostly the best strips hold the whole nucleus, and only their best tokens have to be looked at: if these
            // are enough of it, surely; else with luck.
            interval head = kept_;
            if (!dropped_) {
                const std::int32_t sure = leader_.reached(target, masses(), bins, best_score_);
                head.raise(sure > 1 - detail::ordered_infinity
                               ? sure
                               : leader_.reached(memory().shape.head, weighing::ones(), bins_per_nat, best_score_));
            }
            const std::uint32_t listed = leader_.list_of(head);
            if (listed <= Team::list) {
                const interval before = kept_;
                const bool was_whole = whole_;
                use_list(head, listed);
                if (total() < target || listed < min_keep) use_slices(before, was_whole);
            } else {
                tied = total() % listed == 0;  // as in cut_of_wide(); mostly they are all there is
            }
        }
        return cut_at(kept_, target, masses(), bins, tied);
    }
    [[nodiscard]] PLUCK_HOST_DEVICE ranking_key cut_at_score(std::int32_t score) const noexcept {
        return {score, interval::last_token};
    }
    [[nodiscard]] PLUCK_HOST_DEVICE bool leaves_less(ranking_key cut, std::size_t count) noexcept {
        return leader_.count_of({cut, kept_.most()}) < count;
    }
    PLUCK_HOST_DEVICE void cut_to(ranking_key cut) noexcept {
        if (cut.value <= kept_.least().value) return;
        kept_.low = cut.ordered_score();
        kept_.low_token = static_cast<std::uint32_t>(cut.token());
        changed();
    }

    struct rest {
        interval kept;
        ranking_key best;  // 0: there is none
        [[nodiscard]] PLUCK_HOST_DEVICE explicit operator bool() const noexcept { return best.value != 0; }
    };
    [[nodiscard]] PLUCK_HOST_DEVICE rest find_below(ranking_key cut) noexcept {
        interval below = kept_;
        below.high = cut.ordered_score();
        below.high_token = static_cast<std::uint32_t>(cut.token());
        return {below, ranking_key{leader_.run(operations::best{below})}};
    }
    PLUCK_HOST_DEVICE void keep_rest(const rest& below) noexcept {
        kept_ = below.kept;
        best_score_ = below.best.ordered_score();
        best_token_ = below.best.token();
        dropped_ = true;
        changed();
    }
    PLUCK_HOST_DEVICE void set_temperature(double t) noexcept {
        temperature_ = t;
        scale_ = mass_scale(t);
        total_ = 0;
    }

    // ---- what the row is ----

    [[nodiscard]] PLUCK_HOST_DEVICE status read(const operations::scan& how) noexcept {
        const std::uint64_t seen = leader_.run(how);
        best_score_ = static_cast<std::int32_t>(static_cast<std::uint32_t>(seen));
        if (seen >> 32 != 0) return status::nan_logit;
        if (best_score_ == detail::ordered_infinity) return status::pos_inf_logit;
        return best_score_ == -detail::ordered_infinity ? status::no_candidate : status::ok;
    }
    PLUCK_HOST_DEVICE void changed() noexcept {
        total_ = 0;
        whole_ = false;
    }
    [[nodiscard]] PLUCK_HOST_DEVICE ranking_key cut_at(const interval& within, std::uint64_t target,
                                                       const weighing& weight, float bins, bool tied) noexcept {
        const std::uint32_t listed = leader_.now().list;
        if (leader_.now().listed()) return leader_.cut_of_list(within, target, weight, best_score_, listed);
        total_ = 0;  // its tables may be used for other masses
        return leader_.cut_of_wide(within, target, weight, bins, best_score_, tied);
    }
    /// From now on the row is its list; it is slices again.
    PLUCK_HOST_DEVICE void use_list(const interval& within, std::uint32_t listed) noexcept {
        kept_ = within;
        leader_.now().list = listed;
        changed();
    }
    PLUCK_HOST_DEVICE void use_slices(const interval& kept, bool whole) noexcept {
        kept_ = kept;
        leader_.now().list = progress::wide;
        total_ = 0;
        whole_ = whole;
    }

    // ---- adjusting ----

    [[nodiscard]] PLUCK_HOST_DEVICE bool editable() noexcept {
        if (state_ != status::ok) return false;  // as the other threads, of which some may still look at why
        if constexpr (Source::writable) {
            if (!settled_) {
                if (!copied_) copy();
                copied_ = true;
                return true;
            }
        }
        fail(status::bad_parameter);
        return false;
    }
    PLUCK_HOST_DEVICE void copy() const noexcept {
        const Source source = own_source();
        const auto end = static_cast<std::uint32_t>(memory().shape.positions(Team::lanes));
        for (std::uint32_t position = leader_.team().thread() * quad; position < end; position += Team::threads * quad)
            (void)source.keep(position, source.fetch(position));
        leader_.team().sync();
    }
    leader<Team, Source, Operations> leader_;
    key key_;
    std::uint32_t vocab_;
    std::size_t index_;
    interval kept_;
    double temperature_ = 1.0;
    std::uint64_t total_ = 0;        // 0 until asked for
    float scale_ = unit_scale;       // mass_scale(temperature_)
    std::int32_t best_score_ = 0;    // ordered
    std::int32_t best_token_ = -1;   // until asked for
    std::uint32_t masses_turn_ = 0;  // of the table that total() has filled
    status state_ = status::ok;
    bool settled_ = false;
    bool copied_ = false;
    bool whole_ = true;     // nothing was cut
    bool dropped_ = false;  // from above: the best scores of strips may be of tokens that are not kept
};

}}}  // namespace pluck::v0::cuda
