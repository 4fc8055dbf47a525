// SPDX-License-Identifier: MIT
//
// The entry point for devices: the chains, keys and statuses of the CPU over logits in device memory, and the CPU's
// tokens. Needs nvcc (12 or newer) and no Eigen.
#pragma once

#include <pluck/chain.hpp>
#include <pluck/cuda/options.cuh>
#include <pluck/cuda/outputs.cuh>
#include <pluck/cuda/overlap.hpp>
#include <pluck/detail/error.hpp>
#include <pluck/logits.hpp>
#include <pluck/pick.hpp>

#include <cuda_runtime_api.h>

#include <cstddef>

namespace pluck { inline namespace v0 { namespace cuda {

/// How many bytes of workspace sample_rows() and its kin need for such a batch and options: none but for chains that
/// move scores, over rows too long for shared memory.
template <logit_scalar Scalar, chain_like Chain>
[[nodiscard]] cudaError_t workspace_bytes(const batch_view<Scalar>& logits, const Chain& chain, std::size_t& bytes,
                                          const options& how = {}) {
    const auto stages = as_chain(chain);
    prepared<Scalar> ready;
    const cudaError_t error = prepare("workspace_bytes", logits, stages, how, ready);
    bytes = error == cudaSuccess ? ready.workspace_bytes() : 0;
    return error;
}

/// Draws one token from each row of a batch in device memory.
///
/// Definition.   docs/draw.md. The token is the CPU's for the same logits, chain and key, bit for bit, whatever the
///               batch, the row's place in it, the number of blocks that share it, the stream or the device.
/// Shapes.       logits [rows, vocab] of float, half or bfloat16 in device memory; consecutive tokens side by side
///               (vocab_stride 1), rows at any stride and alignment. Not modified.
/// Parameters.   chain     as on the CPU; arrays of per_row parameters are in device memory
///               keys      one for each draw
///               out       results, in device memory: of any base, as on the CPU, and in the same launch
///               how       stream, indices, workspace
/// Ties, Non-finite, Randomness: as sample().
/// Cost.         One launch, one read of the logits where a row fits into the shared memory of its blocks. Allocates
///               nothing, waits for nothing, reads no device memory from the host: a graph may capture it.
/// Errors.       std::invalid_argument for arguments that cannot be right, as on the CPU, before anything is launched;
///               else the launch's own error. A bad row is a status.
template <logit_scalar Scalar, chain_like Chain>
[[nodiscard]] cudaError_t sample_rows(const batch_view<Scalar>& logits, const Chain& chain, const keys& keys,
                                      const results& out, const options& how = {}) {
    out.check("sample_rows");
    return run_batch("sample_rows", logits, as_chain(chain), keys, how, write_picks{out});
}

/// The probability with which the chain draws each token: mass / Z, 0 for what is not kept.
///
/// Shapes.       out [draws, vocab] float, draw i at out + i * out_stride; all 0 for a row without a distribution.
/// All else as sample_rows(). A chain that draws by chance what it keeps needs its keys.
template <logit_scalar Scalar, chain_like Chain>
[[nodiscard]] cudaError_t probabilities(const batch_view<Scalar>& logits, const Chain& chain, float* out,
                                        std::ptrdiff_t out_stride, pluck::status* status = nullptr,
                                        const options& how = {}, const keys& keys = {}) {
    return run_batch("probabilities", logits, as_chain(chain), keys, how, write_probabilities{out, out_stride, status});
}

/// The logits, with -infinity in place of those that the chain does not keep.
///
/// Shapes.       out [draws, vocab] of the logits' type, draw i at out + i * out_stride. It may be the logits
///               themselves (out = logits.data, out_stride = logits.row_stride), but not with indices: one draw would
///               overwrite a row that another still reads. A row without a distribution is -infinity throughout.
/// Errors.       std::invalid_argument where out overlaps the logits in any other way.
/// All else as probabilities(); the chain must not move scores.
template <logit_scalar Scalar, chain_like Chain>
[[nodiscard]] cudaError_t mask_logits(const batch_view<Scalar>& logits, const Chain& chain, Scalar* out,
                                      std::ptrdiff_t out_stride, pluck::status* status = nullptr,
                                      const options& how = {}, const keys& keys = {}) {
    using chain_type = decltype(as_chain(chain));
    static_assert(!may_adjust<chain_type> || tells_if_it_adjusts<chain_type>,
                  "pluck: mask_logits shows which logits stay, and this chain may move them; see probabilities()");
    if (adjusts(as_chain(chain))) {
        detail::raise(
            "pluck::cuda::mask_logits: chain must have no adjusters: it shows which logits stay, and they "
            "move them; see probabilities()");
    }
    const std::size_t draws = how.indices ? how.indices->size() : logits.rows;
    if (may_conflict(logits, draws, how.indices.has_value(), out, out_stride)) {
        detail::raise(
            "pluck::cuda::mask_logits: out must not overlap the logits, unless each draw is in place of its "
            "own row: without indices, out = logits.data, out_stride = logits.row_stride");
    }
    return run_batch("mask_logits", logits, as_chain(chain), keys, how,
                     write_masked<Scalar>{logits.data, logits.row_stride, out, out_stride, status,
                                          how.indices ? how.indices->data() : nullptr});
}

}}}  // namespace pluck::v0::cuda
