// SPDX-License-Identifier: MIT
//
// Stages that the device tests run on host and device: lists of pluck's own stages, a list for each draw, so that one
// kernel serves random chains; and a user's own stages.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/draw/greedy.hpp>
#include <pluck/keep/min_p.hpp>
#include <pluck/keep/top_k.hpp>
#include <pluck/keep/top_p.hpp>
#include <pluck/pick.hpp>
#include <pluck/shape/temperature.hpp>
#include <pluck/stage.hpp>

#include <cstddef>
#include <cstdint>

namespace device_test {

enum class step_kind : std::uint32_t { none, temperature, top_k, top_p, min_p, greedy, drop_best, keep_mass_at_least };

/// One stage of a list: the one that `kind` names.
struct step {
    step_kind kind = step_kind::none;
    std::uint64_t count = 0;
    pluck::temperature temperature = 1;
    pluck::top_k top_k = 0;
    pluck::top_p top_p = 1;
    pluck::min_p min_p = 0;
};

/// The `each` steps of draw i begin at steps[each * i].
struct listed : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    const step* steps;
    std::uint32_t each;

    listed(const step* from, std::uint32_t count) : steps(from), each(count) {}

    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        for (std::uint32_t i = 0; i < each && row.state() == pluck::status::ok; ++i) {
            const step& own = steps[row.index() * each + i];
            switch (own.kind) {
                case step_kind::none: break;
                case step_kind::temperature: own.temperature(row); break;
                case step_kind::top_k: own.top_k(row); break;
                case step_kind::top_p: own.top_p(row); break;
                case step_kind::min_p: own.min_p(row); break;
                case step_kind::greedy: (void)pluck::greedy{}(row); break;
                case step_kind::drop_best:
                    for (std::uint64_t left = own.count; left > 0 && row.count() > 1; --left)
                        row.drop_above(pluck::ranking_key{row.best().value - 1});
                    break;
                case step_kind::keep_mass_at_least: row.keep_mass_at_least(own.count); break;
            }
        }
    }
};

/// A user's own stage, like the one that README shows.
struct probable : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    float share = 0.01f;
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        row.keep_mass_at_least(pluck::mass_share(share, row.total()));
    }
};

/// An array that host and device can iterate over.
template <class T>
struct array {
    const T* values;
    std::size_t count;
    [[nodiscard]] PLUCK_HOST_DEVICE const T* begin() const { return values; }
    [[nodiscard]] PLUCK_HOST_DEVICE const T* end() const { return values + count; }
    [[nodiscard]] PLUCK_HOST_DEVICE const T* data() const { return values; }
    [[nodiscard]] PLUCK_HOST_DEVICE std::size_t size() const { return count; }
    [[nodiscard]] PLUCK_HOST_DEVICE const T& operator[](std::size_t i) const { return values[i]; }
};

/// Adjusters: some tokens gain, ids that may occur twice lose, a mask forbids.
struct favour : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::adjust;
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        row.map([](float score, std::int32_t token) { return token % 7 == 3 ? score + 0.5f : score; });
    }
};
struct penalise : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::adjust;
    array<std::int32_t> ids;
    explicit penalise(array<std::int32_t> these) : ids(these) {}
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        row.edit(ids, [](float score, std::size_t i) { return i % 2 == 0 ? score - 1.25f : score * 0.5f; });
    }
};
struct allow : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::adjust;
    array<std::uint32_t> words;
    explicit allow(array<std::uint32_t> these) : words(these) {}
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        row.mask(words);
    }
};

}  // namespace device_test
