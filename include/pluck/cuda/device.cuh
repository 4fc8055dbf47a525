// SPDX-License-Identifier: MIT
//
// What is asked of a device once, and set for a kernel once: a launch after the first asks CUDA for nothing but which
// device is current. Any number of threads may launch. Nothing here is ever destroyed, so that a program may launch
// until it ends.
#pragma once

#include <pluck/cuda/plan.cuh>

#include <cuda_runtime_api.h>

#include <atomic>
#include <new>

namespace pluck { inline namespace v0 { namespace cuda {

/// Of so many devices something is remembered; others are asked each time.
inline constexpr int max_known_devices = 64;

/// The limits of the current device.
[[nodiscard]] inline cudaError_t limits_of_this_device(limits& found) noexcept {
    static std::atomic<const limits*> known[max_known_devices];
    int device = 0;
    cudaError_t error = cudaGetDevice(&device);
    if (error != cudaSuccess) return error;
    const bool kept = device >= 0 && device < max_known_devices;
    if (kept) {
        if (const limits* seen = known[device].load(std::memory_order_acquire); seen != nullptr) {
            found = *seen;
            return cudaSuccess;
        }
    }
    int clusters = 0;
    const auto ask = [&](int& value, cudaDeviceAttr attribute) {
        if (error == cudaSuccess) error = cudaDeviceGetAttribute(&value, attribute, device);
    };
    ask(found.device_shared, cudaDevAttrMaxSharedMemoryPerBlockOptin);
    ask(found.all_shared, cudaDevAttrMaxSharedMemoryPerMultiprocessor);
    ask(found.multiprocessors, cudaDevAttrMultiProcessorCount);
    ask(clusters, cudaDevAttrClusterLaunch);
    found.clusters = clusters != 0;
    found.device = device;
    if (error == cudaSuccess && kept) {
        const limits* const mine = new (std::nothrow) limits(found);
        const limits* none = nullptr;
        if (!known[device].compare_exchange_strong(none, mine, std::memory_order_acq_rel)) delete mine;
    }
    return error;
}

/// What a kernel was allowed on each device.
class kernel_settings {
public:
    /// Sets what the plan needs. `known`: whether an earlier launch had set the most of it.
    [[nodiscard]] cudaError_t apply(const void* kernel, const plan& how, bool& known) noexcept {
        const bool kept = how.device >= 0 && how.device < max_known_devices;
        int version = kept ? version_[how.device].load(std::memory_order_acquire) : 0;
        known = version != 0;
        if (!known) {
            cudaFuncAttributes made{};
            if (const cudaError_t error = cudaFuncGetAttributes(&made, kernel); error != cudaSuccess) return error;
            // The same for every launch, or one thread would set what is too little for the launch of another.
            const int room = how.device_shared - static_cast<int>(made.sharedSizeBytes);
            const cudaError_t error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, room);
            if (error != cudaSuccess) return error;
            version = made.ptxVersion;
            if (kept) version_[how.device].store(version, std::memory_order_release);
        }
        if (how.shape.blocks > 1 && version < 90)  // code for older devices knows nothing of clusters, wherever it runs
            return cudaErrorInvalidClusterSize;
        if (how.shape.blocks > 8) {
            const cudaError_t error = cudaFuncSetAttribute(kernel, cudaFuncAttributeNonPortableClusterSizeAllowed, 1);
            if (error != cudaSuccess) return error;
        }
        // A preference, by which no launch fails: it does not matter which of two threads has its way.
        const int carveout = how.carveout();
        if (kept && carveout_[how.device].exchange(carveout, std::memory_order_relaxed) == carveout) return cudaSuccess;
        return cudaFuncSetAttribute(kernel, cudaFuncAttributePreferredSharedMemoryCarveout, carveout);
    }

    void forget() noexcept {
        for (int device = 0; device < max_known_devices; ++device) {
            version_[device].store(0, std::memory_order_relaxed);
            carveout_[device].store(0, std::memory_order_relaxed);
        }
    }

private:
    std::atomic<int> version_[max_known_devices] = {};   // of its code; 0: nothing is set
    std::atomic<int> carveout_[max_known_devices] = {};  // in percent; 0: none was asked for
};

}}}  // namespace pluck::v0::cuda
