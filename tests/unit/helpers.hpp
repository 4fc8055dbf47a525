// SPDX-License-Identifier: MIT
//
// What several unit tests need: floats by their bits (right under -ffast-math too), one assertion for a long loop, the
// kept set of a row, and the definition of the row's primitives by a sorted list.
#pragma once

#include "support/catch.hpp"
#include <pluck/detail/mass.hpp>
#include <pluck/detail/philox.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/key.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pluck_test {

/// A float by its bits: a compiler cannot reason about a NaN or an infinity that it never sees.
[[nodiscard]] inline float float_of(std::uint32_t bits) noexcept { return std::bit_cast<float>(bits); }
[[nodiscard]] inline double double_of(std::uint64_t bits) noexcept { return std::bit_cast<double>(bits); }
[[nodiscard]] inline std::uint32_t bits_of(float value) noexcept { return std::bit_cast<std::uint32_t>(value); }
[[nodiscard]] inline std::uint64_t bits_of(double value) noexcept { return std::bit_cast<std::uint64_t>(value); }

namespace bits {

inline constexpr std::uint32_t plus_infinity = 0x7f800000u;
inline constexpr std::uint32_t minus_infinity = 0xff800000u;
inline constexpr std::uint32_t largest = 0x7f7fffffu;
inline constexpr std::uint32_t least_subnormal = 0x00000001u;
inline constexpr std::uint32_t sign = 0x80000000u;
/// Quiet and signalling, of both signs, the least and the largest payload.
inline constexpr std::uint32_t nans[] = {0x7fc00000u, 0xffc00000u, 0x7f800001u, 0xff800001u,
                                         0x7fffffffu, 0xffffffffu, 0x7fa12345u, 0xffe54321u};

}  // namespace bits

/// The message of the std::invalid_argument that `f` throws; what happened otherwise, in words.
template <class F>
[[nodiscard]] std::string message_of(const F& f) {
    try {
        f();
    } catch (const std::invalid_argument& error) {
        return error.what();
    } catch (...) {
        return "(another exception)";
    }
    return "(no exception)";
}

/// Counts failures in loops that are too long for an assertion each, and remembers the first.
class tally {
public:
    template <class... What>
    void expect(bool good, const What&... what) {
        ++checked_;
        if (good) return;
        if (wrong_++ == 0) {
            std::ostringstream text;
            (text << ... << what);
            first_ = text.str();
        }
    }
    [[nodiscard]] std::size_t checked() const { return checked_; }
    [[nodiscard]] std::size_t wrong() const { return wrong_; }
    [[nodiscard]] const std::string& first() const { return first_; }

private:
    std::size_t checked_ = 0;
    std::size_t wrong_ = 0;
    std::string first_ = "none";
};

#define PLUCK_CHECK_TALLY(counted)                        \
    do {                                                  \
        INFO("checked " << (counted).checked());          \
        INFO("the first failure: " << (counted).first()); \
        CHECK((counted).wrong() == 0);                    \
        CHECK((counted).checked() > 0);                   \
    } while (false)

/// The ids that a row of the library has kept, in id order.
template <class Row>
[[nodiscard]] std::vector<int> kept_ids(Row& row) {
    std::vector<int> ids;
    row.for_each([&](std::int32_t token, float, std::uint64_t) { ids.push_back(token); });
    return ids;
}

/// The row by definition: the kept tokens as a list in ranking order, every primitive a loop over it.
class sorted_row {
public:
    explicit sorted_row(const std::vector<float>& scores) {
        for (std::size_t i = 0; i < scores.size(); ++i) {
            if (bits_of(scores[i]) != bits::minus_infinity) kept_.push_back({scores[i], static_cast<int>(i)});
        }
        std::stable_sort(kept_.begin(), kept_.end(),
                         [](const entry& a, const entry& b) { return order(a.score) > order(b.score); });
    }

    [[nodiscard]] int best() const { return kept_.front().id; }
    [[nodiscard]] std::size_t count() const { return kept_.size(); }
    [[nodiscard]] double temperature() const { return temperature_; }
    [[nodiscard]] std::vector<int> ids() const {
        std::vector<int> result;
        for (const entry& token : kept_) result.push_back(token.id);
        std::sort(result.begin(), result.end());
        return result;
    }
    [[nodiscard]] float score(std::size_t rank) const { return kept_[rank].score; }
    [[nodiscard]] pluck::ranking_key key(std::size_t rank) const { return {kept_[rank].score, kept_[rank].id}; }
    [[nodiscard]] std::uint64_t mass(std::size_t rank) const {
        return pluck::mass_of(kept_[rank].score - kept_.front().score, pluck::mass_scale(temperature_));
    }
    [[nodiscard]] std::uint64_t total() const {
        std::uint64_t sum = 0;
        for (std::size_t rank = 0; rank < count(); ++rank) sum += mass(rank);
        return sum;
    }

    void keep_largest(std::size_t k) { kept_.resize(std::min(count(), std::max<std::size_t>(k, 1))); }
    void keep_mass(float p, std::size_t min_keep) {
        if (p == 1.0f) return;
        const std::uint64_t target = pluck::mass_share(p, total());
        std::uint64_t before = 0;
        std::size_t stay = 0;
        for (; stay < count() && before < target; ++stay) before += mass(stay);
        keep_largest(std::max(stay, min_keep));
    }
    void keep_at_least(float least, std::size_t min_keep) {
        std::size_t stay = 0;
        while (stay < count() && order(kept_[stay].score) >= order(least)) ++stay;
        keep_largest(std::max(stay, min_keep));
    }
    void keep_mass_at_least(std::uint64_t least) {
        std::size_t stay = 0;
        while (stay < count() && mass(stay) >= least) ++stay;
        keep_largest(stay);
    }
    void drop_above(pluck::ranking_key cut) {
        std::size_t above = 0;
        while (above < count() && key(above) > cut) ++above;
        if (above < count()) kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(above));
    }
    void scale(double t) { temperature_ = std::clamp(temperature_ * t, 0x1p-64, 0x1p64); }
    [[nodiscard]] int draw(const pluck::bits128& uniform) const {
        std::vector<std::pair<int, std::uint64_t>> by_id;
        for (std::size_t rank = 0; rank < count(); ++rank) by_id.emplace_back(kept_[rank].id, mass(rank));
        std::sort(by_id.begin(), by_id.end());
        std::uint64_t rest = pluck::mass_point(uniform, total());
        for (const auto& [id, mass] : by_id) {
            if (rest < mass) return id;
            rest -= mass;
        }
        return -1;
    }

private:
    struct entry {
        float score;
        int id;
    };
    /// -0 and +0 are equal; there is no NaN here.
    [[nodiscard]] static std::int64_t order(float score) {
        const std::int64_t magnitude = bits_of(score) & 0x7fffffffu;
        return (bits_of(score) & bits::sign) != 0 ? -magnitude : magnitude;
    }

    std::vector<entry> kept_;
    double temperature_ = 1.0;
};

}  // namespace pluck_test
