// SPDX-License-Identifier: MIT
//
// Draws while a thread, or the program, ends: by then the thread's scratch memory may be gone.
#include "support/catch.hpp"
#include "support/child.hpp"
#include "support/logit_cases.hpp"
#include <pluck/sample.hpp>

#include <cstddef>
#include <cstdlib>
#include <thread>
#include <vector>

using namespace pluck_test;

namespace {

constexpr std::size_t vocab = 5000;

// Doubles, which are drawn from by way of scratch memory whatever the chain.
const std::vector<double>& row() {
    static const std::vector<double>& logits = *[] {
        random_numbers numbers(1);
        auto* made = new std::vector<double>;  // never freed: it is still drawn from when statics are gone
        for (std::size_t i = 0; i < vocab; ++i) made->push_back(numbers.normal() * 3);
        return made;
    }();
    return logits;
}

pluck::pick draw() {
    return pluck::sample(row(), pluck::temperature(0.9f) | pluck::top_k(200) | pluck::top_p(0.95f), {.seed = 3});
}

// Whether a draw gives that pick, and leaves alone what is not its own: memory of the sizes that scratch memory has, so
// that the allocator hands out what was freed.
bool draws_cleanly(const pluck::pick& expected) {
    std::vector<std::vector<float>> others;
    for (int i = 0; i < 16; ++i) others.emplace_back(vocab * (i % 4 == 0 ? 2 : 1), 7.5f);
    bool clean = true;
    for (int round = 0; round < 3; ++round) clean = clean && draw() == expected;
    for (const auto& other : others) {
        for (const float value : other) clean = clean && value == 7.5f;
    }
    return clean;
}

struct draws_when_destroyed {
    bool* clean = nullptr;
    pluck::pick expected{};
    draws_when_destroyed() = default;
    draws_when_destroyed(const draws_when_destroyed&) = delete;
    draws_when_destroyed& operator=(const draws_when_destroyed&) = delete;
    ~draws_when_destroyed() {
        if (clean != nullptr) *clean = draws_cleanly(expected);
    }
};

bool is_clean_at_thread_exit(bool draws_before) {
    const pluck::pick expected = draw();
    bool clean = false;
    std::thread([&] {
        thread_local draws_when_destroyed older;
        older.expected = expected;
        older.clean = &clean;
        if (draws_before && draw() != expected) older.clean = nullptr;
    }).join();
    return clean;
}

}  // namespace

// MinGW frees a thread_local object before its destructor runs, so that such an object cannot tell what it saw.
#if !defined(__MINGW32__)

TEST_CASE("the destructor of a thread_local object that is older than the thread's first draw can draw") {
    for (int round = 0; round < 5; ++round) CHECK(is_clean_at_thread_exit(true));
}

TEST_CASE("a thread's first draw may be made while the thread ends") {
    for (int round = 0; round < 5; ++round) CHECK(is_clean_at_thread_exit(false));
}

#endif

TEST_CASE("what other destructors of the thread do with memory does not reach its scratch memory") {
    struct fills_memory {
        bool used = false;
        ~fills_memory() {
            std::vector<std::vector<unsigned char>> blocks;
            for (std::size_t i = 0; i < 400; ++i) blocks.emplace_back(16 + 2 * i, static_cast<unsigned char>(7));
        }
    };
    const pluck::pick expected = draw();
    for (int round = 0; round < 20; ++round) {
        pluck::pick picked{};
        std::thread([&] {
            picked = draw();
            thread_local fills_memory younger;  // so that it goes before the scratch memory
            younger.used = true;
        }).join();
        CHECK(picked == expected);
    }
}

TEST_CASE("a thread that is new draws as one did that has ended") {
    const pluck::pick expected = draw();
    for (int round = 0; round < 5; ++round) {
        pluck::pick picked{};
        std::thread([&] { picked = draw(); }).join();
        CHECK(picked == expected);
    }
}

#if PLUCK_TEST_CHILDREN

namespace {

pluck::pick expected_at_exit;

void end_as(bool clean) {
    if (!clean) _exit(9);
}

struct last_to_go {
    ~last_to_go() { end_as(draws_cleanly(expected_at_exit)); }
};

int end_with_a_static_object() {
    static last_to_go last;
    return draw() == expected_at_exit ? 5 : 6;
}

int end_by_atexit() {
    if (std::atexit([] { end_as(draws_cleanly(expected_at_exit)); }) != 0) return 7;
    return draw() == expected_at_exit ? 5 : 6;
}

}  // namespace

TEST_CASE("the destructor of a static object can draw, and so can what atexit() calls") {
    expected_at_exit = draw();
    CHECK(exit_code_of_child(end_with_a_static_object) == 5);
    CHECK(exit_code_of_child(end_by_atexit) == 5);
}

TEST_CASE("a program's first draw may be made while the program ends") {
    std::thread([] { expected_at_exit = draw(); }).join();
    CHECK(exit_code_of_child([] {
              static last_to_go last;
              return 5;
          }) == 5);
}

#endif
