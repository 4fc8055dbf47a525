// SPDX-License-Identifier: MIT
//
// The functions of CUDA's run-time library; not in a .cu file, where nvcc declares some of them for devices.
#include "cuda/support/fake_runtime.hpp"

#include <cuda_runtime_api.h>

#include <cstddef>
#include <mutex>
#include <thread>

extern "C" {

cudaError_t cudaGetDevice(int* device) {
    *device = pluck_test::fake_current;
    return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
    auto& own = pluck_test::fake_devices[device];
    ++own.queries;
    switch (attribute) {
        case cudaDevAttrMaxSharedMemoryPerBlockOptin: *value = own.shared_of_block; break;
        case cudaDevAttrMaxSharedMemoryPerMultiprocessor: *value = own.shared_of_block + 1024; break;
        case cudaDevAttrMultiProcessorCount: *value = 132; break;
        case cudaDevAttrClusterLaunch: *value = 1; break;
        default: return cudaErrorInvalidValue;
    }
    return cudaSuccess;
}
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* found, const void*) {
    auto& own = pluck_test::fake();
    ++own.queries;
    *found = {};
    found->sharedSizeBytes = static_cast<std::size_t>(own.static_shared);
    found->ptxVersion = 90;
    return cudaSuccess;
}
cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute attribute, int value) {
    auto& own = pluck_test::fake();
    ++own.settings;
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize) return cudaSuccess;
    if (value + own.static_shared > own.shared_of_block) return cudaErrorInvalidValue;
    {
        const std::lock_guard<std::mutex> held(own.lock);
        own.allowed[kernel] = value;
        own.ever_allowed[kernel].insert(value);
    }
    std::this_thread::yield();  // the worst moment for another thread to run
    return cudaSuccess;
}
cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* how, const void* kernel, void**) {
    auto& own = pluck_test::fake();
    const std::lock_guard<std::mutex> held(own.lock);
    const auto set = own.allowed.find(kernel);
    const int allowed = set == own.allowed.end() ? 49'152 : set->second;
    own.last_dynamic = how->dynamicSmemBytes;
    if (how->dynamicSmemBytes > static_cast<std::size_t>(allowed)) {
        ++own.refused;
        return pluck_test::fake_error = cudaErrorInvalidValue;
    }
    ++own.launches;
    return cudaSuccess;
}
cudaError_t cudaGetLastError() {
    const cudaError_t last = pluck_test::fake_error;
    pluck_test::fake_error = cudaSuccess;
    return last;
}

// The functions that nvcc's generated code calls before main() and for a launch by <<<>>>.
void** __cudaRegisterFatBinary(void*) {
    static void* nothing = nullptr;
    return &nothing;
}
void __cudaRegisterFatBinaryEnd(void**) {}
void __cudaUnregisterFatBinary(void**) {}
void __cudaRegisterFunction(void**, const char*, char*, const char*, int, uint3*, uint3*, dim3*, dim3*, int*) {}
void __cudaRegisterVar(void**, char*, char*, const char*, int, std::size_t, int, int) {}
char __cudaInitModule(void**) { return 0; }
unsigned __cudaPushCallConfiguration(dim3, dim3, std::size_t, CUstream_st*) { return 0; }
cudaError_t __cudaPopCallConfiguration(dim3*, dim3*, std::size_t*, void*) { return cudaSuccess; }
cudaError_t __cudaGetKernel(cudaKernel_t* kernel, const void* function) {
    *kernel = reinterpret_cast<cudaKernel_t>(const_cast<void*>(function));
    return cudaSuccess;
}
cudaError_t __cudaLaunchKernel(cudaKernel_t, dim3, dim3, void**, std::size_t, cudaStream_t) { return cudaSuccess; }
cudaError_t cudaLaunchKernel(const void*, dim3, dim3, void**, std::size_t, cudaStream_t) { return cudaSuccess; }

}  // extern "C"
