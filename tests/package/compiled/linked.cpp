// SPDX-License-Identifier: MIT
#define PLUCK_TEST_NAME draw_linked
#include "draws.inl"

static_assert(PLUCK_COMPILED == 1);
