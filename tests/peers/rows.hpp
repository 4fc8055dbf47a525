// SPDX-License-Identifier: MIT
//
// Rows of logits and texts from a seed, the same in C++ and in Python (rows.py), so that a file of what a peer makes of
// them needs only the seed. All of it is in integers; each logit is one of them times a power of two.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace peers {

/// splitmix64 (Steele, Lea and Flood 2014).
class bit_source {
public:
    explicit bit_source(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        return z ^ z >> 31;
    }

private:
    std::uint64_t state_;
};

/// What a row is like: logits of 24 bits; in eighths, so that many are equal; some of them -infinity; some of them +0
/// or -0; far apart.
enum class kind { fine, coarse, masked, zeros, large, kinds };

/// A row and a text. The text has tokens of a small alphabet, and now and then goes on as it did somewhere before.
struct row_source {
    std::uint64_t seed = 0;
    std::uint32_t vocab = 0;
    kind like = kind::fine;
    std::uint32_t length = 0, prompt = 0;  // tokens of the text, and how many of them are the prompt
    std::uint32_t alphabet = 1;

    [[nodiscard]] std::vector<float> logits() const {
        bit_source bits(seed);
        std::vector<float> row(vocab);
        for (std::uint32_t i = 0; i < vocab; ++i) {
            const std::uint64_t word = bits.next();
            const auto x = static_cast<float>(static_cast<std::int32_t>(word >> 40) - (1 << 23));  // exact
            row[i] = like == kind::large ? x * 0x1p-14f : x * 0x1p-20f;  // in [-512, 512) or [-8, 8)
            if (like == kind::coarse) row[i] = static_cast<float>(static_cast<std::int32_t>(word >> 57) - 64) * 0.125f;
            if (like == kind::masked && i > 0 && word % 8 == 0) row[i] = -std::numeric_limits<float>::infinity();
            if (like == kind::zeros && word % 4 == 0) row[i] = word % 8 == 0 ? 0.0f : -0.0f;
        }
        return row;
    }

    [[nodiscard]] std::int32_t token(std::uint64_t letter) const {
        return static_cast<std::int32_t>(letter * 7919 % vocab);  // a prime above every vocabulary
    }

    [[nodiscard]] std::vector<std::int32_t> text() const {
        bit_source bits(seed ^ 0x5555555555555555);
        std::vector<std::int32_t> tokens;
        while (tokens.size() < length) {
            const std::uint64_t word = bits.next();
            if (word % 4 != 0 || tokens.size() < 2) {
                tokens.push_back(token((word >> 32) % alphabet));
                continue;
            }
            const std::size_t from = (word >> 32) % tokens.size(), count = (word >> 8) % 12 + 1;
            for (std::size_t i = from; i < from + count && tokens.size() < length; ++i) {
                const std::int32_t again = tokens[i];
                tokens.push_back(again);
            }
        }
        return tokens;
    }
};

}  // namespace peers
