// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "unit/helpers.hpp"
#include <pluck/cuda/plan.cuh>
#include <pluck/detail/scalar.hpp>

#include <cstddef>
#include <cstdint>

using namespace pluck_test;
using pluck::cuda::limits, pluck::cuda::plan, pluck::cuda::static_shared_bytes;

namespace {

constexpr limits h200{232'448, 233'472, 132, true, 0};

}  // namespace

TEST_CASE("no plan asks for more shared memory than a block may have, what the kernel has for itself included") {
    tally seen;
    std::size_t held = 0;
    for (std::uint32_t vocab = 70'000; vocab < 90'000; vocab += 37) {
        for (const std::uint32_t blocks : {1u, 2u, 4u}) {
            for (const bool aligned : {true, false}) {
                const plan made = pluck::cuda::plan_with<float>(vocab, blocks, aligned, h200);
                held += made.held;
                seen.expect(made.shared_bytes + static_shared_bytes <= static_cast<std::size_t>(h200.device_shared),
                            vocab, " tokens in ", blocks, " blocks: ", made.shared_bytes, " bytes");
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
    CHECK(held > 1000);
    // The lengths whose slices end just below the limit: two blocks have no room for them any more.
    for (const std::uint32_t vocab : {79'361u, 79'600u, 79'872u})
        CHECK_FALSE(pluck::cuda::plan_with<float>(vocab, 2, true, h200).held);
    CHECK(pluck::cuda::plan_with<float>(79'360, 2, true, h200).held);
}

TEST_CASE("few rows are shared by blocks, many are not, and scores that move are held if any number of blocks can") {
    CHECK(pluck::cuda::plan_for<float>(1, 128'256, true, false, h200).shape.blocks == 8);
    CHECK(pluck::cuda::plan_for<float>(66, 128'256, true, false, h200).shape.blocks == 2);
    CHECK(pluck::cuda::plan_for<float>(132, 128'256, true, false, h200).shape.blocks == 1);
    CHECK(pluck::cuda::plan_for<float>(132, 128'256, true, true, h200).held);
    CHECK_FALSE(pluck::cuda::plan_for<float>(1, 1u << 22, true, true, h200).held);
    limits alone = h200;
    alone.clusters = false;
    CHECK(pluck::cuda::plan_for<float>(1, 128'256, true, false, alone).shape.blocks == 1);
}
