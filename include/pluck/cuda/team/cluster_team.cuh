// SPDX-License-Identifier: MIT
//
// The threads that work on one row: a block, or several blocks in a cluster. The only file that knows how threads of a
// device wait for each other and exchange what they have; all else is plain C++ over this interface.
#pragma once

#include <pluck/cuda/team/cluster_shape.hpp>
#include <pluck/detail/config.hpp>

#include <cub/warp/warp_scan.cuh>

#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

// With -rdc=true ptxas lets a function that other units might call have more registers than the kernels that call it
// here, and then refuses the call. So each unit's functions are its own there, by the type that all of them depend on.
#if PLUCK_RELOCATABLE
namespace {
#endif
struct of_this_unit {};
#if PLUCK_RELOCATABLE
}
#endif

/// One thread's place among the threads of its row.
///
/// Clusters are of compute capability 9.0; older devices have one block a row, and nothing of clusters is compiled.
template <int Threads, class Unit = of_this_unit>
class cluster_team : public cluster_shape<Threads> {
public:
    using shape = cluster_shape<Threads>;
    using shape::lanes, shape::warps;
    using scratch = typename shape::scratch;
    using lane_scan = cub::WarpScan<std::uint64_t>;
    /// Blocks of a row are neighbours in the grid.
    __device__ explicit cluster_team(std::uint32_t blocks) noexcept : blocks_(blocks), block_(blockIdx.x % blocks) {}

    [[nodiscard]] __device__ std::uint32_t thread() const noexcept { return threadIdx.x; }
    [[nodiscard]] __device__ std::uint32_t lane() const noexcept { return threadIdx.x % lanes; }
    [[nodiscard]] __device__ std::uint32_t warp() const noexcept { return threadIdx.x / lanes; }
    [[nodiscard]] __device__ std::uint32_t block() const noexcept { return block_; }
    [[nodiscard]] __device__ std::uint32_t blocks() const noexcept { return PLUCK_DEVICE_CLUSTERS ? blocks_ : 1; }

    /// The block's shared memory.
    [[nodiscard]] __device__ static std::byte* room() noexcept {
        extern __shared__ uint4 pluck_shared[];
        return reinterpret_cast<std::byte*>(pluck_shared);
    }

    /// All threads of the block; of the row; of the warp. The block's is a barrier with a number and a count, as one
    /// thread comes to it from elsewhere than the others, which __syncthreads() does not allow.
    __device__ void sync() const noexcept { asm volatile("barrier.sync 1, %0;" ::"n"(Threads) : "memory"); }
    __device__ void sync_all() const noexcept {
#if PLUCK_DEVICE_CLUSTERS
        if (blocks() > 1) return cooperative_groups::this_cluster().sync();
#endif
        sync();
    }
    __device__ void warp_sync() const noexcept { __syncwarp(); }

    /// Before a block first writes into another one's memory, that one must have started: each says so, and waits late.
    __device__ void start() const noexcept {
#if PLUCK_DEVICE_CLUSTERS
        if (blocks() > 1) (void)cooperative_groups::this_cluster().barrier_arrive();
#endif
    }
    __device__ void wait_for_start() const noexcept {
#if PLUCK_DEVICE_CLUSTERS
        if (blocks() > 1) cooperative_groups::this_cluster().barrier_wait({});
#endif
    }

    /// The same place in another block's shared memory.
    template <class T>
    [[nodiscard]] __device__ T* at(T* own, std::uint32_t block) const noexcept {
#if PLUCK_DEVICE_CLUSTERS
        if (blocks() > 1) return cooperative_groups::this_cluster().map_shared_rank(own, block);
#endif
        return own;
    }

    /// Adds in shared memory; what was there before.
    __device__ std::uint32_t add(std::uint32_t* where, std::uint32_t value) const noexcept {
        return atomicAdd(where, value);
    }

    [[nodiscard]] __device__ std::uint32_t ballot(bool mine) const noexcept { return __ballot_sync(all, mine); }
    [[nodiscard]] __device__ std::uint64_t shuffle(std::uint64_t mine, std::uint32_t from) const noexcept {
        return __shfl_sync(all, mine, static_cast<int>(from));
    }
    /// What the lane has whose number differs in one bit.
    [[nodiscard]] __device__ std::uint64_t shuffle_across(std::uint64_t mine, std::uint32_t bit) const noexcept {
        return __shfl_xor_sync(all, mine, static_cast<int>(bit));
    }
    // In pieces of 32 bits, which the hardware reduces in one instruction each; in 64 it takes five rounds of shuffles.
    [[nodiscard]] __device__ std::uint64_t warp_sum(std::uint64_t mine) const noexcept {
        constexpr int piece = 27;  // 32 of them fit into 32 bits
        constexpr std::uint64_t low = (std::uint64_t{1} << piece) - 1;
        return sum_of_words(mine & low) + (sum_of_words(mine >> piece & low) << piece) +
               (sum_of_words(mine >> 2 * piece) << 2 * piece);
    }
    [[nodiscard]] __device__ std::uint64_t warp_max(std::uint64_t mine) const noexcept {
        const auto high = static_cast<std::uint32_t>(mine >> 32);
        const std::uint32_t highest = max_of_words(high);
        const std::uint32_t lowest = max_of_words(high == highest ? static_cast<std::uint32_t>(mine) : 0);
        return std::uint64_t{highest} << 32 | lowest;
    }
    [[nodiscard]] __device__ std::int32_t warp_max(std::int32_t mine) const noexcept {
        return cooperative_groups::reduce(tile(), mine, cooperative_groups::greater<std::int32_t>());
    }
    /// Of numbers whose sum has 32 bits.
    [[nodiscard]] __device__ std::uint32_t warp_sum_of_words(std::uint32_t mine) const noexcept {
        return sum_of_words(mine);
    }
    /// The sum over this lane and those before it.
    [[nodiscard]] __device__ std::uint64_t warp_scan(std::uint64_t mine) const noexcept {
        typename lane_scan::TempStorage unused;  // a whole warp needs none
        std::uint64_t sum;
        lane_scan(unused).InclusiveSum(mine, sum);
        return sum;
    }
    /// The sum over the block's threads before this one. Like cub::BlockScan, but by the barrier above.
    [[nodiscard]] __device__ std::uint64_t sum_before(std::uint64_t mine, scratch& memory) const noexcept {
        const std::uint64_t end = warp_scan(mine);
        if (lane() == lanes - 1) memory.warp_sum[warp()] = end;
        sync();
        static_assert(warps <= lanes);
        return warp_sum(lane() < warp() ? memory.warp_sum[lane()] : 0) + end - mine;
    }

private:
    static constexpr unsigned all = 0xffffffffu;

    [[nodiscard]] __device__ static std::uint64_t sum_of_words(std::uint64_t word) noexcept {
        return cooperative_groups::reduce(tile(), static_cast<std::uint32_t>(word),
                                          cooperative_groups::plus<std::uint32_t>());
    }
    [[nodiscard]] __device__ static std::uint32_t max_of_words(std::uint32_t word) noexcept {
        return cooperative_groups::reduce(tile(), word, cooperative_groups::greater<std::uint32_t>());
    }
    [[nodiscard]] __device__ static auto tile() noexcept {
        return cooperative_groups::tiled_partition<lanes>(cooperative_groups::this_thread_block());
    }

    std::uint32_t blocks_;
    std::uint32_t block_;
};

}}}  // namespace pluck::v0::cuda
