// SPDX-License-Identifier: MIT
//
// What a launch is told beside logits and chain. Checks come here, once.
#pragma once

#include <pluck/chain.hpp>
#include <pluck/cuda/launch.cuh>
#include <pluck/detail/error.hpp>
#include <pluck/detail/mass.hpp>
#include <pluck/detail/randomness.hpp>
#include <pluck/keys.hpp>
#include <pluck/logits.hpp>
#include <pluck/pick.hpp>
#include <pluck/results.hpp>

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>

namespace pluck { inline namespace v0 { namespace cuda {

// The same on both backends; here their arrays are in device memory.
using pluck::keys;
using pluck::results;

/// How to launch. All of it may be left out.
struct options {
    cudaStream_t stream = nullptr;
    /// [draws] in device memory: draw i is from row indices[i]; several may be from one row. Parameters, keys and
    /// results belong to draws. An index outside of the batch gives its draw `bad_parameter`. An empty array
    /// is no draws; left out, draw i is from row i.
    std::optional<std::span<const std::int32_t>> indices = {};
    /// [draws] in device memory: draw i reads what is per_row at slots[i], as batch_options says. Left out: at i.
    std::optional<std::span<const std::int32_t>> slots = {};
    void* workspace = nullptr;       ///< device memory, of workspace_bytes(); only chains that move scores may need any
    std::size_t workspace_size = 0;  ///< bytes
    /// That share a row: 1, 2, 4, 8 or, if the device allows, 16; 0: chosen. No token depends on it.
    unsigned blocks = 0;
};

/// How many rows one launch can have: a grid has 2^31 - 1 blocks at most.
inline constexpr std::size_t max_draws = (std::size_t{1} << 31) / device_team::max_blocks - 1;

/// Whether a chain has adjusters, as far as the host can see.
template <class Chain>
[[nodiscard]] bool adjusts(const Chain& stages) noexcept {
    if constexpr (tells_if_it_adjusts<Chain>) return detail::run_time_chain<Chain>::adjusts(stages);
    else return may_adjust<Chain>;
}

/// A launch that has been checked, and how it will be done.
template <class Scalar>
struct prepared {
    bool adjusts = false;
    std::uint32_t draws = 0;
    row_source<Scalar> logits{};
    plan how{};

    [[nodiscard]] std::size_t workspace_bytes() const noexcept {
        if (!adjusts || how.held) return 0;
        return std::size_t{draws} * how.shape.blocks * held<Scalar, float>::bytes(how.shape, device_team::lanes);
    }
};

/// Checks a batch and its options, and plans the launch. Throws std::invalid_argument; returns what CUDA says.
template <class Scalar, class Chain>
[[nodiscard]] cudaError_t prepare(const char* who, const batch_view<Scalar>& logits, const Chain& stages,
                                  const options& how, prepared<Scalar>& made) {
    const std::size_t draws = how.indices ? how.indices->size() : logits.rows;
    const detail::served served = detail::rows_served(stages);
    if (logits.vocab_stride != 1 && logits.vocab > 1)
        detail::reject(who, "logits.vocab_stride", "1", logits.vocab_stride);
    if (logits.data == nullptr && logits.rows != 0 && logits.vocab != 0)
        detail::raise(std::string("pluck::cuda::") + who + ": logits.data must not be null");
    if (draws > max_draws) detail::reject(who, "the number of draws", "below 2^27", draws);
    if (how.slots && how.slots->size() != draws)
        detail::reject(who, "slots.size()", ("the " + detail::text_of(draws) + " draws").c_str(), how.slots->size());
    if (served.rows < draws && !how.slots)
        detail::reject_served(who, served, "the " + detail::text_of(draws) + " draws");
    if (how.blocks > device_team::max_blocks || (how.blocks & (how.blocks - 1)) != 0)
        detail::reject(who, "blocks", "0, 1, 2, 4, 8 or 16", how.blocks);

    limits limit{};
    if (const cudaError_t error = limits_of_this_device(limit); error != cudaSuccess) return error;
    made.draws = static_cast<std::uint32_t>(draws);
    made.logits = {logits.data, logits.row_stride, static_cast<std::int64_t>(logits.rows),
                   how.indices ? how.indices->data() : nullptr, how.slots ? how.slots->data() : nullptr};
    // A longer row is refused by its status; no part of it is read.
    const auto vocab = static_cast<std::uint32_t>(logits.vocab <= max_vocab ? logits.vocab : max_vocab + 1);
    const bool aligned = reinterpret_cast<std::uintptr_t>(logits.data) % (quad * sizeof(Scalar)) == 0 &&
                         logits.row_stride % std::ptrdiff_t{quad} == 0;
    made.adjusts = adjusts(stages);
    const auto planned = [&]<class Stored>(Stored) {
        return how.blocks == 0 ? plan_for<Stored>(draws, vocab, aligned, made.adjusts, limit)
                               : plan_with<Stored>(vocab, limit.clusters ? how.blocks : 1, aligned, limit);
    };
    made.how = made.adjusts ? planned(float{}) : planned(Scalar{});
    return cudaSuccess;
}

/// Which kernel is launched.
template <bool Adjusts, place Place>
struct kernel_for {};

/// Checks, plans, and launches; with fewer blocks a row where the device cannot place so many together at present.
template <class Scalar, class Chain, class Finish>
[[nodiscard]] cudaError_t run_batch(const char* who, const batch_view<Scalar>& logits, const Chain& stages,
                                    const keys& keys, const options& how, const Finish& finish) {
    prepared<Scalar> ready;
    cudaError_t refused = cudaSuccess;
    for (options tried = how;; tried.blocks = ready.how.shape.blocks / 2) {
        if (const cudaError_t error = prepare(who, logits, stages, tried, ready); error != cudaSuccess) return error;
        keys.check(who, ready.draws);
        const std::size_t needed = ready.workspace_bytes();
        if (needed > how.workspace_size || (needed != 0 && how.workspace == nullptr)) {
            if (refused != cudaSuccess) return refused;  // with more blocks a row it would not have been needed
            detail::reject(who, "workspace_size",
                           (">= the " + detail::text_of(needed) + " bytes of workspace_bytes()").c_str(),
                           how.workspace_size);
        }
        if (ready.draws == 0) return cudaSuccess;
        const auto start = [&]<bool Adjusts, place Place>(kernel_for<Adjusts, Place>) {
            return launch<Scalar, Adjusts, Place>(ready.how, ready.draws, ready.logits, stages, keys, finish,
                                                  static_cast<std::byte*>(how.workspace), how.stream);
        };
        cudaError_t error = cudaErrorNotSupported;
        if constexpr (may_adjust<Chain> && !Finish::of_logits) {
            if (ready.adjusts) {
                error = ready.how.held ? start(kernel_for<true, place::shared>{})
                                       : start(kernel_for<true, place::workspace>{});
            }
        }
        if constexpr (!may_adjust<Chain> || tells_if_it_adjusts<Chain>) {
            if (!ready.adjusts) {
                error = ready.how.held ? start(kernel_for<false, place::shared>{})
                                       : start(kernel_for<false, place::nowhere>{});
            }
        }
        const bool crowded = error == cudaErrorLaunchOutOfResources || error == cudaErrorInvalidClusterSize;
        if (!crowded || ready.how.shape.blocks == 1) return error;
        refused = error;
        (void)cudaGetLastError();  // it has been dealt with
    }
}

}}}  // namespace pluck::v0::cuda
