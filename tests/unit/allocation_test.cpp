// SPDX-License-Identifier: MIT
//
// No draw allocates once warm, and a draw that is refused memory says so. This file replaces the operators new and
// delete of the whole test program: they count, and can be told to refuse.
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/dynamic_chain.hpp>
#include <pluck/report.hpp>
#include <pluck/sample.hpp>
#include <pluck/thread_pool.hpp>
#include <pluck/urbg.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <new>
#include <random>
#include <span>
#include <thread>
#include <vector>

namespace {

thread_local std::size_t allocations = 0;                 // of this thread
thread_local std::size_t refuse_after = ~std::size_t{0};  // how many more allocations succeed

void* allocated(std::size_t size) noexcept {
    ++allocations;
    if (refuse_after == 0 || size > std::size_t{1} << 40) return nullptr;  // a sanitizer's malloc would rather stop
    if (refuse_after != ~std::size_t{0}) --refuse_after;
    return std::malloc(size == 0 ? 1 : size);
}
void* allocated_or_thrown(std::size_t size) {
    void* memory = allocated(size);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

// Within its scope, the allocations of this thread succeed `count` more times and then fail.
class refusing_after {
public:
    explicit refusing_after(std::size_t count) { refuse_after = count; }
    ~refusing_after() { refuse_after = ~std::size_t{0}; }
    refusing_after(const refusing_after&) = delete;
    refusing_after& operator=(const refusing_after&) = delete;
};

template <class F>
std::size_t allocations_of(const F& f) {
    const std::size_t before = allocations;
    f();
    return allocations - before;
}

}  // namespace

void* operator new(std::size_t size) { return allocated_or_thrown(size); }
void* operator new[](std::size_t size) { return allocated_or_thrown(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocated(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocated(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

// A type of a user's own whose view needs memory that it does not get.
struct refusing_row {
    bool refuse = false;
};
template <>
struct pluck::row_traits<refusing_row> {
    static pluck::logits_view<float> view(const refusing_row& x) {
        static constexpr float logits[] = {1, 3, 2};
        if (x.refuse) throw std::bad_alloc();
        return {logits, 3};
    }
};

using namespace pluck_test;
using pluck::logits_view;
using pluck::pick;
using pluck::sample;
using pluck::status;

namespace {

constexpr std::size_t vocab = 3000;

const std::array<pluck::combined, 6> settings = {
    pluck::combined{},
    pluck::combined{.temperature = 0},
    pluck::combined{.top_k = 50},
    pluck::combined{.top_p = {0.9, 5}},
    pluck::combined{.min_p = {0.01, 100}},
    pluck::combined{.temperature = 0.8, .top_k = 200, .top_p = 0.95, .min_p = 0.001}};

struct busy : pluck::stage {  // every primitive
    static constexpr pluck::verb does = pluck::verb::keep;
    template <class Row>
    void operator()(Row& row) const {
        row.keep_largest(2000);
        row.keep_mass(0.999f, 10);
        row.keep_at_least(row.best().score() - 20, 3);
        row.keep_mass_at_least(row.total() >> 30);
        row.drop_above(pluck::ranking_key{row.best().value - 1});
        row.scale(1.5);
    }
};
struct shift : pluck::stage {
    static constexpr pluck::verb does = pluck::verb::adjust;
    template <class Row>
    void operator()(Row& row) const {
        const std::array ids = {1, 2};
        static constexpr std::array<std::uint32_t, (vocab + 31) / 32> words = {~0u, ~0u, ~0u};
        row.edit(ids, [](float score, std::size_t) { return score + 1; });
        row.map([](float score, std::int32_t) { return score * 2; });
        row.mask(words);
    }
};

template <class Scalar>
std::vector<Scalar> row_of() {
    random_numbers numbers(3);
    std::vector<Scalar> row;
    for (std::size_t i = 0; i < vocab; ++i) {
        const auto logit = static_cast<float>(numbers.normal() * 3);
        if constexpr (std::is_same_v<Scalar, float>) row.push_back(logit);
        else if constexpr (std::is_same_v<Scalar, double>) row.push_back(double{logit});
        else row.push_back(Scalar{static_cast<std::uint16_t>(bits_of(logit) >> 16)});
    }
    return row;
}

template <class Row>
void expect_no_allocation(const Row& row) {
    pluck::workspace scratch;
    (void)sample(row, pluck::chain{}, {});
    (void)sample(row, pluck::chain{}, {}, scratch);
    std::size_t drawn = 0;
    const std::size_t made = allocations_of([&] {
        for (const pluck::combined& chain : settings) {
            for (int seed = 0; seed < 5; ++seed) {
                drawn += static_cast<bool>(sample(row, chain, {.seed = seed}));
                drawn += static_cast<bool>(sample(row, chain, {.seed = seed}, scratch));
            }
        }
        drawn += static_cast<bool>(sample(row, busy{} | pluck::greedy{}, {}));
        drawn += static_cast<bool>(sample(row, shift{} | busy{}, {}));
    });
    CHECK(made == 0);
    CHECK(drawn == 62);
}

}  // namespace

TEST_CASE("the counter counts, and refuses when told to") {
    CHECK(allocations_of([] { std::vector<int> some(100); }) == 1);
    const refusing_after scope(0);
    CHECK(::operator new(8, std::nothrow) == nullptr);
}

TEST_CASE("a warm draw allocates nothing: float, double, half, bfloat16, dense and strided") {
    const auto floats = row_of<float>();
    const auto doubles = row_of<double>();
    const auto halves = row_of<pluck::half>();
    const auto brains = row_of<pluck::bfloat16>();
    expect_no_allocation(floats);
    expect_no_allocation(doubles);
    expect_no_allocation(brains);
    expect_no_allocation(logits_view<float>{floats.data(), vocab / 3, 3});
    expect_no_allocation(logits_view<float>{floats.data() + vocab - 1, vocab, -1});
    expect_no_allocation(logits_view<pluck::bfloat16>{brains.data(), vocab / 2, 2});
    CHECK(allocations_of([&] { (void)sample(halves, pluck::greedy{}, {}); }) == 0);
}

TEST_CASE("a workspace that has made room allocates nothing, from the first draw on") {
    const auto row = row_of<float>();
    pluck::workspace scratch;
    REQUIRE(scratch.reserve(vocab));
    CHECK(allocations_of([&] {
              for (const pluck::combined& chain : settings) (void)sample(row, chain, {}, scratch);
          }) == 0);
    CHECK(allocations_of([&] { (void)sample(std::span(row).first(10), settings[5], {}, scratch); }) == 0);
    CHECK(allocations_of([&] { (void)scratch.reserve(vocab - 1); }) == 0);
}

TEST_CASE("a warm draw from a generator, an argmax and a bad row allocate nothing") {
    const auto row = row_of<float>();
    std::vector<float> nan = row;
    nan[77] = float_of(bits::nans[0]);
    std::mt19937 generator(1);
    (void)sample(row, settings[5], {});
    CHECK(allocations_of([&] {
              (void)sample(row, settings[5], generator);
              (void)pluck::argmax(row);
              (void)sample(nan, settings[5], {});
              (void)sample(logits_view<float>{nullptr, pluck::max_vocab + 1}, settings[5], {});
          }) == 0);
}

TEST_CASE("a warm batch allocates nothing on the calling thread") {
    const auto values = row_of<float>();
    const pluck::batch_view<float> batch{.data = values.data(), .rows = 10, .vocab = vocab / 10};
    const std::vector<pluck::key> keys(10);
    const std::vector<pluck::combined> chains(10, settings[5]);
    std::vector<pick> picks(10);
    pluck::sample_rows(batch, settings[5], keys, picks);
    CHECK(allocations_of([&] {
              pluck::sample_rows(batch, settings[5], keys, picks);
              pluck::sample_rows(batch, chains, keys, picks);
          }) == 0);
}

TEST_CASE("a workspace has room for as many tokens as it says, and not for one more") {
    pluck::workspace scratch;
    REQUIRE(scratch.reserve(100));
    CHECK(allocations_of([&] { CHECK(scratch.reserve(100)); }) == 0);
    CHECK(allocations_of([&] { (void)scratch.reserve(101); }) == 10);
    const refusing_after scope(0);
    CHECK(scratch.reserve(101));
    CHECK_FALSE(scratch.reserve(102));
}

TEST_CASE("absurd lengths are refused, not wrapped around") {
    pluck::workspace scratch;
    REQUIRE(scratch.reserve(8));
    const std::size_t most = std::numeric_limits<std::size_t>::max();
    for (const std::size_t length : {most, most - 63, most / 2, most / 4 + 1, most / 8 + 1}) {
        CHECK_FALSE(scratch.reserve(length));
    }
    CHECK(scratch.reserve(8));  // and it still works
    const std::vector<float> row = {1, 2, 3};
    CHECK(pluck::sample(row, pluck::greedy{}, {}, scratch).token == 2);
}

TEST_CASE("a draw that is refused memory says so, and the next one is none the worse") {
    const auto row = row_of<float>();
    const pick expected = sample(row, settings[5], {.seed = 1});
    REQUIRE(expected);
    for (std::size_t count = 0; count < 5; ++count) {  // the workspace's five arrays
        pluck::workspace scratch;
        {
            const refusing_after scope(count);
            CHECK(sample(row, settings[5], {.seed = 1}, scratch) == pick{-1, status::out_of_memory});
            CHECK_FALSE(scratch.reserve(vocab));
        }
        CHECK(sample(row, settings[5], {.seed = 1}, scratch) == expected);
    }
}

TEST_CASE("a workspace that is refused more memory keeps what it has") {
    const auto row = row_of<float>();
    const std::span<const float> part(row.data(), 100);
    pluck::workspace scratch;
    const pick expected = sample(part, settings[5], {.seed = 1}, scratch);
    REQUIRE(expected);
    for (std::size_t count = 0; count < 5; ++count) {
        const refusing_after scope(count);
        CHECK(sample(row, settings[5], {.seed = 1}, scratch) == pick{-1, status::out_of_memory});
        CHECK(sample(part, settings[5], {.seed = 1}, scratch) == expected);
    }
}

TEST_CASE("a thread that gets no memory for its own workspace reports it, then recovers") {
    const auto row = row_of<float>();
    const pick expected = sample(row, settings[2], {.seed = 1});
    pick refused{0, status::ok}, recovered;
    std::thread fresh([&] {
        {
            const refusing_after scope(0);
            refused = sample(row, settings[2], {.seed = 1});
        }
        recovered = sample(row, settings[2], {.seed = 1});
    });
    fresh.join();
    CHECK(refused == pick{-1, status::out_of_memory});
    CHECK(recovered == expected);
}

TEST_CASE("in a batch only the rows that need more memory than there is are refused") {
    const auto long_row = row_of<float>();
    const std::vector<float> short_row(long_row.begin(), long_row.begin() + 50);
    const std::vector<std::vector<float>> batch = {short_row, long_row, short_row};
    const std::vector<pluck::key> keys(3);
    std::vector<pick> picks(3);
    const pick expected = sample(short_row, settings[2], {});
    std::thread fresh([&] {
        (void)sample(short_row, settings[2], {});
        const refusing_after scope(0);
        pluck::sample_rows(batch, settings[2], keys, picks);
    });
    fresh.join();
    CHECK(picks[0] == expected);
    CHECK(picks[1] == pick{-1, status::out_of_memory});
    CHECK(picks[2] == expected);
}

TEST_CASE("a view that needs memory and gets none is a status, not an exception") {
    CHECK(sample(refusing_row{false}, pluck::greedy{}, {}) == pick{1, status::ok});
    CHECK(sample(refusing_row{true}, pluck::greedy{}, {}) == pick{-1, status::out_of_memory});
    const std::array batch = {refusing_row{false}, refusing_row{true}, refusing_row{false}};
    const std::vector<pluck::key> keys(3);
    std::vector<pick> picks(3);
    pluck::sample_rows(batch, pluck::greedy{}, keys, picks);
    CHECK(picks == std::vector<pick>{{1, status::ok}, {-1, status::out_of_memory}, {1, status::ok}});
    STATIC_REQUIRE(noexcept(sample(refusing_row{}, pluck::greedy{}, pluck::key{})));
}

TEST_CASE("a pool that is refused memory either runs all items once or throws before the first") {
    const pluck::thread_pool pool(4);
    std::size_t thrown = 0;
    for (std::size_t count = 0; count < 12; ++count) {
        std::array<std::atomic<int>, 8> calls = {};
        try {
            const refusing_after scope(count);
            pool(8, [&](std::size_t i) noexcept { ++calls[i]; });
            for (const auto& seen : calls) CHECK(seen == 1);
        } catch (const std::bad_alloc&) {
            ++thrown;
            for (const auto& seen : calls) CHECK(seen == 0);
        }
    }
    CHECK(thrown < 12);
    std::atomic<int> later = 0;
    pool(100, [&](std::size_t) noexcept { ++later; });
    CHECK(later == 100);
}

TEST_CASE("stages and chains are made without memory, but for what is refused") {
    CHECK(allocations_of([] {
              const auto chain = pluck::temperature(0.8) | pluck::top_k(50) | pluck::top_p(0.9) | pluck::min_p(0.1);
              pluck::combined made{.temperature = 0.5, .top_k = 3};
              made.top_p = 0.3;
              (void)chain;
              (void)pluck::as_chain(made);
              pluck::dynamic_chain rules = chain | pluck::greedy{};
              rules.clear();
              rules.add(pluck::temperature(0.8)).add(made.stages());
              (void)rules.size();
          }) == 0);
}

TEST_CASE("a draw by a dynamic chain allocates as little as by a typed one") {
    const auto row = row_of<float>();
    const pluck::dynamic_chain rules = pluck::temperature(0.8) | pluck::top_k(50) | pluck::top_p(0.9);
    (void)sample(row, rules, {});
    CHECK(allocations_of([&] {
              for (int i = 0; i < 20; ++i) (void)sample(row, rules, {.seed = i});
          }) == 0);
}

TEST_CASE("a report allocates nothing once warm, and says nothing where it is refused memory") {
    random_numbers numbers(1, 23);
    const std::vector<float> row = logits_of(shape::normal, vocab, numbers);
    std::array<std::int32_t, 30> ids{};
    std::array<float, 30> values{};
    const auto chain = pluck::temperature(0.5f) | pluck::top_p(0.9f);
    for (const pluck::base of : {pluck::base::raw, pluck::base::adjusted, pluck::base::tempered, pluck::base::chain}) {
        pluck::report said{.of = of, .top = {ids, values}};
        pluck::workspace scratch;
        const pick drawn = sample(row, chain, {}, said, scratch);
        CHECK(said.rank >= 0);
        CHECK(allocations_of([&] { (void)sample(row, chain, {}, said, scratch); }) == 0);
        for (std::size_t count = 0; count < 5 && of != pluck::base::chain; ++count) {
            pluck::workspace fresh;
            (void)sample(row, chain, {}, fresh);  // so that only the second row needs memory
            pick now;
            {
                const refusing_after some(count);
                now = sample(row, chain, {}, said, fresh);
            }
            CHECK(now == drawn);
            CHECK((said.rank == -1 && ids[0] == -1 && (bits_of(said.log_probability) & 0x7fffffffu) > 0x7f800000u));
            CHECK(said.kept > 0);
        }
    }
}
