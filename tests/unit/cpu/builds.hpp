// SPDX-License-Identifier: MIT
//
// The builds of a loop, as functions that a test can be given.
#pragma once

#include <pluck/cpu/isa/dispatch.hpp>

#include <cstddef>
#include <cstdint>

namespace pluck_test {

struct generic {
    template <class Kernel, class... Arguments>
    auto operator()(const Arguments&... arguments) const {
        return Kernel::template run<pluck::detail::default_isa>(arguments...);
    }
};

struct dispatched {
    template <class Kernel, class... Arguments>
    auto operator()(const Arguments&... arguments) const {
        return pluck::cpu::run_kernel<Kernel>(arguments...);
    }
};

/// For an instruction set: pluck::cpu::avx2.
template <class Set>
struct built_for {
    template <class Kernel, class... Arguments>
    auto operator()(const Arguments&... arguments) const {
        return Set::template run<Kernel>(arguments...);
    }
};

/// The operations that AVX-512 has alone, emulated, so that the loops that use them are tested on every machine.
struct emulated_512 : pluck::detail::default_isa {
    using vectors = pluck::cpu::kernels::sixteen;

    static void raise_floats(vectors::ints& to, const vectors::ints& other) noexcept {
        for (std::size_t i = 0; i < 16; ++i)
            to[i] = pluck::detail::bits_as<float>(to[i]) > pluck::detail::bits_as<float>(other[i]) ? to[i] : other[i];
    }
    static void keep_numbers(std::uint16_t& numbers, const vectors::ints& a, const vectors::ints& b) noexcept {
        const auto is_number = [](std::int32_t bits) noexcept { return (bits & 0x7fffffff) <= 0x7f800000; };
        for (std::size_t i = 0; i < 16; ++i)
            if (!is_number(a[i]) || !is_number(b[i])) numbers = static_cast<std::uint16_t>(numbers & ~(1u << i));
    }
    static void make_unsigned(vectors::floats& bits, const vectors::floats& numbers) noexcept {
        for (std::size_t i = 0; i < 16; ++i) {
            const bool fits = numbers[i] > -1.0f && numbers[i] < 0x1p32f;
            bits[i] = pluck::detail::bits_as<float>(fits ? static_cast<std::uint32_t>(numbers[i]) : ~0u);
        }
    }
};
struct emulated {
    template <class Kernel, class... Arguments>
    auto operator()(const Arguments&... arguments) const {
        return Kernel::template run<emulated_512>(arguments...);
    }
};

/// Calls f(build) for each build that this machine can run.
template <class F>
void for_each_build(const F& f) {
    f(generic{});
    f(emulated{});
    f(dispatched{});
#if PLUCK_DISPATCH_AVX2
    if (pluck::cpu::avx2::found()) f(built_for<pluck::cpu::avx2>{});
#endif
#if PLUCK_DISPATCH_AVX512
    if (pluck::cpu::avx512::found()) f(built_for<pluck::cpu::avx512>{});
#endif
}

}  // namespace pluck_test
