// SPDX-License-Identifier: MIT
//
// What is written of a draw: its token, and what is reported of it.
#pragma once

#include <pluck/cuda/generic/report.cuh>
#include <pluck/cuda/generic/row_shard.cuh>
#include <pluck/detail/config.hpp>
#include <pluck/pick.hpp>
#include <pluck/results.hpp>
#include <pluck/row/report.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

struct write_picks {
    static constexpr bool remembers = true;  // stages with a memory learn of the token
    static constexpr bool writes_rows = false;
    static constexpr bool of_logits = false;
    results out;

    template <class Row>
    PLUCK_HOST_DEVICE void write_result(Row& row, const pick& drawn, std::uint32_t draw) const noexcept {
        const bool first = is_first_thread(row.team());
        if (first && out.token != nullptr) out.token[draw] = drawn.token;
        if (first && out.status != nullptr) out.status[draw] = drawn.status;
        if (out.kept != nullptr) {
            const std::size_t kept = drawn ? row.count() : 0;
            if (first) out.kept[draw] = static_cast<std::int32_t>(kept);
        }
        const bool reports =
            out.log_probability != nullptr || out.rank != nullptr || out.top.count != 0 || out.given.count != 0;
        if (reports) report(row, drawn, draw);
    }

private:
    // A function of its own, so that a draw without a report pays nothing for one.
    template <class Row>
    PLUCK_HOST_DEVICE PLUCK_DEVICE_CALL void report(Row& row, const pick& drawn, std::uint32_t draw) const noexcept {
        const detail::report_arrays to(out, draw);
        if (!to.wants_any()) return;
        const bool first = is_first_thread(row.team());
        reported_row<Row> reported(row);
        if (drawn && reported.become(to.of)) detail::write_report(reported, drawn.token, to, first);
        else if (first) to.put_nothing();
    }
};

}}}  // namespace pluck::v0::cuda
