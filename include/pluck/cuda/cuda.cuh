// SPDX-License-Identifier: MIT
// The name of 0.1 for:
#pragma once
#include <pluck/cuda/sample.cuh>
