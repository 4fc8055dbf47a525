// SPDX-License-Identifier: MIT
//
// A sampler chain of llama.cpp by its public C API, over an array of candidates that is kept from draw to draw and
// filled from the logits, as llama_sampler_sample does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <llama.h>
#include <memory>
#include <span>
#include <vector>

namespace pluck_bench {

class llama_chain {
public:
    llama_chain() : chain_(llama_sampler_chain_init({.no_perf = true}), llama_sampler_free) {}

    /// Takes the stage over.
    llama_chain& add(llama_sampler* stage) {
        llama_sampler_chain_add(chain_.get(), stage);
        return *this;
    }

    /// The text so far, for stages that look at it.
    llama_chain& accept(std::span<const std::int32_t> text) {
        for (const std::int32_t token : text) llama_sampler_accept(chain_.get(), token);
        return *this;
    }

    std::int32_t operator()(std::span<const float> row) {
        candidates_.resize(row.size());
        for (std::size_t i = 0; i < row.size(); ++i) candidates_[i] = {static_cast<llama_token>(i), row[i], 0.0f};
        llama_token_data_array all{candidates_.data(), candidates_.size(), -1, false};
        llama_sampler_apply(chain_.get(), &all);
        return all.data[all.selected].id;
    }

private:
    std::shared_ptr<llama_sampler> chain_;
    std::vector<llama_token_data> candidates_;
};

}  // namespace pluck_bench
