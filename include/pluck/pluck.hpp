// SPDX-License-Identifier: MIT
//
// All of pluck's CPU face. Apart from it: tensor.hpp (Eigen tensors), urbg.hpp (generators of your own) and
// thread_pool.hpp (a batch over several threads).
#pragma once

#include <pluck/chain.hpp>
#include <pluck/eigen.hpp>
#include <pluck/inspect.hpp>
#include <pluck/sample.hpp>
#include <pluck/version.hpp>
