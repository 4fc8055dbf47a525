// SPDX-License-Identifier: MIT
//
// All of pluck's headers in a program of a user's with flags and macros of their own, and a few draws: tests/platforms/
// flags compiles it in many ways. What a macro may break is included first, as it would be there.
#if defined(WITH_MACROS) || defined(USING_STD)
#include <Eigen/Core>
#include <unsupported/Eigen/CXX11/Tensor>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <concepts>
#include <limits>
#include <memory>
#include <new>
#include <random>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#if __has_include(<Eigen/ThreadPool>)
#include <Eigen/ThreadPool>
#else
#include <unsupported/Eigen/CXX11/ThreadPool>
#endif
#endif
#if defined(WITH_MACROS)  // as windows.h, C's <complex.h>, <sys/sysmacros.h> and g++ -std=gnu++20 have them
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define near
#define far
#define small char
#define interface struct
#define I (__extension__ 1.0iF)
#undef major
#define major(dev) gnu_dev_major(dev)
#undef minor
#define minor(dev) gnu_dev_minor(dev)
#undef unix
#define unix 1
#undef linux
#define linux 1
#endif
#if defined(USING_STD)
using namespace std;
#endif

#include <pluck/pluck.hpp>
#include <pluck/tensor.hpp>
#include <pluck/thread_pool.hpp>
#include <pluck/urbg.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <random>
#include <vector>

namespace {

int wrong = 0;

void expect(std::int32_t token, std::int32_t expected, const char* what) {
    if (token == expected) return;
    ++wrong;
    std::printf("%s: token %d, not %d\n", what, token, expected);
}

// Of 5,000 tokens, any multiple of 1/1024 in [-8, 8).
template <class Scalar, class Make>
std::vector<Scalar> row_of(const Make& make) {
    std::vector<Scalar> row;
    std::uint32_t state = 1;
    for (int i = 0; i < 5000; ++i) {
        state = state * 1664525u + 1013904223u;
        row.push_back(make(static_cast<int>(state >> 18) - 8192));
    }
    return row;
}

}  // namespace

int main() {
    const auto floats = row_of<float>([](int n) { return static_cast<float>(n) * 0x1p-10f; });
    const auto doubles = row_of<double>([](int n) { return n * 0x1p-10; });
    const auto halves = row_of<pluck::half>([](int n) { return pluck::half{static_cast<std::uint16_t>(n & 0xbfff)}; });
    const auto chain = pluck::temperature(0.8f) | pluck::top_k(400) | pluck::top_p(0.9f);
    const pluck::key key{.seed = 1};
    expect(pluck::sample(floats, chain, key).token, 3612, "a chain");
    expect(pluck::sample(doubles, chain, key).token, 3612, "doubles");
    expect(pluck::sample(halves, chain, key).token, 3612, "halves");
    expect(pluck::sample(floats, {.temperature = 2.0f, .min_p = 0.1f}, key).token, 3596, "min_p");
    expect(pluck::sample(floats, pluck::top_p(0.99f), key).token, 3596, "top_p");
    expect(pluck::sample(floats, pluck::temperature(1.5f) | pluck::rejection{}, key).token, 3197, "rejection");
    std::mt19937 generator(1);
    expect(pluck::sample(floats, chain, generator).token, 4697, "a generator");

    const Eigen::Map<const Eigen::VectorXf> vector(floats.data(), 5000);
    expect(pluck::sample(vector, chain, key).token, 3612, "Eigen's vector");
    const Eigen::TensorMap<const Eigen::Tensor<float, 1>> tensor(floats.data(), 5000);
    expect(pluck::sample(tensor, chain, key).token, 3612, "Eigen's tensor");
    if (pluck::candidates(floats, pluck::top_k(7)).size() != 7) ++wrong, std::puts("inspection");

    const pluck::batch_view<float> batch{.data = floats.data(), .rows = 10, .vocab = 500};
    const std::vector<pluck::key> keys(10, key);
    std::vector<pluck::pick> serial(10), threads(10);
    pluck::sample_rows(batch, chain, keys, serial);
    const pluck::thread_pool pool(3);
    pluck::sample_rows(batch, chain, keys, threads, pool);
    if (serial != threads) ++wrong, std::puts("the pool");
    return wrong;
}
