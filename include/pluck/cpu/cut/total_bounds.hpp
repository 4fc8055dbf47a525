// SPDX-License-Identifier: MIT
//
// What is known of the total mass of a row, of which a head is weighed: at first nothing, then bounds that are cheap
// and wide, then narrower ones, and at last the mass itself.
#pragma once

#include <pluck/cpu/cut/candidates.hpp>
#include <pluck/cpu/cut/heads.hpp>
#include <pluck/cpu/isa/dispatch.hpp>
#include <pluck/cpu/kernels/mass_bounds.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/ranking.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_ROW_BUILD {

class total_bounds {
public:
    /// By which powers the rest of the row was summed, if not by the masses themselves.
    enum class knowledge { none, chord, quartic, exact };

    explicit total_bounds(const candidates& from) noexcept : from_(from) {}

    [[nodiscard]] knowledge known() const noexcept { return known_; }
    [[nodiscard]] bool is_exact() const noexcept { return known_ == knowledge::exact; }
    [[nodiscard]] const kernels::mass_bounds& bounds() const noexcept { return bounds_; }

    /// From now on the total is this.
    void set(std::uint64_t total) noexcept {
        known_ = knowledge::exact;
        bounds_ = {total, total};
    }

    /// Learns more, which takes longer each time; false if the total is known. The head must still be listed.
    [[nodiscard]] bool refine(const row_head& head) noexcept {
        switch (known_) {
            case knowledge::none: sum_rest<kernels::chord>(head); return true;
            case knowledge::chord: sum_rest<kernels::quartic>(head); return true;
            case knowledge::quartic: set(from_.total()); return true;
            case knowledge::exact: break;
        }
        return false;
    }

    /// Goes past the chord at once if the rest of the row, by the sample, weighs so much that the chord would not do to
    /// cut there: a guess. It is close enough if its bounds are no further apart than a token of the head weighs.
    void skip_chord_if_wide(const row_head& head) noexcept {
        if (known_ == knowledge::none && head.below / 16 >= head.mass / head.count) sum_rest<kernels::quartic>(head);
    }

private:
    template <class Power>
    void sum_rest(const row_head& head) noexcept {
        kernels::powers sums{0, 0};
        const float* listed = from_.scores();
        from_.in_parts(from_.kept(), -detail::ordered_infinity, [&](const row_view& part, std::size_t begin) noexcept {
            const kernels::powers some = run_kernel<kernels::sum_powers<Power>>(
                part, from_.best_logit(), from_.lowest_logit(), from_.scale(), listed, begin == 0 ? head.count : 0);
            sums.all += some.all;
            sums.gathered += some.gathered;
            return true;
        });
        const kernels::mass_bounds rest =
            kernels::bounds_of_rest<Power>(sums, from_.size(), Power::slack({from_.best_logit(), from_.scale()}));
        bounds_ = {head.mass + rest.low, head.mass + rest.high};
        known_ = std::is_same_v<Power, kernels::chord> ? knowledge::chord : knowledge::quartic;
    }

    const candidates& from_;
    knowledge known_ = knowledge::none;
    kernels::mass_bounds bounds_{0, (std::numeric_limits<std::uint64_t>::max)()};
};

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD
