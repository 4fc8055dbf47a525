// SPDX-License-Identifier: MIT
//
// Rows of logits to test with: the shapes that next-token distributions take, and random rows of any of them. All of it
// is a pure function of integers, without std:: distributions or libm in what is random, so a failing case is named by
// one number on any machine.
#pragma once

#include <pluck/detail/philox.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

namespace pluck_test {

inline constexpr float forbidden = -std::numeric_limits<float>::infinity();

/// A stream of random numbers, one for each (seed, stream).
class random_numbers {
public:
    explicit random_numbers(std::uint64_t seed, std::uint64_t stream = 0) : seed_(seed), stream_(stream) {}

    [[nodiscard]] std::uint64_t bits() {
        const pluck::bits128 block = pluck::philox4x32({{low(next_), high(next_), low(stream_), high(stream_)}},
                                                       pluck::philox_key{{low(seed_), high(seed_)}});
        ++next_;
        return std::uint64_t{block.word[1]} << 32 | block.word[0];
    }
    /// 0, ..., n - 1. The bias of at most n / 2^64 is of no account here.
    [[nodiscard]] std::size_t below(std::size_t n) { return static_cast<std::size_t>(bits() >> 11) % n; }
    [[nodiscard]] int between(int low, int high) {
        return low + static_cast<int>(below(static_cast<std::size_t>(high - low) + 1));
    }
    [[nodiscard]] bool chance(std::size_t one_in) { return below(one_in) == 0; }
    /// In (0, 1), a multiple of 2^-53, an odd one.
    [[nodiscard]] double uniform() { return (static_cast<double>(bits() >> 12) + 0.5) * 0x1p-52; }
    /// Close to the normal distribution: the sum of twelve uniforms.
    [[nodiscard]] double normal() {
        double sum = -6;
        for (int i = 0; i < 12; ++i) sum += uniform();
        return sum;
    }
    template <class T>
    void shuffle(std::vector<T>& values) {
        for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
    }

private:
    static std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
    static std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

    std::uint64_t seed_;
    std::uint64_t stream_;
    std::uint64_t next_ = 0;
};

enum class shape { flat, zipf, geometric, one_dominant, two_level, ties, half_zeros, normal };

inline constexpr shape all_shapes[] = {shape::flat,      shape::zipf, shape::geometric,  shape::one_dominant,
                                       shape::two_level, shape::ties, shape::half_zeros, shape::normal};

[[nodiscard]] constexpr std::string_view to_string(shape which) {
    constexpr std::string_view names[] = {"flat",      "Zipf", "geometric",  "one dominant",
                                          "two-level", "ties", "half zeros", "normal"};
    return names[static_cast<std::size_t>(which)];
}

/// A row of `vocab` >= 1 logits of a shape, its tokens in random order.
[[nodiscard]] inline std::vector<float> logits_of(shape which, std::size_t vocab, random_numbers& numbers) {
    std::vector<float> row(vocab, 0.25f);
    for (std::size_t i = 0; i < vocab; ++i) {
        const auto rank = static_cast<double>(i);
        switch (which) {
            case shape::flat: break;
            case shape::zipf: row[i] = static_cast<float>(-std::log(rank + 1)); break;
            case shape::geometric: row[i] = static_cast<float>(-0.25 * rank); break;
            case shape::one_dominant:  // the one takes 0.9999 of the mass, whatever the vocab
                row[i] = i == 0 ? 0.0f : static_cast<float>(-std::log(9999.0 * static_cast<double>(vocab - 1)));
                break;
            case shape::two_level: row[i] = i < (vocab + 3) / 4 ? 1.5f : 0.0f; break;
            case shape::ties: row[i] = static_cast<float>(numbers.between(-6, 6)) * 0.25f; break;
            case shape::half_zeros:  // tokens that are forbidden, and tokens so unlikely that they have no mass
                row[i] = static_cast<float>(numbers.normal());
                if (i % 2 == 1) row[i] = i % 4 == 1 ? forbidden : row[i] - 1000;
                break;
            case shape::normal: row[i] = static_cast<float>(2 * numbers.normal()); break;
        }
    }
    numbers.shuffle(row);
    return row;
}

/// A row of any kind: 1 to `longest` tokens of any shape, some of them forbidden, scaled, shifted,
/// now and then rounded to bfloat16. At least one token is a candidate. `number` names it.
[[nodiscard]] inline std::vector<float> random_row(std::uint64_t number, std::size_t longest = 300) {
    random_numbers numbers(number, 1);
    const std::size_t vocab = 1 + numbers.below(numbers.chance(4) && longest > 8 ? 8 : longest);
    std::vector<float> row = logits_of(all_shapes[numbers.below(std::size(all_shapes))], vocab, numbers);
    const float scale = numbers.chance(3) ? static_cast<float>(numbers.uniform() * 8) : 1.0f;
    const float shift = numbers.chance(3) ? static_cast<float>(numbers.normal() * 100) : 0.0f;
    const bool coarse = numbers.chance(3);
    const std::size_t ban = numbers.chance(3) ? 2 + numbers.below(8) : 0;
    for (float& logit : row) {
        logit = static_cast<float>(double{logit} * scale + shift);  // exact product: fused or not, the same
        if (coarse) logit = std::bit_cast<float>(std::bit_cast<std::uint32_t>(logit) & 0xffff0000u);
        if (ban != 0 && numbers.chance(ban)) logit = forbidden;
    }
    if (numbers.chance(8)) row[numbers.below(vocab)] = -0.0f;
    bool any = false;
    for (const float logit : row) any = any || logit != forbidden;
    if (!any) row[numbers.below(vocab)] = shift;
    return row;
}

}  // namespace pluck_test
