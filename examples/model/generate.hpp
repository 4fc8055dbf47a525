// SPDX-License-Identifier: MIT
//
// Reading a text token by token, with the keys and values of the tokens so far kept in a cache: each new token costs
// one row of the model instead of a whole sequence, and the logits are the same.
#pragma once

#include "transformer.hpp"

#include <span>
#include <vector>

namespace model {

/// What a model has read so far. A copy goes on from the same place, so a prompt needs reading only once.
///
/// The model has learned `context` positions. When they are used up, the reader forgets the older half of its window,
/// and reads the newer half again from position 0 on (every key depends on its position, so none can be kept).
template <class Scalar>
class reader {
public:
    /// `net` must outlive the reader and its copies.
    explicit reader(const transformer<Scalar>& net) : net_(&net), caches_(static_cast<std::size_t>(net.size.layers)) {
        for (cache& c : caches_) {
            c.keys.resize(net.size.context, net.size.width);
            c.values.resize(net.size.context, net.size.width);
        }
    }

    /// Reads one token; the logits of the next one, valid until the next call.
    const row_vector<Scalar>& read(int token) {
        if (static_cast<index>(window_.size()) == net_->size.context) {
            const std::vector<int> newer(window_.begin() + net_->size.context / 2, window_.end());
            window_.clear();
            for (const int again : newer) append(again);
        }
        append(token);
        logits_ = trace_.logits.row(0);
        return logits_;
    }

    const row_vector<Scalar>& read(std::span<const int> tokens) {
        for (const int token : tokens) read(token);
        return logits_;
    }

    /// The logits after the last token read.
    [[nodiscard]] const row_vector<Scalar>& logits() const { return logits_; }

    /// The tokens that the logits depend on: at most `context`.
    [[nodiscard]] std::span<const int> window() const { return window_; }

private:
    struct cache {
        matrix<Scalar> keys, values;  // [context, width]; the first window_.size() rows are in use
    };

    void append(int token) {
        const auto position = static_cast<index>(window_.size());
        window_.push_back(token);
        forward_with(*net_, std::span<const int>(&token, 1), 1, position, trace_,
                     [&](std::size_t b, block_trace<Scalar>& block) { attend(caches_[b], position, block); });
    }

    /// The row `position` of causal attention, over the cached rows 0 .. position.
    void attend(cache& c, index position, block_trace<Scalar>& block) {
        const index width = net_->size.width;
        const index count = position + 1;
        const head_layout heads{width, net_->size.heads, 1};
        c.keys.row(position) = block.qkv.row(0).segment(width, width);
        c.values.row(position) = block.qkv.row(0).segment(2 * width, width);
        block.attended.resize(1, width);
        weights_.resize(count);
        for (index h = 0; h < heads.heads; ++h) {
            const index at = h * heads.size();
            const auto keys = c.keys.block(0, at, count, heads.size());
            const auto values = c.values.block(0, at, count, heads.size());
            weights_.noalias() = static_cast<Scalar>(heads.scale()) * heads.block(block.qkv, 0, h) * keys.transpose();
            causal_softmax(weights_, count);
            heads.block(block.attended, 0, h).noalias() = weights_ * values;
        }
    }

    const transformer<Scalar>* net_;
    std::vector<cache> caches_;
    std::vector<int> window_;
    trace<Scalar> trace_;
    row_vector<Scalar> weights_, logits_;
};

/// Reads `count` tokens more, each chosen by `choose(logits, i)`, and returns them.
template <class Scalar, class Choose>
std::vector<int> generate(reader<Scalar> from, int count, Choose&& choose) {
    std::vector<int> tokens;
    for (int i = 0; i < count; ++i) {
        tokens.push_back(choose(from.logits(), i));
        if (i + 1 < count) from.read(tokens.back());
    }
    return tokens;
}

}  // namespace model
