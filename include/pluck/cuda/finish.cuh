// SPDX-License-Identifier: MIT
//
// What is written when a row has been drawn from: picks, probabilities, or the logits that stay.
#pragma once

#include <pluck/core/config.hpp>
#include <pluck/core/ranking.hpp>
#include <pluck/core/status.hpp>
#include <pluck/cuda/arguments.cuh>
#include <pluck/cuda/source.cuh>

#include <cstddef>
#include <cstdint>

namespace pluck::inline v0::cuda {

/// Whether this thread speaks for its row.
template <class Row>
[[nodiscard]] PLUCK_HOST_DEVICE bool speaks(const Row& row) noexcept {
    return row.team().block() == 0 && row.team().thread() == 0;
}

struct write_picks {
    static constexpr bool remembers = true;  // stages with a memory learn of the token
    results out;

    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row, const pick& drawn, std::uint32_t draw) const noexcept {
        const bool first = speaks(row);
        if (first && out.token != nullptr) out.token[draw] = drawn.token;
        if (first && out.status != nullptr) out.status[draw] = drawn.status;
        if (out.kept != nullptr) {
            const std::size_t kept = drawn ? row.count() : 0;
            if (first) out.kept[draw] = static_cast<std::int32_t>(kept);
        }
        if (out.log_probability != nullptr) {
            const float log = drawn ? row.log_probability(drawn.token) : core::bits_as<float>(std::uint32_t{0x7fc00000u});
            if (first) out.log_probability[draw] = log;
        }
    }
};

struct write_probabilities {
    static constexpr bool remembers = false;
    float* out;
    std::ptrdiff_t stride;
    pluck::status* status;

    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row, const pick& drawn, std::uint32_t draw) const noexcept {
        if (speaks(row) && status != nullptr) status[draw] = drawn.status;
        float* own = out + draw * stride;
        const double all = drawn ? static_cast<double>(row.total()) : 1.0;
        row.for_each_own([&](std::int32_t token, bool kept, std::uint64_t mass) {
            const bool some = drawn && kept;
            own[token] = some ? core::nearest_float(core::quotient(static_cast<double>(mass), all)) : 0.0f;
        });
    }
};

template <class Scalar>
struct write_masked {
    static constexpr bool remembers = false;
    const Scalar* logits;
    std::ptrdiff_t logits_stride;
    Scalar* out;
    std::ptrdiff_t stride;
    pluck::status* status;
    const std::int32_t* indices;

    template <class Row>
    PLUCK_HOST_DEVICE void operator()(Row& row, const pick& drawn, std::uint32_t draw) const noexcept {
        if (speaks(row) && status != nullptr) status[draw] = drawn.status;
        const Scalar* from = logits + (indices != nullptr && drawn ? std::ptrdiff_t{indices[draw]} : std::ptrdiff_t{draw}) * logits_stride;
        Scalar* to = out + draw * stride;
        row.for_each_own([&](std::int32_t token, bool kept, std::uint64_t) {
            to[token] = drawn && kept ? from[token] : forbidden_logit<Scalar>();
        });
    }
};

}  // namespace pluck::inline v0::cuda
