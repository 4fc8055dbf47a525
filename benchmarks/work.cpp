// SPDX-License-Identifier: MIT
//
// How much work is a draw, in instructions? One row of each kind by each strategy of pluck, under callgrind, which
// counts nothing but the draws and writes a total for each: ./count_work reads them. Without callgrind it just draws.
#include "support/contest.hpp"
#include "support/rows.hpp"
#include <pluck/pluck.hpp>

#include <cstddef>
#include <cstdint>
#include <iostream>
#include <span>
#include <string>
#include <utility>
#include <valgrind/callgrind.h>
#include <vector>

using namespace pluck_bench;

namespace {

#if defined(__clang__)
const std::string compiler = "clang++ " + std::to_string(__clang_major__);
#else
const std::string compiler = "g++ " + std::to_string(__GNUC__);
#endif

constexpr std::size_t vocab = 128256;

std::int32_t count_draw(const std::string& name, const sampler& draw, const std::vector<float>& logits) {
    std::vector<float> row = logits;
    std::int32_t token = draw(row);  // warm: the memory is there
    CALLGRIND_TOGGLE_COLLECT;
    token += draw(row);
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS_AT(name.c_str());
    return token;
}

/// Cases that the contest leaves out: other types of logit, and a cut that no block of the row bounds.
template <class Scalar, class Chain>
std::int32_t count_draw_of(const std::string& name, const std::vector<float>& logits, const Chain& chain) {
    std::vector<Scalar> row;
    for (const float logit : logits) row.push_back(static_cast<Scalar>(logit));
    const pluck::logits_view<Scalar> view{row.data(), row.size()};
    const sampler draw = [&](std::span<float>) { return pluck::sample(view, chain, pluck::key{.seed = 1}).token; };
    return count_draw(name, draw, {});
}

}  // namespace

int main() {
    std::vector<std::pair<const char*, std::vector<float>>> inputs;
    for (const shape kind : shapes) inputs.emplace_back(name_of(kind), make_row(vocab, kind, 1));
    inputs.emplace_back("all equal", std::vector<float>(vocab, 1.0f));
    inputs.emplace_back("short", make_row(512, shape::typical, 1));

    std::int64_t sum = 0;
    for (const pluck_bench::system& who : systems()) {
        for (const strategy& each : strategies) {
            const sampler draw = who.make(each.what);
            if (!draw) continue;
            for (const auto& [kind, row] : inputs) {
                sum += count_draw(std::string(who.name) + "/" + each.name + "/" + kind, draw, row);
            }
        }
    }
    const std::vector<float>& typical = inputs[1].second;
    using pluck::greedy, pluck::temperature, pluck::top_k, pluck::top_p;
    sum += count_draw_of<Eigen::half>("half/greedy/typical", typical, greedy());
    sum += count_draw_of<Eigen::half>("half/top-p 0.9/typical", typical, temperature(0.8f) | top_p(0.9f));
    sum += count_draw_of<Eigen::bfloat16>("bfloat16/greedy/typical", typical, greedy());
    sum += count_draw_of<Eigen::bfloat16>("bfloat16/top-p 0.9/typical", typical, temperature(0.8f) | top_p(0.9f));
    sum += count_draw_of<float>("float/top-k 5000/typical", typical, temperature(0.8f) | top_k(5000));
    sum += count_draw_of<float>("float/top-k 50000/typical", typical, temperature(0.8f) | top_k(50'000));
    std::cout << "compiler: " << compiler << "\nsum of the tokens: " << sum << '\n';
}
