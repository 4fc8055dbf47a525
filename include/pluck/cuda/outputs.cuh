// SPDX-License-Identifier: MIT
//
// What is written when a row has been drawn from: picks, probabilities, or the logits that stay.
#pragma once

#include <pluck/cuda/generic/adjust.cuh>
#include <pluck/cuda/generic/row_shard.cuh>
#include <pluck/cuda/generic/source.cuh>
#include <pluck/cuda/generic/write_picks.cuh>
#include <pluck/cuda/options.cuh>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/pick.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

// The threads that have run the chain call write_result(); all threads call write() afterwards, if it writes_rows.

/// f(token, score) for each token of a block's slice.
template <class Shard, class F>
PLUCK_HOST_DEVICE void each_score(const Shard& row, const F& f) noexcept {
    each_of_slice(row.team, row.source,
                  [&](std::uint32_t position, std::int32_t token) { f(token, row.source.one(position)); });
}

struct write_probabilities {
    static constexpr bool remembers = false;
    static constexpr bool writes_rows = true;
    static constexpr bool of_logits = false;
    float* out;
    std::ptrdiff_t stride;
    pluck::status* status;

    template <class Row>
    PLUCK_HOST_DEVICE void write_result(Row& row, const pick& drawn, std::uint32_t draw) const noexcept {
        if (is_first_thread(row.team()) && status != nullptr) status[draw] = drawn.status;
        if (drawn) (void)row.total();
    }
    template <class Shard>
    PLUCK_HOST_DEVICE void write(const Shard& row, const outcome& result, std::uint32_t draw) const noexcept {
        float* own = out + draw * stride;
        const double all = static_cast<double>(result.total);
        each_score(row, [&](std::int32_t token, float score) {
            const bool kept = result.drawn && result.kept.has(detail::ordered(score), token);
            const double mass = kept ? static_cast<double>(result.weight(score)) : 0.0;
            own[token] = kept ? detail::nearest_float(detail::quotient(mass, all)) : 0.0f;
        });
    }
};

template <class Scalar>
struct write_masked {
    static constexpr bool remembers = false;
    static constexpr bool writes_rows = true;
    static constexpr bool of_logits = true;
    const Scalar* logits;
    std::ptrdiff_t logits_stride;
    Scalar* out;
    std::ptrdiff_t stride;
    pluck::status* status;
    const std::int32_t* indices;

    template <class Row>
    PLUCK_HOST_DEVICE void write_result(Row& row, const pick& drawn, std::uint32_t draw) const noexcept {
        if (is_first_thread(row.team()) && status != nullptr) status[draw] = drawn.status;
    }
    template <class Shard>
    PLUCK_HOST_DEVICE void write(const Shard& row, const outcome& result, std::uint32_t draw) const noexcept {
        const bool some = bool(result.drawn);
        const Scalar* from =
            logits +
            (indices != nullptr && some ? std::ptrdiff_t{indices[draw]} : std::ptrdiff_t{draw}) * logits_stride;
        Scalar* to = out + draw * stride;
        each_score(row, [&](std::int32_t token, float score) {
            to[token] =
                some && result.kept.has(detail::ordered(score), token) ? from[token] : forbidden_logit<Scalar>();
        });
    }
};

}}}  // namespace pluck::v0::cuda
