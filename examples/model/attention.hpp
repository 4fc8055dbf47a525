// SPDX-License-Identifier: MIT
//
// Causal multi-head self-attention over a batch of sequences: forward and backward.
#pragma once

#include "layers.hpp"

#include <cmath>

namespace model {

/// Queries, keys and values lie side by side in one matrix [tokens, 3 width]; a head is a slice of each.
/// `block(x, what, head, ...)` below cuts out the rows of one sequence and the columns of one head.
struct head_layout {
    index width;  // of the model
    index heads;
    index length;  // of a sequence

    [[nodiscard]] index size() const { return width / heads; }
    [[nodiscard]] double scale() const { return 1 / std::sqrt(static_cast<double>(size())); }

    /// part: 0 queries, 1 keys, 2 values (0 also for a matrix that has one part only).
    template <class Matrix>
    [[nodiscard]] auto block(Matrix& x, index sequence, index head, index part = 0) const {
        return x.block(sequence * length, part * width + head * size(), length, size());
    }
};

/// Softmax over the first `count` entries of a row of scores; the others, which lie in the future, become 0.
template <class Row>
void causal_softmax(Row&& row, index count) {
    auto seen = row.head(count).array();
    seen = (seen - seen.maxCoeff()).exp();
    seen /= seen.sum();
    row.tail(row.size() - count).setZero();
}

/// out[t] = sum over s <= t of softmax(q[t] . k[s] / sqrt(size))[s] v[s], per sequence and head.
/// Keeps the softmax in `weights` [sequences * heads * length, length] for the backward pass.
template <class Scalar>
void causal_attention(const head_layout& heads, const matrix<Scalar>& qkv, matrix<Scalar>& weights,
                      matrix<Scalar>& out) {
    const index sequences = qkv.rows() / heads.length;
    const Scalar scale = static_cast<Scalar>(heads.scale());
    weights.resize(sequences * heads.heads * heads.length, heads.length);
    out.resize(qkv.rows(), heads.width);
    for (index s = 0; s < sequences; ++s) {
        for (index h = 0; h < heads.heads; ++h) {
            auto w = weights.middleRows((s * heads.heads + h) * heads.length, heads.length);
            w.noalias() = scale * heads.block(qkv, s, h, 0) * heads.block(qkv, s, h, 1).transpose();
            for (index t = 0; t < heads.length; ++t) causal_softmax(w.row(t), t + 1);
            heads.block(out, s, h).noalias() = w * heads.block(qkv, s, h, 2);
        }
    }
}

template <class Scalar>
void causal_attention_backward(const head_layout& heads, const matrix<Scalar>& qkv, const matrix<Scalar>& weights,
                               const matrix<Scalar>& d_out, matrix<Scalar>& d_qkv) {
    const index sequences = qkv.rows() / heads.length;
    const Scalar scale = static_cast<Scalar>(heads.scale());
    d_qkv.resize(qkv.rows(), qkv.cols());
    matrix<Scalar> d_scores(heads.length, heads.length);
    for (index s = 0; s < sequences; ++s) {
        for (index h = 0; h < heads.heads; ++h) {
            const auto w = weights.middleRows((s * heads.heads + h) * heads.length, heads.length);
            const auto d_y = heads.block(d_out, s, h);
            heads.block(d_qkv, s, h, 2).noalias() = w.transpose() * d_y;

            d_scores.noalias() = d_y * heads.block(qkv, s, h, 2).transpose();  // of the weights, then of the scores
            const column_vector<Scalar> mean = (d_scores.array() * w.array()).rowwise().sum();
            d_scores.colwise() -= mean;
            d_scores.array() *= w.array() * scale;

            heads.block(d_qkv, s, h, 0).noalias() = d_scores * heads.block(qkv, s, h, 1);
            heads.block(d_qkv, s, h, 1).noalias() = d_scores.transpose() * heads.block(qkv, s, h, 0);
        }
    }
}

}  // namespace model
