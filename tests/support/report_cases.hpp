// SPDX-License-Identifier: MIT
//
// What is reported of a draw, as integers that compare bit for bit, and the same by the smallest row.
#pragma once

#include "support/serial_row.hpp"
#include <pluck/chain.hpp>
#include <pluck/detail/randomness.hpp>
#include <pluck/pick.hpp>
#include <pluck/report.hpp>
#include <pluck/results.hpp>
#include <pluck/row/report.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace pluck_test {

inline constexpr pluck::base all_bases[] = {pluck::base::raw, pluck::base::adjusted, pluck::base::tempered,
                                            pluck::base::chain};

/// All that a report says of one draw.
struct told {
    pluck::pick drawn{};
    float log_probability = 77;
    std::int32_t rank = -77;
    std::int32_t kept = -77;
    std::vector<std::int32_t> top_ids;
    std::vector<float> top_values;
    std::vector<std::int32_t> given_ids;
    std::vector<float> given_values;

    told(std::size_t top, std::vector<std::int32_t> given)
        : top_ids(top, -77), top_values(top, 77), given_ids(std::move(given)), given_values(given_ids.size(), 77) {}

    [[nodiscard]] pluck::results arrays(pluck::base of) {
        return {.token = &drawn.token,
                .status = &drawn.status,
                .kept = &kept,
                .log_probability = &log_probability,
                .rank = &rank,
                .top = {top_ids.data(), top_values.data(), static_cast<std::uint32_t>(top_ids.size())},
                .given = {given_ids.data(), given_values.data(), static_cast<std::uint32_t>(given_ids.size())},
                .of = of};
    }
    /// Of a single draw, `f(report&)`.
    template <class F>
    void draw(pluck::base of, const F& f) {
        pluck::report said{.of = of, .top = {top_ids, top_values}, .given = {given_ids, given_values}};
        drawn = f(said);
        log_probability = said.log_probability;
        rank = said.rank;
        kept = said.kept;
    }

    [[nodiscard]] friend bool operator==(const told& a, const told& b) {
        const auto same = [](const std::vector<float>& some, const std::vector<float>& others) {
            for (std::size_t i = 0; i < some.size(); ++i)
                if (std::bit_cast<std::uint32_t>(some[i]) != std::bit_cast<std::uint32_t>(others[i])) return false;
            return some.size() == others.size();
        };
        return a.drawn == b.drawn && same({a.log_probability}, {b.log_probability}) && a.rank == b.rank &&
               a.kept == b.kept && a.top_ids == b.top_ids && same(a.top_values, b.top_values) &&
               same(a.given_values, b.given_values);
    }
};

/// By serial rows: the one that is drawn from, and another for the base.
template <class Chain>
void tell_by_serial_rows(told& said, std::vector<float> scores, const Chain& chain, const pluck::key& key,
                         pluck::base of) {
    std::vector<float> others = scores;
    serial_row row(scores.data(), scores.size(), pluck::randomness(key), 0);
    said.drawn = pluck::run(chain, row);
    said.kept = said.drawn ? static_cast<std::int32_t>(row.count()) : 0;
    const pluck::detail::report_arrays to(said.arrays(of), 0);
    to.put_nothing();
    if (!said.drawn) return;
    if (of == pluck::base::chain) return pluck::detail::write_report(row, said.drawn.token, to, true);
    serial_row other(others.data(), others.size(), pluck::randomness(key), 0);
    if (of != pluck::base::raw) pluck::detail::adjust(chain, other);
    if (!other.settle()) return;
    if (of == pluck::base::tempered) other.scale(row.temperature());
    pluck::detail::write_report(other, said.drawn.token, to, true);
}

}  // namespace pluck_test
