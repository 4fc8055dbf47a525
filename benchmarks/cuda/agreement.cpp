// SPDX-License-Identifier: MIT
#include "cuda/agreement.hpp"

#include "cuda/rows.hpp"
#include "dossiers/all.hpp"
#include "reference/oracle.hpp"
#include "support/chi_squared.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <vector>

namespace {

/// What the oracle says of each token.
std::vector<double> probabilities(std::span<const float> row, const cuda_benchmark::chain& what) {
    std::vector<dossiers::step> stages = {dossiers::temperature{what.temperature}};
    if (what.top_k > 0) stages.emplace_back(dossiers::top_k{static_cast<oracle::u64>(what.top_k)});
    if (what.top_p < 1) stages.emplace_back(dossiers::top_p{what.top_p});
    if (what.p_first) std::reverse(stages.begin() + 1, stages.end());
    if (what.min_p > 0) stages.emplace_back(dossiers::min_p{what.min_p});
    if (what.greedy) stages.emplace_back(dossiers::greedy{});
    const oracle::result truth = oracle::draw(row, stages, 0);
    std::vector<double> all(row.size(), 0);
    for (std::size_t rank = 0; rank < truth.kept.size(); ++rank) {
        all[static_cast<std::size_t>(truth.kept[rank])] =
            static_cast<double>(truth.masses[rank]) / static_cast<double>(truth.total);
    }
    return all;
}

}  // namespace

const char* pluck_chain_name(std::size_t chain) {
    return chain < std::size(cuda_benchmark::chains) ? cuda_benchmark::chains[chain].name : nullptr;
}

void pluck_chain_parameters(std::size_t chain, std::size_t request, double* four) {
    const cuda_benchmark::chain what = cuda_benchmark::of_row(cuda_benchmark::chains[chain], request);
    four[0] = what.temperature, four[1] = what.top_k, four[2] = what.top_p, four[3] = what.min_p;
}

void pluck_write_row(float* to, std::size_t vocab, int kind, std::size_t number) {
    std::vector<float> row;
    cuda_benchmark::append_row(row, vocab, static_cast<cuda_benchmark::row_kind>(kind), number);
    std::copy(row.begin(), row.end(), to);
}

int pluck_agrees(const float* row, std::size_t vocab, std::size_t chain, std::size_t request,
                 const std::uint64_t* counts) {
    const cuda_benchmark::chain what = cuda_benchmark::of_row(cuda_benchmark::chains[chain], request);
    return pluck_test::goodness_of_fit({counts, vocab}, probabilities({row, vocab}, what)).plausible() ? 1 : 0;
}
