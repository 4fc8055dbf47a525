// SPDX-License-Identifier: MIT
//
// The same draws by two units of one program: one links the row, one has it from headers.
#pragma once

#include <pluck/dynamic_chain.hpp>
#include <pluck/pick.hpp>

#include <cstdint>
#include <span>

struct drawn {
    pluck::pick by_stages;
    pluck::pick by_run_time;  // types of pluck pass from one unit to the other
    pluck::pick of_doubles;
    pluck::pick of_halves;
};

drawn draw_linked(std::span<const float> logits, const pluck::dynamic_chain& rules, std::uint64_t position);
drawn draw_by_headers(std::span<const float> logits, const pluck::dynamic_chain& rules, std::uint64_t position);
