// SPDX-License-Identifier: MIT
//
// All that pluck::compiled holds, for the one translation unit that it is made of: include this there, and nothing else.
// CMake makes such a file; a build of another kind needs one line and the definition PLUCK_COMPILED=1 for those who
// link it.
#pragma once

#define PLUCK_COMPILED 1
#define PLUCK_COMPILED_SOURCE 1
#include <pluck/cpu/row.hpp>
