// SPDX-License-Identifier: MIT
//
// A device's row once its token is drawn, as reports see it: it can become the row of another base, which takes a
// further look at what the blocks hold, and writes many log-probabilities at once.
#pragma once

#include <pluck/base.hpp>
#include <pluck/cuda/generic/operations.cuh>
#include <pluck/cuda/generic/row.cuh>
#include <pluck/detail/config.hpp>
#include <pluck/detail/log.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/pick.hpp>
#include <pluck/row/report.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

template <class Row>
class reported_row {
public:
    PLUCK_HOST_DEVICE explicit reported_row(Row& row) noexcept : row_(row), temperature_(row.temperature()) {}
    reported_row(const reported_row&) = delete;
    reported_row& operator=(const reported_row&) = delete;
    /// Stages that remember the token see the temperature that it was drawn at.
    PLUCK_HOST_DEVICE ~reported_row() { row_.temperature_ = temperature_; }

    /// Becomes the row of a base; false if nothing could be drawn from that.
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL bool become(base of) noexcept {
        if (of == base::chain) return true;
        const bool reads = of == base::raw && row_.copied_;
        if (reads || !row_.whole_) {
            (void)row_.leader_.run(operations::meet{});
            row_.use_slices({}, true);
        }
        if (of != base::tempered && detail::ordered(temperature_) != detail::ordered(1.0)) row_.set_temperature(1);
        const bool was_dropped = row_.dropped_;
        row_.dropped_ = false;
        if (reads) {
            row_.best_token_ = -1;
            return row_.read({0, 1}) == status::ok;
        }
        if (was_dropped) {
            const ranking_key first{row_.leader_.run(operations::best{row_.kept_})};
            row_.best_score_ = first.ordered_score();
            row_.best_token_ = first.token();
        }
        return true;
    }

    [[nodiscard]] PLUCK_HOST_DEVICE ranking_key best() noexcept { return row_.best(); }
    [[nodiscard]] PLUCK_HOST_DEVICE ranking_key at(std::size_t rank) noexcept { return row_.at(rank); }
    [[nodiscard]] PLUCK_HOST_DEVICE float score_of(std::int32_t token) noexcept { return row_.score_of(token); }
    [[nodiscard]] PLUCK_HOST_DEVICE std::size_t rank_of(std::int32_t token) noexcept { return row_.rank_of(token); }
    [[nodiscard]] PLUCK_HOST_DEVICE double temperature() const noexcept { return row_.temperature(); }
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t total() noexcept { return row_.total(); }

    PLUCK_HOST_DEVICE void write_given(const detail::report_arrays& to, const detail::log_probabilities& log) noexcept {
        (void)row_.leader_.run(
            operations::write_given{row_.kept_, log, to.given_ids, to.given_values, to.given, row_.vocab_});
    }
    /// False if a list has no room for so many. The row keeps no others from then on.
    [[nodiscard]] PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL bool write_top(const detail::report_arrays& to,
                                                                     const detail::log_probabilities& log) noexcept {
        row_.keep_largest(to.top);
        if (!row_.listed()) {
            const std::uint32_t listed = row_.leader_.list_of(row_.kept_);
            if (listed > Row::team_type::list) return false;
            row_.use_list(row_.kept_, listed);
        }
        const auto there = static_cast<std::uint32_t>(row_.count());
        (void)row_.leader_.run(operations::write_top{row_.kept_, log, to.top_ids, to.top_values, to.top, there});
        return true;
    }

private:
    Row& row_;
    double temperature_;
};

}}}  // namespace pluck::v0::cuda
