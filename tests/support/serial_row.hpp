// SPDX-License-Identifier: MIT
//
// A second backend, as small as one can be: a row for a single thread, on host or device, without scratch memory. Every
// cut is found by bisection over the 64 bits of the ranking key, each step one pass over the row. It shows what a
// backend must offer, and that the same stages run on it: tests/cuda compiles them into a kernel.
#pragma once

#include <pluck/detail/mass.hpp>
#include <pluck/detail/philox.hpp>
#include <pluck/detail/randomness.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/key.hpp>
#include <pluck/pick.hpp>
#include <pluck/row/checked.hpp>
#include <pluck/row/concept.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck_test {

class serial_row {
public:
    PLUCK_HOST_DEVICE serial_row(const float* scores, std::size_t size, const pluck::randomness& random,
                                 std::size_t index)
        : scores_(scores), size_(size), random_(random), index_(index) {}
    /// One that adjusters may write to.
    PLUCK_HOST_DEVICE serial_row(float* scores, std::size_t size, const pluck::randomness& random, std::size_t index)
        : writable_(scores), scores_(scores), size_(size), random_(random), index_(index) {}

    template <class Ids, class F>
    PLUCK_HOST_DEVICE void edit(const Ids& ids, const F& f) {
        std::size_t i = 0;
        for (const auto id : ids) {
            if (writable_ == nullptr || id < 0 || static_cast<std::size_t>(id) >= size_)
                return fail(pluck::status::bad_parameter);
            float& score = writable_[id];
            if (pluck::detail::ordered(score) != -infinity) score = f(score, i);
            ++i;
        }
    }
    template <class F>
    PLUCK_HOST_DEVICE void map(const F& f) {
        if (writable_ == nullptr) return fail(pluck::status::bad_parameter);
        for (std::size_t i = 0; i < size_; ++i) {
            float& score = writable_[i];
            if (pluck::detail::ordered(score) != -infinity) score = f(score, static_cast<std::int32_t>(i));
        }
    }
    template <class Ids, class F>
    PLUCK_HOST_DEVICE void select(const Ids& ids, const F& f) {
        std::int64_t last = -1;
        for (const auto id : ids) {
            if (id <= last || static_cast<std::size_t>(id) >= size_) return fail(pluck::status::bad_parameter);
            last = id;
        }
        if (writable_ == nullptr) return fail(pluck::status::bad_parameter);
        auto next = ids.begin();
        std::size_t i = 0;
        for (std::size_t token = 0; token < size_; ++token) {
            const bool listed = !(next == ids.end()) && static_cast<std::size_t>(*next) == token;
            writable_[token] = listed ? f(writable_[token], i++) : pluck::detail::minus_infinity;
            if (listed) ++next;
        }
    }
    template <class Words>
    PLUCK_HOST_DEVICE void mask(const Words& words) {
        if (writable_ == nullptr) return fail(pluck::status::bad_parameter);
        for (std::size_t i = 0; i < size_; ++i) {
            const bool allowed = i / 32 < words.size() && (words[i / 32] >> (i % 32) & 1u) != 0;
            if (!allowed) writable_[i] = pluck::detail::minus_infinity;
        }
    }

    PLUCK_HOST_DEVICE bool settle() {
        if (state_ != pluck::status::ok) return false;
        bool nan = false, positive_infinity = false, any = false;
        for (std::size_t i = 0; i < size_; ++i) {
            const std::int32_t score = pluck::detail::ordered(scores_[i]);
            nan = nan || score > infinity || score < -infinity;
            positive_infinity = positive_infinity || score == infinity;
            any = any || score != -infinity;
        }
        if (nan) fail(pluck::status::nan_logit);
        else if (positive_infinity) fail(pluck::status::pos_inf_logit);
        else if (!any) fail(pluck::status::no_candidate);
        return state_ == pluck::status::ok;
    }

    PLUCK_HOST_DEVICE std::size_t index() const { return index_; }
    PLUCK_HOST_DEVICE std::size_t vocab() const { return size_; }
    PLUCK_HOST_DEVICE pluck::status state() const { return state_; }
    PLUCK_HOST_DEVICE double temperature() const { return temperature_; }
    PLUCK_HOST_DEVICE pluck::bits128 uniform() const { return random_.base; }
    PLUCK_HOST_DEVICE pluck::bits128 random(std::uint32_t purpose, std::uint32_t i) const {
        return random_.bits(purpose, i);
    }

    PLUCK_HOST_DEVICE pluck::ranking_key best() const {
        std::uint64_t top = 0;
        for (std::size_t i = 0; i < size_; ++i) {
            if (kept(i) && key(i) > top) top = key(i);
        }
        return pluck::ranking_key{top};
    }
    PLUCK_HOST_DEVICE pluck::ranking_key at(std::size_t rank) const {
        if (rank >= pluck::max_ranked || rank >= count()) return {};
        return pluck::ranking_key{cut_where(rank + 1, count_one{})};
    }
    PLUCK_HOST_DEVICE float score_of(std::int32_t token) const {
        const auto i = static_cast<std::size_t>(static_cast<std::uint32_t>(token));
        return i < size_ && kept(i) ? scores_[i] : pluck::detail::minus_infinity;
    }
    PLUCK_HOST_DEVICE std::size_t rank_of(std::int32_t token) const {
        const float score = score_of(token);
        if (pluck::detail::ordered(score) == -infinity) return count();
        return static_cast<std::size_t>(weight_from(pluck::ranking_key{score, token}.value, count_one{})) - 1;
    }
    PLUCK_HOST_DEVICE std::size_t count() const { return static_cast<std::size_t>(weight_from(low_, count_one{})); }
    PLUCK_HOST_DEVICE std::uint64_t total() const { return weight_from(low_, masses()); }

    PLUCK_HOST_DEVICE void keep_largest(std::size_t k) { checked::keep_largest(*this, k); }
    PLUCK_HOST_DEVICE void keep_mass(float p, std::size_t min_keep) { checked::keep_mass(*this, p, min_keep); }
    PLUCK_HOST_DEVICE void keep_at_least(float score, std::size_t min_keep) {
        checked::keep_at_least(*this, score, min_keep);
    }
    PLUCK_HOST_DEVICE void keep_mass_at_least(std::uint64_t mass) { checked::keep_mass_at_least(*this, mass); }
    PLUCK_HOST_DEVICE void drop_above(pluck::ranking_key cut) { checked::drop_above(*this, cut); }
    PLUCK_HOST_DEVICE void scale(double t) { checked::scale(*this, t); }

    PLUCK_HOST_DEVICE std::int32_t draw(const pluck::bits128& uniform) const {
        std::uint64_t rest = pluck::mass_point(uniform, total());
        const mass_of_row weight = masses();
        for (std::size_t i = 0; i < size_; ++i) {
            if (!kept(i)) continue;
            const std::uint64_t mass = weight(scores_[i]);
            if (rest < mass) return static_cast<std::int32_t>(i);
            rest -= mass;
        }
        return -1;
    }
    PLUCK_HOST_DEVICE std::int32_t draw_by_rejection() const {
        std::uint64_t area = 0;
        for (std::size_t block = 0; block * pluck::envelope_block < size_; ++block) area += area_of(block);
        for (std::uint32_t attempt = 0; attempt < pluck::max_proposals; ++attempt) {
            std::uint64_t rest = pluck::mass_point(random(pluck::rejection_purpose, attempt), area);
            std::size_t block = 0;
            while (rest >= area_of(block)) rest -= area_of(block++);
            const std::size_t i = block * pluck::envelope_block + rest % pluck::envelope_block;
            if (i < size_ && kept(i) && rest / pluck::envelope_block < masses()(scores_[i])) {
                return static_cast<std::int32_t>(i);
            }
        }
        return draw(uniform());
    }
    PLUCK_HOST_DEVICE void fail(pluck::status why) { state_ = why; }

private:
    using checked = pluck::detail::checked;
    friend checked;

    // ---- the primitives of row/checked.hpp ----

    PLUCK_HOST_DEVICE std::size_t max_count() const { return count(); }
    PLUCK_HOST_DEVICE std::int32_t best_score() const { return best().ordered_score(); }
    PLUCK_HOST_DEVICE std::int32_t lowest_score() const { return -infinity; }
    PLUCK_HOST_DEVICE float octaves_per_nat() const { return pluck::mass_scale(temperature_); }
    PLUCK_HOST_DEVICE void keep_best() { cut_to(best().value); }
    PLUCK_HOST_DEVICE void cut_to_largest(std::size_t k) { cut_to(cut_where(k, count_one{})); }
    PLUCK_HOST_DEVICE std::uint64_t find_nucleus(float p, std::size_t) const {
        return cut_where(pluck::mass_share(p, total()), masses());
    }
    PLUCK_HOST_DEVICE std::uint64_t cut_at_score(std::int32_t ordered_score) const {
        return pluck::ranking_key{ordered_score, -1}.value;  // the least key that a token of this score can have
    }
    PLUCK_HOST_DEVICE bool leaves_less(std::uint64_t cut, std::size_t n) const {
        return weight_from(cut, count_one{}) < n;
    }
    PLUCK_HOST_DEVICE void cut_to(std::uint64_t cut) {
        if (cut > low_) low_ = cut;
    }
    /// The cut itself; 0, which no token's key is, if nothing lies below.
    PLUCK_HOST_DEVICE std::uint64_t find_below(pluck::ranking_key cut) const {
        for (std::size_t i = 0; i < size_; ++i) {
            if (kept(i) && key(i) <= cut.value) return cut.value;
        }
        return 0;
    }
    PLUCK_HOST_DEVICE void keep_rest(std::uint64_t cut) { high_ = cut; }
    PLUCK_HOST_DEVICE void set_temperature(double t) { temperature_ = t; }

    static constexpr std::int32_t infinity = pluck::detail::ordered_infinity;

    struct count_one {
        PLUCK_HOST_DEVICE std::uint64_t operator()(float) const { return 1; }
    };
    struct mass_of_row {
        float best;
        float scale;
        PLUCK_HOST_DEVICE std::uint64_t operator()(float score) const { return pluck::mass_of(score - best, scale); }
    };

    PLUCK_HOST_DEVICE mass_of_row masses() const { return {best().score(), pluck::mass_scale(temperature_)}; }
    PLUCK_HOST_DEVICE std::uint64_t key(std::size_t i) const {
        return pluck::ranking_key{scores_[i], static_cast<std::int32_t>(i)}.value;
    }
    PLUCK_HOST_DEVICE bool kept(std::size_t i) const {
        return pluck::detail::ordered(scores_[i]) != -infinity && key(i) >= low_ && key(i) <= high_;
    }
    PLUCK_HOST_DEVICE std::uint64_t area_of(std::size_t block) const {
        const mass_of_row weight = masses();
        std::uint64_t most = 0;
        for (std::size_t i = block * pluck::envelope_block; i < (block + 1) * pluck::envelope_block && i < size_; ++i) {
            if (kept(i) && weight(scores_[i]) > most) most = weight(scores_[i]);
        }
        return most * pluck::envelope_block;
    }

    template <class Weight>
    PLUCK_HOST_DEVICE std::uint64_t weight_from(std::uint64_t cut, const Weight& weight) const {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < size_; ++i) {
            if (kept(i) && key(i) >= cut) sum += weight(scores_[i]);
        }
        return sum;
    }
    /// The largest cut at and above which the kept tokens weigh at least `target`.
    template <class Weight>
    PLUCK_HOST_DEVICE std::uint64_t cut_where(std::uint64_t target, const Weight& weight) const {
        std::uint64_t cut = 0;
        for (std::uint64_t bit = std::uint64_t{1} << 63; bit != 0; bit >>= 1) {
            if (weight_from(cut | bit, weight) >= target) cut |= bit;
        }
        return cut;
    }

    float* writable_ = nullptr;
    const float* scores_;
    std::size_t size_;
    pluck::randomness random_;
    std::size_t index_;
    pluck::status state_ = pluck::status::ok;
    double temperature_ = 1.0;
    std::uint64_t low_ = 0;
    std::uint64_t high_ = ~std::uint64_t{0};
};

static_assert(pluck::row_backend<serial_row>);

}  // namespace pluck_test
