// SPDX-License-Identifier: MIT
//
// The operations of the row itself, which every kernel knows. A new primitive of the row is a file in operations/, and
// a name here.
#pragma once

#include <pluck/cuda/generic/operation.cuh>
#include <pluck/cuda/generic/operations/best.cuh>
#include <pluck/cuda/generic/operations/count.cuh>
#include <pluck/cuda/generic/operations/cut_of_few.cuh>
#include <pluck/cuda/generic/operations/deal.cuh>
#include <pluck/cuda/generic/operations/list.cuh>
#include <pluck/cuda/generic/operations/mass.cuh>
#include <pluck/cuda/generic/operations/rejection.cuh>
#include <pluck/cuda/generic/operations/report.cuh>
#include <pluck/cuda/generic/operations/scan.cuh>
#include <pluck/cuda/generic/operations/token.cuh>
#include <pluck/cuda/generic/operations/token_score.cuh>

namespace pluck { inline namespace v0 { namespace cuda {

struct row_operations
    : operation_list<operations::scan, operations::count, operations::best, operations::mass, operations::token,
                     operations::mass_and_token, operations::token_score, operations::list, operations::deal_row,
                     operations::deal_strips, operations::deal_list, operations::cut_of_few, operations::rejection,
                     operations::meet, operations::write_given, operations::write_top> {};

}}}  // namespace pluck::v0::cuda
