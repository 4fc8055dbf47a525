// SPDX-License-Identifier: MIT
//
// The tools of the property tests: random rows and chains by the hundred thousand, kept sets, and draws whose 128
// random bits the test chooses.
#pragma once

#include "support/catch.hpp"
#include "support/effort.hpp"
#include "support/logit_cases.hpp"
#include <pluck/pluck.hpp>
#include <pluck/urbg.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace pluck_test {

/// Calls law(row, numbers) for `count` random rows, with random numbers for whatever else it chooses. A failure names
/// its row: random_row(number) makes it again.
template <class Law>
void for_random_rows(std::size_t count, const Law& law) {
    for (std::uint64_t number = 0; number < repeated_nightly(count); ++number) {
        CAPTURE(number);
        random_numbers numbers(number, 2);
        law(random_row(number), numbers);
    }
}

[[nodiscard]] inline float random_temperature(random_numbers& numbers) {
    return static_cast<float>(std::exp2(8 * numbers.uniform() - 4));
}
[[nodiscard]] inline int random_k(random_numbers& numbers) { return numbers.between(1, numbers.chance(2) ? 10 : 320); }
[[nodiscard]] inline float random_share(random_numbers& numbers) {
    if (numbers.chance(16)) return numbers.chance(2) ? 0.0f : 1.0f;
    return static_cast<float>(numbers.chance(3) ? numbers.uniform() * numbers.uniform() * numbers.uniform()
                                                : numbers.uniform());
}

/// Each stage is neutral or not, at random.
[[nodiscard]] inline pluck::combined random_settings(random_numbers& numbers) {
    pluck::combined settings;
    if (numbers.chance(2)) settings.temperature = numbers.chance(20) ? 0.0f : random_temperature(numbers);
    if (numbers.chance(2)) settings.top_k = random_k(numbers);
    if (numbers.chance(2)) settings.top_p = random_share(numbers);
    if (numbers.chance(2)) settings.min_p = random_share(numbers);
    return settings;
}

[[nodiscard]] inline pluck::key random_key(random_numbers& numbers) {
    return {.seed = numbers.bits(), .sequence = numbers.bits(), .position = numbers.bits()};
}

/// The tokens that can be drawn at all.
[[nodiscard]] inline std::size_t candidate_count(const std::vector<float>& row) {
    std::size_t count = 0;
    for (const float logit : row) count += logit != forbidden;
    return count;
}

/// The kept tokens, best first.
template <class Row, class Chain>
[[nodiscard]] std::vector<std::int32_t> kept(const Row& row, const Chain& chain) {
    std::vector<std::int32_t> tokens;
    for (const pluck::candidate& each : pluck::candidates(row, chain)) tokens.push_back(each.token);
    return tokens;
}

/// Whether `longer` begins with `shorter`. Kept sets that are cut from below are nested in this sense.
[[nodiscard]] inline bool begins(const std::vector<std::int32_t>& shorter, const std::vector<std::int32_t>& longer) {
    if (shorter.size() > longer.size()) return false;
    for (std::size_t i = 0; i < shorter.size(); ++i) {
        if (shorter[i] != longer[i]) return false;
    }
    return true;
}

/// The probabilities of a row as the integers that they are made of: the best token's mass is 2^40.
[[nodiscard]] inline std::vector<std::uint64_t> masses_from(const Eigen::ArrayXd& probabilities) {
    const double unit = 0x1p40 / probabilities.maxCoeff();
    std::vector<std::uint64_t> masses;
    for (const double p : probabilities) masses.push_back(static_cast<std::uint64_t>(std::llround(p * unit)));
    return masses;
}

/// A generator that yields given bits: the 128 bits of one draw, the lowest word first.
class scripted {
public:
    using result_type = std::uint32_t;
    explicit scripted(const pluck::bits128& bits) : bits_(bits) {}
    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
    result_type operator()() { return bits_.word[next_++ % 4]; }

private:
    pluck::bits128 bits_;
    std::size_t next_ = 0;
};

template <class Chain>
[[nodiscard]] pluck::pick draw_with(const std::vector<float>& row, const Chain& chain, const pluck::bits128& uniform) {
    scripted generator(uniform);
    return pluck::sample(row, chain, generator);
}

[[nodiscard]] inline pluck::bits128 bits_of(std::uint64_t high, std::uint64_t low) {
    return {{static_cast<std::uint32_t>(low), static_cast<std::uint32_t>(low >> 32), static_cast<std::uint32_t>(high),
             static_cast<std::uint32_t>(high >> 32)}};
}

/// The least U with floor(U * total / 2^128) == point, for point < total <= 2^63: ceil(point * 2^128 / total), by long
/// division.
[[nodiscard]] inline pluck::bits128 least_uniform(std::uint64_t point, std::uint64_t total) {
    std::uint64_t digits[2] = {};
    std::uint64_t rest = point;
    for (std::uint64_t& digit : digits) {
        for (int bit = 0; bit < 64; ++bit) {
            rest *= 2;
            digit = 2 * digit + (rest >= total ? 1 : 0);
            if (rest >= total) rest -= total;
        }
    }
    if (rest != 0 && ++digits[1] == 0) ++digits[0];
    return bits_of(digits[0], digits[1]);
}

/// The largest U below `above`.
[[nodiscard]] inline pluck::bits128 before(const pluck::bits128& above) {
    pluck::bits128 result = above;
    for (std::uint32_t& word : result.word) {
        if (word-- != 0) break;
    }
    return result;
}

}  // namespace pluck_test
