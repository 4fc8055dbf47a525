// SPDX-License-Identifier: MIT
//
// How many threads a device's team has, and for how much it has room. Nothing here needs nvcc: a plan is made on the
// host.
#pragma once

#include <cstdint>

namespace pluck { inline namespace v0 { namespace cuda {

template <int Threads>
struct cluster_shape {
    static constexpr std::uint32_t threads = Threads;
    static constexpr std::uint32_t lanes = 32;
    static constexpr std::uint32_t warps = threads / lanes;
    static constexpr std::uint32_t max_blocks = 16;  // a cluster of more than 8 must be allowed for each kernel
    static constexpr std::uint32_t bins = 1024;
    static constexpr std::uint32_t list = 4096;
    static constexpr std::uint32_t staged = list / warps;  // of each warp
    static constexpr std::uint32_t finalists = 128;

    struct scratch {
        std::uint64_t warp_sum[warps];
    };
};

/// 16 warps, two such blocks on a multiprocessor: each thread has 64 registers.
using device_shape = cluster_shape<512>;

}}}  // namespace pluck::v0::cuda
