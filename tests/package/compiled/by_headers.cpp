// SPDX-License-Identifier: MIT
#define PLUCK_TEST_NAME draw_by_headers
#include "draws.inl"

static_assert(PLUCK_COMPILED == 0);
