// SPDX-License-Identifier: MIT
//
// Lists for adjusters' dossiers: stages look at a list, so copies of a dossier share it.
#pragma once

#include "dossiers/random.hpp"

#include <bit>
#include <cinttypes>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace dossiers {

template <class T>
class shared_list {
public:
    shared_list() : values_(std::make_shared<const std::vector<T>>()) {}
    shared_list(std::vector<T> values) : values_(std::make_shared<const std::vector<T>>(std::move(values))) {}

    [[nodiscard]] const std::vector<T>& get() const { return *values_; }

private:
    std::shared_ptr<const std::vector<T>> values_;
};

/// Ids of a row, some of them twice; now and then one that is outside of it.
[[nodiscard]] inline std::vector<std::int32_t> random_ids(std::size_t vocab, splitmix& random) {
    const std::size_t most = random.one_in(4) ? vocab : 12;
    std::vector<std::int32_t> ids(random.below(most + 1));
    const std::size_t within = random.one_in(2) ? vocab : 1 + vocab / 8;
    for (std::int32_t& id : ids) id = static_cast<std::int32_t>(random.below(within));
    if (random.one_in(16)) ids.push_back(random.one_in(2) ? static_cast<std::int32_t>(vocab) : 0x7fffffff);
    return ids;
}

/// Rising ids of a row, of which one in `share` is there.
[[nodiscard]] inline std::vector<std::int32_t> random_rising_ids(std::size_t vocab, std::size_t share,
                                                                 splitmix& random) {
    std::vector<std::int32_t> ids;
    for (std::size_t id = 0; id < vocab; ++id)
        if (random.one_in(share)) ids.push_back(static_cast<std::int32_t>(id));
    return ids;
}

/// Where a row of so many tokens has this id.
[[nodiscard]] inline bool is_token(std::int32_t id, std::size_t vocab) {
    return id >= 0 && static_cast<std::size_t>(id) < vocab;
}

/// `[3 7]`, floats as bits; of a long list how many there are and a checksum, FNV-1a.
template <class T>
[[nodiscard]] std::string list_text(const std::vector<T>& values) {
    u64 hash = 0xcbf29ce484222325;
    std::string text = "[";
    for (const T& value : values) {
        hash = (hash ^ std::bit_cast<std::uint32_t>(value)) * 0x100000001b3;
        if (text.size() > 1) text += ' ';
        if constexpr (std::same_as<T, float>) text += text_of(value);
        else text += std::to_string(value);
    }
    if (values.size() <= 12) return text + ']';
    char checksum[24];
    std::snprintf(checksum, sizeof checksum, "%016" PRIx64, hash);
    return '[' + std::to_string(values.size()) + ": " + checksum + ']';
}

}  // namespace dossiers
