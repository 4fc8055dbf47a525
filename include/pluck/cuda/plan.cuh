// SPDX-License-Identifier: MIT
//
// The choice of how many blocks share a row, and where they keep it. Nothing here needs nvcc.
#pragma once

#include <pluck/cuda/generic/memory.cuh>
#include <pluck/cuda/generic/source.cuh>
#include <pluck/cuda/geometry.cuh>
#include <pluck/cuda/team/cluster_shape.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

/// Bytes of each block's shared memory that a kernel has beside what its launch gives it: the row of the thread that
/// runs the chain.
inline constexpr std::size_t static_shared_bytes = 128;

/// What a launch is decided by.
struct limits {
    int device_shared;  ///< bytes of shared memory that one block may have, static and dynamic
    int all_shared;     ///< and all blocks of a multiprocessor together
    int multiprocessors;
    bool clusters;
    int device = 0;  ///< its number

    /// What the launch itself can give to a block.
    [[nodiscard]] std::size_t dynamic_shared() const noexcept {
        return static_cast<std::size_t>(device_shared) - static_shared_bytes;
    }
};

/// A choice: into how many blocks rows are cut, and where those keep them.
struct plan {
    geometry shape;
    bool held;  ///< in shared memory
    std::size_t shared_bytes;
    int all_shared;     ///< of a multiprocessor
    int device_shared;  ///< of a block
    int device;

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
    plan made{geometry_of(vocab, blocks, aligned, device_shape::lanes, device_shape::list),
              true,
              0,
              limit.all_shared,
              limit.device_shared,
              limit.device};
    const std::size_t fixed = memory_map<device_shape>(made.shape).slice;
    made.shared_bytes = fixed + held<Stored, Stored>::bytes(made.shape, device_shape::lanes);
    made.held = made.shared_bytes <= limit.dynamic_shared();
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
        made.shared_bytes = memory_map<device_shape>(made.shape).slice;
    }
    return made;
}

}}}  // namespace pluck::v0::cuda
