// SPDX-License-Identifier: MIT
#include "cuda/device/launches.cuh"

template struct device_test::launches<pluck::bfloat16>;
