// SPDX-License-Identifier: MIT
//
// Where the draws of a batch get their randomness from. The same on the CPU and on a device.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/detail/parameter.hpp>
#include <pluck/key.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 {

/// Where draws get their randomness from: for each word of a key one value for all draws, or an array with one for
/// each; or an array of whole keys. For a device the arrays are in device memory, and are read as the kernel runs: a
/// captured graph sees what they hold at each replay.
///
///     keys{.seed = 42, .sequence = per_row<std::uint64_t>{sequences}, .position = per_row<std::uint64_t>{positions}}
struct keys {
    param<std::uint64_t> seed = 0;
    param<std::uint64_t> sequence = 0;
    param<std::uint64_t> position = 0;
    const key* whole = nullptr;  ///< [draws], instead of the three

    [[nodiscard]] PLUCK_HOST_DEVICE key operator[](std::size_t draw) const noexcept {
        if (whole != nullptr) return whole[draw];
        return {.seed = seed[draw], .sequence = sequence[draw], .position = position[draw]};
    }

    /// Throws std::invalid_argument, in the name of `who`, if an array is too short for so many draws.
    PLUCK_TAGGED void check(const char* who, std::size_t draws) const {
        if (whole != nullptr) return;
        check_word(who, "the size of seed", seed, draws);
        check_word(who, "the size of sequence", sequence, draws);
        check_word(who, "the size of position", position, draws);
    }

private:
    PLUCK_TAGGED static void check_word(const char* who, const char* what, const param<std::uint64_t>& word,
                                        std::size_t draws) {
        if (word.rows() < draws)
            detail::reject(who, what, (">= the " + detail::text_of(draws) + " draws").c_str(), word.rows());
    }
};

}}  // namespace pluck::v0
