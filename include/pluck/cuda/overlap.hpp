// SPDX-License-Identifier: MIT
//
// Whether what one draw writes may be what another draw still reads. Nothing here needs nvcc.
#pragma once

#include <pluck/logits.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

/// Whether `draws` rows of out, `stride` apart, conflict with the logits: draw i writes row i of out, and reads row i
/// of the logits, or any row if they are `indexed`. Rows do not conflict that lie apart, side by side in the same
/// pitch, or each in place of itself.
template <class Scalar>
[[nodiscard]] bool may_conflict(const batch_view<Scalar>& logits, std::size_t draws, bool indexed, const Scalar* out,
                                std::ptrdiff_t stride) noexcept {
    if (draws == 0 || logits.rows == 0 || logits.vocab == 0 || out == nullptr) return false;
    struct bounds {
        std::intptr_t begin, end;
    };
    const auto vocab = static_cast<std::ptrdiff_t>(logits.vocab);
    const auto bounds_of = [&](const Scalar* first, std::size_t rows, std::ptrdiff_t pitch) {
        const std::ptrdiff_t last = static_cast<std::ptrdiff_t>(rows - 1) * pitch;  // may lie before the first
        const auto at = [&](std::ptrdiff_t offset) {
            return reinterpret_cast<std::intptr_t>(first) + offset * static_cast<std::ptrdiff_t>(sizeof(Scalar));
        };
        return bounds{at(last < 0 ? last : 0), at((last < 0 ? 0 : last) + vocab)};
    };
    const bounds read = bounds_of(logits.data, logits.rows, logits.row_stride);
    const bounds written = bounds_of(out, draws, stride);
    if (read.end <= written.begin || written.end <= read.begin) return false;

    const std::ptrdiff_t pitch = logits.row_stride < 0 ? -logits.row_stride : logits.row_stride;
    if (logits.rows > 1 && pitch < vocab) return true;  // rows share logits
    const bool same_pitch = stride == logits.row_stride || draws == 1;
    if (out == logits.data && same_pitch && (!indexed || draws == 1)) return false;  // each in place of itself
    if (!same_pitch || logits.rows == 1) return true;
    const std::intptr_t bytes = reinterpret_cast<std::intptr_t>(out) - reinterpret_cast<std::intptr_t>(logits.data);
    const std::intptr_t pitch_bytes = pitch * static_cast<std::ptrdiff_t>(sizeof(Scalar));
    const std::intptr_t row_bytes = vocab * static_cast<std::ptrdiff_t>(sizeof(Scalar));
    const std::intptr_t aside = ((bytes % pitch_bytes) + pitch_bytes) % pitch_bytes;
    return aside < row_bytes || aside + row_bytes > pitch_bytes;
}

}}}  // namespace pluck::v0::cuda
