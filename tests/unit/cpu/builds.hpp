// SPDX-License-Identifier: MIT
//
// The builds of a loop that every machine has, as functions that a test can be given.
#pragma once

#include <pluck/cpu/dispatch.hpp>

namespace pluck_test {

struct generic {
    template <class Kernel, class... Arguments>
    auto operator()(const Arguments&... arguments) const {
        return Kernel::template run<pluck::core::native_fused>(arguments...);
    }
};

struct dispatched {
    template <class Kernel, class... Arguments>
    auto operator()(const Arguments&... arguments) const {
        return pluck::cpu::run_kernel<Kernel>(arguments...);
    }
};

}  // namespace pluck_test
