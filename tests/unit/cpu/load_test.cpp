// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/cpu/load.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

using namespace pluck_test;

namespace {

template <class Scalar>
std::vector<float> loaded(const pluck::logits_view<Scalar>& view) {
    std::vector<float> scratch(view.size + 1, -77.0f);
    const float* scores = pluck::cpu::load(view, scratch.data());
    CHECK(bits_of(scratch.back()) == bits_of(-77.0f));  // nothing is written past the row
    return {scores, scores + view.size};
}

}  // namespace

TEST_CASE("floats that lie side by side are looked at where they are") {
    const float values[] = {1, 2, 3};
    float scratch[3];
    CHECK(pluck::cpu::load(pluck::logits_view<float>{values, 3}, scratch) == values);
}

TEST_CASE("any other row is copied, element by element") {
    const float values[] = {1, 2, 3, 4, 5, 6};
    CHECK(loaded(pluck::logits_view<float>{values, 3, 2}) == std::vector<float>{1, 3, 5});
    CHECK(loaded(pluck::logits_view<float>{values + 5, 6, -1}) == std::vector<float>{6, 5, 4, 3, 2, 1});
    CHECK(loaded(pluck::logits_view<float>{values + 2, 4, 0}) == std::vector<float>{3, 3, 3, 3});
    const double wide[] = {0.5, 1e300, -0.1};
    CHECK(loaded(pluck::logits_view<double>{wide, 3}) == std::vector<float>{0.5f, 0x1.fffffep127f, -0.1f});
    const pluck::half halves[] = {{0x3c00}, {0xc000}};
    CHECK(loaded(pluck::logits_view<pluck::half>{halves, 2}) == std::vector<float>{1, -2});
    const pluck::bfloat16 brains[] = {{0x3f80}, {0xc000}, {0x4040}};
    CHECK(loaded(pluck::logits_view<pluck::bfloat16>{brains, 2, 2}) == std::vector<float>{1, 3});
}

TEST_CASE("doubles that lie side by side are rounded as one alone is") {
    constexpr std::uint64_t infinite = 0x7ff0000000000000u;
    constexpr std::uint64_t one_bit = std::uint64_t{1} << 29;  // the last that a float has
    random_numbers numbers(1, 15);
    const auto any_magnitude = [&](std::uint64_t kind) -> std::uint64_t {
        switch (kind) {
            case 0: return numbers.chance(3) ? 0 : infinite;
            case 1:
                return (std::uint64_t{897} << 52) + numbers.bits() % (std::uint64_t{254} << 52);  // all normal floats
            case 2: return (std::uint64_t{1020} << 52) + (numbers.bits() % 4096 * one_bit) + one_bit / 2;  // ties
            case 3:
                return (std::uint64_t{897} << 52) - one_bit + numbers.bits() % (2 * one_bit);  // about the least one
            case 4: return (std::uint64_t{1151} << 52) - one_bit + numbers.bits() % (2 * one_bit);  // about the largest
            default: return numbers.bits() >> 1;
        }
    };
    tally seen;
    for (std::size_t size = 1; size < 1500; ++size) {
        std::vector<double> row(size);
        for (double& each : row) {
            const std::uint64_t sign = numbers.chance(2) ? std::uint64_t{1} << 63 : 0;
            const std::uint64_t pattern = any_magnitude(size % 7 == 6 ? numbers.below(3) : size % 7) | sign;
            std::memcpy(&each, &pattern, sizeof each);
        }
        const std::vector<float> floats = loaded(pluck::logits_view<double>{row.data(), size});
        for (std::size_t i = 0; i < size; ++i) {
            seen.expect(bits_of(floats[i]) == bits_of(pluck::scalar_traits<double>::widen(row[i])), row[i], " at ", i,
                        " of ", size);
        }
    }
    PLUCK_CHECK_TALLY(seen);
}

TEST_CASE("a row may begin at any byte") {
    const float values[] = {1.5f, -2.25f, 3.125f};
    const double wide[] = {1.5, -2.25, 3.125};
    for (std::size_t offset = 0; offset < 16; ++offset) {
        alignas(16) unsigned char bytes[64];
        std::memcpy(bytes + offset, values, sizeof values);
        const auto* at = reinterpret_cast<const float*>(bytes + offset);
        CHECK(loaded(pluck::logits_view<float>{at, 3}) == std::vector<float>(values, values + 3));
        std::memcpy(bytes + offset, wide, sizeof wide);
        const auto* there = reinterpret_cast<const double*>(bytes + offset);
        CHECK(loaded(pluck::logits_view<double>{there, 3}) == std::vector<float>(values, values + 3));
    }
}

TEST_CASE("a null view has no scores, whatever its size") {
    float scratch[3];
    CHECK(pluck::cpu::load(pluck::logits_view<float>{nullptr, 3}, scratch) == nullptr);
    CHECK(pluck::cpu::load(pluck::logits_view<double>{nullptr, 3}, scratch) == nullptr);
    CHECK(pluck::cpu::load(pluck::logits_view<float>{nullptr, 3, -2}, scratch) == nullptr);
}

TEST_CASE("a computed row is asked for each element once, in order") {
    std::vector<std::size_t> asked;
    const auto at = [&asked](std::size_t i) {
        asked.push_back(i);
        return static_cast<float>(i) * 2;
    };
    float scratch[3];
    const float* scores = pluck::cpu::load(pluck::computed_row<decltype(at)>{at, 3}, scratch);
    CHECK(scores == scratch);
    CHECK(std::vector<float>(scores, scores + 3) == std::vector<float>{0, 2, 4});
    CHECK(asked == std::vector<std::size_t>{0, 1, 2});
}
