// SPDX-License-Identifier: MIT
#include "draws.hpp"

#include <cmath>
#include <cstdio>
#include <vector>

int main() {
    pluck::dynamic_chain rules;
    rules.add(pluck::temperature(1.5f)).add(pluck::min_p(0.01f)).add(pluck::top_p(0.9f));
    int wrong = 0;
    for (int size : {1, 50, 1000, 5000, 40000}) {
        std::vector<float> logits(static_cast<std::size_t>(size));
        for (int i = 0; i < size; ++i) logits[static_cast<std::size_t>(i)] = static_cast<float>((i * 7919 % 1009)) / 64;
        for (std::uint64_t position = 0; position < 40; ++position) {
            const drawn a = draw_linked(logits, rules, position), b = draw_by_headers(logits, rules, position);
            if (!a.by_stages || a.by_stages != b.by_stages || a.by_run_time != b.by_run_time ||
                a.of_doubles != b.of_doubles || a.of_halves != b.of_halves)
                ++wrong;
        }
    }
    std::printf("%d draws differ\n", wrong);
    return wrong == 0 ? 0 : 1;
}
