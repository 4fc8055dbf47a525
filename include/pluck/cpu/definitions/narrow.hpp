// SPDX-License-Identifier: MIT
//
// The loops of each 16-bit format, in one table.
#pragma once

#include <pluck/cpu/isa/dispatch.hpp>
#include <pluck/cpu/kernels/scan_narrow.hpp>
#include <pluck/cpu/kernels/widen.hpp>
#include <pluck/cpu/narrow.hpp>
#include <pluck/detail/config.hpp>
#include <pluck/detail/scalar.hpp>

#if PLUCK_COMPILED && !PLUCK_COMPILED_SOURCE
#error "pluck: pluck::compiled holds what this header defines; include <pluck/cpu/row.hpp>"
#endif

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_ROW_BUILD {

/// A loop as a plain function, built for the best instruction set that this processor has.
template <class Kernel, class... Arguments>
[[nodiscard]] auto run_dispatched(Arguments... arguments) noexcept {
    return run_kernel<Kernel>(arguments...);
}
template <class Format>
[[nodiscard]] float widen_one(std::uint16_t logit) noexcept {
    return scalar_traits<Format>::widen(Format{logit});
}

template <class Format>
[[nodiscard]] const narrow_loops& loops_of_format() noexcept {
    static constexpr narrow_loops all{run_dispatched<kernels::scan_narrow<Format>>,
                                      run_dispatched<kernels::widen<Format>>,
                                      run_dispatched<kernels::widen_blocks<Format>>, cpu::widen_one<Format>};
    return all;
}

PLUCK_INLINE const narrow_loops& narrow_loops::of(half) noexcept { return loops_of_format<half>(); }
PLUCK_INLINE const narrow_loops& narrow_loops::of(bfloat16) noexcept { return loops_of_format<bfloat16>(); }

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD
