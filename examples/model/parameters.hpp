// SPDX-License-Identifier: MIT
//
// The sizes of a transformer and its parameters. All parameters lie in one flat array, so that the optimiser, the file
// and the gradient check need one loop each; `parameters` gives the pieces their names.
#pragma once

#include "layers.hpp"

#include <vector>

namespace model {

struct dimensions {
    index vocab = 0;
    index context = 48;  // the longest sequence that the model can see
    index width = 64;    // d_model
    index heads = 4;
    index layers = 2;
    index hidden = 256;  // of the feed-forward part

    friend bool operator==(const dimensions&, const dimensions&) = default;
};

template <class Scalar>
struct block_parameters {
    norm_parameters<Scalar> attention_norm;
    linear_parameters<Scalar> qkv;         // [width, 3 width]: queries, keys, values
    linear_parameters<Scalar> projection;  // [width, width]
    norm_parameters<Scalar> feed_norm;
    linear_parameters<Scalar> expand;    // [width, hidden]
    linear_parameters<Scalar> contract;  // [hidden, width]
};

template <class Scalar>
struct parameters {
    matrix_view<Scalar> token_embedding;     // [vocab, width]
    matrix_view<Scalar> position_embedding;  // [context, width]
    std::vector<block_parameters<Scalar>> blocks;
    norm_parameters<Scalar> final_norm;
    linear_parameters<Scalar> head;  // [width, vocab]
    index count = 0;                 // of all numbers
};

/// Names the pieces of `values`. With a null pointer it only counts them: `parameter_count` does.
template <class Scalar>
parameters<Scalar> name_parameters(const dimensions& d, Scalar* values) {
    index used = 0;
    const auto take = [&](index size) {
        Scalar* piece = values == nullptr ? nullptr : values + used;
        used += size;
        return piece;
    };
    const auto table = [&](index rows, index cols) { return matrix_view<Scalar>(take(rows * cols), rows, cols); };
    const auto row = [&](index size) { return row_view<Scalar>(take(size), size); };
    // Braces evaluate from left to right, so the order of the pieces is the order of the text.
    const auto norm = [&] { return norm_parameters<Scalar>{row(d.width), row(d.width)}; };
    const auto linear = [&](index in, index out) { return linear_parameters<Scalar>{table(in, out), row(out)}; };
    const auto block = [&] {
        return block_parameters<Scalar>{norm(), linear(d.width, 3 * d.width), linear(d.width, d.width),
                                        norm(), linear(d.width, d.hidden),    linear(d.hidden, d.width)};
    };
    const auto blocks = [&] {
        std::vector<block_parameters<Scalar>> all;
        for (index i = 0; i < d.layers; ++i) all.push_back(block());
        return all;
    };
    parameters<Scalar> p{table(d.vocab, d.width), table(d.context, d.width), blocks(), norm(),
                         linear(d.width, d.vocab)};
    p.count = used;
    return p;
}

inline index parameter_count(const dimensions& d) { return name_parameters<const float>(d, nullptr).count; }

}  // namespace model
