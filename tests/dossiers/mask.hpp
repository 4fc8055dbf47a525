// SPDX-License-Identifier: MIT
#pragma once

#include "dossiers/lists.hpp"
#include <pluck/adjust/mask.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace dossiers {

struct mask {
    using stage = pluck::mask;
    static constexpr const char* name = "mask";
    shared_list<std::uint32_t> words = {};

    /// Each token whose bit is 0, or that has none, goes to -infinity.
    [[nodiscard]] bool adjust(std::vector<float>& scores) const {
        const std::vector<std::uint32_t>& all = words.get();
        for (std::size_t id = 0; id < scores.size(); ++id) {
            const bool set = id / 32 < all.size() && (all[id / 32] >> id % 32) % 2 == 1;
            if (!set) scores[id] = -std::numeric_limits<float>::infinity();
        }
        return true;
    }

    [[nodiscard]] stage made() const { return stage(words.get()); }
    [[nodiscard]] std::string text() const { return called(name, list_text(words.get())); }

    [[nodiscard]] static mask random(std::size_t vocab, splitmix& random) {
        std::vector<std::uint32_t> words((vocab + 31) / 32);
        const u64 kind = random.below(4);  // few are allowed, half, nearly all, or any of these in each word
        for (std::uint32_t& word : words) {
            const u64 here = kind < 3 ? kind : random.below(3);
            const u64 first = random.bits(), second = random.bits();
            const u64 both = first & second, either = first | second;
            const u64 third = random.bits();
            word = static_cast<std::uint32_t>(here == 0   ? both & third & (third >> 32)
                                              : here == 1 ? first
                                                          : either | third | (third >> 32));
            if (random.one_in(8)) word = random.one_in(2) ? 0 : ~std::uint32_t{0};
        }
        if (random.one_in(4)) words.resize(random.below(words.size() + 3), ~std::uint32_t{0});
        return {words};
    }
    [[nodiscard]] static std::vector<mask> edges() {
        using list = std::vector<std::uint32_t>;
        return {{list{}}, {list{1}}, {list{0}}, {list{~0u}}, {list{6, 0, ~0u}}, {list{0x80000000u, 1}}};
    }
};

}  // namespace dossiers
