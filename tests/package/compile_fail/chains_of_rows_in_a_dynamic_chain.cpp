// SPDX-License-Identifier: MIT
// expect: neither one chain per row, nor a basic_dynamic_chain of other stages
#include <pluck/pluck.hpp>

#include <vector>

pluck::dynamic_chain make(const std::vector<pluck::dynamic_chain>& rules) {
#ifdef PLUCK_TWIN
    return pluck::dynamic_chain().add(rules[0]);
#else
    return pluck::dynamic_chain().add(pluck::per_row<pluck::dynamic_chain>{rules});
#endif
}
