// SPDX-License-Identifier: MIT
//
// A stage with an operation of its own, which no file of the library knows: p-less, which keeps the tokens that are at
// least as likely as the sum of all squared probabilities, here to 12 bits.
#pragma once

#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/generic/operation.cuh>
#include <pluck/cuda/generic/operations/count.cuh>
#include <pluck/detail/config.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/row/interval.hpp>
#include <pluck/row/weighing.hpp>
#include <pluck/stage.hpp>

#include <cstdint>

namespace pluck_test {

/// The square of a mass's upper 20 bits, which are enough here: sums of such squares fit into 64 bits.
[[nodiscard]] PLUCK_HOST_DEVICE inline std::uint64_t rough_square(std::uint64_t mass) {
    const std::uint64_t rough = mass >> (pluck::mass_bits - 20);
    return rough * rough;
}

/// The sum of the squares over an interval.
struct sum_of_squares {
    static constexpr bool takes_turn = true;
    pluck::interval within;
    pluck::weighing weight;

    template <class Shard>
    [[nodiscard]] PLUCK_HOST_DEVICE std::uint64_t run(const Shard& row, pluck::cuda::progress now) const noexcept {
        const sum_of_squares asked = *this;
        std::uint64_t of_lane = 0;
        row.each(now, asked.within,
                 [&](float score, std::int32_t, std::int32_t) { of_lane += rough_square(asked.weight(score)); });
        return row.sum(row.team.warp_sum(of_lane), now);
    }
};

struct p_less : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::keep;
    using operations = pluck::cuda::operation_list<sum_of_squares, pluck::cuda::operations::count>;  // one is known

    PLUCK_ANY_ROW
    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row) const {
        std::uint64_t squares = 0;
        if constexpr (requires { row.run_operation(sum_of_squares{row.kept(), row.masses()}); }) {
            squares = row.run_operation(sum_of_squares{row.kept(), row.masses()});
        } else {
            row.for_each([&](std::int32_t, float, std::uint64_t mass) { squares += rough_square(mass); });
        }
        const std::uint64_t total = row.total() >> (pluck::mass_bits - 20);  // in the same unit
        row.keep_mass_at_least((squares / total) << (pluck::mass_bits - 20));
    }
};

}  // namespace pluck_test
