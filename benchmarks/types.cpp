// SPDX-License-Identifier: MIT
//
// What does another type of logit cost? The same typical rows as float, half, bfloat16 and double.
//
// Names: TYPE/STRATEGY.
#include "support/registering.hpp"
#include "support/rows.hpp"
#include "support/timing.hpp"
#include <pluck/pluck.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

using namespace pluck_bench;

namespace {

constexpr std::size_t vocab = 128256;

template <class Scalar>
const std::vector<std::vector<Scalar>>& rows_as() {
    static std::vector<std::vector<Scalar>> made;
    for (std::size_t r = made.size(); r < 4; ++r) {
        const std::vector<float>& row = rows_of(vocab, shape::typical)[r];
        made.emplace_back(vocab, Scalar(0));
        for (std::size_t i = 0; i < vocab; ++i) made[r][i] = static_cast<Scalar>(row[i]);
    }
    return made;
}

template <class Scalar, class Chain>
void add_chain(const std::string& type, const char* name, const Chain& chain) {
    add(type + "/" + name, [=](benchmark::State& state) {
        const auto draw = [&chain, position = std::uint64_t{0}](auto row) mutable {
            const pluck::logits_view view{row.data(), row.size()};
            return pluck::sample(view, chain, {.seed = 1, .position = position++}).token;
        };
        time_draws(state, turns(rows_as<Scalar>(), draw), turns(rows_as<float>(), draw));
    });
}

template <class Scalar>
void add_type(const std::string& type) {
    using namespace pluck;
    add_chain<Scalar>(type, "greedy", greedy());
    add_chain<Scalar>(type, "temperature", temperature(0.8));
    add_chain<Scalar>(type, "top-k 50", temperature(0.8) | top_k(50));
    add_chain<Scalar>(type, "top-p 0.9", temperature(0.8) | top_p(0.9));
}

}  // namespace

int main(int argc, char** argv) {
    add_type<float>("float");
    add_type<Eigen::half>("half");
    add_type<Eigen::bfloat16>("bfloat16");
    add_type<double>("double");
    return run_all(argc, argv);
}
