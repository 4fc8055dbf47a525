// SPDX-License-Identifier: MIT
//
// Rows of doubles become rows of floats.
#pragma once

#include <pluck/cpu/isa/dispatch.hpp>
#include <pluck/cpu/kernels/round_doubles.hpp>
#include <pluck/cpu/load.hpp>
#include <pluck/detail/config.hpp>

#include <cstddef>

#if PLUCK_COMPILED && !PLUCK_COMPILED_SOURCE
#error "pluck: pluck::compiled holds what this header defines; include <pluck/cpu/row.hpp>"
#endif

namespace pluck { inline namespace v0 { namespace cpu { inline namespace PLUCK_ROW_BUILD {

PLUCK_INLINE void round_doubles(const double* from, std::size_t count, float* to) noexcept {
    run_kernel<kernels::round_doubles>(from, count, to);
}

}}}}  // namespace pluck::v0::cpu::PLUCK_ROW_BUILD
