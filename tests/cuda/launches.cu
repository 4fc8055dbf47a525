// SPDX-License-Identifier: MIT
//
// What the host's side of a launch does, with a fake of CUDA's run-time library (support/fake_runtime.hpp): how much
// shared memory it asks for, what it sets and queries, from one thread and from two, and what it refuses.
#include "cuda/support/fake_runtime.hpp"
#include <pluck/cuda/sample.cuh>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using pluck_test::fake, pluck_test::fake_current;

namespace {

int failures = 0;

void check(bool holds, const char* what, long long seen = 0) {
    if (holds) return;
    ++failures;
    std::printf("FAILED: %s (%lld)\n", what, seen);
}

/// Never read: nothing is launched.
pluck::batch_view<float> batch(std::size_t rows, std::size_t vocab) {
    static float memory[16];
    return {memory, rows, vocab, static_cast<std::ptrdiff_t>(vocab), 1};
}

cudaError_t draw(std::size_t rows, std::size_t vocab, unsigned blocks = 0) {
    return pluck::cuda::sample_rows(batch(rows, vocab), pluck::greedy{}, {}, {}, {.blocks = blocks});
}

template <class F>
std::string refusal_of(const F& f) {
    try {
        (void)f();
    } catch (const std::invalid_argument& refused) {
        return refused.what();
    }
    return {};
}

/// Among these lengths are rows for which the kernel's own shared memory leaves no room.
void every_length_can_be_launched() {
    for (std::size_t vocab = 79'000; vocab < 80'200; vocab += 8) {
        check(draw(66, vocab, 2) == cudaSuccess, "a row in two blocks", static_cast<long long>(vocab));
        check(draw(40, vocab + 1) == cudaSuccess, "a row in as many blocks as are chosen",
              static_cast<long long>(vocab));
    }
    check(fake().refused == 0, "launches that the device refused", fake().refused);
}

/// Two threads launch the same kernel with rows of different lengths.
void threads_do_not_take_shared_memory_from_each_other() {
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    const int before = fake().refused;
    for (const std::size_t vocab : {std::size_t{2'000}, std::size_t{50'000}}) {
        threads.emplace_back([&wrong, vocab] {
            for (int i = 0; i < 20'000; ++i) wrong += draw(4, vocab, 1) == cudaSuccess ? 0 : 1;
        });
    }
    for (auto& thread : threads) thread.join();
    check(wrong == 0 && fake().refused == before, "launches from two threads fail", wrong);
    for (const auto& [kernel, values] : fake().ever_allowed)
        check(values.size() == 1, "different limits of one kernel's shared memory",
              static_cast<long long>(values.size()));
}

void a_device_is_asked_once() {
    for (const int device : {0, 1, 2}) {
        fake_current = device;
        (void)draw(4, 50'000);
        const int queries = fake().queries, settings = fake().settings, launches = fake().launches;
        check(device == 0 || queries == 5, "queries of the first launch", queries);
        for (int i = 0; i < 100; ++i) check(draw(4, 50'000) == cudaSuccess, "a launch");
        check(fake().queries == queries, "queries of later launches", fake().queries - queries);
        check(fake().settings == settings, "settings of later launches", fake().settings - settings);
        check(fake().launches == launches + 100, "launches", fake().launches - launches);
    }
    fake_current = 1;
    pluck_test::fake_devices[1].shared_of_block = 1;  // nobody asks again
    check(draw(4, 50'000) == cudaSuccess, "a launch on a known device");
    pluck_test::fake_devices[1].shared_of_block = 232'448;
    fake_current = 0;
}

void a_device_that_was_reset_is_set_up_again() {
    fake().reset();
    check(draw(4, 50'000, 1) == cudaSuccess, "the first launch after a reset");
    check(cudaGetLastError() == cudaSuccess, "what the refused launch leaves behind");
}

void no_draws_launch_nothing() {
    const int launches = fake().launches;
    const std::span<const std::int32_t> none;
    const pluck::cuda::results out{};
    check(pluck::cuda::sample_rows(batch(4, 100), pluck::greedy{}, {}, out, {.indices = none}) == cudaSuccess,
          "a launch of no draws");
    check(fake().launches == launches, "launches of no draws", fake().launches - launches);
    check(!refusal_of([&] {
               return pluck::cuda::sample_rows(batch(4, 100), pluck::greedy{}, {}, out, {.slots = none});
           }).empty(),
          "no slots for four rows are taken");
}

void masked_logits_are_in_place_or_apart() {
    std::vector<float> memory(10'000);
    const pluck::batch_view<float> logits{memory.data(), 4, 100, 100, 1};
    const std::int32_t on_device[4] = {};
    using some_rows = std::optional<std::span<const std::int32_t>>;
    const auto mask = [&](float* out, std::ptrdiff_t stride, some_rows indices) {
        return refusal_of([&] {
            return pluck::cuda::mask_logits(logits, pluck::top_k(5), out, stride, nullptr, {.indices = indices});
        });
    };
    const auto first = [&](std::size_t n) { return std::span(on_device, n); };
    check(mask(memory.data(), 100, {}).empty(), "in place is refused");
    check(mask(memory.data() + 400, 100, first(4)).empty(), "another place is refused");
    check(mask(memory.data(), 100, first(1)).empty(), "one draw in place is refused");
    const std::string refused = mask(memory.data(), 100, first(4));
    check(refused.find("mask_logits: out must not overlap the logits") != std::string::npos, "in place with indices");
    check(!mask(memory.data() + 100, 100, {}).empty(), "a row further on is not refused");
}

void more_of_the_best_than_can_be_ranked_are_refused() {
    const int launches = fake().launches;
    pluck::cuda::results out{.top = {.count = 1025}};
    const std::string refused =
        refusal_of([&] { return pluck::cuda::sample_rows(batch(4, 100), pluck::greedy{}, {}, out); });
    check(refused.find("sample_rows: top.count must be <= 1024, got 1025") != std::string::npos, "1025 of the best");
    check(fake().launches == launches, "launches of what is refused", fake().launches - launches);
    out.top.count = 1024;
    check(pluck::cuda::sample_rows(batch(4, 100), pluck::greedy{}, {}, out) == cudaSuccess, "1024 of the best");
}

}  // namespace

int main() {
    every_length_can_be_launched();
    threads_do_not_take_shared_memory_from_each_other();
    a_device_is_asked_once();
    a_device_that_was_reset_is_set_up_again();
    no_draws_launch_nothing();
    masked_logits_are_in_place_or_apart();
    more_of_the_best_than_can_be_ranked_are_refused();
    std::printf(failures == 0 ? "all checks hold\n" : "%d checks fail\n", failures);
    return failures == 0 ? 0 : 1;
}
