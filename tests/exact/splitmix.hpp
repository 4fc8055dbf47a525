// SPDX-License-Identifier: MIT
//
// The exact suite's random numbers: fast, the same everywhere, and independent of the library's code. One number names
// a row and determines all of it.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace exact {

using u64 = std::uint64_t;

/// Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014.
class splitmix {
public:
    splitmix(u64 test, u64 number) : state_(mix(test) ^ number) { state_ = bits(); }

    [[nodiscard]] u64 bits() { return mix(state_ += 0x9e3779b97f4a7c15); }

    /// 0, ..., n - 1. The bias of n / 2^32 does not matter here.
    [[nodiscard]] std::size_t below(std::size_t n) { return static_cast<std::size_t>((bits() >> 32) % n); }
    [[nodiscard]] int between(int low, int high) {
        return low + static_cast<int>(below(static_cast<std::size_t>(high - low) + 1));
    }
    [[nodiscard]] bool one_in(std::size_t n) { return below(n) == 0; }
    template <class T, std::size_t N>
    [[nodiscard]] T one_of(const T (&choices)[N]) {
        return choices[below(N)];
    }

    /// A multiple of 2^-24 in [0, 1).
    [[nodiscard]] float uniform() { return static_cast<float>(bits() >> 40) * 0x1p-24f; }
    /// Roughly normal, within 3.5: a sum of four uniforms.
    [[nodiscard]] float bell() {
        const u64 x = bits();
        const auto sum = static_cast<int>((x & 0xffff) + (x >> 16 & 0xffff) + (x >> 32 & 0xffff) + (x >> 48));
        return static_cast<float>(sum - 131070) * 0x1.bb5p-16f;
    }
    /// In [2^low, 2^(high + 1)), each binade equally likely.
    [[nodiscard]] float positive(int low, int high) {
        const auto fraction = static_cast<std::uint32_t>(bits() >> 41);
        return std::bit_cast<float>(static_cast<std::uint32_t>(between(low, high) + 127) << 23 | fraction);
    }

private:
    static u64 mix(u64 z) {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    u64 state_;
};

}  // namespace exact
