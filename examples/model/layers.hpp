// SPDX-License-Identifier: MIT
//
// The small layers of a transformer: linear, layer normalisation, GELU, and the loss. Each is a pair of functions: the
// forward one keeps what the backward one needs, the backward one takes the gradient of the loss with respect to the
// output (d_y) and gives the one with respect to the input (d_x), and adds the ones of the parameters to `gradient`.
//
// Activations are row-major matrices [tokens, features]: one row per character, all sequences of a batch stacked, so
// that every linear layer is one large matrix product.
#pragma once

#include <Eigen/Core>

#include <cmath>
#include <span>
#include <type_traits>

namespace model {

using index = Eigen::Index;

template <class Scalar>
using matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <class Scalar>
using row_vector = Eigen::Matrix<Scalar, 1, Eigen::Dynamic>;

template <class Scalar>
using column_vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;

/// A parameter is a view into one flat array: of the weights (`const float`), or of their gradient (`float`).
template <class Scalar>
using matrix_view =
    Eigen::Map<std::conditional_t<std::is_const_v<Scalar>, const matrix<std::remove_const_t<Scalar>>, matrix<Scalar>>>;

template <class Scalar>
using row_view = Eigen::Map<
    std::conditional_t<std::is_const_v<Scalar>, const row_vector<std::remove_const_t<Scalar>>, row_vector<Scalar>>>;

// ---- linear: y = x W + b ----

template <class Scalar>
struct linear_parameters {
    matrix_view<Scalar> weight;  // [in, out]
    row_view<Scalar> bias;       // [out]
};

template <class Scalar>
void linear(const matrix<Scalar>& x, const linear_parameters<const Scalar>& p, matrix<Scalar>& y) {
    y.noalias() = x * p.weight;
    y.rowwise() += p.bias;
}

template <class Scalar>
void linear_backward(const matrix<Scalar>& x, const linear_parameters<const Scalar>& p, const matrix<Scalar>& d_y,
                     linear_parameters<Scalar>& gradient, matrix<Scalar>& d_x) {
    gradient.weight.noalias() += x.transpose() * d_y;
    gradient.bias += d_y.colwise().sum();
    d_x.noalias() = d_y * p.weight.transpose();
}

// ---- layer normalisation: y = gain * (x - mean) / deviation + bias, row by row ----

template <class Scalar>
struct norm_parameters {
    row_view<Scalar> gain;
    row_view<Scalar> bias;
};

template <class Scalar>
struct norm_trace {
    matrix<Scalar> normalised;                // (x - mean) / deviation
    column_vector<Scalar> inverse_deviation;  // [tokens]
};

template <class Scalar>
void layer_norm(const matrix<Scalar>& x, const norm_parameters<const Scalar>& p, norm_trace<Scalar>& trace,
                matrix<Scalar>& y) {
    constexpr Scalar epsilon = Scalar(1e-5);  // keeps a constant row finite
    trace.normalised = x.colwise() - x.rowwise().mean();
    trace.inverse_deviation = (trace.normalised.array().square().rowwise().mean() + epsilon).sqrt();
    trace.inverse_deviation = Scalar(1) / trace.inverse_deviation.array();
    trace.normalised.array().colwise() *= trace.inverse_deviation.array();
    y = trace.normalised.array().rowwise() * p.gain.array();
    y.rowwise() += p.bias;
}

/// Adds to `d_x` instead of writing it: the layer sits on a branch beside the residual stream. `d_y` is used up.
template <class Scalar>
void layer_norm_backward(const norm_trace<Scalar>& trace, const norm_parameters<const Scalar>& p, matrix<Scalar>& d_y,
                         norm_parameters<Scalar>& gradient, matrix<Scalar>& d_x) {
    gradient.gain += (d_y.array() * trace.normalised.array()).matrix().colwise().sum();
    gradient.bias += d_y.colwise().sum();
    d_y.array().rowwise() *= p.gain.array();
    // Shifting or scaling a row does not change the output, so the gradient has no part along (1, 1, ...) nor along x.
    const column_vector<Scalar> along_ones = d_y.rowwise().mean();
    const column_vector<Scalar> along_x = (d_y.array() * trace.normalised.array()).rowwise().mean();
    d_y.colwise() -= along_ones;
    d_y.array() -= trace.normalised.array().colwise() * along_x.array();
    d_x.array() += d_y.array().colwise() * trace.inverse_deviation.array();
}

// ---- GELU in its tanh form: y = x/2 (1 + tanh(a (x + b x^3))) ----

template <class Scalar>
inline constexpr Scalar gelu_a = Scalar(0.79788456080286535588);  // sqrt(2 / pi)
template <class Scalar>
inline constexpr Scalar gelu_b = Scalar(0.044715);

template <class Scalar>
void gelu(const matrix<Scalar>& x, matrix<Scalar>& tanh, matrix<Scalar>& y) {
    tanh = (gelu_a<Scalar> * x.array() * (1 + gelu_b<Scalar> * x.array().square())).tanh();
    y = Scalar(0.5) * x.array() * (1 + tanh.array());
}

/// In place: `d` comes in as d_y and leaves as d_x.
template <class Scalar>
void gelu_backward(const matrix<Scalar>& x, const matrix<Scalar>& tanh, matrix<Scalar>& d) {
    d.array() *= Scalar(0.5) *
                 (1 + tanh.array() +
                  (1 - tanh.array().square()) * gelu_a<Scalar> * (x.array() + 3 * gelu_b<Scalar> * x.array().cube()));
}

// ---- the loss: cross entropy of the next character, in nats ----

/// The sum over the rows of -log softmax(logits)[target]. Turns `logits` into its gradient, times `weight`.
template <class Scalar>
double cross_entropy(matrix<Scalar>& logits, std::span<const int> targets, Scalar weight) {
    double loss = 0;
    for (index i = 0; i < logits.rows(); ++i) {
        const int target = targets[static_cast<std::size_t>(i)];
        auto row = logits.row(i).array();
        row -= row.maxCoeff();
        const Scalar target_logit = row(target);
        row = row.exp();
        const Scalar total = row.sum();
        loss += std::log(static_cast<double>(total)) - static_cast<double>(target_logit);
        row *= weight / total;
        row(target) -= weight;
    }
    return loss;
}

}  // namespace model
