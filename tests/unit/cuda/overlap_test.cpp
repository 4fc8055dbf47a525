// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include <pluck/cuda/overlap.hpp>
#include <pluck/logits.hpp>

#include <cstddef>
#include <vector>

using pluck::cuda::may_conflict;

namespace {

constexpr std::size_t vocab = 10;
using view = pluck::batch_view<float>;

/// By marking every float: whether a draw writes what another draw, or itself at another token, reads.
bool conflicts(const view& logits, std::size_t draws, bool indexed, const float* out, std::ptrdiff_t stride) {
    for (std::size_t writer = 0; writer < draws; ++writer) {
        for (std::size_t token = 0; token < vocab; ++token) {
            const float* written = out + static_cast<std::ptrdiff_t>(writer) * stride + token;
            for (std::size_t row = 0; row < logits.rows; ++row) {
                for (std::size_t other = 0; other < vocab; ++other) {
                    const bool own = row == writer && token == other && (!indexed || draws == 1);
                    const bool read = indexed || row < draws;
                    if (read && !own &&
                        written == logits.data + static_cast<std::ptrdiff_t>(row) * logits.row_stride + other)
                        return true;
                }
            }
        }
    }
    return false;
}

}  // namespace

TEST_CASE("whatever may conflict is refused, and what lies apart, in place or side by side is not") {
    std::vector<float> memory(400);
    float* const data = memory.data() + 150;
    std::size_t refused = 0, allowed = 0, too_strict = 0;
    for (const std::ptrdiff_t pitch : {10, 12, 20, 25, -10, -25}) {
        for (const std::size_t rows : {1u, 2u, 4u}) {
            const view logits{data, rows, vocab, pitch, 1};
            for (const std::ptrdiff_t stride : {10, 12, 20, 25, -10, -25}) {
                for (const std::size_t draws : {std::size_t{1}, std::size_t{2}, rows}) {
                    for (const bool indexed : {false, true}) {
                        if (!indexed && draws != rows) continue;
                        for (std::ptrdiff_t offset = -60; offset <= 60; ++offset) {
                            const bool refuses = may_conflict(logits, draws, indexed, data + offset, stride);
                            const bool must = conflicts(logits, draws, indexed, data + offset, stride);
                            if (must && !refuses) FAIL("pitch " << pitch << " stride " << stride << " at " << offset);
                            ++(refuses ? refused : allowed);
                            too_strict += refuses && !must;
                        }
                    }
                }
            }
        }
    }
    CHECK(refused > 1000);
    CHECK(allowed > 1000);
    CHECK(too_strict < refused / 3);  // interleaved rows of another pitch
    const view logits{data, 4, vocab, 25, 1};
    CHECK_FALSE(may_conflict(logits, 4, false, data, 25));
    CHECK(may_conflict(logits, 4, true, data, 25));
    CHECK_FALSE(may_conflict(logits, 1, true, data, 25));
    CHECK_FALSE(may_conflict(logits, 4, true, data + 10, 25));
    CHECK(may_conflict(logits, 4, false, data + 25, 25));
    CHECK_FALSE(may_conflict(logits, 4, true, static_cast<float*>(nullptr), 25));
}
