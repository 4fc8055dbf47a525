// SPDX-License-Identifier: MIT
//
// The log-probabilities of a draw on the CPU: from the row that was drawn from, where that is a row of the base asked
// for, too, or else from a second row over the same logits.
#pragma once

#include <pluck/base.hpp>
#include <pluck/chain.hpp>
#include <pluck/cpu/row.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/randomness.hpp>
#include <pluck/detail/ranking.hpp>
#include <pluck/pick.hpp>
#include <pluck/row/report.hpp>
#include <pluck/workspace.hpp>

#include <cstddef>
#include <new>

namespace pluck { inline namespace v0 { namespace detail {

/// Whether a chain has adjusters, or may have some.
template <class... Stages>
[[nodiscard]] PLUCK_TAGGED constexpr bool has_adjusters(const chain<Stages...>&) noexcept {
    return (... || (Stages::does == verb::adjust));
}
template <chosen_at_run_time Chain>
[[nodiscard]] PLUCK_TAGGED bool has_adjusters(const Chain& stages) noexcept {
    if constexpr (requires { run_time_chain<Chain>::adjusts(stages); }) return run_time_chain<Chain>::adjusts(stages);
    else return true;
}

inline namespace PLUCK_BUILD {

/// Whether what a chain has left of its row is the row of that base, too.
template <class Chain>
[[nodiscard]] bool is_of_base(base of, const Chain& stages, const cpu::row& row) noexcept {
    if (of == base::chain) return true;
    if (!row.is_whole()) return false;
    if (of == base::tempered) return true;
    return ordered(row.temperature()) == ordered(1.0) && (of == base::adjusted || !has_adjusters(stages));
}

/// Reports a draw from `drawn_from`, the row of what `look()` returns after its chain has run. Its stages have not been
/// told of the token yet: one that remembers it may adjust differently from then on.
template <class Look, class Chain>
void report_draw(const Look& look, const Chain& stages, const randomness& random, std::size_t index, workspace& scratch,
                 cpu::row& drawn_from, const pick& drawn, const report_arrays& to) noexcept {
    if (!to.wants_any()) return;
    if (!drawn) return to.put_nothing();
    if (is_of_base(to.of, stages, drawn_from)) return write_report(drawn_from, drawn.token, to, true);
    to.put_nothing();
    workspace* const more = scratch.second();
    if (more == nullptr) return;
    const auto write = [&] {
        cpu::row whole(look(), *more, random, index);
        if (to.of != base::raw) adjust(stages, whole);
        if (!whole.settle()) return;
        if (to.of == base::tempered) whole.scale(drawn_from.temperature());
        write_report(whole, drawn.token, to, true);
    };
#if PLUCK_EXCEPTIONS
    if constexpr (!noexcept(look())) {  // an expression may need memory
        try {
            return write();
        } catch (const std::bad_alloc&) {
            return to.put_nothing();
        }
    }
#endif
    write();
}

}  // namespace PLUCK_BUILD

}}}  // namespace pluck::v0::detail
