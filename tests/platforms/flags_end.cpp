// SPDX-License-Identifier: MIT
//
// A program that draws while it ends: in what atexit() calls, and in the destructors of a static object and of a
// thread_local one that is older than the thread's first draw.
#include <pluck/sample.hpp>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

constexpr std::size_t vocab = 5000;

// Never freed.
const std::vector<double>& row() {
    static const auto& made = *new std::vector<double>([] {
        std::vector<double> logits;
        unsigned state = 1;
        for (std::size_t i = 0; i < vocab; ++i) logits.push_back((state = state * 1664525u + 1013904223u) * 0x1p-28);
        return logits;
    }());
    return made;
}

pluck::pick draw() { return pluck::sample(row(), pluck::top_k(200) | pluck::top_p(0.95f), {.seed = 3}); }

pluck::pick expected;

// Memory of the sizes that scratch memory has: an allocator hands out what was freed, and no draw may write to it.
void draw_at_the_end(const char* where) {
    std::vector<std::vector<float>> others;
    for (int i = 0; i < 16; ++i) others.emplace_back(vocab * (i % 4 == 0 ? 2 : 1), 7.5f);
    bool clean = true;
    for (int round = 0; round < 3; ++round) clean = clean && draw() == expected;
    for (const auto& other : others) {
        for (const float value : other) clean = clean && value == 7.5f;
    }
    if (clean) return;
    std::fprintf(stderr, "%s: not what was drawn before\n", where);
    _exit(1);
}

struct draws_when_destroyed {
    const char* where;
    ~draws_when_destroyed() { draw_at_the_end(where); }
};

const draws_when_destroyed last{"a static object's destructor"};

}  // namespace

int main() {
    thread_local const draws_when_destroyed older{"the main thread's destructors"};
    static_cast<void>(older.where);
    expected = draw();
    std::thread([] {
        thread_local const draws_when_destroyed older_here{"a thread's destructors"};
        static_cast<void>(older_here.where);
        static_cast<void>(draw());
    }).join();
    return std::atexit([] { draw_at_the_end("atexit()"); });
}
