// SPDX-License-Identifier: MIT
//
// What does the exact total mass take? The integer pass beside Eigen's own sum of exponentials over the same row, as
// this program was compiled, and beside one pass for the maximum: by pluck, by Eigen and by hand.
//
// Names: WHAT/VOCABULARY.
#include "support/registering.hpp"
#include "support/rows.hpp"
#include "support/timing.hpp"
#include "support/yardstick.hpp"
#include <pluck/pluck.hpp>

#include <Eigen/Core>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

using namespace pluck_bench;

namespace {

Eigen::Map<const Eigen::ArrayXf> eigen(std::span<const float> row) {
    return {row.data(), static_cast<Eigen::Index>(row.size())};
}

std::uint64_t exact_total(std::span<const float> row) {
    static pluck::workspace scratch;
    pluck::cpu::row whole(pluck::logits_view<float>{row.data(), row.size()}, scratch, pluck::randomness{}, 0);
    whole.settle();
    whole.scale(0.8);
    return whole.total();
}

float sum_of_exponentials(std::span<const float> row) {
    return ((eigen(row) - eigen(row).maxCoeff()) * 1.25f).exp().sum();
}

template <class F>
void add_pass(const std::string& name, F pass) {
    for (const std::size_t vocab : vocabularies) {
        add(name + "/" + std::to_string(vocab), [=](benchmark::State& state) {
            time_draws(state, turns(rows_of(vocab, shape::typical), pass),
                       turns(rows_of(vocab, shape::typical), one_pass_max));
        });
    }
}

}  // namespace

int main(int argc, char** argv) {
    add_pass("one pass", one_pass_max);
    add_pass("Eigen's maxCoeff()", [](std::span<const float> row) { return eigen(row).maxCoeff(); });
    add_pass("pluck's exact total", exact_total);
    add_pass("Eigen's exp().sum()", sum_of_exponentials);
    return run_all(argc, argv);
}
