// SPDX-License-Identifier: MIT
//
// What is reported of a draw beside its token, as a template over the row: the same bits on every backend.
#pragma once

#include <pluck/base.hpp>
#include <pluck/detail/arithmetic.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/log.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/results.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace detail {

inline constexpr float not_a_number = bits_as<float>(std::uint32_t{0x7fc00000u});

/// Where the log-probabilities of one draw go; null for what is not wanted.
struct report_arrays {
    float* log_probability = nullptr;
    std::int32_t* rank = nullptr;
    std::int32_t* top_ids = nullptr;
    float* top_values = nullptr;
    const std::int32_t* given_ids = nullptr;
    float* given_values = nullptr;
    std::uint32_t top = 0;
    std::uint32_t given = 0;
    pluck::base of = pluck::base::chain;

    report_arrays() noexcept = default;
    /// Those of a batch's draw.
    PLUCK_HOST_DEVICE report_arrays(const results& all, std::size_t draw) noexcept
        : log_probability(all.log_probability), rank(all.rank), top(all.top.count), given(all.given.count), of(all.of) {
        const auto i = static_cast<std::ptrdiff_t>(draw);
        if (log_probability != nullptr) log_probability += i;
        if (rank != nullptr) rank += i;
        if (all.top.ids != nullptr) top_ids = all.top.ids + i * all.top.stride;
        if (all.top.values != nullptr) top_values = all.top.values + i * all.top.stride;
        if (all.given.ids == nullptr || all.given.values == nullptr) return;
        given_ids = all.given.ids + i * all.given.ids_stride;
        given_values = all.given.values + i * all.given.stride;
    }

    [[nodiscard]] PLUCK_HOST_DEVICE bool wants_top() const noexcept {
        return top != 0 && (top_ids != nullptr || top_values != nullptr);
    }
    [[nodiscard]] PLUCK_HOST_DEVICE bool wants_given() const noexcept { return given != 0 && given_values != nullptr; }
    [[nodiscard]] PLUCK_HOST_DEVICE bool wants_logs() const noexcept {
        return log_probability != nullptr || wants_given() || (top != 0 && top_values != nullptr);
    }
    [[nodiscard]] PLUCK_HOST_DEVICE bool wants_any() const noexcept {
        return wants_logs() || wants_top() || rank != nullptr;
    }

    PLUCK_HOST_DEVICE void put_top(std::size_t at, std::int32_t id, float value) const noexcept {
        if (top_ids != nullptr) top_ids[at] = id;
        if (top_values != nullptr) top_values[at] = value;
    }
    /// There is nothing to report.
    PLUCK_HOST_DEVICE void put_nothing() const noexcept {
        if (log_probability != nullptr) *log_probability = not_a_number;
        if (rank != nullptr) *rank = -1;
        for (std::size_t i = 0; wants_top() && i < top; ++i) put_top(i, -1, not_a_number);
        for (std::size_t i = 0; wants_given() && i < given; ++i) given_values[i] = not_a_number;
    }
};

/// Reports a draw by the row of its base. On a device all that run the row call this, and one of them `writes`; a row
/// there has faster ways of its own to write many values.
PLUCK_ANY_ROW
template <class Row>
PLUCK_HOST_DEVICE void write_report(Row& row, std::int32_t token, const report_arrays& to, bool writes) noexcept {
    // The total comes first: what ranks the best tokens may take the memory in which a row has its masses.
    const log_probabilities log{row.best().score(), row.temperature(), to.wants_logs() ? ln_of_mass(row.total()) : 0};
    if (to.log_probability != nullptr) {
        const float value = log(row.score_of(token));
        if (writes) *to.log_probability = value;
    }
    if (to.rank != nullptr) {
        const std::size_t rank = row.rank_of(token);
        if (writes) *to.rank = static_cast<std::int32_t>(rank);
    }
    if (to.wants_given()) {
        if constexpr (requires { row.write_given(to, log); }) {
            row.write_given(to, log);
        } else {
            for (std::size_t i = 0; i < to.given; ++i) {
                const std::int32_t id = to.given_ids[i];
                const bool is_token = id >= 0 && static_cast<std::size_t>(id) < row.vocab();
                to.given_values[i] = is_token ? log(row.score_of(id)) : not_a_number;
            }
        }
    }
    if (to.wants_top()) {
        if constexpr (requires { row.write_top(to, log); }) {
            if (row.write_top(to, log)) return;
        }
        (void)row.at(to.top - 1);  // so that so many are ranked at once
        for (std::size_t i = 0; i < to.top; ++i) {
            const ranking_key next = row.at(i);
            const bool is_there = next.value != 0;
            if (writes) to.put_top(i, is_there ? next.token() : -1, is_there ? log(next.score()) : minus_infinity);
        }
    }
}

}}}  // namespace pluck::v0::detail
