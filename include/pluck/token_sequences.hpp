// SPDX-License-Identifier: MIT
//
// A list of token sequences in the caller's memory: phrases that are biased or banned, and what ends a repetition.
#pragma once

#include <pluck/detail/config.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/list_view.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace pluck { inline namespace v0 {

/// Sequences of token ids one after the other, as kernels may use them: sequence i is tokens[ends[i - 1]] to
/// tokens[ends[i] - 1], and the first begins at tokens[0].
///
///     const std::vector<std::int32_t> tokens = {17, 4, 17, 9};    // the sequences 17 4 and 17 9
///     const std::vector<std::uint32_t> ends = {2, 4};
///     const pluck::token_sequences phrases{tokens.data(), ends.data(), 2};
///
/// Shapes.       ends [count], rising; tokens [ends[count - 1]]. Stages that hold one take it as it is, and look at the
///               lists as they run: they may be in a device's memory.
struct token_sequences {
    const std::int32_t* tokens = nullptr;
    const std::uint32_t* ends = nullptr;
    std::uint32_t count = 0;

    /// Whether there is something where it says so.
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr bool is_there() const noexcept {
        return count == 0 || (tokens != nullptr && ends != nullptr);
    }
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr std::size_t size() const noexcept { return count; }
    [[nodiscard]] PLUCK_HOST_DEVICE constexpr list_view<std::int32_t> operator[](std::size_t i) const noexcept {
        const std::uint32_t begin = i == 0 ? 0 : ends[i - 1];
        return {tokens + begin, ends[i] > begin ? ends[i] - begin : 0};
    }
};

namespace detail {

/// Throws "pluck::phrases: sequence 2 must have a token" where one is empty, or a token is negative.
PLUCK_TAGGED inline void check_sequences(const char* who, const token_sequences& all) {
    if (!all.is_there()) raise({"pluck::", who, ": token_sequences without memory, of ", text_of(all.count)});
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto one = all[i];
        if (one.size() == 0) raise({"pluck::", who, ": sequence ", text_of(i), " must have a token"});
        for (const std::int32_t token : one) {
            if (token < 0) reject(who, ("a token of sequence " + text_of(i)).c_str(), ">= 0", token);
        }
    }
}

}  // namespace detail

}}  // namespace pluck::v0
