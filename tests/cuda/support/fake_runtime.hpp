// SPDX-License-Identifier: MIT
//
// As much of CUDA's run-time library as launches need, on a machine without a GPU: devices with the limits of an H200,
// which record what they are asked, and refuse what an H200 would refuse. Linked instead of the library (-cudart none).
#pragma once

#include <cuda_runtime_api.h>

#include <atomic>
#include <cstddef>
#include <map>
#include <mutex>
#include <set>

namespace pluck_test {

struct fake_device {
    int shared_of_block = 232'448;
    int static_shared = 128;        // of every kernel
    std::atomic<int> queries = 0;   // of attributes of the device or of a kernel
    std::atomic<int> settings = 0;  // of a kernel
    std::atomic<int> launches = 0;
    std::atomic<int> refused = 0;
    std::atomic<std::size_t> last_dynamic = 0;
    std::mutex lock;
    std::map<const void*, int> allowed;  // bytes of dynamic shared memory; 48 KiB if nothing was set
    std::map<const void*, std::set<int>> ever_allowed;

    void reset() {
        const std::lock_guard<std::mutex> held(lock);
        allowed.clear();
    }
};

inline fake_device fake_devices[3];
inline thread_local int fake_current = 0;
inline thread_local cudaError_t fake_error = cudaSuccess;
[[nodiscard]] inline fake_device& fake() { return fake_devices[fake_current]; }

}  // namespace pluck_test
