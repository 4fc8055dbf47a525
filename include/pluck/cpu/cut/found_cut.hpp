// SPDX-License-Identifier: MIT
//
// What a search finds: a cut of a list of candidates, or one of the row itself.
#pragma once

#include <pluck/cpu/row_view.hpp>
#include <pluck/detail/config.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_ROW_BUILD {

/// A cut of the first `count` candidates in the scratch memory: those above `score` stay, and the first `ties` of those
/// that equal it.
struct list_cut {
    std::size_t count;
    std::int32_t score;
    std::uint64_t ties;
};

/// A cut of the row, which stays where it is.
struct row_cut {
    kept_part kept;
    std::uint64_t total = 0;  ///< the mass that stays, and block_mass holds each block's; 0: not known
};

/// Either of the two.
class found_cut {
public:
    found_cut(const list_cut& cut) noexcept : is_list_(true), list_(cut) {}
    found_cut(const row_cut& cut) noexcept : is_list_(false), row_(cut) {}

    [[nodiscard]] bool is_list() const noexcept { return is_list_; }
    /// If is_list().
    [[nodiscard]] const list_cut& list() const noexcept { return list_; }
    /// Otherwise.
    [[nodiscard]] const row_cut& row() const noexcept { return row_; }

private:
    bool is_list_;
    union {
        list_cut list_;
        row_cut row_;
    };
};

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD
