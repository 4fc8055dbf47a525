// SPDX-License-Identifier: MIT
//
// What does it cost that a chain is chosen at run time? The same stages, typed and in a dynamic_chain, call by call in
// turn on the same rows; the median of each, and the median of what the one takes more than the other.
//
// dynamic_chain [DRAWS], 2,000 of each by default. It needs no library but pluck.
#include "support/rows.hpp"
#include <pluck/dynamic_chain.hpp>
#include <pluck/sample.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

using namespace pluck_bench;

namespace {

std::size_t draws = 2000;
std::int64_t tokens = 0;  // so that no draw is left out

double median(std::vector<double> of) {
    const auto middle = of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2);
    std::nth_element(of.begin(), middle, of.end());
    return *middle;
}

/// The nanoseconds of a draw. A short row is drawn from several times.
template <class Chain>
double time_of(const std::vector<float>& row, const Chain& chain, std::uint64_t position, std::size_t times) {
    using clock = std::chrono::steady_clock;
    const auto start = clock::now();
    for (std::size_t i = 0; i < times; ++i)
        tokens += pluck::sample(row, chain, {.seed = 1, .sequence = i, .position = position}).token;
    return std::chrono::duration<double, std::nano>(clock::now() - start).count() / static_cast<double>(times);
}

template <class Chain>
void compare(const char* name, std::size_t vocab, const Chain& typed) {
    const pluck::dynamic_chain chosen = typed;
    const auto& rows = rows_of(vocab, shape::typical);
    const std::size_t times = std::clamp<std::size_t>(16384 / vocab, 1, 64);
    std::vector<double> first, second, more;
    for (std::size_t i = 0; i < draws; ++i) {
        const std::vector<float>& row = rows[i % rows.size()];
        tokens += pluck::sample(row, typed, {.seed = i}).token;  // untimed: the row is in the cache for both
        const auto one = [&] { first.push_back(time_of(row, typed, i, times)); };
        const auto other = [&] { second.push_back(time_of(row, chosen, i, times)); };
        if (i % 2 == 0) one(), other();
        else other(), one();
        more.push_back(second.back() - first.back());
    }
    const double typed_ns = median(first), chosen_ns = median(second);
    std::printf("%-42s %7zu %11.0f %11.0f %9.0f %7.2f\n", name, vocab, typed_ns, chosen_ns, median(more),
                chosen_ns / typed_ns);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1) draws = std::max<std::size_t>(std::strtoul(argv[1], nullptr, 10), 10);
    using pluck::greedy, pluck::min_p, pluck::rejection, pluck::temperature, pluck::top_k, pluck::top_p;
    std::printf("%-42s %7s %11s %11s %9s %7s\n", "chain", "vocab", "typed ns", "dynamic ns", "more ns", "ratio");
    for (const std::size_t vocab : {std::size_t{256}, std::size_t{32000}, std::size_t{128256}}) {
        compare("(none)", vocab, pluck::chain{});
        compare("greedy", vocab, greedy{});
        compare("temperature", vocab, pluck::chain{temperature(0.8f)});
        compare("temperature, top_k 40", vocab, temperature(0.8f) | top_k(40));
        compare("temperature, top_k 40, top_p 0.95", vocab, temperature(0.8f) | top_k(40) | top_p(0.95f));
        compare("temperature, top_p 0.9", vocab, temperature(0.8f) | top_p(0.9f));
        compare("temperature, min_p 0.05", vocab, temperature(0.8f) | min_p(0.05f));
        compare("temperature, rejection", vocab, temperature(0.8f) | rejection{});
    }
    std::fprintf(stderr, "sum of the tokens: %lld\n", static_cast<long long>(tokens));
}
