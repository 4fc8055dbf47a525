// SPDX-License-Identifier: MIT
//
// The kernel, and the choice of how many blocks share a row. One launch, one cluster of blocks a row; the row is read
// from device memory once, where it fits into the cluster's shared memory. docs/cuda.md has the picture.
#pragma once

#include <pluck/chain.hpp>
#include <pluck/cuda/generic/chain_traits.cuh>
#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/generic/row.cuh>
#include <pluck/cuda/generic/row_shard.cuh>
#include <pluck/cuda/generic/source.cuh>
#include <pluck/cuda/generic/worker_loop.cuh>
#include <pluck/cuda/geometry.cuh>
#include <pluck/cuda/team/cluster_team.cuh>
#include <pluck/detail/config.hpp>
#include <pluck/detail/philox.hpp>
#include <pluck/pick.hpp>

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

namespace pluck { inline namespace v0 { namespace cuda {

/// 16 warps, two such blocks on a multiprocessor: each thread has 64 registers.
using device_team = cluster_team<512>;

/// Where a block keeps what it has read of its row.
enum class place : std::uint8_t {
    shared,     ///< in shared memory
    workspace,  ///< in the caller's workspace: too long for shared memory, and stages move scores
    nowhere,    ///< it reads the caller's logits again: too long for shared memory
};

/// What rows are drawn from: draw i is from row indices[i], or from row i.
template <class Scalar>
struct row_source {
    const Scalar* data;
    std::int64_t row_stride;
    std::int64_t rows;
    const std::int32_t* indices;

    [[nodiscard]] PLUCK_HOST_DEVICE std::int64_t row_of(std::uint32_t draw) const noexcept {
        return indices != nullptr ? std::int64_t{indices[draw]} : std::int64_t{draw};
    }
};

/// The row as after(row, token) sees it on a device, where one thread of one block calls it.
template <class Row>
class afterwards {
public:
    PLUCK_HOST_DEVICE explicit afterwards(const Row& row) noexcept : row_(row) {}
    [[nodiscard]] PLUCK_HOST_DEVICE std::size_t index() const noexcept { return row_.index(); }
    [[nodiscard]] PLUCK_HOST_DEVICE double temperature() const noexcept { return row_.temperature(); }
    [[nodiscard]] PLUCK_HOST_DEVICE bits128 uniform() const noexcept { return row_.uniform(); }
    [[nodiscard]] PLUCK_HOST_DEVICE bits128 random(std::uint32_t purpose, std::uint32_t i) const noexcept {
        return row_.random(purpose, i);
    }

private:
    const Row& row_;
};

/// Runs the chain on every row, and hands what comes out to `finish`.
template <class Scalar, place Place, class Chain, class Keys, class Finish>
__global__ void __launch_bounds__(device_team::threads, 2)
    run_rows(const geometry shape, const row_source<Scalar> logits, const Chain chain, const Keys keys,
             const Finish finish, std::byte* workspace) {
    using stored = std::conditional_t<moves_scores<Chain>, float, Scalar>;
    using source =
        std::conditional_t<Place == place::nowhere, streamed<Scalar>, held<Scalar, stored, Place == place::workspace>>;
    const device_team team(shape.blocks);
    const std::uint32_t draw = blockIdx.x / shape.blocks;
    const std::int64_t index = logits.row_of(draw);
    const bool there = index >= 0 && index < logits.rows;
    auto& memory = *reinterpret_cast<row_memory<device_team>*>(device_team::room());
    using operations = typename chain_traits<Chain>::operations;
    using device_row = row<device_team, source, operations>;
    __shared__ alignas(device_row) std::byte room[sizeof(device_row)];
    auto& state = *reinterpret_cast<device_row*>(room);
    team.start();
    if (team.thread() == 0) {
        const Scalar* first = logits.data + (there ? index * logits.row_stride : 0);
        std::byte* copy = nullptr;
        if constexpr (Place == place::workspace)
            copy = workspace + blockIdx.x * source::bytes(shape, device_team::lanes);
        memory.begin(shape, slice_view<Scalar>::of(first, shape, team.block()), copy);
        new (room) device_row(team, keys[draw], shape.vocab, draw);
        if (!there) state.fail(status::bad_parameter);
    }
    team.sync();
    if constexpr (moves_scores<Chain>) {
        device_row own = state;
        detail::adjust(chain, own);
        team.sync();
        if (team.thread() == 0) state = own;
    }
    if (team.thread() == 0) {
        const pick drawn = detail::try_draw(chain, state);
        if (finish.remembers && drawn && team.block() == 0) {
            afterwards known{state};
            detail::remember(chain, known, drawn.token);
        }
        finish.write_result(state, drawn, draw);
        state.finished(drawn);
    } else {
        worker_loop<source, operations>(team);
    }
    if constexpr (Finish::writes_rows) {
        const row_shard<device_team, source> all(team);
        finish.write(all, memory.result, draw);
    }
}

/// What a launch is decided by.
struct limits {
    int device_shared;  ///< bytes of shared memory that one block may have
    int all_shared;     ///< and all blocks of a multiprocessor together
    int multiprocessors;
    bool clusters;

    [[nodiscard]] static cudaError_t of_this_device(limits& found) noexcept {
        int device = 0;
        int clusters = 0;
        cudaError_t error = cudaGetDevice(&device);
        const auto ask = [&](int& value, cudaDeviceAttr attribute) {
            if (error == cudaSuccess) error = cudaDeviceGetAttribute(&value, attribute, device);
        };
        ask(found.device_shared, cudaDevAttrMaxSharedMemoryPerBlockOptin);
        ask(found.all_shared, cudaDevAttrMaxSharedMemoryPerMultiprocessor);
        ask(found.multiprocessors, cudaDevAttrMultiProcessorCount);
        ask(clusters, cudaDevAttrClusterLaunch);
        found.clusters = clusters != 0;
        return error;
    }
};

/// A choice: into how many blocks rows are cut, and where those keep them.
struct plan {
    geometry shape;
    bool held;  ///< in shared memory
    std::size_t shared_bytes;
    int all_shared;  ///< of a multiprocessor

    /// The share of a multiprocessor's memory, in percent, that two blocks need. What is left caches the stack of the
    /// thread that runs the chain, which else takes as long as a look at device memory.
    [[nodiscard]] int carveout() const noexcept {
        constexpr std::size_t beside = 2048;  // what the system and the kernel itself take for each block
        const std::size_t needed = 2 * (shared_bytes + beside);
        return static_cast<int>(std::min<std::size_t>(100, needed * 100 / static_cast<std::size_t>(all_shared) + 1));
    }
};

/// The plan for rows in so many blocks.
template <class Stored>
[[nodiscard]] plan plan_with(std::uint32_t vocab, std::uint32_t blocks, bool aligned, const limits& limit) noexcept {
    plan made{geometry_of(vocab, blocks, aligned, device_team::lanes, device_team::list), true, 0, limit.all_shared};
    const std::size_t fixed = memory_map<device_team>(made.shape).slice;
    made.shared_bytes = fixed + held<Stored, Stored>::bytes(made.shape, device_team::lanes);
    made.held = made.shared_bytes <= static_cast<std::size_t>(limit.device_shared);
    if (!made.held) made.shared_bytes = fixed;
    return made;
}

/// The plan for so many draws: no token depends on it.
///
/// One block for each row is the least work, and many rows hide each other's waiting; blocks share a row where there
/// are too few rows for all multiprocessors. A row is held in shared memory if there is still room for a second block
/// on the multiprocessor, or none that would come; else it is read again, mostly from the L2 cache.
/// benchmarks/cuda/README.md has the measurements.
template <class Stored>
[[nodiscard]] plan plan_for(std::size_t draws, std::uint32_t vocab, bool aligned, bool moving,
                            const limits& limit) noexcept {
    constexpr std::uint32_t portable = 8;        // blocks that any device with clusters can put into one
    constexpr std::uint32_t least_slice = 2048;  // below that, what blocks tell each other costs more than they save
    const auto multiprocessors = static_cast<std::size_t>(limit.multiprocessors);
    std::uint32_t blocks = 1;
    while (limit.clusters && blocks < portable && draws * blocks * 2 <= multiprocessors &&
           vocab / (blocks * 2) >= least_slice)
        blocks *= 2;
    plan made = plan_with<Stored>(vocab, blocks, aligned, limit);
    // Scores that stages move must be kept somewhere: rather in shared memory than in a workspace.
    while (moving && !made.held && limit.clusters && blocks < portable)
        made = plan_with<Stored>(vocab, blocks *= 2, aligned, limit);
    const bool alone = draws * blocks <= multiprocessors;
    if (!moving && !alone && made.held && made.shared_bytes > static_cast<std::size_t>(limit.device_shared) / 2) {
        made.held = false;
        made.shared_bytes = memory_map<device_team>(made.shape).slice;
    }
    return made;
}

/// Launches the kernel with a plan.
template <class Scalar, place Place, class Chain, class Keys, class Finish>
[[nodiscard]] cudaError_t launch(const plan& how, std::uint32_t draws, const row_source<Scalar>& logits,
                                 const Chain& chain, const Keys& keys, const Finish& finish, std::byte* workspace,
                                 cudaStream_t stream) noexcept {
    const auto kernel = run_rows<Scalar, Place, Chain, Keys, Finish>;
    const auto allow = [&](cudaFuncAttribute attribute, int value) {
        return cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel), attribute, value);
    };
    if (how.shape.blocks > 1) {  // code made for an older architecture knows nothing of clusters, wherever it runs
        cudaFuncAttributes made{};
        const cudaError_t asked = cudaFuncGetAttributes(&made, reinterpret_cast<const void*>(kernel));
        if (asked != cudaSuccess) return asked;
        if (made.ptxVersion < 90) return cudaErrorInvalidClusterSize;
    }
    cudaError_t error = allow(cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(how.shared_bytes));
    if (error == cudaSuccess) error = allow(cudaFuncAttributePreferredSharedMemoryCarveout, how.carveout());
    if (error == cudaSuccess && how.shape.blocks > 8) error = allow(cudaFuncAttributeNonPortableClusterSizeAllowed, 1);
    if (error != cudaSuccess) return error;

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
    return cudaLaunchKernelEx(&config, kernel, how.shape, logits, chain, keys, finish, workspace);
}

}}}  // namespace pluck::v0::cuda
