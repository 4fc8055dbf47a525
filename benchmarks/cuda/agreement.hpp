// SPDX-License-Identifier: MIT
//
// Do systems do the same work? A system's draws from a row are compared with the probabilities that the oracle's masses
// give, by the chi-squared test of pluck's own statistical tests. For the host's compiler; Python calls it too.
#pragma once

#include "cuda/chains.hpp"

#include <cstddef>
#include <cstdint>

extern "C" {
/// The name of a chain, or null after the last; and the parameters of a row of it: temperature, k, p and min-p.
const char* pluck_chain_name(std::size_t chain);
void pluck_chain_parameters(std::size_t chain, std::size_t request, double* four);
/// Writes row `number` of a kind, as it is timed.
void pluck_write_row(float* to, std::size_t vocab, int kind, std::size_t number);
/// 1 if the counts [vocab] of draws from a row, row `request` of a chain, are plausible for that chain; else 0.
int pluck_agrees(const float* row, std::size_t vocab, std::size_t chain, std::size_t request,
                 const std::uint64_t* counts);
}
