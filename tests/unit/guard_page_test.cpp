// SPDX-License-Identifier: MIT
//
// Nothing is read outside of a row, and nothing is written to it: rows lie flush against pages that cannot be read, on
// pages that cannot be written.
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/sample.hpp>

#if defined(__unix__) || defined(__APPLE__)

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

using namespace pluck_test;
using pluck::logits_view;
using pluck::pick;
using pluck::sample;

namespace {

// A few pages between two that fault when touched.
class guarded_pages {
public:
    explicit guarded_pages(std::size_t pages) {
        page_ = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        size_ = pages * page_;
        void* all = mmap(nullptr, size_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (all == MAP_FAILED) throw std::runtime_error("mmap failed");
        base_ = static_cast<unsigned char*>(all);
        writable(true);
    }
    ~guarded_pages() { munmap(base_, size_ + 2 * page_); }
    guarded_pages(const guarded_pages&) = delete;
    guarded_pages& operator=(const guarded_pages&) = delete;

    unsigned char* begin() const { return base_ + page_; }
    unsigned char* end() const { return base_ + page_ + size_; }
    void writable(bool yes) const {
        if (mprotect(begin(), size_, yes ? PROT_READ | PROT_WRITE : PROT_READ) != 0) {
            throw std::runtime_error("mprotect failed");
        }
    }

private:
    std::size_t page_ = 0;
    std::size_t size_ = 0;
    unsigned char* base_ = nullptr;
};

template <class Scalar>
std::vector<Scalar> row_of(std::size_t size, std::uint64_t seed) {
    random_numbers numbers(seed, size);
    std::vector<Scalar> row;
    for (std::size_t i = 0; i < size; ++i) {
        const std::uint32_t bits = bits_of(static_cast<float>(numbers.normal() * 3));
        if constexpr (std::is_same_v<Scalar, float>) row.push_back(float_of(bits));
        else if constexpr (std::is_same_v<Scalar, double>) row.push_back(double{float_of(bits)});
        else row.push_back(Scalar{static_cast<std::uint16_t>(bits >> 16)});
    }
    return row;
}

template <class Scalar>
void expect_nothing_outside_is_touched() {
    const guarded_pages pages(2);
    tally seen;
    pluck::workspace scratch;
    const pluck::combined settings[] = {{},
                                        {.temperature = 0},
                                        {.top_k = 3},
                                        {.top_k = 70},
                                        {.top_p = 0.9},
                                        {.top_p = {0.5, 4}},
                                        {.min_p = 0.1},
                                        {.temperature = 0.7, .top_k = 40, .top_p = 0.9, .min_p = {0.02, 2}}};
    for (std::size_t size = 1; size <= 257; ++size) {
        const std::vector<Scalar> row = row_of<Scalar>(size, 1);
        const std::size_t bytes = size * sizeof(Scalar);
        // Flush with the upper guard, flush with the lower, and a byte off an element's place.
        for (unsigned char* at : {pages.end() - bytes, pages.begin(), pages.begin() + 1, pages.end() - bytes - 1}) {
            pages.writable(true);
            std::memcpy(at, row.data(), bytes);
            pages.writable(false);
            const logits_view<Scalar> view{reinterpret_cast<const Scalar*>(at), size};
            for (const pluck::combined& chain : settings) {
                const pluck::key key{.seed = size};
                const pick got = sample(view, chain, key, scratch);
                seen.expect(got && got == sample(row, chain, key), "size ", size);
            }
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

}  // namespace

TEST_CASE("nothing outside of a float row is touched, nor is the row written to") {
    expect_nothing_outside_is_touched<float>();
}
TEST_CASE("nothing outside of a bfloat16 row is touched, nor is the row written to") {
    expect_nothing_outside_is_touched<pluck::bfloat16>();
}
TEST_CASE("nothing outside of a half row is touched, nor is the row written to") {
    expect_nothing_outside_is_touched<pluck::half>();
}
TEST_CASE("nothing outside of a double row is touched, nor is the row written to") {
    expect_nothing_outside_is_touched<double>();
}

TEST_CASE("a strided row ends with its last element, not with its last stride") {
    const guarded_pages pages(4);
    tally seen;
    for (std::size_t size = 1; size <= 129; ++size) {
        const std::vector<float> row = row_of<float>(size, 2);
        for (const std::size_t stride : {2u, 3u, 8u}) {
            const std::size_t span = ((size - 1) * stride + 1) * sizeof(float);
            pages.writable(true);
            auto* const first = reinterpret_cast<float*>(pages.end() - span);
            for (std::size_t i = 0; i < size; ++i) first[i * stride] = row[i];
            auto* const low = reinterpret_cast<float*>(pages.begin());
            std::vector<float> backwards(row.rbegin(), row.rend());
            pages.writable(false);
            const auto step = static_cast<std::ptrdiff_t>(stride);
            const auto chain = pluck::top_k(20) | pluck::top_p(0.9f);
            seen.expect(sample(logits_view<float>{first, size, step}, chain, {}) == sample(row, chain, {}), "size ",
                        size);
            pages.writable(true);
            for (std::size_t i = 0; i < size; ++i) low[i * stride] = row[size - 1 - i];
            pages.writable(false);
            const logits_view<float> reversed{low + (size - 1) * stride, size, -step};
            seen.expect(sample(reversed, chain, {}) == sample(row, chain, {}), "size ", size, ", backwards");
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("the rows of a batch are read each within itself") {
    const guarded_pages pages(8);
    constexpr std::size_t rows = 5;
    for (const std::size_t vocab : {1u, 63u, 64u, 65u, 200u}) {
        const std::vector<float> values = row_of<float>(rows * vocab, 3);
        const std::size_t bytes = values.size() * sizeof(float);
        std::vector<pluck::key> keys;
        for (std::size_t i = 0; i < rows; ++i) keys.push_back({.seed = i});
        std::vector<pick> expected(rows);
        pluck::sample_rows(pluck::batch_view<float>{.data = values.data(), .rows = rows, .vocab = vocab},
                           pluck::top_p(0.9f), keys, expected);
        for (unsigned char* at : {pages.end() - bytes, pages.begin()}) {
            pages.writable(true);
            std::memcpy(at, values.data(), bytes);
            pages.writable(false);
            std::vector<pick> picks(rows);
            pluck::sample_rows(
                pluck::batch_view<float>{.data = reinterpret_cast<const float*>(at), .rows = rows, .vocab = vocab},
                pluck::top_p(0.9f), keys, picks);
            CHECK(picks == expected);
        }
    }
}

TEST_CASE("a row that is refused for its length or its size is not read at all") {
    const guarded_pages pages(1);
    const auto* beyond = reinterpret_cast<const float*>(pages.end());
    CHECK(sample(logits_view<float>{beyond, pluck::max_vocab + 1}, pluck::chain{}, {}).status ==
          pluck::status::row_too_long);
    CHECK(sample(logits_view<float>{beyond, 0}, pluck::chain{}, {}).status == pluck::status::no_candidate);
}

#endif
