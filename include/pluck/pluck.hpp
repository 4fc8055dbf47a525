// SPDX-License-Identifier: MIT
//
// All of pluck for the CPU; Eigen's types too, where Eigen is installed. Apart from it: tensor.hpp (Eigen tensors),
// urbg.hpp (generators of your own), thread_pool.hpp (a batch over several threads), and sequence.hpp,
// sampling_params.hpp, make_chain.hpp and json.hpp, which are about requests and take a third as long again to compile.
#pragma once

#include <pluck/chain.hpp>
#include <pluck/dynamic_chain.hpp>
#include <pluck/inspect.hpp>
#include <pluck/report.hpp>
#include <pluck/sample.hpp>
#include <pluck/sequence.hpp>
#include <pluck/version.hpp>

#if __has_include(<Eigen/Core>)
#include <pluck/eigen.hpp>
#endif
