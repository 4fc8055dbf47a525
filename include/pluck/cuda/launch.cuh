// SPDX-License-Identifier: MIT
//
// The kernel, and how it is launched. One launch, one cluster of blocks a row; the row is read from device memory once,
// where it fits into the cluster's shared memory. docs/cuda.md has the picture.
#pragma once

#include <pluck/cuda/device.cuh>
#include <pluck/cuda/generic/chain_traits.cuh>
#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/generic/row.cuh>
#include <pluck/cuda/generic/run_row.cuh>
#include <pluck/cuda/generic/source.cuh>
#include <pluck/cuda/geometry.cuh>
#include <pluck/cuda/plan.cuh>
#include <pluck/cuda/team/cluster_team.cuh>
#include <pluck/detail/config.hpp>
#include <pluck/pick.hpp>

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

namespace pluck { inline namespace v0 { namespace cuda {

using device_team = cluster_team<device_shape::threads>;

/// Where a block keeps what it has read of its row.
enum class place : std::uint8_t {
    shared,     ///< in shared memory
    workspace,  ///< in the caller's workspace: too long for shared memory, and stages move scores
    nowhere,    ///< it reads the caller's logits again: too long for shared memory
};

/// What rows are drawn from: draw i is from row indices[i], or row i, and reads what is per_row at slots[i], or at i.
template <class Scalar>
struct row_source {
    const Scalar* data;
    std::int64_t row_stride;
    std::int64_t rows;
    const std::int32_t* indices;
    const std::int32_t* slots;

    [[nodiscard]] PLUCK_HOST_DEVICE std::int64_t row_of(std::uint32_t draw) const noexcept {
        return indices != nullptr ? std::int64_t{indices[draw]} : std::int64_t{draw};
    }
    [[nodiscard]] PLUCK_HOST_DEVICE std::int64_t slot_of(std::uint32_t draw) const noexcept {
        return slots != nullptr ? std::int64_t{slots[draw]} : std::int64_t{draw};
    }
};

/// What a block stores of its slice: the logits, or as floats what adjusters move.
template <class Scalar, bool Adjusts>
using stored_as = std::conditional_t<Adjusts, float, Scalar>;

/// Runs the chain on every row, and hands what comes out to `finish`.
template <class Scalar, bool Adjusts, place Place, class Chain, class Keys, class Finish>
__global__ void __launch_bounds__(device_team::threads, 2)
    run_rows(const geometry shape, const row_source<Scalar> logits, const Chain chain, const Keys keys,
             const Finish finish, std::byte* workspace) {
    using source = std::conditional_t<Place == place::nowhere, streamed<Scalar>,
                                      held<Scalar, stored_as<Scalar, Adjusts>, Place == place::workspace>>;
    const device_team team(shape.blocks);
    const std::uint32_t draw = blockIdx.x / shape.blocks;
    const std::int64_t index = logits.row_of(draw);
    const std::int64_t slot = logits.slot_of(draw);
    const bool there = index >= 0 && index < logits.rows && slot >= 0;
    auto& memory = *reinterpret_cast<row_memory<device_team>*>(device_team::room());
    using device_row = row<device_team, source, typename chain_traits<Chain>::operations>;
    static_assert(sizeof(device_row) <= static_shared_bytes, "pluck: a plan counts on less static shared memory");
    __shared__ alignas(16) std::byte room[static_shared_bytes];
    auto& state = *reinterpret_cast<device_row*>(room);
    team.start();
    if (team.thread() == 0) {
        const Scalar* first = logits.data + (there ? index * logits.row_stride : 0);
        std::byte* copy = nullptr;
        if constexpr (Place == place::workspace)
            copy = workspace + blockIdx.x * source::bytes(shape, device_team::lanes);
        memory.begin(shape, slice_view<Scalar>::of(first, shape, team.block()), copy);
        new (room) device_row(team, keys[draw], shape.vocab, static_cast<std::size_t>(slot));
        if (!there) state.fail(status::bad_parameter);
    }
    team.sync();
    run_row<Adjusts>(team, state, chain, finish, draw);
}

/// Launches the kernel with a plan.
template <class Scalar, bool Adjusts, place Place, class Chain, class Keys, class Finish>
[[nodiscard]] cudaError_t launch(const plan& how, std::uint32_t draws, const row_source<Scalar>& logits,
                                 const Chain& chain, const Keys& keys, const Finish& finish, std::byte* workspace,
                                 cudaStream_t stream) noexcept {
    const auto kernel = run_rows<Scalar, Adjusts, Place, Chain, Keys, Finish>;
    static kernel_settings settings;  // one for each kernel
    cudaLaunchAttribute cluster{};
    cluster.id = cudaLaunchAttributeClusterDimension;
    cluster.val.clusterDim.x = how.shape.blocks;
    cluster.val.clusterDim.y = 1;
    cluster.val.clusterDim.z = 1;
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(draws * how.shape.blocks);
    config.blockDim = dim3(device_team::threads);
    config.dynamicSmemBytes = how.shared_bytes;
    config.stream = stream;
    config.attrs = &cluster;
    config.numAttrs = how.shape.blocks > 1 ? 1 : 0;
    // Twice, if what was set before is there no more: cudaDeviceReset() undoes it.
    for (bool known = true;; settings.forget()) {
        const cudaError_t set = settings.apply(reinterpret_cast<const void*>(kernel), how, known);
        if (set != cudaSuccess) return set;
        const cudaError_t error =
            cudaLaunchKernelEx(&config, kernel, how.shape, logits, chain, keys, finish, workspace);
        if (error != cudaErrorInvalidValue || !known) return error;
        (void)cudaGetLastError();  // it has been dealt with
    }
}

}}}  // namespace pluck::v0::cuda
