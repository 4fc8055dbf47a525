// SPDX-License-Identifier: MIT
//
// Random primitives of a row, each done to the library's and to the definition.
#pragma once

#include "support/logit_cases.hpp"
#include "unit/helpers.hpp"
#include <pluck/cpu/row.hpp>
#include <pluck/detail/philox.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/key.hpp>
#include <pluck/pick.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace pluck_test {

// One random step for both, its name returned.
inline std::string step(pluck::cpu::row& row, sorted_row& expected, random_numbers& numbers) {
    switch (numbers.below(9)) {
        case 0: {
            const std::size_t k = numbers.chance(3) ? numbers.below(4) : 1 + numbers.below(expected.count() + 5);
            row.keep_largest(k);
            expected.keep_largest(k);
            return " keep_largest(" + std::to_string(k) + ")";
        }
        case 1:
        case 2: {
            constexpr std::array edges = {0.0f, 0x1p-149f, 0x1p-30f, 0.5f, 0x1.fffffep-1f, 1.0f};
            const float p = numbers.chance(2) ? static_cast<float>(numbers.uniform()) : edges[numbers.below(6)];
            const std::size_t min_keep = numbers.chance(2) ? 1 : numbers.below(expected.count() + 3);
            row.keep_mass(p, min_keep);
            expected.keep_mass(p, min_keep);
            return " keep_mass(" + std::to_string(p) + ", " + std::to_string(min_keep) + ")";
        }
        case 3: {
            const float at = expected.score(numbers.below(expected.count()));
            const float least = numbers.chance(2)   ? at
                                : numbers.chance(2) ? at + 0.1f
                                : numbers.chance(2) ? float_of(bits::plus_infinity)
                                                    : forbidden;
            const std::size_t min_keep = numbers.chance(2) ? 1 : numbers.below(expected.count() + 3);
            row.keep_at_least(least, min_keep);
            expected.keep_at_least(least, min_keep);
            return " keep_at_least(" + std::to_string(least) + ", " + std::to_string(min_keep) + ")";
        }
        case 4: {
            const std::uint64_t at = expected.mass(numbers.below(expected.count()));
            const std::uint64_t least = numbers.chance(4)   ? 0
                                        : numbers.chance(8) ? ~std::uint64_t{0}
                                                            : at + numbers.below(3) - (at > 0 ? 1 : 0);
            row.keep_mass_at_least(least);
            expected.keep_mass_at_least(least);
            return " keep_mass_at_least(" + std::to_string(least) + ")";
        }
        case 5: {
            const pluck::ranking_key at = expected.key(numbers.below(expected.count()));
            const pluck::ranking_key cut = numbers.chance(3)   ? pluck::ranking_key{at.score() + 0.1f, 7}
                                           : numbers.chance(6) ? pluck::ranking_key{forbidden, 0}
                                                               : at;
            row.drop_above(cut);
            expected.drop_above(cut);
            return " drop_above(" + std::to_string(cut.score()) + ", " + std::to_string(cut.token()) + ")";
        }
        case 6: {
            constexpr std::array factors = {0.5, 2.0, 1.0, 0x1p-64, 0x1p64, 0.1, 7.3};
            const double factor = factors[numbers.below(factors.size())];
            row.scale(factor);
            expected.scale(factor);
            return " scale(" + std::to_string(factor) + ")";
        }
        case 7: {
            const std::size_t rank = numbers.below(expected.count() + 3);
            const bool kept = rank < expected.count();
            const pluck::ranking_key key = kept ? expected.key(rank) : pluck::ranking_key{};
            bool right = row.at(rank).value == (rank < pluck::max_ranked ? key.value : 0);
            if (kept) right = right && pluck::detail::ordered(row.score_of(key.token())) == key.ordered_score();
            return " at(" + std::to_string(rank) + ")" + (right ? "" : " is wrong,");
        }
        default: return row.total() == expected.total() ? " total()" : " total() is wrong,";
    }
}

inline bool agree(pluck::cpu::row& row, const sorted_row& expected) {
    return row.state() == pluck::status::ok && kept_ids(row) == expected.ids() && row.count() == expected.count() &&
           row.best() == expected.key(0) && row.best().token() == expected.best() &&
           row.temperature() == expected.temperature() && row.total() == expected.total();
}

inline pluck::bits128 random_bits(random_numbers& numbers) {
    const std::uint64_t low = numbers.bits(), high = numbers.bits();
    return {{static_cast<std::uint32_t>(low), static_cast<std::uint32_t>(low >> 32), static_cast<std::uint32_t>(high),
             static_cast<std::uint32_t>(high >> 32)}};
}

inline constexpr pluck::bits128 no_bits{};
inline constexpr pluck::bits128 all_bits{{0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu}};

}  // namespace pluck_test
