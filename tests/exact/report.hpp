// SPDX-License-Identifier: MIT
//
// How a mismatch is reported: with everything that is needed to reproduce it.
#pragma once

#include "dossiers/all.hpp"
#include "exact/splitmix.hpp"
#include "reference/oracle.hpp"

#include <bit>
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>

namespace exact {

/// One draw to be compared: the number that the row was made from, the row, the chain, the 128 random bits.
struct question {
    u64 number;
    std::span<const float> scores;
    std::span<const dossiers::step> chain;
    oracle::u128 U;
};

/// How many rows and answers were compared, how many differed, and the first that did.
struct tally {
    u64 rows = 0, checks = 0, mismatches = 0;
    std::string first = {};

    void add(const tally& other) {
        rows += other.rows, checks += other.checks, mismatches += other.mismatches;
        if (first.empty()) first = other.first;
    }
    [[nodiscard]] std::string summary() const {
        return std::to_string(rows) + " rows, " + std::to_string(checks) + " answers compared, " +
               std::to_string(mismatches) + " differ";
    }
    /// Bypasses Catch2, which would break the mismatch's numbers across lines.
    void print_first() const {
        if (!first.empty()) std::fprintf(stderr, "%s\n", first.c_str());
    }
};

template <class Number>
[[nodiscard]] std::string text_of(const Number& number) {
    return std::to_string(number);
}

[[nodiscard]] inline std::string hex(const float& x) {
    char text[48];
    const auto bits = std::bit_cast<std::uint32_t>(x);
    if ((bits & 0x7f800000u) == 0x7f800000u) std::snprintf(text, sizeof text, "bits %08" PRIx32, bits);
    else std::snprintf(text, sizeof text, "%a", static_cast<double>(x));
    return text;
}

[[nodiscard]] inline std::string hex(oracle::u128 bits) {
    char text[40];
    std::snprintf(text, sizeof text, "%016" PRIx64 "%016" PRIx64, static_cast<u64>(bits >> 64), static_cast<u64>(bits));
    return text;
}

[[nodiscard]] inline std::string report(const question& asked, const std::string& sampler, const char* what,
                                        const std::string& want, const std::string& got) {
    constexpr std::size_t shown = 300;
    std::string text = std::string("first mismatch: ") + what + " is " + got + ", the oracle says " + want;
    text += "\nrow number " + std::to_string(asked.number) + (sampler.empty() ? "" : " of " + sampler) +
            ", U = " + hex(asked.U) + ", chain:";
    for (const dossiers::step& each : asked.chain) text += " " + each.text();
    text += "\n" + std::to_string(asked.scores.size()) + " scores:";
    for (std::size_t i = 0; i < asked.scores.size() && i < shown; ++i) text += " " + hex(asked.scores[i]);
    if (asked.scores.size() > shown) text += " ...";
    return text;
}

}  // namespace exact
