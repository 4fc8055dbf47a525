// SPDX-License-Identifier: MIT
//
// Prints what golden.txt must hold, or the golden files of the samplers that are named: by the library, or with
// -DPLUCK_GOLDEN_BY_ORACLE by the oracle. With --ftz it first tells the processor to take subnormals for zeros, as
// programs for sound and games do. No test framework: this is compiled in many ways.
//     golden [--ftz] [NAME...]
#if defined(PLUCK_GOLDEN_BY_ORACLE)
#include "golden/by_oracle.hpp"
using engine = golden::by_oracle;
#else
#include "golden/by_library.hpp"
using engine = golden::by_library;
#endif

#include "golden/sampler.hpp"
#include "golden/text.hpp"

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#include <cstdio>
#include <string>
#include <string_view>

int main(int argc, char** argv) {
    int next = 1;
    if (argc > next && std::string_view(argv[next]) == "--ftz") {
        ++next;
#if defined(__SSE2__)
        _mm_setcsr(_mm_getcsr() | 0x8040u);  // flush results to zero, take operands for zero
#elif defined(__aarch64__)
        asm volatile("msr fpcr, %0" : : "r"(1ul << 24));
#else
        return 2;
#endif
    }
    std::string text;
    if (next == argc) text = golden::text_by(engine{});
    for (; next < argc; ++next) {
        const dossiers::sampler* const own = golden::sampler_called(argv[next]);
        if (own == nullptr) return 2;
        text += golden::text_of(*own, engine{});
    }
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
