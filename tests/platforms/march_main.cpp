// SPDX-License-Identifier: MIT
//
// Draws by the plain unit's function only. The newer one's is linked, and called where there is an argument.
#include <pluck/detail/scalar.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <vector>

using draws = std::int64_t(const std::vector<float>&, const std::vector<double>&, const std::vector<pluck::half>&,
                           std::uint64_t);
draws draw_plain, draw_newer;

int main(int argc, char**) {
    draws* const draw = argc > 1 ? draw_newer : draw_plain;
    std::uint64_t state = 1;
    for (const std::size_t size : {std::size_t{1}, std::size_t{100}, std::size_t{5000}, std::size_t{40000}}) {
        for (const bool sorted : {false, true}) {
            std::vector<float> logits(size);
            for (float& each : logits) {
                state = state * 6364136223846793005u + 1442695040888963407u;
                each = static_cast<float>(state >> 40) * 0x1p-20f - 8;
            }
            if (sorted) std::sort(logits.begin(), logits.end(), std::greater<float>());
            const std::vector<double> doubles(logits.begin(), logits.end());
            std::vector<pluck::half> halves(size);
            for (std::size_t i = 0; i < size; ++i) {
                halves[i].bits = static_cast<std::uint16_t>(0x3c00u + static_cast<std::uint32_t>(logits[i] * 64));
            }
            for (std::uint64_t seed = 0; seed < 8; ++seed) {
                std::printf("%lld\n", static_cast<long long>(draw(logits, doubles, halves, seed)));
            }
        }
    }
}
