// SPDX-License-Identifier: MIT
//
// A character-level transformer: embeddings, pre-norm encoder layers with causal attention, and a linear head.
//
//     x = token_embedding[id] + position_embedding[position]
//     for each block:  x += projection(attention(qkv(norm(x))))
//                      x += contract(gelu(expand(norm(x))))
//     logits = head(norm(x))
//
// `forward` leaves every activation in a `trace`, from which `backward` computes the gradient. How a token looks at the
// others is passed in as `attend`, so that training (whole sequences) and generation (a cache, generate.hpp) share the
// rest of the model.
#pragma once

#include "attention.hpp"
#include "layers.hpp"
#include "parameters.hpp"

#include <span>
#include <vector>

namespace model {

template <class Scalar>
struct transformer {
    dimensions size;
    column_vector<Scalar> values;  // all parameters

    explicit transformer(const dimensions& d) : size(d), values(column_vector<Scalar>::Zero(parameter_count(d))) {}

    [[nodiscard]] parameters<const Scalar> named() const { return name_parameters<const Scalar>(size, values.data()); }
};

template <class Scalar>
struct block_trace {
    norm_trace<Scalar> attention_norm, feed_norm;
    matrix<Scalar> normed, qkv, attended;                   // the attention branch
    matrix<Scalar> feed_normed, expanded, tanh, activated;  // the feed-forward branch
    matrix<Scalar> attention_weights;                       // of causal_attention
};

template <class Scalar>
struct trace {
    std::vector<block_trace<Scalar>> blocks;
    matrix<Scalar> stream, branch;  // the residual stream, and what is added to it
    norm_trace<Scalar> final_norm;
    matrix<Scalar> final_normed, logits;
    matrix<Scalar> d_stream, d_wide, d_narrow, d_attended;  // scratch of the backward pass
};

template <class Scalar, class Attend>
void block_forward(const block_parameters<const Scalar>& p, block_trace<Scalar>& t, matrix<Scalar>& stream,
                   matrix<Scalar>& branch, Attend&& attend) {
    layer_norm(stream, p.attention_norm, t.attention_norm, t.normed);
    linear(t.normed, p.qkv, t.qkv);
    attend(t);  // from t.qkv to t.attended
    linear(t.attended, p.projection, branch);
    stream += branch;

    layer_norm(stream, p.feed_norm, t.feed_norm, t.feed_normed);
    linear(t.feed_normed, p.expand, t.expanded);
    gelu(t.expanded, t.tanh, t.activated);
    linear(t.activated, p.contract, branch);
    stream += branch;
}

/// The logits of the next token after each of `ids`, into `t.logits` [ids, vocab]. The ids are sequences of `length`
/// tokens, stacked; the first of each stands at `first_position`. `attend(block index, block trace)`.
template <class Scalar, class Attend>
void forward_with(const transformer<Scalar>& net, std::span<const int> ids, index length, index first_position,
                  trace<Scalar>& t, Attend&& attend) {
    const auto p = net.named();
    t.blocks.resize(p.blocks.size());
    t.stream.resize(static_cast<index>(ids.size()), net.size.width);
    for (index i = 0; i < t.stream.rows(); ++i) {
        t.stream.row(i) = p.token_embedding.row(ids[static_cast<std::size_t>(i)]) +
                          p.position_embedding.row(first_position + i % length);
    }
    for (std::size_t b = 0; b < p.blocks.size(); ++b) {
        block_forward(p.blocks[b], t.blocks[b], t.stream, t.branch,
                      [&](block_trace<Scalar>& block) { attend(b, block); });
    }
    layer_norm(t.stream, p.final_norm, t.final_norm, t.final_normed);
    linear(t.final_normed, p.head, t.logits);
}

/// The forward pass over whole sequences of `length` <= context tokens.
template <class Scalar>
void forward(const transformer<Scalar>& net, std::span<const int> ids, index length, trace<Scalar>& t) {
    const head_layout heads{net.size.width, net.size.heads, length};
    forward_with(net, ids, length, 0, t, [&](std::size_t, block_trace<Scalar>& block) {
        causal_attention(heads, block.qkv, block.attention_weights, block.attended);
    });
}

/// d_stream comes in as the gradient at the block's output and leaves as the one at its input: the residual connection
/// passes it through, each branch adds its part.
template <class Scalar>
void block_backward(const block_parameters<const Scalar>& p, const head_layout& heads, trace<Scalar>& t,
                    block_trace<Scalar>& b, block_parameters<Scalar>& gradient) {
    linear_backward(b.activated, p.contract, t.d_stream, gradient.contract, t.d_wide);
    gelu_backward(b.expanded, b.tanh, t.d_wide);
    linear_backward(b.feed_normed, p.expand, t.d_wide, gradient.expand, t.d_narrow);
    layer_norm_backward(b.feed_norm, p.feed_norm, t.d_narrow, gradient.feed_norm, t.d_stream);

    linear_backward(b.attended, p.projection, t.d_stream, gradient.projection, t.d_attended);
    causal_attention_backward(heads, b.qkv, b.attention_weights, t.d_attended, t.d_wide);
    linear_backward(b.normed, p.qkv, t.d_wide, gradient.qkv, t.d_narrow);
    layer_norm_backward(b.attention_norm, p.attention_norm, t.d_narrow, gradient.attention_norm, t.d_stream);
}

/// After `forward` on the same ids, with `t.logits` turned into the gradient of the loss with respect to the logits
/// (cross_entropy does that): adds the gradient with respect to every parameter to `gradient`, laid out as net.values.
template <class Scalar>
void backward(const transformer<Scalar>& net, std::span<const int> ids, index length, trace<Scalar>& t,
              column_vector<Scalar>& gradient) {
    const auto p = net.named();
    auto g = name_parameters<Scalar>(net.size, gradient.data());
    const head_layout heads{net.size.width, net.size.heads, length};

    linear_backward(t.final_normed, p.head, t.logits, g.head, t.d_narrow);
    t.d_stream.setZero(t.stream.rows(), t.stream.cols());
    layer_norm_backward(t.final_norm, p.final_norm, t.d_narrow, g.final_norm, t.d_stream);
    for (std::size_t b = p.blocks.size(); b-- > 0;) {
        block_backward(p.blocks[b], heads, t, t.blocks[b], g.blocks[b]);
    }
    for (index i = 0; i < t.d_stream.rows(); ++i) {
        g.token_embedding.row(ids[static_cast<std::size_t>(i)]) += t.d_stream.row(i);
        g.position_embedding.row(i % length) += t.d_stream.row(i);
    }
}

/// Loss (the sum over the tokens, in nats) and its gradient times `weight`, added to `gradient`, for sequences of
/// `length` ids and the ids that follow each.
template <class Scalar>
double loss_and_gradient(const transformer<Scalar>& net, std::span<const int> ids, std::span<const int> targets,
                         index length, Scalar weight, trace<Scalar>& t, column_vector<Scalar>& gradient) {
    forward(net, ids, length, t);
    const double loss = cross_entropy(t.logits, targets, weight);
    backward(net, ids, length, t, gradient);
    return loss;
}

}  // namespace model
