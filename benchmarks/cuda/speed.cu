// SPDX-License-Identifier: MIT
//
// What a batch of draws takes on a GPU, against the limit: the logits read once at the bandwidth measured here, and an
// empty launch; and beside peers, on the same rows. Each figure is a graph of draws over buffers that take turns, a GiB
// together, so that no row is in the L2 cache when it is drawn from.
//     speed [json file] [usual | quick | all] [seconds for all figures] [blocks a row]
#include "cuda/agreement.hpp"
#include "cuda/chains.hpp"
#include "cuda/rows.hpp"
#include "cuda/systems.hpp"
#include <pluck/detail/scalar.hpp>

#include <cuda_runtime.h>

#include <algorithm>
#include <chrono>
#include <cooperative_groups.h>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace cuda_benchmark;

void expect(cudaError_t error, const char* what) {
    if (error == cudaSuccess) return;
    std::printf("CUDA: %s: %s\n", what, cudaGetErrorString(error));
    std::exit(2);
}

struct timing {
    double median = 0, p99 = 0;  // microseconds
    bool graph = true;           // else a stream of launches, since the system cannot be captured
    cudaError_t refused = cudaSuccess;
};

/// launch(i, stream) is one draw on buffer i. A replay has one draw on each of `buffers`, in order; there are as many
/// replays as the given microseconds allow, and at least five.
template <class Launch>
timing time_of(std::size_t buffers, double allowed, const Launch& launch) {
    cudaStream_t stream;
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t ready = nullptr;
    cudaEvent_t begin, end;
    expect(cudaStreamCreate(&stream), "stream");
    const auto launch_all = [&] {
        cudaError_t error = cudaSuccess;
        for (std::size_t i = 0; i < buffers && error == cudaSuccess; ++i) error = launch(i, stream);
        return error;
    };
    if (const cudaError_t refused = launch_all(); refused != cudaSuccess) {  // also loads what is loaded late
        (void)cudaGetLastError();
        return {0, 0, false, refused};
    }
    expect(cudaEventCreate(&begin), "event"), expect(cudaEventCreate(&end), "event");
    expect(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal), "capture");
    const cudaError_t captured = launch_all();
    const bool whole = cudaStreamEndCapture(stream, &graph) == cudaSuccess && captured == cudaSuccess;
    if (whole) expect(cudaGraphInstantiate(&ready, graph, 0), "graph");
    else (void)cudaGetLastError();  // it has been dealt with
    std::vector<double> times;
    double spent = 0;
    for (int i = 0; i < 200 && (i < 7 || spent < allowed); ++i) {
        expect(cudaEventRecord(begin, stream), "event");
        expect(whole ? cudaGraphLaunch(ready, stream) : launch_all(), "replay");
        expect(cudaEventRecord(end, stream), "event");
        expect(cudaEventSynchronize(end), "replay");
        float ms = 0;
        expect(cudaEventElapsedTime(&ms, begin, end), "event");
        spent += ms * 1000.0;
        if (i >= 2) times.push_back(ms * 1000.0 / static_cast<double>(buffers));
    }
    std::sort(times.begin(), times.end());
    expect(cudaEventDestroy(begin), "event"), expect(cudaEventDestroy(end), "event");
    if (ready != nullptr) expect(cudaGraphExecDestroy(ready), "graph");
    if (graph != nullptr) expect(cudaGraphDestroy(graph), "graph");
    expect(cudaStreamDestroy(stream), "stream");
    return {times[times.size() / 2], times[times.size() * 99 / 100], whole, cudaSuccess};
}

__global__ void nothing() {}

__global__ void read_all(const uint4* from, std::size_t count, unsigned* out) {
    unsigned sum = 0;
    const std::size_t step = std::size_t{gridDim.x} * blockDim.x;
    std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
    for (; i + 3 * step < count; i += 4 * step) {
        const uint4 a = __ldcs(from + i), b = __ldcs(from + i + step), c = __ldcs(from + i + 2 * step),
                    d = __ldcs(from + i + 3 * step);
        sum += a.x ^ a.y ^ a.z ^ a.w ^ b.x ^ b.y ^ b.z ^ b.w ^ c.x ^ c.y ^ c.z ^ c.w ^ d.x ^ d.y ^ d.z ^ d.w;
    }
    for (; i < count; i += step) sum += from[i].x ^ from[i].y ^ from[i].z ^ from[i].w;
    if (sum == 0x12345678u) *out = sum;
}

__global__ void __launch_bounds__(512, 2) meet_eight_times() {
    for (int i = 0; i < 8; ++i) cooperative_groups::this_cluster().sync();
}

cudaError_t meeting(unsigned blocks, cudaStream_t stream) {
    cudaLaunchAttribute cluster{};
    cluster.id = cudaLaunchAttributeClusterDimension;
    cluster.val.clusterDim.x = blocks, cluster.val.clusterDim.y = cluster.val.clusterDim.z = 1;
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(blocks), config.blockDim = dim3(512), config.stream = stream;
    config.attrs = &cluster, config.numAttrs = 1;
    expect(cudaFuncSetAttribute(reinterpret_cast<const void*>(meet_eight_times),
                                cudaFuncAttributeNonPortableClusterSizeAllowed, 1),
           "cluster of 16");
    return cudaLaunchKernelEx(&config, meet_eight_times);
}

struct floor_figures {
    double bytes_per_us = 0, empty = 0;
};

floor_figures measure_floor(const void* memory, std::size_t bytes, unsigned* out) {
    constexpr double allowed = 20'000;
    floor_figures found;
    const std::size_t piece = std::size_t{1} << 28;
    for (const unsigned grid : {264u, 528u, 1056u, 2112u}) {
        const timing t = time_of(bytes / piece, allowed, [&](std::size_t i, cudaStream_t s) {
            read_all<<<grid, 512, 0, s>>>(static_cast<const uint4*>(memory) + i * piece / 16, piece / 16, out);
            return cudaGetLastError();
        });
        found.bytes_per_us = std::max(found.bytes_per_us, static_cast<double>(piece) / t.median);
    }
    const auto empty = [](std::size_t, cudaStream_t s) {
        nothing<<<1, 32, 0, s>>>();
        return cudaGetLastError();
    };
    found.empty = time_of(32, allowed, empty).median;
    std::printf("read bandwidth %.0f GB/s; an empty launch in a graph of many %.2f us, of one %.2f us\n",
                found.bytes_per_us / 1000, found.empty, time_of(1, allowed, empty).median);
    for (const unsigned blocks : {1u, 2u, 4u, 8u, 16u}) {
        const double eight =
            time_of(32, allowed, [&](std::size_t, cudaStream_t s) { return meeting(blocks, s); }).median;
        std::printf("    eight barriers of a cluster of %2u and a launch: %.2f us\n", blocks, eight);
    }
    return found;
}

#if PLUCK_FLASHINFER
constexpr const char* systems[] = {"pluck", "FlashInfer"};
#else
constexpr const char* systems[] = {"pluck"};
#endif
constexpr std::size_t ours = 0;
[[nodiscard]] bool has(std::size_t system, const chain& what) { return system == ours || flashinfer_has(what); }

struct figure {
    std::string type, chain, rows, system;
    std::size_t batch, vocab;
    timing time;
    double limit;
    bool agrees;
};

/// The device memory of a run, and its results.
class bench {
public:
    bench(const cudaDeviceProp& device, std::size_t largest_batch, std::size_t longest_row, double seconds,
          unsigned blocks)
        : device_(device), blocks_(blocks), seconds_(seconds) {
        pool_ = room<std::byte>(pool_bytes);
        expect(cudaMemset(pool_, 1, pool_bytes), "cudaMemset");
        limit_ = measure_floor(pool_, pool_bytes, room<unsigned>(1));
        tokens_ = room<std::int32_t>(most_buffers * largest_batch);
        std::vector<float> temperature, top_p;
        std::vector<std::int32_t> top_k;
        std::vector<std::uint64_t> sequence;
        const chain* mixed = std::find_if(std::begin(chains), std::end(chains), [](const chain& c) { return c.mixed; });
        for (std::size_t row = 0; row < largest_batch; ++row) {
            const chain own = of_row(*mixed, row);
            temperature.push_back(own.temperature), top_p.push_back(own.top_p), sequence.push_back(row);
            top_k.push_back(own.top_k == 0 ? 1 << 24 : own.top_k);
        }
        each_ = {loaded(temperature), loaded(top_k), loaded(top_p), loaded(sequence)};
#if PLUCK_FLASHINFER
        own_ = {room<float>(largest_batch * longest_row),
                room<float>(largest_batch * longest_row),
                room<float>(largest_batch * 256),
                room<std::int32_t>(largest_batch * 256),
                room<bool>(largest_batch),
                room<std::byte>(workspace_bytes),
                room<std::byte>(workspace_bytes)};
        expect(cudaMemset(own_.states, 0, workspace_bytes), "cudaMemset");
#else
        (void)longest_row;
#endif
        for (std::size_t system = 0; system < std::size(systems); ++system)
            for (std::size_t i = 0; i < std::size(chains); ++i)
                if (has(system, chains[i])) agrees_[{system, i}] = agrees(system, i);
    }

    /// Times every system and chain over batches of rows of one type; writes what there is after each kind of row.
    template <class Scalar>
    void measure(const char* type, const std::vector<std::size_t>& batches, const std::vector<std::size_t>& vocabs,
                 const std::string& extent, const char* file) {
        for (const std::size_t vocab : vocabs) {
            for (const named_shape& shape : shapes) {
                if (!timed(shape, extent)) continue;
                const std::size_t usable = fill<Scalar>(vocab, shape.kind);
                for (const std::size_t batch : batches) {
                    for (std::size_t system = 0; system < std::size(systems); ++system) {
                        for (std::size_t i = 0; i < std::size(chains); ++i) {
                            if (!counts(system, chains[i], shape)) continue;
                            const timing t = time_one<Scalar>(system, chains[i], batch, vocab, usable);
                            const double least =
                                static_cast<double>(batch * vocab * sizeof(Scalar)) / limit_.bytes_per_us +
                                limit_.empty;
                            tell({type, chains[i].name, shape.name, systems[system], batch, vocab, t, least,
                                  agrees_.at({system, i})});
                        }
                    }
                }
                if (file != nullptr) write_json(file);
            }
        }
    }

    /// The number of figures of each of three types that are to come: they share the time.
    void expect_figures(std::size_t cells, const std::string& extent) {
        left_ = 0;
        for (const named_shape& shape : shapes) {
            for (std::size_t system = 0; system < std::size(systems) && timed(shape, extent); ++system)
                for (const chain& what : chains) left_ += counts(system, what, shape) ? 3 * cells : 0;
        }
        end_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(static_cast<std::int64_t>(seconds_ * 1000));
    }

private:
    void write_json(const char* file) const {
        std::FILE* out = std::fopen(file, "w");
        if (out == nullptr) return;
        std::fprintf(out, "{\"device\": \"%s\", \"read_gb_per_s\": %.1f, \"empty_launch_us\": %.3f, \"figures\": [\n",
                     device_.name, limit_.bytes_per_us / 1000, limit_.empty);
        for (std::size_t i = 0; i < found_.size(); ++i) {
            const figure& f = found_[i];
            std::fprintf(out,
                         "{\"type\": \"%s\", \"chain\": \"%s\", \"rows\": \"%s\", \"system\": \"%s\", \"batch\": %zu, "
                         "\"vocab\": %zu, \"median_us\": %.3f, \"p99_us\": %.3f, \"limit_us\": %.3f, \"agrees\": %s, "
                         "\"graph\": %s}%s\n",
                         f.type.c_str(), f.chain.c_str(), f.rows.c_str(), f.system.c_str(), f.batch, f.vocab,
                         f.time.median, f.time.p99, f.limit, f.agrees ? "true" : "false",
                         f.time.graph ? "true" : "false", i + 1 < found_.size() ? "," : "");
        }
        std::fprintf(out, "]}\n");
        std::fclose(out);
    }

    static constexpr std::size_t pool_bytes = std::size_t{1} << 30;  // the largest batch here, and many times any L2
    static constexpr std::size_t most_buffers = 32;

    template <class T>
    [[nodiscard]] static T* room(std::size_t count) {
        T* memory;
        expect(cudaMalloc(reinterpret_cast<void**>(&memory), count * sizeof(T)), "cudaMalloc");
        return memory;
    }
    template <class T>
    [[nodiscard]] static T* loaded(const std::vector<T>& from) {
        T* memory = room<T>(from.size());
        expect(cudaMemcpy(memory, from.data(), from.size() * sizeof(T), cudaMemcpyHostToDevice), "cudaMemcpy");
        return memory;
    }

    /// The worst rows are timed for pluck alone: where all logits are equal, peers keep all of them, or other ones.
    [[nodiscard]] static bool worst(const named_shape& shape) { return shape.kind > row_kind::flat; }
    [[nodiscard]] static bool timed(const named_shape& shape, const std::string& extent) {
        return !worst(shape) || extent == "all" || (extent == "usual" && shape.kind == row_kind::all_equal);
    }
    [[nodiscard]] static bool counts(std::size_t system, const chain& what, const named_shape& shape) {
        return has(system, what) && (system == ours || !worst(shape));
    }

    template <class Scalar>
    [[nodiscard]] cudaError_t draw(std::size_t system, const chain& what, const work<Scalar>& on) const {
#if PLUCK_FLASHINFER
        if (system != ours) return draw_by_flashinfer(what, on, own_);
#endif
        (void)system;
        return draw_by_pluck(what, on, blocks_);
    }

    /// Fills the pool with some different rows, repeated; returns how many different ones there are.
    template <class Scalar>
    [[nodiscard]] std::size_t fill(std::size_t vocab, row_kind kind) const {
        constexpr std::size_t different = 32;
        std::vector<Scalar> some;
        for (std::size_t r = 0; r < different; ++r) append_row(some, vocab, kind, r);
        const std::size_t bytes = some.size() * sizeof(Scalar);
        const std::size_t times = pool_bytes / bytes;
        expect(cudaMemcpy(pool_, some.data(), bytes, cudaMemcpyHostToDevice), "rows");
        for (std::size_t i = 1; i < times; ++i)
            expect(cudaMemcpy(pool_ + i * bytes, pool_, bytes, cudaMemcpyDeviceToDevice), "rows");
        return times * different;
    }

    template <class Scalar>
    [[nodiscard]] timing time_one(std::size_t system, const chain& what, std::size_t batch, std::size_t vocab,
                                  std::size_t usable) {
        const std::size_t buffers = std::clamp<std::size_t>(usable / batch, 1, most_buffers);
        const std::chrono::duration<double, std::micro> rest = end_ - std::chrono::steady_clock::now();
        const double allowed = rest.count() / static_cast<double>(left_ == 0 ? 1 : left_);
        if (left_ > 0) --left_;
        return time_of(buffers, allowed, [&](std::size_t i, cudaStream_t stream) {
            const Scalar* logits = reinterpret_cast<const Scalar*>(pool_) + i * (usable / buffers) * vocab;
            return draw(system, what,
                        work<Scalar>{logits, static_cast<std::uint32_t>(batch), static_cast<std::uint32_t>(vocab),
                                     each_, i, tokens_ + i * batch, stream});
        });
    }

    /// Whether a system draws from a chain's distribution. Of float logits: of narrow ones many tie at a cut, where
    /// peers keep all of them.
    [[nodiscard]] bool agrees(std::size_t system, std::size_t which) const {
        // FlashInfer takes other code paths where there are many rows, and where they are long.
        constexpr struct { std::size_t vocab, rows, launches; } trials[] = {{3000, 1024, 8}, {70000, 64, 128}};
        const chain& what = chains[which];
        const std::size_t kinds = what.mixed ? requests : 1;
        bool same = true;
        for (const auto& [vocab, rows, launches] : trials) {
            for (const row_kind kind : {row_kind::peaked, row_kind::typical}) {
                std::vector<float> row, all;
                append_row(row, vocab, kind, 7);
                for (std::size_t r = 0; r < rows; ++r) all.insert(all.end(), row.begin(), row.end());
                expect(cudaMemcpy(pool_, all.data(), all.size() * sizeof(float), cudaMemcpyHostToDevice), "rows");
                std::vector<std::vector<std::uint64_t>> counts(kinds, std::vector<std::uint64_t>(vocab, 0));
                std::vector<std::int32_t> tokens(rows);
                for (std::size_t i = 0; i < launches; ++i) {
                    const work<float> on{reinterpret_cast<const float*>(pool_),
                                         static_cast<std::uint32_t>(rows),
                                         static_cast<std::uint32_t>(vocab),
                                         each_,
                                         i,
                                         tokens_,
                                         nullptr};
                    if (const cudaError_t error = draw(system, what, on); error != cudaSuccess) {
                        std::printf("%s: %s: %s\n", systems[system], what.name, cudaGetErrorString(error));
                        (void)cudaGetLastError();
                        return false;
                    }
                    expect(cudaMemcpy(tokens.data(), tokens_, rows * sizeof(std::int32_t), cudaMemcpyDeviceToHost),
                           what.name);
                    for (std::size_t r = 0; r < rows; ++r) {
                        const auto token = static_cast<std::size_t>(tokens[r]);  // of a negative one it is too large
                        if (token >= vocab) return false;
                        ++counts[r % kinds][token];
                    }
                }
                for (std::size_t request = 0; request < kinds; ++request)
                    same = same && pluck_agrees(row.data(), vocab, which, request, counts[request].data()) == 1;
            }
        }
        return same;
    }

    void tell(const figure& f) {
        if (f.time.refused != cudaSuccess) {
            std::printf("%-10s %-8s %-20s %-12s B %4zu V %6zu  %s\n", f.system.c_str(), f.type.c_str(), f.chain.c_str(),
                        f.rows.c_str(), f.batch, f.vocab, cudaGetErrorString(f.time.refused));
            return;
        }
        found_.push_back(f);
        std::printf("%-10s %-8s %-20s %-12s B %4zu V %6zu  %8.2f us  p99 %8.2f  limit %7.2f  ratio %5.2f%s%s\n",
                    f.system.c_str(), f.type.c_str(), f.chain.c_str(), f.rows.c_str(), f.batch, f.vocab, f.time.median,
                    f.time.p99, f.limit, f.time.median / f.limit, f.agrees ? "" : "  DISAGREES",
                    f.time.graph ? "" : "  no graph");
        std::fflush(stdout);
    }

    cudaDeviceProp device_;
    unsigned blocks_;
    double seconds_;
    std::byte* pool_ = nullptr;
    floor_figures limit_;
    std::int32_t* tokens_ = nullptr;
    row_parameters each_{};
#if PLUCK_FLASHINFER
    scratch own_{};
#endif
    std::map<std::pair<std::size_t, std::size_t>, bool> agrees_;  // of system and chain
    std::vector<figure> found_;
    std::size_t left_ = 0;  // figures
    std::chrono::steady_clock::time_point end_{};
};

}  // namespace

int main(int count, char** words) {
    const char* file = count > 1 ? words[1] : nullptr;
    const std::string extent = count > 2 ? words[2] : "usual";
    const double seconds = count > 3 ? std::atof(words[3]) : 200;
    const unsigned blocks = count > 4 ? static_cast<unsigned>(std::atoi(words[4])) : 0;
    cudaDeviceProp device{};
    expect(cudaGetDeviceProperties(&device, 0), "cudaGetDeviceProperties");
    std::printf("%s, L2 %d MB\n", device.name, device.l2CacheSize >> 20);
    std::vector<std::size_t> batches = {1, 8, 64, 256, 1024};
    std::vector<std::size_t> vocabs = {32000, 128256, 151936, 262144};
    if (extent == "quick") batches = {1, 256, 1024}, vocabs = {128256};
    if (extent == "all") batches = {1, 4, 8, 32, 64, 128, 256, 512, 1024};
    bench all(device, batches.back(), vocabs.back(), seconds, blocks);
    all.expect_figures(batches.size() * vocabs.size(), extent);
    all.measure<float>("float", batches, vocabs, extent, file);
    all.measure<pluck::bfloat16>("bfloat16", batches, vocabs, extent, file);
    all.measure<pluck::half>("half", batches, vocabs, extent, file);
}
