// SPDX-License-Identifier: MIT
//
// What a batch of draws takes on a GPU, against the limit: the logits read once at the bandwidth measured here, and an
// empty launch. Each figure is a graph of launches over buffers that take turns, more than twice the L2 cache together, so
// that no row is in the cache when it is drawn from.
//     speed [json file]
#include "cuda/rows.hpp"

#include <pluck/cuda/cuda.cuh>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

void expect(cudaError_t error, const char* what) {
    if (error == cudaSuccess) return;
    std::printf("CUDA: %s: %s\n", what, cudaGetErrorString(error));
    std::exit(2);
}

struct timing {
    double median = 0, p99 = 0;  // microseconds
};

/// launch(i, stream) is one launch on buffer i. A graph has one on each of `buffers`, one after the other.
template <class Launch>
timing time_of(std::size_t buffers, const Launch& launch) {
    cudaStream_t stream;
    cudaGraph_t graph;
    cudaGraphExec_t ready;
    cudaEvent_t begin, end;
    expect(cudaStreamCreate(&stream), "stream");
    expect(cudaEventCreate(&begin), "event"), expect(cudaEventCreate(&end), "event");
    expect(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal), "capture");
    for (std::size_t i = 0; i < buffers; ++i) launch(i, stream);
    expect(cudaStreamEndCapture(stream, &graph), "capture");
    expect(cudaGraphInstantiate(&ready, graph, 0), "graph");
    std::vector<double> times;
    double spent = 0;
    for (int i = 0; i < 200 && (i < 15 || spent < 40'000); ++i) {
        expect(cudaEventRecord(begin, stream), "event");
        expect(cudaGraphLaunch(ready, stream), "replay");
        expect(cudaEventRecord(end, stream), "event");
        expect(cudaEventSynchronize(end), "replay");
        float ms = 0;
        expect(cudaEventElapsedTime(&ms, begin, end), "event");
        spent += ms * 1000.0;
        if (i >= 3) times.push_back(ms * 1000.0 / static_cast<double>(buffers));
    }
    std::sort(times.begin(), times.end());
    expect(cudaEventDestroy(begin), "event"), expect(cudaEventDestroy(end), "event");
    expect(cudaGraphExecDestroy(ready), "graph"), expect(cudaGraphDestroy(graph), "graph"), expect(cudaStreamDestroy(stream), "stream");
    return {times[times.size() / 2], times[times.size() * 99 / 100]};
}

__global__ void nothing() {}

__global__ void read_all(const uint4* from, std::size_t count, unsigned* out) {
    unsigned sum = 0;
    const std::size_t step = std::size_t{gridDim.x} * blockDim.x;
    std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
    for (; i + 3 * step < count; i += 4 * step) {
        const uint4 a = __ldcs(from + i), b = __ldcs(from + i + step), c = __ldcs(from + i + 2 * step), d = __ldcs(from + i + 3 * step);
        sum += a.x ^ a.y ^ a.z ^ a.w ^ b.x ^ b.y ^ b.z ^ b.w ^ c.x ^ c.y ^ c.z ^ c.w ^ d.x ^ d.y ^ d.z ^ d.w;
    }
    for (; i < count; i += step) sum += from[i].x ^ from[i].y ^ from[i].z ^ from[i].w;
    if (sum == 0x12345678u) *out = sum;
}

__global__ void __launch_bounds__(512, 2) meet_eight_times() {
    for (int i = 0; i < 8; ++i) cooperative_groups::this_cluster().sync();
}

void meeting(unsigned blocks, std::size_t grid, cudaStream_t stream) {
    cudaLaunchAttribute cluster{};
    cluster.id = cudaLaunchAttributeClusterDimension;
    cluster.val.clusterDim.x = blocks, cluster.val.clusterDim.y = cluster.val.clusterDim.z = 1;
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(static_cast<unsigned>(grid) * blocks), config.blockDim = dim3(512), config.stream = stream;
    config.attrs = &cluster, config.numAttrs = 1;
    expect(cudaFuncSetAttribute(reinterpret_cast<const void*>(meet_eight_times), cudaFuncAttributeNonPortableClusterSizeAllowed, 1), "cluster of 16");
    expect(cudaLaunchKernelEx(&config, meet_eight_times), "cluster");
}

struct floor_figures {
    double bytes_per_us = 0, empty = 0;
};

floor_figures measure_floor(const void* memory, std::size_t bytes, unsigned* out) {
    floor_figures found;
    const std::size_t piece = std::size_t{1} << 28;
    for (const unsigned grid : {264u, 528u, 1056u, 2112u}) {
        const timing t = time_of(bytes / piece, [&](std::size_t i, cudaStream_t s) {
            read_all<<<grid, 512, 0, s>>>(static_cast<const uint4*>(memory) + i * piece / 16, piece / 16, out);
        });
        found.bytes_per_us = std::max(found.bytes_per_us, static_cast<double>(piece) / t.median);
    }
    found.empty = time_of(32, [](std::size_t, cudaStream_t s) { nothing<<<1, 32, 0, s>>>(); }).median;
    const double alone = time_of(1, [](std::size_t, cudaStream_t s) { nothing<<<1, 32, 0, s>>>(); }).median;
    std::printf("read bandwidth %.0f GB/s; an empty launch in a graph of many %.2f us, of one %.2f us\n", found.bytes_per_us / 1000, found.empty, alone);
    for (const unsigned blocks : {1u, 2u, 4u, 8u, 16u}) {
        const double eight = time_of(32, [&](std::size_t, cudaStream_t s) { meeting(blocks, 1, s); }).median;
        std::printf("    eight barriers of a cluster of %2u and a launch: %.2f us\n", blocks, eight);
    }
    return found;
}

struct figure {
    std::string type, chain, rows;
    std::size_t batch, vocab;
    timing time;
    double limit;
};

template <class Scalar>
std::vector<figure> measure(const char* type, std::byte* pool, std::size_t pool_bytes, const floor_figures& limit, const std::vector<std::size_t>& batches, const std::vector<std::size_t>& vocabs, bool all_rows, unsigned blocks) {
    using pluck::combined;
    const std::pair<const char*, combined> chains[] = {
        {"temperature", {.temperature = 0.8f}},
        {"top-k 50", {.temperature = 0.8f, .top_k = 50}},
        {"top-p 0.9", {.temperature = 0.8f, .top_p = 0.9f}},
        {"top-k 50, top-p 0.9", {.temperature = 0.8f, .top_k = 50, .top_p = 0.9f}},
        {"min-p 0.05", {.temperature = 0.8f, .min_p = 0.05f}},
    };
    std::vector<figure> found;
    std::int32_t* tokens;
    expect(cudaMalloc(reinterpret_cast<void**>(&tokens), 4096 * 64 * sizeof(std::int32_t)), "cudaMalloc");
    for (const std::size_t vocab : vocabs) {
        const std::size_t pool_rows = pool_bytes / (vocab * sizeof(Scalar));
        for (const auto& shape : cuda_benchmark::shapes) {
            if (!all_rows && shape.kind != cuda_benchmark::row_kind::peaked && shape.kind != cuda_benchmark::row_kind::typical && shape.kind != cuda_benchmark::row_kind::flat) continue;
            // Some different rows, over and over.
            std::vector<Scalar> some;
            const std::size_t different = 32;
            for (std::size_t r = 0; r < different; ++r) cuda_benchmark::append_row(some, vocab, shape.kind, r);
            for (std::size_t r = 0; r + different <= pool_rows; r += different) {
                expect(cudaMemcpy(pool + r * vocab * sizeof(Scalar), r == 0 ? static_cast<const void*>(some.data()) : pool, different * vocab * sizeof(Scalar),
                                  r == 0 ? cudaMemcpyHostToDevice : cudaMemcpyDeviceToDevice), "rows");
            }
            const std::size_t usable = pool_rows / different * different;
            for (const std::size_t batch : batches) {
                const std::size_t buffers = std::clamp<std::size_t>(usable / batch, 1, 32);
                const auto run = [&](const char* chain_name, const auto& chain) {
                    const timing t = time_of(buffers, [&](std::size_t i, cudaStream_t s) {
                        const pluck::batch_view<Scalar> view{reinterpret_cast<const Scalar*>(pool) + i * (usable / buffers) * vocab, batch, vocab, static_cast<std::ptrdiff_t>(vocab), 1};
                        expect(pluck::cuda::sample_rows(view, chain, {.seed = 1, .position = i}, {.token = tokens + i * batch}, {.stream = s, .blocks = blocks}), "sample_rows");
                    });
                    const double least = static_cast<double>(batch * vocab * sizeof(Scalar)) / limit.bytes_per_us + limit.empty;
                    std::printf("%-8s %-20s %-12s B %4zu V %6zu  %8.2f us  p99 %8.2f  limit %7.2f  ratio %5.2f\n", type, chain_name, shape.name, batch, vocab, t.median, t.p99, least, t.median / least);
                    std::fflush(stdout);
                    found.push_back({type, chain_name, shape.name, batch, vocab, t, least});
                };
                for (const auto& [name, chain] : chains) run(name, chain);
                run("greedy", pluck::greedy{});
            }
        }
    }
    expect(cudaFree(tokens), "cudaFree");
    return found;
}

void write_json(const char* file, const char* device, const floor_figures& limit, const std::vector<figure>& figures) {
    std::FILE* out = std::fopen(file, "w");
    if (out == nullptr) return;
    std::fprintf(out, "{\"device\": \"%s\", \"read_gb_per_s\": %.1f, \"empty_launch_us\": %.3f, \"figures\": [\n", device, limit.bytes_per_us / 1000, limit.empty);
    for (std::size_t i = 0; i < figures.size(); ++i) {
        const figure& f = figures[i];
        std::fprintf(out, "{\"type\": \"%s\", \"chain\": \"%s\", \"rows\": \"%s\", \"batch\": %zu, \"vocab\": %zu, \"median_us\": %.3f, \"p99_us\": %.3f, \"limit_us\": %.3f}%s\n",
                     f.type.c_str(), f.chain.c_str(), f.rows.c_str(), f.batch, f.vocab, f.time.median, f.time.p99, f.limit, i + 1 < figures.size() ? "," : "");
    }
    std::fprintf(out, "]}\n");
    std::fclose(out);
}

}  // namespace

int main(int count, char** words) {
    const bool quick = count > 2;
    const unsigned blocks = count > 3 ? static_cast<unsigned>(std::atoi(words[3])) : 0;
    cudaDeviceProp device{};
    expect(cudaGetDeviceProperties(&device, 0), "cudaGetDeviceProperties");
    std::printf("%s, L2 %d MB\n", device.name, device.l2CacheSize >> 20);
    constexpr std::size_t bytes = std::size_t{3} << 30;
    std::byte* pool;
    unsigned* out;
    expect(cudaMalloc(reinterpret_cast<void**>(&pool), bytes), "cudaMalloc");
    expect(cudaMalloc(reinterpret_cast<void**>(&out), 4), "cudaMalloc");
    expect(cudaMemset(pool, 1, bytes), "cudaMemset");
    const floor_figures limit = measure_floor(pool, bytes, out);
    const std::vector<std::size_t> batches = quick ? std::vector<std::size_t>{1, 256, 1024} : std::vector<std::size_t>{1, 8, 32, 64, 128, 256, 512, 1024};
    const std::vector<std::size_t> vocabs = quick ? std::vector<std::size_t>{128256} : std::vector<std::size_t>{32000, 128256, 151936, 262144};
    std::vector<figure> figures = measure<float>("float", pool, bytes, limit, batches, vocabs, !quick, blocks);
    const auto more = measure<pluck::bfloat16>("bfloat16", pool, bytes, limit, batches, vocabs, !quick, blocks);
    figures.insert(figures.end(), more.begin(), more.end());
    if (count > 1) write_json(words[1], device.name, limit, figures);
}
